"""Say what a probability is worth: precision against recall, and how often what was promised came true.

A single figure hides where a label could be used at another threshold, and whether
"80 %" means eight in ten. Both are asked of rows that the model had not seen. Intervals
resample whole groups, since articles on one event are right or wrong together.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, precision_recall_curve

from khobor_training.outcome import Outcome

Floats = NDArray[np.float64]

N_BINS = 10
TOP_LABEL = "the label given"
"""The name of the reliability of a multiclass task's answers: how sure it was, and how often right."""


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision against recall of one label over all thresholds.

    Attributes
    ----------
    label : str
    precision, recall : ndarray of shape (n_points,)
        Recall never rises; one point a distinct probability, and the point (1, 0) at the end.
    average_precision : float or nan
        Mean precision, weighted by the steps of recall; nan where no row has the label.
    base_rate : float
        Share of rows that have the label: the precision of labelling blindly.
    operating_point : (float, float)
        Precision and recall of the labels that were given.
    """

    label: str
    precision: Floats
    recall: Floats
    average_precision: float
    base_rate: float
    operating_point: tuple[float, float]


@dataclass(frozen=True)
class Bin:
    """Rows of about equal probability.

    Attributes
    ----------
    n : int
    probability : float
        The mean of what was promised.
    share : float
        How often it was so.
    low, high : float
        95 % Wilson interval of `share`, the rows taken one by one.
    """

    n: int
    probability: float
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Reliability:
    """Whether one label's probabilities hold.

    Attributes
    ----------
    label : str
    bins : list of Bin
        Of about equally many rows each; equal probabilities are never parted.
    brier, brier_low, brier_high : float
        Mean squared distance of the probability to 0 or 1, with its 95 % interval.
    brier_of_base_rate : float
        The Brier score of always saying the label's share.
    error, error_low, error_high : float
        Expected calibration error: mean over rows of the distance of a bin's promise to its share.
        The interval is a basic bootstrap interval: resampling adds noise, and noise looks like
        miscalibration, so quantiles of resamples alone would lie too high. It always holds the estimate.
    error_of_chance : float
        What a perfectly calibrated model would stay under on 95 of 100 sets of as many rows.
    bias : float
        Mean promise less the share of rows that have the label: above 0, too much is promised.
    """

    label: str
    bins: list[Bin]
    brier: float
    brier_low: float
    brier_high: float
    brier_of_base_rate: float
    error: float
    error_low: float
    error_high: float
    error_of_chance: float
    bias: float


def precision_recall(outcome: Outcome) -> list[PrecisionRecall]:
    """Return the curve of each label."""
    return [_precision_recall(outcome, i) for i in range(len(outcome.labels))]


def reliabilities(outcome: Outcome, *, seed: int, n: int = 1000) -> list[Reliability]:
    """Return the reliability of each label, one against the rest; of a multiclass task also the answer's.

    Parameters
    ----------
    outcome : Outcome
        Where it names the shares that classes will have, rows count accordingly.
    seed, n : int
        Of the resamples of groups, and how many.
    """
    how: dict[str, Any] = {"weights": outcome.weights, "seed": seed, "n": n}
    found = [
        reliability(label, outcome.y[:, i], outcome.probabilities[:, i], outcome.groups, **how)
        for i, label in enumerate(outcome.labels)
    ]
    if outcome.multiclass:
        rows, given = np.arange(len(outcome)), outcome.predicted.any(axis=1)
        best = np.where(given, outcome.predicted.argmax(axis=1), outcome.probabilities.argmax(axis=1))
        sure, right = outcome.probabilities[rows, best], outcome.y[rows, best]
        found.append(reliability(TOP_LABEL, right, sure, outcome.groups, **how))
    return found


def reliability(
    label: str,
    y: NDArray[np.int_],
    probability: Floats,
    groups: ArrayLike,
    *,
    seed: int,
    n: int = 1000,
    weights: Floats | None = None,
) -> Reliability:
    """Return whether the probabilities of one label hold.

    Parameters
    ----------
    label : str
    y : ndarray of 0 and 1 of shape (n_samples,)
    probability : ndarray of shape (n_samples,)
    groups : array-like of shape (n_samples,)
    seed, n : int
        Of the resamples of groups, and how many.
    weights : ndarray of shape (n_samples,) or None, default=None
        What each row counts for; None: all the same.
    """
    weight = np.ones(len(y)) if weights is None else weights
    bin_of = equal_mass(probability, N_BINS)
    n_bins = int(bin_of.max()) + 1
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    # What a group adds to each bin: rows, promises, rows that have the label; then its squared errors.
    table = np.zeros((group.max() + 1, 4, n_bins))
    for i, part in enumerate([np.ones(len(y)), probability, y, (probability - y) ** 2]):
        np.add.at(table[:, i], (group, bin_of), weight * part)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=n)
    rows, promised, true, squares = np.tensordot(drawn, table, axes=1).transpose(1, 0, 2)
    resampled = np.abs(promised - true).sum(axis=1) / rows.sum(axis=1)
    brier_low, brier_high = np.quantile(squares.sum(axis=1) / rows.sum(axis=1), [0.025, 0.975])

    rows, promised, true = (part.sum(axis=0) for part in table.transpose(1, 0, 2)[:3])
    whole = weight.sum()
    error = float(np.abs(promised - true).sum() / whole)
    below, above = np.quantile(resampled, [0.025, 0.975])
    drawn_labels = (weight * (rng.random(len(y)) < probability) for _ in range(200))
    chance = [np.abs(promised - np.bincount(bin_of, own, n_bins)).sum() / whole for own in drawn_labels]
    mean, share = promised / rows, true / rows
    counts = np.bincount(bin_of, minlength=n_bins)
    low, high = wilson(share * counts, counts)
    base_rate = float(np.average(y, weights=weight))
    return Reliability(
        label,
        [Bin(int(counts[i]), *map(float, (mean[i], share[i], low[i], high[i]))) for i in range(n_bins)],
        float(brier_score_loss(y, probability, pos_label=1, sample_weight=weight)),
        float(brier_low),
        float(brier_high),
        base_rate * (1 - base_rate),
        error,
        max(0.0, min(error, float(2 * error - above))),
        max(error, float(2 * error - below)),
        float(np.quantile(chance, 0.95)),
        float(np.average(probability, weights=weight)) - base_rate,
    )


def equal_mass(probability: Floats, n_bins: int) -> NDArray[np.intp]:
    """Return the bin of each row, 0 and up; bins hold about equally many rows, and none is empty."""
    edges = np.quantile(probability, np.linspace(0, 1, n_bins + 1)[1:-1])
    return np.unique(np.searchsorted(edges, probability), return_inverse=True)[1]


def wilson(hits: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Return the 95 % interval of shares (Wilson 1927), which stays within 0 and 1."""
    hits, n = np.asarray(hits, dtype=float), np.asarray(n, dtype=float)
    z = 1.959964
    middle = (hits + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(hits * (n - hits) / n + z**2 / 4)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _precision_recall(outcome: Outcome, i: int) -> PrecisionRecall:
    y, probability, given = outcome.y[:, i], outcome.probabilities[:, i], outcome.predicted[:, i]
    hits = int((y & given).sum())
    point = (hits / max(int(given.sum()), 1), hits / max(int(y.sum()), 1))
    if not y.any():
        nothing = np.empty(0)
        return PrecisionRecall(outcome.labels[i], nothing, nothing, float("nan"), 0.0, point)
    precision, recall, _ = precision_recall_curve(y, probability)
    average = float(average_precision_score(y, probability))
    return PrecisionRecall(outcome.labels[i], precision, recall, average, float(y.mean()), point)
