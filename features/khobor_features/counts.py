"""Count matrices: how often each n-gram stands in each row, built without needless copies."""

from collections.abc import Callable
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from khobor_features.ngrams import Found, Ints

ROWS = 256
"""Rows that are worked on at a time: what lies between stays in the processor's cache."""


def csr(data: NDArray[Any], indices: Any, indptr: Any, shape: tuple[int, int]) -> Any:
    """Return a CSR matrix over arrays that are known to fit: no copy and no check."""
    matrix = csr_matrix(shape, dtype=data.dtype)
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    return matrix


def count(found: Found, n_rows: int, n_columns: int | None = None) -> Any:
    """Return how often each code stands in each row, a CSR matrix of float32."""
    width = 1 + int(found.codes.max(initial=-1)) if n_columns is None else n_columns
    if n_rows == 1:  # a service labels articles one by one: SciPy's checks would take most of its time
        codes, times = np.unique(found.codes, return_counts=True)
        indptr = np.array([0, len(codes)], np.int32)
        return csr(times.astype(np.float32), codes.astype(np.int32), indptr, (1, width))
    ones = np.ones(len(found.rows), np.float32)
    matrix = csr_matrix((ones, (found.rows, found.codes)), shape=(n_rows, width))
    matrix.sum_duplicates()
    return matrix


def rows_of(counts: Any, first: int, last: int) -> Any:
    """Return a block of rows."""
    return counts if last - first == counts.shape[0] else counts[first:last]


def beside(parts: list[Any]) -> Any:
    """Put CSR matrices side by side."""
    if len(parts) == 1:
        return parts[0]
    if parts[0].shape[0] != 1:
        return hstack(parts, format="csr")
    widths = [part.shape[1] for part in parts]
    left = np.cumsum([0, *widths[:-1]], dtype=np.int32)
    data = np.concatenate([part.data for part in parts])
    indices = np.concatenate([part.indices + start for part, start in zip(parts, left, strict=True)])
    return csr(data, indices, np.array([0, len(data)], np.int32), (1, sum(widths)))


def rename(counts: Any, column: Ints, n_columns: int) -> Any:
    """Give columns other numbers; those with the number -1 are dropped."""
    indices = column.astype(np.int32)[counts.indices]
    kept = indices >= 0
    if kept.all():
        return csr(counts.data.copy(), indices, counts.indptr, (counts.shape[0], n_columns))
    indptr = np.append(0, np.cumsum(kept))[counts.indptr].astype(counts.indptr.dtype)
    return csr(counts.data[kept], indices[kept], indptr, (counts.shape[0], n_columns))


def row_blocks(n_rows: int) -> list[tuple[int, int]]:
    """Return the first row of each block and the one after its last."""
    return [(first, min(first + ROWS, n_rows)) for first in range(0, n_rows, ROWS)] or [(0, 0)]


def in_blocks(function: Callable[[int, int], Any], n_rows: int) -> list[Any]:
    """Return what a function makes of each block of rows, given its first and last row.

    Where there are several, threads share them: SciPy and NumPy let go of Python's lock.
    """
    blocks = row_blocks(n_rows)
    if len(blocks) == 1 or effective_n_jobs(-1) == 1:
        return [function(*block) for block in blocks]
    return list(Parallel(n_jobs=-1, prefer="threads")(delayed(function)(*block) for block in blocks))


def stacked(function: Callable[[int, int], Any], n_rows: int, n_entries: list[int] | None = None) -> Any:
    """Return the CSR matrices that a function makes of blocks of rows, on top of each other.

    Where it is known how many entries each block has, blocks are written where they belong and
    never stand beside the whole.
    """
    if n_entries is None:
        blocks = in_blocks(function, n_rows)
        if len(blocks) == 1:
            return blocks[0]
        return stacked(lambda first, _: blocks[first // ROWS], n_rows, [block.nnz for block in blocks])
    starts = np.cumsum([0, *n_entries])
    index = np.int32 if starts[-1] < 2**31 else np.int64
    data, indices = np.empty(starts[-1]), np.empty(starts[-1], index)

    def place(first: int, last: int) -> tuple[Any, int]:
        block, start = function(first, last), starts[first // ROWS]
        data[start : start + block.nnz], indices[start : start + block.nnz] = block.data, block.indices
        return (block.indptr[1:] + start).astype(index), block.shape[1]

    ends, widths = zip(*in_blocks(place, n_rows), strict=True)
    return csr(data, indices, np.concatenate([np.zeros(1, index), *ends]), (n_rows, widths[0]))
