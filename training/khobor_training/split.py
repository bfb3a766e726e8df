"""Hold articles out so that the figures hold on tomorrow's articles."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.intp]


def folds(y: NDArray[np.int_], groups: ArrayLike, n_folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Split into folds that keep groups whole and balance every label.

    Groups are dealt out one by one, rarest labels and largest groups first, each to the
    fold that is furthest below its share (Sechidis et al. 2011, for groups).

    Parameters
    ----------
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    groups : array-like of shape (n_samples,)
    n_folds, seed : int

    Returns
    -------
    list of (train, test) pairs of row indices
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < n_folds:
        raise ValueError(f"folds must be at most the number of groups, got {n_folds} for {len(names)}")
    # Columns to balance: every label, the articles with none of them, and the size.
    balance = np.column_stack([y, y.sum(axis=1) == 0, np.ones(len(y))]).astype(float)
    load = np.zeros((len(names), balance.shape[1]))
    np.add.at(load, group, balance)
    share = load.sum(axis=0) / n_folds
    rng = np.random.default_rng(seed)
    weight = (load / np.maximum(share, 1e-9)).max(axis=1)
    order = np.lexsort((rng.random(len(names)), -weight))
    filled = np.zeros((n_folds, balance.shape[1]))
    fold_of = np.empty(len(names), dtype=np.intp)
    for g in order:
        need = ((share - filled) / np.maximum(share, 1e-9)) @ (load[g] > 0)
        fold_of[g] = np.argmax(need)
        filled[fold_of[g]] += load[g]
    of_row = fold_of[group]
    pairs = [(np.flatnonzero(of_row != f), np.flatnonzero(of_row == f)) for f in range(n_folds)]
    for train, test in pairs:
        if set(group[train]) & set(group[test]) or not len(test):
            raise AssertionError("train and test rows must be disjoint in their groups")
    return pairs


def holdout(
    y: NDArray[np.int_],
    groups: ArrayLike,
    times: ArrayLike,
    *,
    by_time: bool,
    share: float,
    seed: int,
) -> tuple[Rows, Rows]:
    """Return the rows to train on and the rows held out; no group stands on both sides.

    Parameters
    ----------
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    groups, times : array-like of str of shape (n_samples,)
        `times` sort by time as text (ISO 8601) and are looked at only where `by_time` is true.
    by_time : bool
        Hold the latest articles out, whole groups only: a group that begins before the cut
        stays in the training rows.
    share : float
        Which share of the rows is held out, about.
    seed : int
    """
    if not by_time:
        n_groups = len(set(np.asarray(groups).tolist()))
        return folds(y, groups, min(max(2, round(1 / share)), max(2, n_groups)), seed)[0]
    first: dict[str, str] = {}
    for group, time in zip(np.asarray(groups), np.asarray(times), strict=True):
        first[group] = min(first.get(group, time), time)
    begins = np.array([first[group] for group in np.asarray(groups)])
    cut = np.sort(begins)[int(len(begins) * (1 - share))]
    train, test = np.flatnonzero(begins < cut), np.flatnonzero(begins >= cut)
    if not len(train):
        raise ValueError(f"held_out must leave articles before the cut, got all from {cut[:10]} on")
    return train, test
