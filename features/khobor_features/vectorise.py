"""Weigh words, and the character n-grams within them, by TF-IDF.

Equal to scikit-learn's ``TfidfVectorizer`` over the same tokens (``char_wb`` for
characters). The n-grams of a word depend on the word alone, so their counts in a
text are word counts times a word-to-n-gram matrix.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfTransformer

from khobor_features.tokenise import Tokens

MAX_WORDS = 100_000


def _word_ngrams(words: list[str], low: int, high: int) -> Iterable[str]:
    for n in range(low, high + 1):
        for i in range(len(words) - n + 1):
            yield " ".join(words[i : i + n])


def _character_ngrams(word: str, low: int, high: int) -> list[str]:
    """Return what scikit-learn's ``char_wb`` makes of one word."""
    padded = f" {word} "
    ngrams = []
    for n in range(low, high + 1):
        ngrams += [padded[i : i + n] for i in range(max(1, len(padded) - n + 1))]
        if n >= len(padded):
            break
    return ngrams


class _Tfidf(TransformerMixin, BaseEstimator):
    """What both vectorisers share: choosing the vocabulary and weighing counts."""

    ngram_range: tuple[int, int]
    min_df: int
    sublinear: bool

    def _counts(self, X: Tokens, vocabulary: dict[str, int], grow: bool) -> Any:
        raise AssertionError  # each vectoriser brings its own

    def fit(self, X: Tokens, y: object = None) -> Self:
        """Learn the vocabulary and the inverse document frequencies."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Tokens, y: object = None) -> Any:
        """Learn from and weigh the same tokens."""
        low, high = self.ngram_range
        if not 1 <= low <= high:
            raise ValueError(f"ngram_range must be 1 <= low <= high, got {self.ngram_range}")
        found: dict[str, int] = {}
        counts = self._counts(X, found, grow=True)
        frequency = np.bincount(counts.indices, minlength=len(found))
        names = [name for name, column in found.items() if frequency[column] >= self.min_df]
        if not names:
            raise ValueError(
                f"min_df must leave at least one feature, got {self.min_df} for {len(X)} texts; lower it"
            )
        names.sort()
        self.vocabulary_ = {name: i for i, name in enumerate(names)}
        self._forget()
        self.tfidf_ = TfidfTransformer(sublinear_tf=self.sublinear)
        counts = counts[:, [found[name] for name in names]]
        counts.sort_indices()
        return self.tfidf_.fit_transform(counts)

    def transform(self, X: Tokens) -> Any:
        """Return a CSR matrix of shape (n_samples, n_features), rows of length 1."""
        return self.tfidf_.transform(self._counts(X, self.vocabulary_, grow=False))

    def get_feature_names_out(self, input_features: object = None) -> Any:
        """Return the n-grams, a column each."""
        return np.array(list(self.vocabulary_), dtype=object)

    def _forget(self) -> None:
        self.__dict__.pop("_columns", None)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_columns", None)
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
    """

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

    def _counts(self, X: Tokens, vocabulary: dict[str, int], grow: bool) -> Any:
        stop = set(self.stop_words)
        columns: list[int] = []
        starts = [0]
        for i in range(len(X)):
            words = [X.words[j] for j in X.ids[X.starts[i] : X.starts[i + 1]]]
            words = [word for word in words if word not in stop]
            for ngram in _word_ngrams(words, *self.ngram_range):
                column = vocabulary.setdefault(ngram, len(vocabulary)) if grow else vocabulary.get(ngram)
                if column is not None:
                    columns.append(column)
            starts.append(len(columns))
        return _matrix(columns, starts, len(vocabulary))


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
    """

    def __init__(
        self, *, ngram_range: tuple[int, int] = (2, 5), min_df: int = 1, sublinear: bool = False
    ) -> None:
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.sublinear = sublinear

    def ngrams(self, word: str) -> list[str]:
        """Return the n-grams of one word, in the order in which they stand in it."""
        return _character_ngrams(word, *self.ngram_range)

    def _counts(self, X: Tokens, vocabulary: dict[str, int], grow: bool) -> Any:
        memory: dict[str, list[int]] = {} if grow else self.__dict__.setdefault("_columns", {})
        columns: list[int] = []
        starts = [0]
        for word in X.words:
            own = memory.get(word)
            if own is None:
                ngrams = self.ngrams(word)
                if grow:
                    own = [vocabulary.setdefault(n, len(vocabulary)) for n in ngrams]
                else:
                    own = [vocabulary[n] for n in ngrams if n in vocabulary]
                    if len(memory) >= MAX_WORDS:
                        memory.clear()
                    memory[word] = own
            columns += own
            starts.append(len(columns))
        return X.counts @ _matrix(columns, starts, len(vocabulary))


def _matrix(columns: list[int], starts: list[int], width: int) -> Any:
    matrix = csr_matrix(
        (np.ones(len(columns)), np.array(columns, np.int32), np.array(starts, np.int64)),
        shape=(len(starts) - 1, width),
    )
    matrix.sum_duplicates()
    return matrix
