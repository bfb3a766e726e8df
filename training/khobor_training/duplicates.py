"""Find articles that are the same text, or nearly.

Agencies' texts run in several papers, with another title, a paragraph cut, another site's
residue. If one copy is trained on and another held out, the held-out figures praise memory.
MinHash proposes pairs, and each pair is then compared by its shingles themselves, so no
two articles are called copies because their hashes met by chance.
"""

import re
import zlib
from itertools import pairwise

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from khobor_features.normalise import Normalizer
from khobor_features.spelling import HIDDEN

THRESHOLD = 0.3
"""The Jaccard similarity of two copies' word pairs at least. In the starter corpus two articles on one
event reach 0.05; of copies with a fifth of the words replaced, 99 in 100 lie above 0.35."""

BANDS = (64, 2)
"""Bands and their rows: of pairs of similarity 0.3 all but 1 in 400 are compared, of 0.05 one in seven."""

_HIDDEN = re.compile(f"[{HIDDEN}]+")
_WORD = re.compile(r"[^\s!-/:-@\[-`{-~।॥‘’“”–—…]+")


def bare(texts: list[str]) -> list[str]:
    r"""Return each text as its words in one spelling, without a site's residue and punctuation.

    Examples
    --------
    >>> bare(["খরচ \u200b৫০০ টাকা৷\nমন্তব্য (০)", "খরচ: 500 টাকা"])
    ['খরচ 500 টাকা', 'খরচ 500 টাকা']
    """
    # Without the joiner nobody can tell ৎ from ত্, so here they are one.
    visible = Normalizer(digits="ascii").transform([_HIDDEN.sub("", text) for text in texts])
    return [" ".join(_WORD.findall(text.replace("\u09ce", "\u09a4\u09cd"))) for text in visible]


def near_duplicates(texts: list[str], threshold: float = THRESHOLD) -> NDArray[np.intp]:
    """Return the number of each text's cluster; texts of one cluster are copies of each other.

    A copy of a copy belongs to the cluster too, whatever it shares with the first text.

    Parameters
    ----------
    texts : list of str of shape (n_samples,)
    threshold : float, default=0.3
        The Jaccard similarity of the sets of word pairs from which on two texts are copies.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        Clusters are numbered by their first texts. Which texts share a number depends neither on
        their order nor on chance.

    Examples
    --------
    >>> near_duplicates(["চাঁদে নামল চন্দ্রযান-৩", "সেনা মহড়া শুরু", "চাঁদে নামল চন্দ্রযান-৩৷"])
    array([0, 1, 0])
    """
    words, cluster = np.unique(np.array(bare(texts), dtype=object), return_inverse=True)
    shingles = [set(pairwise(text.split())) or {(text, "")} for text in words]
    pairs = [(i, j) for i, j in _candidates(shingles) if _jaccard(shingles[i], shingles[j]) >= threshold]
    left, right = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return _number(_connect(left, right, len(words))[cluster])


def _jaccard(a: set[tuple[str, str]], b: set[tuple[str, str]]) -> float:
    both = len(a & b)
    return both / (len(a) + len(b) - both)


def _candidates(shingles: list[set[tuple[str, str]]]) -> list[tuple[int, int]]:
    """Return the pairs that are probably similar, each once."""
    encoded = ([" ".join(shingle).encode(errors="surrogatepass") for shingle in text] for text in shingles)
    index = MinHashLSH(num_perm=BANDS[0] * BANDS[1], params=BANDS)
    pairs = []
    for i, signature in enumerate(
        MinHash.generator(encoded, num_perm=index.h, seed=1, hashfunc=zlib.crc32, scheme="affine32")
    ):
        pairs += [(j, i) for j in index.query(signature)]
        index.insert(i, signature)
    return pairs


def merge_groups(groups: ArrayLike, clusters: ArrayLike) -> NDArray[np.str_]:
    """Return the groups, merged where they share a cluster, so that no copy stands on both sides of a split.

    A merged group has the first of its groups' names; groups that share nothing keep theirs.

    Parameters
    ----------
    groups : array-like of str of shape (n_samples,)
    clusters : array-like of int of shape (n_samples,)

    Examples
    --------
    >>> merge_groups(["a", "b", "c", "d"], [0, 0, 1, 2]).tolist()
    ['a', 'a', 'c', 'd']
    """
    names, group = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    numbers, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    component = _connect(group, len(names) + cluster, len(names) + len(numbers))[: len(names)]
    _, first = np.unique(component, return_index=True)
    return names[first[np.searchsorted(component[first], component[group])]] if len(names) else names


def _connect(left: NDArray[np.intp], right: NDArray[np.intp], n_nodes: int) -> NDArray[np.intp]:
    """Return which nodes the edges connect, directly or by others."""
    edges = coo_array((np.ones(len(left)), (left, right)), shape=(n_nodes, n_nodes))
    component: NDArray[np.intp] = connected_components(edges, directed=False)[1].astype(np.intp)
    return component


def _number(names: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the names as numbers, in the order in which they first stand."""
    _, first, inverse = np.unique(names, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]
