"""Put the features of a text side by side: words, characters and topics of one token pass."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin, clone

from khobor_features.counts import beside, row_blocks, stacked
from khobor_features.tokenise import Tokens
from khobor_features.topics import TopicFeatures
from khobor_features.vectorise import CharacterTfidf, RowCounts, WordTfidf


class FeatureStack(TransformerMixin, BaseEstimator):
    """Stack features as scikit-learn's ``FeatureUnion`` would, block of rows by block of rows.

    No family's matrix is ever built as a whole, which spares memory in a fit.

    Parameters
    ----------
    words : WordTfidf or None, default=None
    characters : CharacterTfidf or None, default=None
    topics : TopicFeatures or None, default=None
    topics_weight : float, default=1.0
        What the topics' proportions are multiplied with.

    Attributes
    ----------
    families_ : list of (str, transformer)
        The fitted transformers in the order of their columns.

    Examples
    --------
    >>> from khobor_features.tokenise import Tokenizer
    >>> tokens = Tokenizer().transform(["চাঁদে জল", "জল পড়ে"])
    >>> FeatureStack(words=WordTfidf(), characters=CharacterTfidf()).fit_transform(tokens).shape
    (2, 40)
    """

    def __init__(
        self,
        *,
        words: WordTfidf | None = None,
        characters: CharacterTfidf | None = None,
        topics: TopicFeatures | None = None,
        topics_weight: float = 1.0,
    ) -> None:
        self.words = words
        self.characters = characters
        self.topics = topics
        self.topics_weight = topics_weight

    def fit(self, X: Tokens, y: object = None) -> Self:
        """Fit each family."""
        self._fit_counts(X)
        return self

    def fit_transform(self, X: Tokens, y: object = None) -> Any:
        """Fit each family and return the features of the same tokens."""
        counted = self._fit_counts(X)
        return self._assemble(X, [rows for rows, _ in counted], [entries for _, entries in counted])

    def transform(self, X: Tokens) -> Any:
        """Return a CSR matrix of float64 of shape (n_samples, n_features)."""
        return self._assemble(X, [f.counts(X) for _, f in self.families_ if not isinstance(f, TopicFeatures)])

    def project(self, X: Tokens, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``transform(X) @ weights`` without putting the families' features together.

        Parameters
        ----------
        X : Tokens of n_samples texts
        weights : ndarray of shape (n_features, n_outputs)

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
        """
        total = np.zeros((len(X), weights.shape[1]))
        start = 0
        for _, family in self.families_:
            if isinstance(family, TopicFeatures):
                part = family.transform(X) * self.topics_weight
            else:
                part = family.weigh(family.counts(X)(0, len(X)))
            total += part @ weights[start : start + part.shape[1]]
            start += part.shape[1]
        return total

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:
        """Return ``family__name`` for each column, as ``FeatureUnion`` does."""
        names = [f"{family}__{n}" for family, f in self.families_ for n in f.get_feature_names_out()]
        return np.array(names, dtype=object)

    def _fit_counts(self, X: Tokens) -> list[tuple[RowCounts, list[int]]]:
        named = {"words": self.words, "characters": self.characters, "topics": self.topics}
        self.families_ = [(name, clone(f)) for name, f in named.items() if f is not None]
        if not self.families_:
            raise ValueError("words, characters or topics must be given, got none of them")
        counted = []
        for _, family in self.families_:
            if isinstance(family, TopicFeatures):
                family.fit(X)
            else:
                counted.append(family.fit_counts(X))
        return counted

    def _assemble(self, X: Tokens, counts: list[RowCounts], n_entries: list[list[int]] | None = None) -> Any:
        sparse, dense = [], []
        for _, family in self.families_:
            if isinstance(family, TopicFeatures):
                dense.append(family.transform(X) * self.topics_weight)
            else:
                sparse.append(family)

        def block(first: int, last: int) -> Any:
            parts = [f.weigh(rows(first, last)) for f, rows in zip(sparse, counts, strict=True)]
            parts += [csr_matrix(proportions[first:last]) for proportions in dense]
            return beside(parts)

        if n_entries is None:
            return stacked(block, len(X))
        known = n_entries + [[np.count_nonzero(d[a:b]) for a, b in row_blocks(len(X))] for d in dense]
        return stacked(block, len(X), [sum(own) for own in zip(*known, strict=True)])
