"""Turn out-of-fold scores into probabilities, and probabilities into labels."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax, softmax
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]


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


def fit(scores: Floats, y: NDArray[np.int_], *, multiclass: bool, seed: int) -> Calibration:
    """Fit a calibration to out-of-fold scores.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_labels)
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    multiclass : bool
    seed : int
        Of the resamples that thresholds are chosen on.
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
    best = [steady_threshold(probabilities[:, i], y[:, i], seed) for i in range(n_labels)]
    return Calibration(slope_, intercept, np.array(best))


def fit_to_shares(scores: Floats, y: NDArray[np.int_], shares: Floats, *, seed: int) -> Calibration:
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
    """
    n_labels = y.shape[1]

    def loss(parameters: Floats) -> float:
        logits = scores * np.exp(parameters[0]) + parameters[1:]
        # A touch of ridge: classes that scores part perfectly would drive the slope to infinity.
        return -float((log_softmax(logits, axis=1) * y).sum()) + 0.01 * float((parameters**2).sum())

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
