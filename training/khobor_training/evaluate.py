"""Labels in, figures out: macro-F1 first, with an interval, beside the majority."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import f1_score, precision_recall_fscore_support

Labels = NDArray[np.int_]


def macro_f1(y: Labels, predicted: Labels) -> float:
    """Return the mean F1 over labels; a label that never occurs counts 0."""
    return float(f1_score(y, predicted, average="macro", zero_division=0))


def interval(
    y: Labels, predicted: Labels, groups: ArrayLike, *, seed: int, n: int = 1000
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of macro-F1, whole groups resampled."""
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    tables = np.zeros((group.max() + 1, 3, y.shape[1]))
    for i, part in enumerate([y & predicted, y, predicted]):
        np.add.at(tables[:, i], group, part)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(tables), np.full(len(tables), 1 / len(tables)), size=n)
    hits, true, given = np.tensordot(drawn, tables, axes=1).transpose(1, 0, 2)
    # A label that neither occurs nor is given in a resample says nothing there.
    f1 = np.where(true + given > 0, 2 * hits / np.maximum(true + given, 1), np.nan)
    low, high = np.quantile(np.nanmean(f1, axis=1), [0.025, 0.975])
    return float(low), float(high)


def majority(y: Labels, train: Labels, multiclass: bool) -> Labels:
    """Return the labels that whoever always says the most frequent answer gives."""
    if multiclass:
        answer = (np.arange(y.shape[1]) == train.sum(axis=0).argmax()).astype(int)
    else:
        answer = (train.mean(axis=0) >= 0.5).astype(int)
    return np.tile(answer, (len(y), 1))


def figures(
    y: Labels,
    predicted: Labels,
    train: Labels,
    groups: ArrayLike,
    names: list[str],
    *,
    multiclass: bool,
    seed: int,
) -> dict[str, Any]:
    """Return every figure of a run as plain numbers."""
    low, high = interval(y, predicted, groups, seed=seed)
    columns = precision_recall_fscore_support(y, predicted, average=None, zero_division=0)
    result: dict[str, Any] = {
        "macro_f1": macro_f1(y, predicted),
        "macro_f1_low": low,
        "macro_f1_high": high,
        "majority_macro_f1": macro_f1(y, majority(y, train, multiclass)),
        "n_held_out": len(y),
        "labels": {
            name: dict(zip(["precision", "recall", "f1", "support"], map(float, row), strict=True))
            for name, row in zip(names, zip(*columns, strict=True), strict=True)
        },
    }
    for i, name in enumerate(names):
        result["labels"][name] |= {
            "true_positive": int((y[:, i] & predicted[:, i]).sum()),
            "false_positive": int((~y[:, i] & 1 & predicted[:, i]).sum()),
            "false_negative": int((y[:, i] & ~predicted[:, i] & 1).sum()),
        }
    return result
