"""A predictor with a new calibration, and what the new one is worth on rows that it was not fitted on."""

import copy
import time
from dataclasses import dataclass
from typing import Any

from khobor_training import assess, evaluate, refit, summary
from khobor_training.data import Articles
from khobor_training.outcome import Outcome
from khobor_training.predict import Predictor
from khobor_training.summary import never_given


@dataclass(frozen=True)
class Recalibrated:
    """A predictor, calibrated anew.

    Attributes
    ----------
    predictor : Predictor
        Fitted to all rows; its info says to which, under ``calibrated_on``.
    before, after : dict
        ``macro_f1, macro_f1_low, macro_f1_high`` and ``calibration`` of each label: of the old
        calibration, and of new ones, each on rows that it was not fitted on.
    probability_better : float
        In which share of resamples of events the Brier score falls.
    """

    predictor: Predictor
    before: dict[str, Any]
    after: dict[str, Any]
    probability_better: float


def recalibrate(predictor: Predictor, articles: Articles, name: str) -> Recalibrated:
    """Refit calibration and thresholds on labelled articles.

    Parameters
    ----------
    predictor : Predictor
    articles : Articles
    name : str
        Of the file, for messages and the predictor's info.

    Raises
    ------
    InputError
        If a label holds, or does not hold, in too few events.
    """
    refit.check_enough(articles, predictor.labels, name)
    old, scores = predictor.calibration, assess.scores(predictor, articles)
    precision = predictor.info.get("thresholds", {}).get("at_least")
    options: dict[str, Any] = {"seed": assess.SEED, "precision": precision}
    probabilities = old.probabilities(scores)
    crossed = refit.cross_fitted(old, scores, articles, **options)
    before = _figures(predictor, articles, probabilities, old.labels(probabilities))
    after = _figures(predictor, articles, crossed.probabilities, crossed.predicted)
    new = copy.copy(predictor)
    new.calibration = refit.refit(old, scores, articles.y, **options)
    new.info = predictor.info | {
        "calibrated_on": {
            "file": name,
            "data_sha256": articles.sha256,
            "n_articles": len(articles.texts),
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "from": {key: predictor.info.get(key) for key in ("name", "trained_at", "data_sha256")},
            "before": before,
            "after": after,
        }
    }
    better = refit.probability_better(
        articles.y, probabilities, crossed.probabilities, articles.groups, seed=assess.SEED
    )
    return Recalibrated(new, before, after, better)


def lines(done: Recalibrated) -> list[str]:
    """Return what changed, as lines to print."""
    old, new = done.before, done.after
    told = [f"macro-F1: {_moved(old, new, 'macro_f1')}"]
    for label in old["calibration"]:
        a, b = old["calibration"][label], new["calibration"][label]
        told.append(f"{label}: Brier score {_moved(a, b, 'brier')}")
        told.append(f"{label}: expected calibration error {_moved(a, b, 'ece')}")
    share = done.probability_better
    told.append(f"the Brier score of all labels falls in {share:.0%} of resamples of events")
    if share < 0.5:
        told.append("these rows do not bear out a new calibration: keep the old model, or label more rows")
    told += [
        f"'{label}' is never given: no threshold keeps the precision that is aimed at on these rows"
        for label in never_given(done.predictor)
    ]
    return told


def _moved(old: dict[str, float], new: dict[str, float], key: str) -> str:
    a, b = (f"{f[key]:.3f} ({f[f'{key}_low']:.3f} to {f[f'{key}_high']:.3f})" for f in (old, new))
    return f"{a} -> {b}"


def _figures(predictor: Predictor, articles: Articles, probabilities: Any, predicted: Any) -> dict[str, Any]:
    outcome = Outcome(
        predictor.labels,
        predictor.calibration.thresholds is None,
        articles.y,
        probabilities,
        predicted,
        articles.groups,
        articles.texts,
        articles.frame,
    )
    low, high = evaluate.interval(outcome.y, predicted, outcome.groups, seed=assess.SEED)
    return {
        "macro_f1": evaluate.macro_f1(outcome.y, predicted),
        "macro_f1_low": low,
        "macro_f1_high": high,
        "calibration": summary.calibration(outcome, seed=assess.SEED),
    }
