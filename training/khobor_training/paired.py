"""Say how far two answers to the same rows are apart, so that chance that they share cancels out."""

import numpy as np
from numpy.typing import ArrayLike

from khobor_training.evaluate import Labels, _mean_f1


def difference(
    y: Labels, predicted: Labels, other: Labels, groups: ArrayLike, *, seed: int, n: int = 1000
) -> tuple[float, float]:
    """Return the 95 % interval of the macro-F1 of `predicted` less that of `other`, whole groups resampled.

    Parameters
    ----------
    y, predicted, other : ndarray of 0 and 1 of shape (n_samples, n_labels)
    groups : array-like of shape (n_samples,)
    seed, n : int
        Of the resamples, and how many.
    """
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    table = np.zeros((group.max() + 1, 5, y.shape[1]))
    for i, part in enumerate([y, y & predicted, predicted, y & other, other]):
        np.add.at(table[:, i], group, part)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=n)
    true, hits, given, other_hits, other_given = np.tensordot(drawn, table, axes=1).transpose(1, 0, 2)
    apart = _mean_f1(hits, true, given) - _mean_f1(other_hits, true, other_given)
    low, high = np.quantile(apart, [0.025, 0.975])
    return float(low), float(high)
