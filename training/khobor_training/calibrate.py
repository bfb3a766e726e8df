"""Turn out-of-fold scores into probabilities, and probabilities into labels."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax, softmax
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]

NEVER = 2.0
"""A threshold that no probability reaches: the label is not given."""


@dataclass(frozen=True)
class Calibration:
    """What turns scores into probabilities and labels.

    Attributes
    ----------
    slope, intercept : ndarray of shape (n_labels,)
        Multilabel: a probability is ``expit(slope * score + intercept)`` (Platt 1999).
        Multiclass: ``softmax(slope * score + intercept)`` with one slope (a temperature).
    thresholds : ndarray of shape (n_labels,) or None
        From which probability on a label is given; None for multiclass.
    bar : ndarray of shape (n_labels,) or None, default=None
        Multiclass: the label is the one whose probability is the most times its bar; None where all
        bars are equal.
    """

    slope: Floats
    intercept: Floats
    thresholds: Floats | None
    bar: Floats | None = None

    def probabilities(self, scores: Floats) -> Floats:
        """Return probabilities of shape (n_samples, n_labels)."""
        logits = scores * self.slope + self.intercept
        return np.asarray(softmax(logits, axis=1) if self.thresholds is None else expit(logits))

    def labels(self, probabilities: Floats) -> NDArray[np.int_]:
        """Return 0 and 1 of shape (n_samples, n_labels)."""
        if self.thresholds is None:
            weighed = probabilities if self.bar is None else probabilities / self.bar
            best = weighed.argmax(axis=1)[:, None]
            return np.asarray(np.arange(probabilities.shape[1]) == best).astype(int)
        return np.asarray(probabilities >= self.thresholds).astype(int)


def fit(
    scores: Floats, y: NDArray[np.int_], *, multiclass: bool, seed: int, precision: float | None = None
) -> Calibration:
    """Fit a calibration to out-of-fold scores.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_labels)
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    multiclass : bool
    seed : int
        Of the resamples that thresholds are chosen on.
    precision : float or None, default=None
        What each label's threshold aims at (see `precise_threshold`); None: the best F1.
    """
    n_labels = y.shape[1]
    if multiclass:

        def loss(log_slope: float) -> float:
            return -float((log_softmax(scores * np.exp(log_slope), axis=1) * y).sum())

        slope = float(np.exp(minimize_scalar(loss, bounds=(-5, 8), method="bounded").x))
        return Calibration(np.full(n_labels, slope), np.zeros(n_labels), None)
    spread = scores.std(axis=0)
    spread[spread == 0] = 1  # scores that are all equal say nothing, and do no harm
    slope_, intercept = np.empty(n_labels), np.empty(n_labels)
    for i in range(n_labels):
        model = LogisticRegression(C=10.0).fit(scores[:, [i]] / spread[i], y[:, i])
        slope_[i], intercept[i] = max(model.coef_[0, 0], 1e-6) / spread[i], model.intercept_[0]
    probabilities = expit(scores * slope_ + intercept)
    return Calibration(slope_, intercept, thresholds(probabilities, y, seed=seed, precision=precision))


def thresholds(
    probabilities: Floats, y: NDArray[np.int_], *, seed: int, precision: float | None = None
) -> Floats:
    """Return each label's threshold, of the best F1 or of a precision that is asked for."""
    columns = list(zip(probabilities.T, y.T, strict=True))
    if precision is None:
        return np.array([steady_threshold(p, own, seed) for p, own in columns])
    return np.array([precise_threshold(p, own, precision, seed) for p, own in columns])


def fit_to_shares(
    scores: Floats,
    y: NDArray[np.int_],
    shares: Floats,
    *,
    seed: int,
    ridge: tuple[float, float] = (0.01, 0.01),
) -> Calibration:
    """Fit a calibration of classes to out-of-fold scores and to the shares that classes will have.

    Probabilities are ``softmax(slope * score + intercept)`` (bias-corrected temperature scaling,
    Alexandari et al. 2020), moved from the shares of `y` to `shares` by Bayes' rule; the bars are those
    of the best macro-F1 that is expected where classes have these shares.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_labels)
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    shares : ndarray of shape (n_labels,)
        They add up to 1.
    seed : int
        Of the resamples that bars are chosen on.
    ridge : (float, float), default=(0.01, 0.01)
        How strongly the logarithm of the slope, and the intercepts, are held at 0. The default is a
        touch: classes that scores part perfectly would drive the slope to infinity.
    """
    stiff = np.r_[ridge[0], np.full(y.shape[1], ridge[1])]
    n_labels = y.shape[1]

    def loss(parameters: Floats) -> float:
        logits = scores * np.exp(parameters[0]) + parameters[1:]
        return -float((log_softmax(logits, axis=1) * y).sum()) + float((stiff * parameters**2).sum())

    found = minimize(loss, np.zeros(1 + n_labels), method="L-BFGS-B").x
    observed = y.mean(axis=0)
    moved = found[1:] + np.log(shares / observed)
    calibration = Calibration(np.full(n_labels, np.exp(found[0])), moved - moved.mean(), None)
    probabilities = calibration.probabilities(scores)
    return replace(calibration, bar=steady_bars(probabilities, y, shares / observed, seed))


def steady_bars(
    probabilities: Floats, y: NDArray[np.int_], weight: Floats, seed: int, n_resamples: int = 200
) -> Floats:
    """Return the geometric mean of the bars of best macro-F1 of bootstrap resamples.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_labels)
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    weight : ndarray of shape (n_labels,)
        How many times its rows a class will have.
    seed, n_resamples : int
    """
    n_labels = y.shape[1]
    # The class of most rows has the bar 1; the others follow by their rows, since a bar depends on those
    # before it and must not depend on the order of the labels. Each tries a grid, coarse then fine.
    order = np.lexsort((probabilities.mean(axis=0), y.mean(axis=0) * weight))[::-1]
    probabilities, y, weight = probabilities[:, order], y[:, order], weight[order]
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(y), np.full(len(y), 1 / len(y)), size=n_resamples).T * (y @ weight)[:, None]
    log_p = np.log(np.maximum(probabilities, 1e-12))
    best = np.zeros((n_resamples, n_labels))
    for label in range(1, n_labels):  # one bar at a time: classes may be many
        steps = np.linspace(-2.5, 2.5, 41)
        for _ in range(2):
            trial = np.repeat(best.mean(axis=0)[None], len(steps), axis=0)
            trial[:, label] = steps
            f1 = np.zeros((len(steps), n_resamples))
            chosen = (log_p[None] - trial[:, None]).argmax(axis=2)
            for k in range(n_labels):
                given = (chosen == k).astype(float)
                hits = (given * y[:, k]) @ drawn
                f1 += 2 * hits / np.maximum(given @ drawn + y[:, k] @ drawn, 1e-9)
            best[:, label] = steps[f1.argmax(axis=0)]
            steps = best[:, label].mean() + np.linspace(-0.3, 0.3, 13)
    bars = np.empty(n_labels)
    bars[order] = np.exp(best.mean(axis=0))
    return bars


def steady_threshold(probability: Floats, y: NDArray[np.int_], seed: int, n_resamples: int = 200) -> float:
    """Return the mean of the best thresholds of bootstrap resamples.

    Where labels are well separated many thresholds are about as good, and the single best one
    hangs on a few texts.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(y), (n_resamples, len(y)))
    found = [best_threshold(probability[rows], y[rows]) for rows in drawn if y[rows].any()]
    return float(np.mean(found))


def best_threshold(probability: Floats, y: NDArray[np.int_]) -> float:
    """Return the threshold of best F1, half-way between the probabilities beside it."""
    order = np.argsort(-probability, kind="stable")
    sorted_p, hits = probability[order], np.cumsum(y[order])
    f1 = 2 * hits / (np.arange(1, len(y) + 1) + y.sum())
    last_of_ties = np.append(sorted_p[1:] < sorted_p[:-1], True)
    best = int(np.argmax(np.where(last_of_ties, f1, -1.0)))
    below = sorted_p[best + 1] if best + 1 < len(y) else 0.0
    return float((sorted_p[best] + below) / 2)


def precise_threshold(
    probability: Floats, y: NDArray[np.int_], precision: float, seed: int, n_resamples: int = 200
) -> float:
    """Return the lowest threshold that keeps a precision, or `NEVER` where none does.

    It keeps the precision on these rows, and of the thresholds that do it is the lowest that is not
    below the mean of the lowest ones of bootstrap resamples: the lowest one alone hangs on a few texts.
    A threshold must leave as many rows as it takes for one to be wrong (ten, at a precision of 0.9):
    of fewer nobody can tell whether it keeps it.

    Parameters
    ----------
    probability : ndarray of shape (n_samples,)
    y : ndarray of 0 and 1 of shape (n_samples,)
    precision : float
        Above 0 and below 1.
    seed, n_resamples : int
    """
    order = np.argsort(-probability, kind="stable")
    falling, true = probability[order], y[order]
    below = np.append(falling[1:], 0.0)
    middle = (falling + below) / 2
    cuts = np.where(middle > below, middle, falling)  # nothing may lie between two that are very near
    last_of_ties = np.append(falling[1:] < falling[:-1], True)
    draws = np.random.default_rng(seed).multinomial(len(y), np.full(len(y), 1 / len(y)), size=n_resamples)
    weight = np.vstack([np.ones(len(y), dtype=int), draws])
    given, hits = weight.cumsum(axis=1), (weight * true).cumsum(axis=1)
    kept = (hits >= precision * given - 1e-9) & (given >= round(1 / (1 - precision))) & last_of_ties
    own = cuts[kept[0]]
    if not len(own):
        return NEVER
    steady = np.mean([cuts[np.flatnonzero(row)[-1]] for row in kept[1:] if row.any()] or own.min())
    high_enough = own[own >= steady]
    return float(high_enough.min() if len(high_enough) else own.max())
