"""Ask what configs would say of articles that their models had not seen, each article tokenised once.

A search and an ablation fit many configs on the same folds. Configs that share their text settings
share their tokens, and each is scored as a training scores itself: models of other groups, calibrated on
other folds. A config that cannot be fitted is an answer too, and stops nobody else.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import delayed
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from khobor_training.calibrate import Floats
from khobor_training.config import Config
from khobor_training.data import Articles
from khobor_training.fit import Folds, Rows, cross_calibrated, fit_and_score, in_parallel, tokenised
from khobor_training.outcome import Outcome
from khobor_training.pipeline import build


@dataclass(frozen=True)
class CrossScore:
    """What the models of a config's folds said, or why there is none.

    Attributes
    ----------
    outcome : Outcome or None
        None where a fit failed.
    seconds : float
        Of all fits together.
    error : str
        What a fit failed with, or an empty string.
    """

    outcome: Outcome | None
    seconds: float
    error: str = ""


def cross_scores(
    configs: Sequence[Config],
    articles: Articles,
    unlabelled: list[str],
    rows: Rows,
    folds: Folds,
    n_jobs: int,
    what: str = "fitting",
) -> Iterator[CrossScore]:
    """Yield what each config's models say of `rows`, in order, as soon as it is known.

    Parameters
    ----------
    configs : sequence of Config
        Of one task and the same labels.
    articles : Articles
    unlabelled : list of str
        More text for the topic models of configs that name such files.
    rows : ndarray of int
        Articles; nothing else is fitted or scored.
    folds : list of (train, test) pairs
        Indices into `rows`.
    n_jobs : int
        Fits at a time; the answers do not depend on it.
    what : str, default="fitting"
        The name of the bar of progress.
    """
    if not configs:
        return
    known: dict[str, Any] = {}
    models = [_model(config, articles, unlabelled, known) for config in configs]
    work = (
        delayed(_attempt)(model, tokens.take(rows[train]), articles.y[rows[train]], tokens.take(rows[test]))
        for model, tokens in models
        for train, test in folds
    )
    done = in_parallel(work, len(configs) * len(folds), n_jobs, what)
    for config in configs:
        scores, seconds, errors = np.empty((len(rows), len(config.labels))), 0.0, []
        for _, test in folds:
            own, took, error = next(done)
            seconds += took
            if own is None:
                errors.append(error)
            else:
                scores[test] = own
        if errors:
            yield CrossScore(None, seconds, errors[0])
        else:
            yield CrossScore(cross_calibrated(config, articles, rows, folds, scores), seconds)
    for _ in done:  # there is none; joblib and the bar of progress learn that all is over
        pass


def _model(
    config: Config, articles: Articles, unlabelled: list[str], known: dict[str, Any]
) -> tuple[Pipeline, Any]:
    """Return the steps after the tokens, and the tokens, which `known` keeps by text settings."""
    blank = build(config)
    key = config.text.model_dump_json(exclude={"stop_words"})  # those are left out after the tokens
    if key not in known:
        inputs = articles.inputs(with_targets=config.task == "stance")
        known[key] = tokenised(blank[0], inputs, "articles")
    topics = config.features.topics
    if topics is None or not topics.unlabelled:
        return blank[1:], known[key]
    if "unlabelled " + key not in known:
        known["unlabelled " + key] = tokenised(blank[0], unlabelled, "unlabelled texts")
    return build(config, known["unlabelled " + key])[1:], known[key]


def _attempt(rest: Pipeline, train: Any, y: NDArray[np.int_], test: Any) -> tuple[Floats | None, float, str]:
    """Return the scores, the seconds that they took, and the error in place of scores."""
    started = time.monotonic()
    try:
        scores = fit_and_score(rest, train, y, test, False)[1]
    except Exception as error:  # whatever it is, the other configs have an answer
        name = "" if type(error) is ValueError else f"{type(error).__name__}: "
        return None, time.monotonic() - started, f"{name}{error}"
    return scores, time.monotonic() - started, ""
