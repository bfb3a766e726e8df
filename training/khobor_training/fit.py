"""Fit what a plan says, and keep what each model said of rows that it had not seen.

Every row is scored by a model of other groups, and its probabilities come from a
calibration that was fitted on other folds: an `Outcome` never praises memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from khobor_training import calibrate, split, stopping
from khobor_training.calibrate import Calibration, Floats
from khobor_training.config import Config
from khobor_training.data import Articles
from khobor_training.errors import InputError
from khobor_training.outcome import Outcome
from khobor_training.pipeline import CONTROLS, build

CURVE_SHARES = (0.25, 0.5)
"""Of the events of a fold's training part: points of the learning curve, beside all of them."""

Rows = NDArray[np.intp]
Folds = list[tuple[Rows, Rows]]


@dataclass(frozen=True)
class Round:
    """One model, and the folds of its rows that its calibration is fitted on.

    Attributes
    ----------
    rows : ndarray of int
        The articles that the model is fitted on.
    folds : list of (train, test) pairs
        Indices into `rows`.
    """

    rows: Rows
    folds: Folds


@dataclass(frozen=True)
class Plan:
    """What a training will do, found out without fitting anything.

    Attributes
    ----------
    articles : Articles
    unlabelled : list of str
        More text for the topic model.
    rounds : list of Round
        The model that is evaluated, then, if it is another one, the model that is saved.
    held : ndarray of int
        The articles that the first one is evaluated on.
    """

    articles: Articles
    unlabelled: list[str]
    rounds: list[Round]
    held: Rows


@dataclass(frozen=True)
class Fitted:
    """The model that is saved, and what models said of rows that they had not seen.

    Attributes
    ----------
    pipeline, calibration
        Of the last round.
    trial : Pipeline
        Of the first round, with its calibration `trial_calibration`: they know nothing of `held`.
    held : Outcome
        The held-out rows, by the first round's model.
    out_of_fold : Outcome
        The rows of the last round, by the models of its folds.
    others : dict of str to Outcome
        The same rows, by the controls of a stance, and by ``random_split``: models of folds that
        part events.
    curve : list of (int, Outcome)
        The same rows by models of a share of each fold's events, and of how many rows they were, about.
    """

    pipeline: Pipeline
    calibration: Calibration
    trial: Pipeline
    trial_calibration: Calibration
    held: Outcome
    out_of_fold: Outcome
    others: dict[str, Outcome]
    curve: list[tuple[int, Outcome]]


def fit(config: Config, planned: Plan, n_jobs: int) -> Fitted:
    """Fit the models of all rounds, their folds and what they are compared with.

    Parameters
    ----------
    config : Config
    planned : Plan
    n_jobs : int
        Fits at a time. Every fit is a task of its own, so the result does not depend on it.
    """
    articles, y = planned.articles, planned.articles.y
    stance = config.task == "stance"
    blank = build(config)
    tokens = tokenised(blank[0], articles.inputs(with_targets=stance), "articles")
    extra = tokenised(blank[0], planned.unlabelled, "unlabelled texts") if planned.unlabelled else None
    model = build(config, extra)[1:]

    # Only the model of the first round, which never saw them, scores the held-out articles.
    nothing = np.empty(0, dtype=np.intp)
    tasks: list[tuple[Pipeline, Rows, Rows, bool]] = []  # the last tells whether the model is kept
    for i, own in enumerate(planned.rounds):
        tasks += [(model, own.rows[train], own.rows[test], False) for train, test in own.folds]
        tasks.append((model, own.rows, nothing if i else planned.held, True))
    last = planned.rounds[-1]
    compared: dict[str, tuple[Pipeline, Folds]] = {}
    if config.split.kind != "random":
        random = split.folds(y[last.rows], np.arange(len(last.rows)), config.split.folds, config.seed)
        compared["random_split"] = (model, random)
    for control in CONTROLS if stance else ():
        compared[control] = (build(config, control=control)[1:], last.folds)
    curves: dict[str, tuple[Pipeline, Folds]] = {}
    for share in CURVE_SHARES:
        fewer = _fewer(last.folds, articles.groups[last.rows], y[last.rows], share, config.seed)
        if fewer:
            curves[f"curve {share}"] = (model, fewer)
    compared |= curves
    for pipeline, folds in compared.values():
        tasks += [(pipeline, last.rows[train], last.rows[test], False) for train, test in folds]

    work = (
        delayed(fit_and_score)(pipeline, tokens.take(train), y[train], tokens.take(test), keep)
        for pipeline, train, test, keep in tasks
    )
    try:
        done = iter(list(in_parallel(work, len(tasks), n_jobs, "fitting")))
    except ValueError as error:  # such as a min_df that leaves no feature
        raise InputError(f"{config.name} cannot be trained on this data: {error}") from None

    models, calibrations, scores = [], [], []
    for own in planned.rounds:
        scores.append(_gather(done, own.folds, y[own.rows]))
        calibrations.append(calibrated(config, scores[-1], y[own.rows]))
        models.append(next(done))
    probabilities = calibrations[0].probabilities(models[0][1])
    held = outcome(config, articles, planned.held, probabilities, calibrations[0].labels(probabilities))
    told = {
        name: cross_calibrated(config, articles, last.rows, folds, _gather(done, folds, y[last.rows]))
        for name, (_, folds) in compared.items()
    }
    return Fitted(
        pipeline=Pipeline([*blank.steps[:1], *models[-1][0].steps]),
        calibration=calibrations[-1],
        trial=Pipeline([*blank.steps[:1], *models[0][0].steps]),
        trial_calibration=calibrations[0],
        held=held,
        out_of_fold=cross_calibrated(config, articles, last.rows, last.folds, scores[-1]),
        others={name: own for name, own in told.items() if name not in curves},
        curve=[
            (int(np.mean([len(train) for train, _ in folds])), told[name])
            for name, (_, folds) in curves.items()
        ],
    )


def _fewer(folds: Folds, groups: NDArray[np.str_], y: NDArray[np.int_], share: float, seed: int) -> Folds:
    """Return the folds with a share of their training groups; none where a label would be left out."""
    rng = np.random.default_rng(seed)
    found = []
    for train, test in folds:
        names = np.unique(groups[train])
        kept = rng.permutation(names)[: max(1, round(share * len(names)))]
        rows = train[np.isin(groups[train], kept)]
        if not len(rows) or (y[rows].min(axis=0) == y[rows].max(axis=0)).any():
            return []
        found.append((rows, test))
    return found


def calibrated(config: Config, scores: Floats, y: NDArray[np.int_]) -> Calibration:
    """Return the calibration that the config asks for, fitted to out-of-fold scores."""
    if config.shares or config.task == "stance":
        given = [config.shares[name] for name in config.labels] if config.shares else y.mean(axis=0)
        shares = np.asarray(given) / np.sum(given)
        return calibrate.fit_to_shares(scores, y, shares, seed=config.seed)
    precision = config.thresholds.at_least
    return calibrate.fit(scores, y, multiclass=config.multiclass, seed=config.seed, precision=precision)


def cross_calibrated(config: Config, articles: Articles, rows: Rows, folds: Folds, scores: Floats) -> Outcome:
    """Return what out-of-fold scores say, each fold's calibration fitted on the other folds."""
    y = articles.y[rows]
    probabilities, predicted = np.empty(scores.shape), np.empty(scores.shape, dtype=int)
    for _, test in folds:
        train = np.setdiff1d(np.arange(len(rows)), test)
        calibration = calibrated(config, scores[train], y[train])
        probabilities[test] = calibration.probabilities(scores[test])
        predicted[test] = calibration.labels(probabilities[test])
    return outcome(config, articles, rows, probabilities, predicted)


def outcome(
    config: Config, articles: Articles, rows: Rows, probabilities: Floats, predicted: NDArray[np.int_]
) -> Outcome:
    """Return the record of what was said of some of the articles."""
    return Outcome(
        config.labels,
        config.multiclass,
        articles.y[rows],
        probabilities,
        predicted,
        articles.groups[rows],
        [articles.texts[row] for row in rows],
        articles.frame.iloc[rows].reset_index(drop=True),
        config.shares,
    )


def _gather(done: Iterator[Any], folds: Folds, y: NDArray[np.int_]) -> Floats:
    """Return the scores of the next folds' tests, row by row."""
    scores = np.empty(y.shape)
    for _, test in folds:
        scores[test] = next(done)[1]
    return scores


def tokenised(tokenise: Any, texts: list[Any], what: str) -> Any:
    """Return the tokens of texts, with a bar of progress that names them."""
    tokens = tokenise.transform(tqdm(texts, desc=f"tokenising {what}", unit="text", disable=None))
    stopping.check()
    return tokens


def in_parallel(tasks: Iterable[Any], n: int, n_jobs: int, what: str) -> Iterator[Any]:
    """Return the answers of `n` delayed fits, in order, with a bar of progress that names them."""
    work = Parallel(n_jobs=n_jobs, return_as="generator")(tasks)
    return stopping.steps(tqdm(work, total=n, desc=what, unit="fit", disable=None))


def fit_and_score(
    rest: Pipeline, train: Any, y: NDArray[np.int_], test: Any, keep: bool
) -> tuple[Pipeline | None, Floats]:
    """Return the steps after the tokens, fitted (if they are to be kept), and their scores of `test`."""
    with threadpool_limits(1):  # sums in one order, whatever the number of cores
        fitted = clone(rest).fit(train, y)
        return fitted if keep else None, fitted.decision_function(test)
