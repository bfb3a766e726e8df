"""Fit a model's calibration and thresholds anew to a desk's own labelled rows.

Label shares differ from desk to desk, and with them what a score is worth. A desk has few labelled
rows, so the new calibration is held near the old one: the fewer rows, the nearer. That, and how far, was
measured (docs/figures.md): freely refitted on 50 rows, probabilities get worse, not better.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from khobor_training import calibrate, split
from khobor_training.calibrate import Calibration, Floats
from khobor_training.data import Articles
from khobor_training.errors import InputError

SLOPE, INTERCEPT = 0.3, 1.0
"""Standard deviations of what is expected to change: of the slope's logarithm, and of the intercept."""

HALF_WAY = 300
"""With so many rows thresholds move half-way from those that would change no answer to those that would
be best on these rows."""

LEAST = 5
"""In so many events each label must hold and not hold: as many as there are folds."""


@dataclass(frozen=True)
class CrossFitted:
    """What calibrations fitted on other rows of the same file say of each row.

    Attributes
    ----------
    probabilities : ndarray of shape (n_samples, n_labels)
    predicted : ndarray of 0 and 1 of shape (n_samples, n_labels)
    """

    probabilities: Floats
    predicted: NDArray[np.int_]


def refit(
    old: Calibration, scores: Floats, y: NDArray[np.int_], *, seed: int, precision: float | None = None
) -> Calibration:
    """Return the old calibration moved toward what rows say.

    Parameters
    ----------
    old : Calibration
    scores : ndarray of shape (n_samples, n_labels)
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    seed : int
        Of the resamples that thresholds are chosen on.
    precision : float or None, default=None
        What thresholds aim at; None: the best F1. A threshold for a precision is that of these rows
        alone, since one between two would keep neither's promise.
    """
    before = scores * old.slope + old.intercept
    ridge = (1 / (2 * SLOPE**2), 1 / (2 * INTERCEPT**2))
    share = len(y) / (len(y) + HALF_WAY)
    if old.thresholds is None:
        new = calibrate.fit_to_shares(before, y, y.mean(axis=0), seed=seed, ridge=ridge)
        bars = np.ones(y.shape[1]) if old.bar is None else old.bar
        unmoved = bars**new.slope * np.exp(new.intercept)  # with these no answer changes
        bar = unmoved ** (1 - share) * np.asarray(new.bar) ** share
        return Calibration(new.slope * old.slope, new.slope * old.intercept + new.intercept, None, bar)
    found = np.array([_near_one(before[:, i], y[:, i], ridge) for i in range(y.shape[1])])
    slope, intercept = found.T
    moved = Calibration(slope * old.slope, slope * old.intercept + intercept, old.thresholds)
    own = calibrate.thresholds(moved.probabilities(scores), y, seed=seed, precision=precision)
    if precision is None:
        unmoved = expit(slope * logit(old.thresholds) + intercept)  # with these no answer changes
        own = share * own + (1 - share) * unmoved
    return Calibration(moved.slope, moved.intercept, own)


def _near_one(logits: Floats, y: NDArray[np.int_], ridge: tuple[float, float]) -> tuple[float, float]:
    """Return the slope and the intercept that logits of one label need, held near 1 and 0."""

    def loss(parameters: Floats) -> float:
        moved = logits * np.exp(parameters[0]) + parameters[1]
        return float((np.logaddexp(0, moved) - y * moved).sum() + (np.array(ridge) * parameters**2).sum())

    found = minimize(loss, np.zeros(2), method="L-BFGS-B").x
    return float(np.exp(found[0])), float(found[1])


def cross_fitted(
    old: Calibration,
    scores: Floats,
    articles: Articles,
    *,
    seed: int,
    precision: float | None = None,
) -> CrossFitted:
    """Return what the new calibration would say of rows that it was not fitted on; events stay whole."""
    y = articles.y
    probabilities, predicted = np.empty(scores.shape), np.empty(scores.shape, dtype=int)
    for train, test in split.folds(y, articles.groups, LEAST, seed):
        new = refit(old, scores[train], y[train], seed=seed, precision=precision)
        probabilities[test] = new.probabilities(scores[test])
        predicted[test] = new.labels(probabilities[test])
    return CrossFitted(probabilities, predicted)


def check_enough(articles: Articles, labels: list[str], name: str) -> None:
    """Require enough events with and without each label.

    Raises
    ------
    InputError
        Naming the label and how many there are.
    """
    for label, column in zip(labels, articles.y.T, strict=True):
        with_it, without = (len(set(articles.groups[column == value])) for value in (1, 0))
        if min(with_it, without) < LEAST:
            raise InputError(
                f"{name}: label '{label}' must hold in at least {LEAST} events or single articles and not "
                f"hold in at least {LEAST}, got {with_it} and {without}; label more articles, or use the "
                "model as it is"
            )


def probability_better(
    y: NDArray[np.int_], before: Floats, after: Floats, groups: NDArray[np.str_], *, seed: int, n: int = 1000
) -> float:
    """Return in which share of resamples of whole groups the Brier score falls."""
    _, group = np.unique(groups, return_inverse=True)
    gain = np.bincount(group, weights=((before - y) ** 2 - (after - y) ** 2).sum(axis=1))
    drawn = np.random.default_rng(seed).multinomial(len(gain), np.full(len(gain), 1 / len(gain)), size=n)
    return float((drawn @ gain > 0).mean())
