"""Labels in, figures out: macro-F1 first, with an interval, beside the majority."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Labels = NDArray[np.int_]


def macro_f1(y: Labels, predicted: Labels) -> float:
    """Return the mean F1 over labels; one that neither holds nor is given anywhere says nothing."""
    return float(_mean_f1(*(part.sum(axis=0) for part in (y & predicted, y, predicted))))


def _mean_f1(hits: Any, true: Any, given: Any) -> Any:
    f1 = 2 * hits / np.maximum(true + given, 1)
    counted = true + given > 0
    return np.sum(f1 * counted, axis=-1) / np.maximum(np.sum(counted, axis=-1), 1)


def interval(
    y: Labels, predicted: Labels, groups: ArrayLike, *, seed: int, n: int = 1000
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of macro-F1, whole groups resampled."""
    low, high = np.quantile(_resampled(y, [predicted], groups, seed, n)[0], [0.025, 0.975])
    return float(low), float(high)


def probability_better(
    y: Labels, predicted: Labels, other: Labels, groups: ArrayLike, *, seed: int, n: int = 1000
) -> float:
    """Return in which share of resamples of whole groups the first has the higher macro-F1."""
    first, second = _resampled(y, [predicted, other], groups, seed, n)
    return float(np.mean(first > second))


def difference(
    y: Labels, predicted: Labels, other: Labels, groups: ArrayLike, *, seed: int, n: int = 1000
) -> tuple[float, float]:
    """Return the 95 % interval of the macro-F1 of `predicted` less that of `other`, in the same resamples."""
    first, second = _resampled(y, [predicted, other], groups, seed, n)
    low, high = np.quantile(first - second, [0.025, 0.975])
    return float(low), float(high)


def _resampled(y: Labels, answers: list[Labels], groups: ArrayLike, seed: int, n: int) -> list[Any]:
    """Return for each of several answers its macro-F1 in the same resamples of whole groups."""
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    rng = np.random.default_rng(seed)
    n_groups = int(group.max()) + 1
    drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n)
    found = []
    for predicted in answers:
        tables = np.zeros((n_groups, 3, y.shape[1]))
        for i, part in enumerate([y & predicted, y, predicted]):
            np.add.at(tables[:, i], group, part)
        found.append(_mean_f1(*np.tensordot(drawn, tables, axes=1).transpose(1, 0, 2)))
    return found


def share_interval(
    right: NDArray[np.bool_], groups: ArrayLike, *, seed: int, n: int = 1000
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a share, whole groups resampled."""
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.column_stack([np.bincount(group, weights=right), np.bincount(group)])
    drawn = np.random.default_rng(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=n)
    hits, total = (drawn @ sums).T
    low, high = np.quantile(hits / np.maximum(total, 1), [0.025, 0.975])
    return float(low), float(high)


def permutation_band(
    y: Labels, predicted: Labels, groups: ArrayLike, *, seed: int, n: int = 1000
) -> tuple[float, float]:
    """Return the macro-F1 that 5 and that 95 of 100 permutations of the labels between groups stay under.

    The rows of each group stay together, since articles on one event share their labels and what is
    said of them. Groups differ in size, so labels cannot be handed from one to one: the groups are laid
    in a row one after the other for the predictions and in a random order for the labels, and what
    stands side by side is compared. Both keep what they have in common within a group; only where a
    group ends beside another's middle does one meet parts of two.

    Parameters
    ----------
    y, predicted : ndarray of 0 and 1 of shape (n_samples, n_labels)
    groups : array-like of shape (n_samples,)
    seed, n : int
        Of the permutations, and how many.
    """
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    rng = np.random.default_rng(seed)
    whole = np.argsort(group, kind="stable")
    given = predicted[whole]
    found = []
    for _ in range(n):
        place = rng.permutation(int(group.max()) + 1)
        found.append(macro_f1(y[np.argsort(place[group], kind="stable")], given))
    low, high = np.quantile(found, [0.05, 0.95])
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
    below, above = permutation_band(y, predicted, groups, seed=seed)
    result: dict[str, Any] = {
        "macro_f1": macro_f1(y, predicted),
        "macro_f1_low": low,
        "macro_f1_high": high,
        "majority_macro_f1": macro_f1(y, majority(y, train, multiclass)),
        "chance": {"low": below, "high": above},
        "n_held_out": len(y),
        "labels": {name: _of_label(y[:, i], predicted[:, i]) for i, name in enumerate(names)},
    }
    if multiclass:
        table = y.T @ predicted
        result["confusion"] = {
            name: dict(zip(names, row, strict=True)) for name, row in zip(names, table.tolist(), strict=True)
        }
    return result


def _of_label(y: Labels, predicted: Labels) -> dict[str, float]:
    hits, true, given = (int(part.sum()) for part in (y & predicted, y, predicted))
    return {
        "precision": hits / max(given, 1),
        "recall": hits / max(true, 1),
        "f1": 2 * hits / max(true + given, 1),
        "support": true,
        "true_positive": hits,
        "false_positive": given - hits,
        "false_negative": true - hits,
    }
