"""Turn texts into BNLP's tokens, working each chunk out once.

BNLP's tokenizer looks at one whitespace-separated chunk at a time, so what it
makes of a chunk may be remembered. A batch becomes integer ids over its own
distinct words; every feature is computed from those ids, so that no text is
tokenised twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

from khobor_features.chunks import ChunkMemory
from khobor_features.counts import csr
from khobor_features.normalise import Normalizer

MAX_CHUNKS = 200_000
BLOCK = 4_000
_LOCK = Lock()


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
        if len(self) == 1:
            once = np.bincount(self.ids, minlength=len(self.words)).astype(np.float32)
            return csr(
                once, np.arange(len(once), dtype=np.int32), np.array([0, len(once)], np.int32), (1, len(once))
            )
        ones = np.ones(len(self.ids), np.float32)
        matrix = csr_matrix((ones, self.ids, self.starts), shape=(len(self), len(self.words)))
        # Two changes of order sort faster than a sort, and leave the ids as they are.
        matrix = matrix.tocsc().tocsr()
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

    Stateless. What became of a chunk is remembered; the memory is bounded, may be used from
    several threads, and does not travel with a saved model.

    Parameters
    ----------
    normalizer : Normalizer or None, default=None
        Rewrites the texts first: the tokens are those of ``normalizer.transform(X)``, but a
        text whose words change in nothing but spelling is never put together.

    Examples
    --------
    >>> Tokenizer().transform(["আমি বাংলায় গান গাই।"]).words
    ['আমি', 'বাংলায়', 'গান', 'গাই', '।']
    """

    def __init__(self, *, normalizer: Normalizer | None = None) -> None:
        self.normalizer = normalizer

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Check the normaliser's parameters; there is nothing to learn."""
        if self.normalizer is not None:
            self.normalizer.fit(X)
        return self

    def tokenise(self, text: str) -> list[str]:
        """Return the tokens of one text."""
        tokens = self.transform([text])
        return [tokens.words[i] for i in tokens.ids]

    def transform(self, X: Iterable[str]) -> Tokens:
        """Return the tokens of a batch of texts.

        Parameters
        ----------
        X : iterable of str of length n_samples

        Returns
        -------
        Tokens of n_samples texts
        """
        if isinstance(X, str):
            raise TypeError("X must be a sequence of str, got one str; wrap it in a list")
        texts, ids, lengths = iter(X), [np.zeros(0, np.int32)], [np.zeros(1, np.int64)]
        with _LOCK:
            memory: ChunkMemory | None = self.__dict__.get("_memory")
            if memory is None or len(memory.words) > MAX_CHUNKS:
                memory = self.__dict__["_memory"] = ChunkMemory(self.normalizer)
            while block := list(islice(texts, BLOCK)):
                if len(memory.chunks) > MAX_CHUNKS:
                    memory.forget_chunks()
                block_ids, block_lengths = memory.ids(block)
                ids.append(block_ids)
                lengths.append(block_lengths)
            all_ids = np.concatenate(ids)
            used = np.zeros(len(memory.words), dtype=bool)
            used[all_ids] = True
            (kept,) = np.nonzero(used)
            words = [memory.words[i] for i in kept.tolist()]
        renumbered = np.empty(len(used), np.int32)
        renumbered[kept] = np.arange(len(kept), dtype=np.int32)
        return Tokens(words, renumbered[all_ids], np.cumsum(np.concatenate(lengths)))

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
