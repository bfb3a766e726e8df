"""Turn texts into BNLP's tokens, working each chunk out once.

BNLP's tokenizer looks at one whitespace-separated chunk at a time, so what it
makes of a chunk may be remembered. A batch becomes integer ids over its own
distinct words; every feature is computed from those ids, so that no text is
tokenised twice.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

from khobor_features.bnlp import basic_tokenizer

MAX_CHUNKS = 200_000


@dataclass(frozen=True)
class Tokens:
    """The tokens of a batch of texts, as ids over the batch's distinct words.

    Attributes
    ----------
    words : list of str
        The distinct words.
    ids : ndarray of int32 of shape (n_tokens,)
        Indices into `words`, text after text.
    starts : ndarray of int64 of shape (n_samples + 1,)
        Text ``i`` has the tokens ``ids[starts[i]:starts[i + 1]]``.
    """

    words: list[str]
    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def counts(self) -> Any:
        """How often each word stands in each text, a CSR matrix (n_samples, n_words)."""
        matrix = csr_matrix(
            (np.ones(len(self.ids)), self.ids, self.starts), shape=(len(self), len(self.words))
        )
        matrix = matrix.copy()  # summing works in place, and the ids must stay as they are
        matrix.sum_duplicates()
        return matrix

    def take(self, rows: NDArray[np.intp]) -> "Tokens":
        """Return the tokens of the texts `rows`, over the words that stand in them."""
        pieces = [self.ids[self.starts[i] : self.starts[i + 1]] for i in rows]
        ids = np.concatenate([np.empty(0, np.int32), *pieces])
        used, ids = np.unique(ids, return_inverse=True)
        starts = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
        return Tokens([self.words[i] for i in used], ids.astype(np.int32), starts)


class Tokenizer(TransformerMixin, BaseEstimator):
    """Split texts by BNLP's ``BasicTokenizer``, equal to it token by token.

    Stateless. The memory of chunks is bounded and does not travel with a saved model.

    Examples
    --------
    >>> Tokenizer().transform(["আমি বাংলায় গান গাই।"]).words
    ['আমি', 'বাংলায়', 'গান', 'গাই', '।']
    """

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Do nothing; there is nothing to learn."""
        return self

    def tokenise(self, text: str) -> list[str]:
        """Return the tokens of one text."""
        return [token for chunk in text.split() for token in self._chunk(chunk)]

    def transform(self, X: Sequence[str]) -> Tokens:
        """Return the tokens of a batch of texts."""
        index: dict[str, int] = {}
        known: dict[str, tuple[int, ...]] = {}
        ids = array("i")
        starts = [0]
        for text in X:
            for chunk in text.split():
                found = known.get(chunk)
                if found is None:
                    found = tuple(index.setdefault(t, len(index)) for t in self._chunk(chunk))
                    if len(known) >= MAX_CHUNKS:
                        known.clear()
                    known[chunk] = found
                ids.extend(found)
            starts.append(len(ids))
        return Tokens(list(index), np.array(ids, np.int32), np.array(starts, np.int64))

    def _chunk(self, chunk: str) -> tuple[str, ...]:
        memory: dict[str, tuple[str, ...]] = self.__dict__.setdefault("_memory", {})
        tokens = memory.get(chunk)
        if tokens is None:
            if len(memory) >= MAX_CHUNKS:
                memory.clear()
            tokens = memory[chunk] = tuple(basic_tokenizer().tokenize(chunk))
        return tokens

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_memory", None)
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags
