"""Turn out-of-fold scores into probabilities, and probabilities into labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
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
    """

    slope: Floats
    intercept: Floats
    thresholds: Floats | None

    def probabilities(self, scores: Floats) -> Floats:
        """Return probabilities of shape (n_samples, n_labels)."""
        logits = scores * self.slope + self.intercept
        return np.asarray(softmax(logits, axis=1) if self.thresholds is None else expit(logits))

    def labels(self, probabilities: Floats) -> NDArray[np.int_]:
        """Return 0 and 1 of shape (n_samples, n_labels)."""
        if self.thresholds is None:
            best = probabilities.argmax(axis=1)[:, None]
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
