"""Say of each label how often it is right and how often it is found, and which labels go together."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from khobor_training.outcome import Outcome

Value = tuple[float, float, float]
"""A figure and the ends of its 95 % interval."""


@dataclass(frozen=True)
class LabelFigures:
    """How one label does.

    Attributes
    ----------
    label : str
    support : int
        Rows that have the label.
    hits, wrong, missed : int
        Rows that rightly got it, that wrongly got it, and that should have got it.
    precision, recall, f1 : (float, float, float)
        Each with its 95 % interval, whole groups resampled.
    """

    label: str
    support: int
    hits: int
    wrong: int
    missed: int
    precision: Value
    recall: Value
    f1: Value


def per_label(outcome: Outcome, *, seed: int, n: int = 1000) -> list[LabelFigures]:
    """Return the figures of each label."""
    _, group = np.unique(outcome.groups, return_inverse=True)
    parts = [outcome.y & outcome.predicted, outcome.y, outcome.predicted]
    table = np.zeros((group.max() + 1, 3, outcome.y.shape[1]))
    for i, part in enumerate(parts):
        np.add.at(table[:, i], group, part)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=n)
    low, high = np.quantile(_rates(np.tensordot(drawn, table, axes=1)), [0.025, 0.975], axis=0)
    (point,) = _rates(table.sum(axis=0)[None])
    hits, true, given = table.sum(axis=0).astype(int)
    return [
        LabelFigures(
            label,
            int(true[i]),
            int(hits[i]),
            int(given[i] - hits[i]),
            int(true[i] - hits[i]),
            *((float(point[k, i]), float(low[k, i]), float(high[k, i])) for k in range(3)),
        )
        for i, label in enumerate(outcome.labels)
    ]


def _rates(table: Any) -> Any:
    """Return precision, recall and F1 of shape (n, 3, n_labels) from hits, true and given."""
    hits, true, given = table[:, 0], table[:, 1], table[:, 2]
    sizes = [given, true, (true + given) / 2]
    return np.stack([hits / np.maximum(size, 1) for size in sizes], axis=1)


def together(labels: NDArray[np.int_]) -> NDArray[np.int_]:
    """Return in how many rows two labels stand together; on the diagonal, in how many one stands alone."""
    table = labels.T @ labels
    np.fill_diagonal(table, labels[labels.sum(axis=1) == 1].sum(axis=0))
    return np.asarray(table)


def mistakes(outcome: Outcome) -> list[tuple[list[str], list[str], int]]:
    """Return which labels were taken for which others, and how often, the most frequent first."""
    counts: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter(
        (tuple(np.flatnonzero(true).tolist()), tuple(np.flatnonzero(given).tolist()))
        for true, given in zip(outcome.y, outcome.predicted, strict=True)
        if (true != given).any()
    )
    return [
        ([outcome.labels[i] for i in true], [outcome.labels[i] for i in given], n)
        for (true, given), n in counts.most_common()
    ]


def worst(outcome: Outcome, n: int) -> list[tuple[int, int]]:
    """Return the row and the label of the `n` errors that the model was surest of, one a row."""
    distance = np.abs(outcome.y - outcome.probabilities) * (outcome.y != outcome.predicted)
    label = distance.argmax(axis=1)
    order = np.argsort(-distance.max(axis=1), kind="stable")[:n]
    return [(int(row), int(label[row])) for row in order if distance[row, label[row]] > 0]
