"""Weigh words, and the character n-grams within them, by TF-IDF.

Equal to scikit-learn's ``TfidfVectorizer`` over the same tokens (``char_wb`` for
characters), column by column by name. Everything is computed from the ids of a token
pass: a word n-gram is a pair of integers, and the character n-grams of a word depend
on the word alone, so their counts in a text are word counts times a word-to-n-gram
matrix.
"""

from collections.abc import Callable, Sequence
from itertools import chain, pairwise, repeat
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from khobor_features.counts import ROWS, count, csr, in_blocks, rename, row_blocks, rows_of, stacked
from khobor_features.ngrams import Ints, NgramTable
from khobor_features.tokenise import Tokens

MAX_WORDS = 100_000

Columns = NDArray[np.int32]

RowCounts = Callable[[int, int], Any]
"""Given a first and a last row, at the bounds of blocks, their counts as a CSR matrix."""


class _Tfidf(TransformerMixin, BaseEstimator):
    """What both vectorisers share: choosing the vocabulary and weighing counts."""

    ngram_range: tuple[int, int]
    min_df: int
    sublinear: bool
    _separator: str

    def fit_counts(self, X: Tokens) -> tuple[RowCounts, list[int]]:
        """Learn from tokens; return their counts, once a block, and how many entries each block has."""
        raise AssertionError  # each vectoriser brings its own

    def counts(self, X: Tokens) -> RowCounts:
        """Return the counts of tokens."""
        raise AssertionError  # each vectoriser brings its own

    def fit(self, X: Tokens, y: object = None) -> Self:
        """Learn the vocabulary and the inverse document frequencies."""
        self.fit_counts(X)
        return self

    def fit_transform(self, X: Tokens, y: object = None) -> Any:
        """Learn from and weigh the same tokens; the same as ``fit(X).transform(X)``."""
        counts, n_entries = self.fit_counts(X)
        return self._weigh_rows(counts, len(X), n_entries)

    def transform(self, X: Tokens) -> Any:
        """Return the weights of tokens.

        Parameters
        ----------
        X : Tokens of n_samples texts

        Returns
        -------
        CSR matrix of float64 of shape (n_samples, n_features)
            Rows of length 1, or 0 for a text without a known n-gram; columns in no order.
        """
        return self._weigh_rows(self.counts(X), len(X))

    def weigh(self, counts: Any) -> Any:
        """Turn counts into weights, in place."""
        weight = np.arange(1 + int(counts.data.max(initial=1)), dtype=float)
        if self.sublinear:
            weight[1:] = 1 + np.log(weight[1:])
        data = weight[counts.data.astype(np.intp)] * self.idf_[counts.indices]
        sizes = np.diff(counts.indptr)
        filled = sizes > 0  # a row without entries would get its neighbour's first one
        if len(data):
            lengths = np.sqrt(np.add.reduceat(data * data, counts.indptr[:-1][filled]))
            data /= np.repeat(lengths, sizes[filled])
        counts.data = data
        return counts

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:
        """Return the n-grams, a column each: the short ones first."""
        names: NDArray[Any] = self.table_.names(self.symbols_, self._separator)
        return names

    @property
    def vocabulary_(self) -> dict[str, int]:
        """Map n-gram to column, as scikit-learn's ``vocabulary_``."""
        return {name: i for i, name in enumerate(self.get_feature_names_out())}

    def _weigh_rows(self, counts: RowCounts, n_rows: int, n_entries: list[int] | None = None) -> Any:
        return stacked(lambda first, last: self.weigh(counts(first, last)), n_rows, n_entries)

    def _table(self, *, short: bool) -> NgramTable:
        low, high = self.ngram_range
        if not 1 <= low <= high:
            raise ValueError(f"ngram_range must be 1 <= low <= high, got {self.ngram_range}")
        self.__dict__.pop("_memory", None)
        return NgramTable(low, high, short=short)

    def _choose(self, kept: NDArray[np.bool_], n_samples: int, symbols: list[str]) -> Ints:
        """Make the kept n-grams features; return the column of each code, -1 where it is dropped."""
        if not kept.any():
            raise ValueError(
                f"min_df must leave at least one feature, got {self.min_df} for {n_samples} texts; lower it"
            )
        column = np.where(kept, np.cumsum(kept) - 1, -1)
        self.table_.keep(kept, column[kept])
        self.symbols_ = [symbols[i] for i in self.table_.forget_symbols().tolist()]
        return column

    def _learn_idf(self, blocks: list[Any], n_samples: int) -> None:
        """Learn ln((1 + n) / (1 + df)) + 1, scikit-learn's inverse document frequency."""
        frequency = sum(np.bincount(block.indices, minlength=block.shape[1]) for block in blocks)
        self.idf_ = np.log((1 + n_samples) / (1 + frequency)) + 1

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_memory", None)
        return state


class WordTfidf(_Tfidf):
    """TF-IDF of words and word n-grams.

    Parameters
    ----------
    ngram_range : tuple of int, default=(1, 1)
        The smallest and largest number of words in an n-gram.
    min_df : int, default=1
        In how many texts an n-gram must stand to be a feature.
    sublinear : bool, default=False
        Replace a count tf by 1 + log(tf).
    stop_words : sequence of str, default=()
        Words left out before n-grams are formed, spelt as the normalised text spells them.

    Examples
    --------
    >>> from khobor_features.tokenise import Tokenizer
    >>> tokens = Tokenizer().transform(["চাঁদে জল", "জল পড়ে"])
    >>> sorted(WordTfidf().fit(tokens).vocabulary_)
    ['চাঁদে', 'জল', 'পড়ে']
    """

    _separator = " "

    def __init__(
        self,
        *,
        ngram_range: tuple[int, int] = (1, 1),
        min_df: int = 1,
        sublinear: bool = False,
        stop_words: Sequence[str] = (),
    ) -> None:
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.sublinear = sublinear
        self.stop_words = stop_words

    def fit_counts(self, X: Tokens) -> tuple[RowCounts, list[int]]:
        """Learn from tokens; return their counts, once a block, and how many entries each block has."""
        self.table_ = self._table(short=False)
        stop = set(self.stop_words)
        symbols, starts = _without(X, np.array([word in stop for word in X.words], dtype=bool))
        counts = count(self.table_.learn(symbols, starts, len(X.words)), len(X))
        kept = np.bincount(counts.indices, minlength=counts.shape[1]) >= self.min_df
        counts = rename(counts, self._choose(kept, len(X), X.words), int(kept.sum()))
        self._learn_idf([counts], len(X))
        n_entries = [int(counts.indptr[b] - counts.indptr[a]) for a, b in row_blocks(len(X))]
        return lambda first, last: rows_of(counts, first, last), n_entries

    def at_words(self, X: Tokens, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share a value of each n-gram among the words of a text that it stands on.

        Parameters
        ----------
        X : Tokens of one text
        values : ndarray of shape (n_features, n_outputs)
            For each time that the n-gram stands in the text.

        Returns
        -------
        ndarray of shape (n_tokens, n_outputs)
        """
        number = self._numbers(X)
        (kept,) = np.nonzero(number[X.ids] != -2)
        symbols = number[X.ids][kept]
        found = self.table_.find(symbols, np.array([0, len(symbols)]), places=True)
        length = self.table_.length(found.codes)
        total = np.zeros((len(X.ids), values.shape[1]))
        assert found.places is not None
        for step in range(self.ngram_range[1]):
            on = length > step
            share = values[found.codes[on]] / length[on][:, None]
            np.add.at(total, kept[found.places[on] + step], share)
        return total

    def _numbers(self, X: Tokens) -> Ints:
        """Return the number of each word as a symbol, -1 where it is unknown, -2 where it is a stop word."""
        known: dict[str, int] | None = self.__dict__.get("_memory")
        if known is None:
            known = {word: i for i, word in enumerate(self.symbols_)}
            known.update((word, -2) for word in self.stop_words)
            self._memory = known
        return np.fromiter(map(known.get, X.words, repeat(-1)), np.int64, len(X.words))

    def counts(self, X: Tokens) -> RowCounts:
        """Return the counts of tokens."""
        number = self._numbers(X)
        if self.ngram_range[1] == 1:  # columns are words: the counts are there already
            counts = rename(X.counts, np.maximum(number, -1), len(self.idf_))
        else:
            words, starts = _without(X, number == -2)
            counts = count(self.table_.find(number[words], starts), len(X), len(self.idf_))
        return lambda first, last: rows_of(counts, first, last)


class CharacterTfidf(_Tfidf):
    """TF-IDF of the character n-grams within words, equal to ``analyzer="char_wb"``.

    Parameters
    ----------
    ngram_range : tuple of int, default=(2, 5)
        The smallest and largest number of characters, the space around a word included.
    min_df : int, default=1
        In how many texts an n-gram must stand to be a feature.
    sublinear : bool, default=False
        Replace a count tf by 1 + log(tf).

    Examples
    --------
    >>> from khobor_features.tokenise import Tokenizer
    >>> tokens = Tokenizer().transform(["জল", "জলে"])
    >>> CharacterTfidf(ngram_range=(3, 3)).fit(tokens).get_feature_names_out().tolist()
    [' জল', 'জল ', 'জলে', 'লে ']
    """

    _separator = ""

    def __init__(
        self, *, ngram_range: tuple[int, int] = (2, 5), min_df: int = 1, sublinear: bool = False
    ) -> None:
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.sublinear = sublinear

    def fit_counts(self, X: Tokens) -> tuple[RowCounts, list[int]]:
        """Learn from tokens; return their counts, once a block, and how many entries each block has."""
        self.table_ = self._table(short=True)
        letters, starts = _letters(X.words)
        alphabet, symbols = np.unique(letters, return_inverse=True)
        of_word = count(self.table_.learn(symbols, starts, len(alphabet)), len(X.words))
        points = [chr(point) for point in alphabet.tolist()]
        kept = self._frequent(X, of_word)
        of_word = rename(of_word, self._choose(kept, len(X), points), int(kept.sum()))
        # The texts that come next share most of their words with these.
        if len(X.words) <= MAX_WORDS:
            columns = np.repeat(of_word.indices, of_word.data.astype(np.intp))
            ends = np.append(0, np.cumsum(of_word.data, dtype=np.int64))[of_word.indptr].tolist()
            rows = (columns[start:end] for start, end in pairwise(ends))
            self._memory = dict(zip(X.words, rows, strict=True))
        in_text = X.counts
        blocks = in_blocks(lambda first, last: rows_of(in_text, first, last) @ of_word, len(X))
        self._learn_idf(blocks, len(X))
        left = dict(enumerate(blocks))  # each is given out once, so that its memory is free
        return lambda first, last: left.pop(first // ROWS), [block.nnz for block in blocks]

    def at_words(self, X: Tokens, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give a value of each n-gram to the words of a text that it stands in; see ``WordTfidf``."""
        of_word = np.asarray(self.of_words(X.words) @ values)
        return of_word[X.ids]

    def counts(self, X: Tokens) -> RowCounts:
        """Return the counts of tokens."""
        of_word, in_text = self.of_words(X.words), X.counts
        return lambda first, last: rows_of(in_text, first, last) @ of_word

    def _frequent(self, X: Tokens, of_word: Any) -> NDArray[np.bool_]:
        """Return which n-grams stand in `min_df` texts, counting only those that rare words share."""
        in_texts = np.bincount(X.counts.indices, minlength=len(X.words))
        rare = in_texts < self.min_df
        frequent = np.zeros(of_word.shape[1], dtype=bool)
        frequent[of_word.indices[np.repeat(~rare, np.diff(of_word.indptr))]] = True
        to_count = rename(of_word, np.where(frequent, -1, np.arange(of_word.shape[1])), of_word.shape[1])
        of_rare = rename(X.counts, np.where(rare, np.arange(len(rare)), -1), len(rare)) @ to_count
        return frequent | (np.bincount(of_rare.indices, minlength=len(frequent)) >= self.min_df)

    def of_words(self, words: list[str]) -> Any:
        """Return how often each n-gram stands in each word, a CSR matrix; columns may repeat."""
        memory: dict[str, Columns] = self.__dict__.setdefault("_memory", {})
        known = list(map(memory.get, words))
        fresh = [word for word, row in zip(words, known, strict=True) if row is None]
        if len(memory) + len(fresh) > MAX_WORDS:
            memory = self.__dict__["_memory"] = {}  # another thread may still read the old one
        new = self._columns(fresh) if fresh else []
        memory.update(zip(fresh, new, strict=True))
        rest = iter(new)
        rows: list[Columns] = [next(rest) if row is None else row for row in known]
        indptr = np.zeros(len(rows) + 1, dtype=np.int32)
        np.cumsum(np.fromiter(map(len, rows), np.int32, len(rows)), out=indptr[1:])
        indices = np.concatenate([np.zeros(0, np.int32), *rows])
        return csr(np.ones(len(indices), np.float32), indices, indptr, (len(words), len(self.idf_)))

    def _columns(self, words: list[str]) -> list[Columns]:
        letters, starts = _letters(words)
        points = np.frombuffer("".join(self.symbols_).encode("utf-32-le", "surrogatepass"), np.uint32)
        symbols = np.searchsorted(points, letters)
        symbols[points[np.minimum(symbols, len(points) - 1)] != letters] = -1
        found = self.table_.find(symbols, starts)
        order = np.argsort(found.rows, kind="stable")
        columns = found.codes[order].astype(np.int32)
        ends = np.cumsum(np.bincount(found.rows, minlength=len(words))).tolist()
        return [columns[start:end] for start, end in pairwise([0, *ends])]


def _letters(words: list[str]) -> tuple[NDArray[np.uint32], Ints]:
    """Return the code points of words, each between two spaces, and where each word starts."""
    text = "".join(chain.from_iterable((" ", word, " ") for word in words))
    starts = np.zeros(len(words) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, words), np.int64, len(words)) + 2, out=starts[1:])
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32), starts


def _without(X: Tokens, stopped: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return ids and starts without the words that are `stopped`."""
    ids = X.ids.astype(np.int64)
    if not stopped.any():
        return ids, X.starts
    stays = ~stopped[ids]
    return ids[stays], np.append(0, np.cumsum(stays))[X.starts]
