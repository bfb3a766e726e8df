"""Number the n-grams of integer sequences without ever writing one down.

An n-gram is its prefix of n - 1 symbols and one symbol more, so two integers name it.
That holds for words in a text as for characters in a word. Learning is one sort a
length, finding one binary search a length, and a prefix that was never seen ends the
search of every n-gram that begins with it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """Where n-grams stand: n-gram ``codes[i]`` begins in sequence ``rows[i]``.

    Attributes
    ----------
    rows, codes : ndarray of int64 of shape (n_found,)
        Sorted by length of the n-gram, then by position.
    places : ndarray of int64 of shape (n_found,) or None
        Where asked for: each n-gram begins with the symbol of this position.
    """

    rows: Ints
    codes: Ints
    places: Ints | None = None


class NgramTable:
    """The n-grams of sequences, as codes from 0 on; short n-grams come first.

    Parameters
    ----------
    low, high : int
        The smallest and largest number of symbols.
    short : bool
        Whether a sequence of fewer than `low` symbols counts as one n-gram, as
        scikit-learn's ``char_wb`` has it.

    Attributes
    ----------
    n_symbols : int
        How many symbols there are; sequences hold symbols from 0 on.
    keys : list of ndarray of int64
        For each length from 2 on: ``prefix * n_symbols + symbol`` of each n-gram, sorted,
        where the prefix is its number among those that are one symbol shorter.
    codes : list of ndarray of int64
        For each length from 1 on: the code of each n-gram, -1 for a mere prefix.
    """

    def __init__(self, low: int, high: int, *, short: bool = False) -> None:
        self.low, self.high, self.short = low, high, short

    def learn(self, symbols: Ints, starts: Ints, n_symbols: int) -> Found:
        """Learn all n-grams and return where they stand.

        Parameters
        ----------
        symbols : ndarray of int64 of shape (n_positions,)
            Sequence after sequence, all symbols at least 0.
        starts : ndarray of int64 of shape (n_sequences + 1,)
            Sequence ``i`` is ``symbols[starts[i]:starts[i + 1]]``.
        n_symbols : int
        """
        self.n_symbols, self.keys, self.codes = n_symbols, [], []
        row, left, first = _positions(starts)
        at, number, n_codes = np.arange(len(symbols)), symbols, 0
        rows, codes = [], []
        for n in range(1, self.high + 1):
            n_numbers = n_symbols
            if n > 1:
                inside = left[at] >= n
                at, number = at[inside], number[inside]
                keys, number = np.unique(number * n_symbols + symbols[at + n - 1], return_inverse=True)
                self.keys.append(keys)
                n_numbers = len(keys)
            counted = self._counted(n, at, left, first)
            of_number = np.full(n_numbers, -1)
            used = np.zeros(n_numbers, dtype=bool)
            used[number[counted]] = True
            of_number[used] = n_codes + np.arange(used.sum())
            n_codes += int(used.sum())
            self.codes.append(of_number)
            rows.append(row[at[counted]])
            codes.append(of_number[number[counted]])
        return Found(np.concatenate(rows), np.concatenate(codes))

    def find(self, symbols: Ints, starts: Ints, *, places: bool = False) -> Found:
        """Return where known n-grams stand; an unknown symbol is -1."""
        row, left, first = _positions(starts)
        at = np.flatnonzero(symbols >= 0)
        number = symbols[at]
        rows, codes, begins = [], [], []
        for n in range(1, self.high + 1):
            if n > 1:
                inside = left[at] >= n
                at, number = at[inside], number[inside]
                last = symbols[at + n - 1]
                keys, wanted = self.keys[n - 2], number * self.n_symbols + last
                number = np.searchsorted(keys, wanted)
                known = np.append(keys, -1)[number] == wanted
                known &= last >= 0
                at, number = at[known], number[known]
            counted = self._counted(n, at, left, first)
            code = self.codes[n - 1][number[counted]]
            rows.append(row[at[counted]][code >= 0])
            codes.append(code[code >= 0])
            if places:
                begins.append(at[counted][code >= 0])
        return Found(np.concatenate(rows), np.concatenate(codes), np.concatenate(begins) if places else None)

    def length(self, codes: Ints) -> Ints:
        """Return how many symbols the n-grams with these codes have; codes of short ones come first."""
        most = np.maximum.accumulate([own.max(initial=-1) for own in self.codes])
        return np.searchsorted(most, codes) + 1

    def keep(self, kept: NDArray[np.bool_], new_codes: Ints) -> None:
        """Forget the n-grams that are not `kept`, and give the others their `new_codes`.

        Symbols keep their numbers.
        """
        mapping = np.full(len(kept) + 1, -1)  # its last entry answers for -1
        mapping[:-1][kept] = new_codes
        self.codes = [mapping[codes] for codes in self.codes]
        needed = np.zeros(0, dtype=np.int64)
        for n in range(self.high, 1, -1):
            stay = self.codes[n - 1] >= 0
            stay[needed] = True
            keys = self.keys[n - 2][stay]
            self.codes[n - 1] = self.codes[n - 1][stay]
            self.keys[n - 2] = keys
            if n < self.high:  # the longer ones name their prefixes by number
                renumbered = np.cumsum(stay) - 1
                prefix, symbol = np.divmod(self.keys[n - 1], self.n_symbols)
                self.keys[n - 1] = renumbered[prefix] * self.n_symbols + symbol
            needed = np.unique(keys // self.n_symbols)

    def forget_symbols(self) -> Ints:
        """Renumber symbols so that only those in use are left; return their old numbers."""
        used = self.codes[0] >= 0
        for n, keys in enumerate(self.keys, start=2):
            prefix, symbol = np.divmod(keys, self.n_symbols)
            used[symbol] = True
            if n == 2:
                used[prefix] = True
        new = np.cumsum(used) - 1
        n_symbols = int(used.sum())
        for n, keys in enumerate(self.keys, start=2):
            prefix, symbol = np.divmod(keys, self.n_symbols)
            prefix = new[prefix] if n == 2 else prefix
            self.keys[n - 2] = prefix * n_symbols + new[symbol]
        self.codes[0] = self.codes[0][used]
        self.n_symbols = n_symbols
        return np.flatnonzero(used)

    def names(self, symbols: list[str], separator: str) -> NDArray[Any]:
        """Return the n-grams as text, in the order of their codes."""
        n_codes = 1 + max((int(codes.max()) for codes in self.codes if len(codes)), default=-1)
        result = np.empty(n_codes, dtype=object)
        names = symbols
        for n, codes in enumerate(self.codes, start=1):
            if n > 1:
                prefix, symbol = np.divmod(self.keys[n - 2], self.n_symbols)
                pairs = zip(prefix.tolist(), symbol.tolist(), strict=True)
                names = [names[p] + separator + symbols[s] for p, s in pairs]
            for i in np.flatnonzero(codes >= 0).tolist():
                result[codes[i]] = names[i]
        return result

    def _counted(self, n: int, at: Ints, left: Ints, first: NDArray[np.bool_]) -> Any:
        """Return which positions begin an n-gram that counts."""
        if n >= self.low:
            return slice(None)
        return first[at] & (left[at] == n) if self.short else np.zeros(len(at), dtype=bool)


def _positions(starts: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return for each position its sequence, how many symbols are left, whether it is the first."""
    lengths = np.diff(starts)
    row = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(row))
    return row, starts[1:][row] - place, starts[:-1][row] == place
