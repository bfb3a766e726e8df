"""Test whether a label can be told from something that is not the article's content.

Two questions: do a mark (an outlet, a line) and a label stand together more often than chance
allows, and how well do a few features tell a label in articles that were not looked at.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import hypergeom, rankdata
from sklearn.model_selection import GroupKFold

N_PERMUTATIONS = 100
RIDGE = 10.0


@dataclass(frozen=True)
class Association:
    """How a mark and a label stand together.

    Attributes
    ----------
    p : float
        Of the exact hypergeometric test, a group counted once with and once without the mark.
    n_groups : int
        Groups that have the mark.
    inside, outside : float
        The share of rows with the label among those with the mark, and among the others.
    coverage, prevalence : float
        The share of rows with the mark among those with the label, and among all.
    """

    p: float
    n_groups: int
    inside: float
    outside: float
    coverage: float
    prevalence: float


def associate(has: NDArray[np.bool_], label: NDArray[np.bool_], group: NDArray[np.intp]) -> Association:
    """Compare rows with a mark to rows without it.

    Parameters
    ----------
    has, label : ndarray of bool of shape (n_samples,)
    group : ndarray of int of shape (n_samples,)
        Rows of one group are no evidence independent of each other.
    """
    key = group * 2 + has
    n_rows = np.bincount(key, minlength=2)
    units = np.flatnonzero(n_rows)
    holds = np.bincount(key, weights=label, minlength=2)[units] >= n_rows[units] / 2
    marked = units % 2 == 1
    p = hypergeom.sf((holds & marked).sum() - 1, len(units), holds.sum(), marked.sum())

    def share(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
        return float(of[among].mean()) if among.any() else 0.0

    return Association(
        float(p),
        int(marked.sum()),
        share(label, has),
        share(label, ~has),
        share(has, label),
        float(has.mean()) if len(has) else 0.0,
    )


@dataclass(frozen=True)
class Predictability:
    """How well features tell a label.

    Attributes
    ----------
    auc : float
        The area under the ROC curve of a linear model on groups that it had not seen.
    bound : float
        What 95 of 100 models of permuted labels stay below.
    feature : str
        The single feature that tells the label best.
    alone : float
        The area under its own curve, in whichever direction it points.
    """

    auc: float
    bound: float
    feature: str
    alone: float


def predictability(
    features: pd.DataFrame, y: NDArray[np.int_], group: NDArray[np.intp], seed: int
) -> list[Predictability]:
    """Fit a ridge regression to labels and to permuted labels, and score it on groups held out.

    One matrix is solved for a fold, whatever the number of labels and permutations. Labels are permuted
    by moving those of whole groups, so what articles on one event have in common stays in the comparison.

    Parameters
    ----------
    features : DataFrame of shape (n_samples, n_features)
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
        Each label must hold somewhere and not everywhere.
    group : ndarray of int of shape (n_samples,)
    seed : int
    """
    rng = np.random.default_rng(seed)
    n_labels = y.shape[1]
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    targets = [y]
    for _ in range(N_PERMUTATIONS):
        permuted = np.empty_like(y)
        permuted[order] = y[np.concatenate([parts[i] for i in rng.permutation(len(parts))])]
        targets.append(permuted)
    target = np.concatenate(targets, axis=1)
    X = features.to_numpy(dtype=float)
    score = np.zeros(target.shape)
    n_folds = min(5, len(parts))
    folds = GroupKFold(n_folds, shuffle=True, random_state=seed).split(X, groups=group)
    for train, test in folds:
        mean, spread = X[train].mean(axis=0), X[train].std(axis=0)
        scaled = np.clip((X - mean) / np.where(spread > 1e-12, spread, np.inf), -3, 3)
        base = target[train].mean(axis=0)
        gram = scaled[train].T @ scaled[train] + RIDGE * np.eye(X.shape[1])
        weights = np.linalg.solve(gram, scaled[train].T @ (target[train] - base))
        score[test] = scaled[test] @ weights
    areas = area(score, target).reshape(N_PERMUTATIONS + 1, n_labels)
    result = []
    for label in range(n_labels):
        alone = area(X, np.repeat(y[:, [label]], X.shape[1], axis=1))
        best = int(np.argmax(np.abs(alone - 0.5)))
        result.append(
            Predictability(
                float(areas[0, label]),
                float(np.quantile(areas[1:, label], 0.95)),
                str(features.columns[best]),
                float(np.abs(alone[best] - 0.5) + 0.5),
            )
        )
    return result


def area(score: NDArray[np.float64], y: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return the area under the ROC curve of each column, from the ranks (Mann and Whitney's U).

    Examples
    --------
    >>> area(np.array([[0.1], [0.4], [0.35], [0.8]]), np.array([[0], [0], [1], [1]]))
    array([0.75])
    """
    ranks = rankdata(score, axis=0)
    n_positive = y.sum(axis=0)
    n_pairs = n_positive * (len(y) - n_positive)
    u = (ranks * y).sum(axis=0) - n_positive * (n_positive + 1) / 2
    result: NDArray[np.float64] = u / n_pairs
    return result
