"""Turn texts into BNLP's tokens, working each chunk out once.

BNLP's tokenizer looks at one whitespace-separated chunk at a time, so what it
makes of a chunk may be remembered. A batch becomes integer ids over its own
distinct words; every feature is computed from those ids, so that no text is
tokenised twice.
"""

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

from khobor_features.bnlp import basic_tokenizer
from khobor_features.counts import csr
from khobor_features.normalise import TAIL_LENGTH, Normalizer
from khobor_features.spelling import spell

MAX_CHUNKS = 200_000
BLOCK = 4_000
_LOCK = Lock()

# Bangla letters, signs and digits with full stops, which BNLP keeps inside a token, and the
# punctuation that news is written with: what BNLP makes of a chunk of these alone is known.
_WORD, _MARK = (
    "\u0980-\u09fc\u09fe0-9a-zA-WYZ.",
    "!-,/:-@\\[-`{-~\\-\u0964\u0965\u2013\u2014\u2018\u2019\u201c\u201d\u2026",
)
_COMMON = re.compile(f"[{_WORD}{_MARK}]+")
_PIECE = re.compile(f"[{_WORD}]+|[{_MARK}\n]")

# Spelling makes one character of at most two of these, and no line ends among them: a text whose
# end is so many of them has a last line that is too long for residue.
_HALVED_AT_MOST = re.compile("[ -~\u0964\u0965\u0980-\u09fe\u2010-\u2027]*")
_LONG = 2 * TAIL_LENGTH + 2


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


class _Numbers(dict[str, int]):
    """Number strings in the order in which they are first looked up."""

    def __init__(self) -> None:
        self.fresh: list[str] = []

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        self.fresh.append(key)
        return number


class _Memory:
    """What became of each chunk: its spelling and its tokens."""

    def __init__(self, normalizer: Normalizer | None) -> None:
        self.normalizer = normalizer
        self.tokens = _Numbers()
        self.words: list[str] = []  # the tokens in the order of their numbers
        self.forget_chunks()

    def forget_chunks(self) -> None:
        self.chunks = _Numbers()
        self.spelt: list[str] = []
        self.residue = array("B")  # whether the chunk may belong to residue
        self.flat, self.start = array("i"), array("q", [0])

    def numbers(self, texts: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the numbers of the chunks of texts, one after the other, and where each text starts."""
        number, found, ends = self.chunks.__getitem__, array("q"), [0]
        for text in texts:
            found.extend(map(number, text.split()))
            ends.append(len(found))
        return np.array(found, np.int64), np.array(ends, np.int64)

    def learn(self) -> None:
        """Work out the chunks that were numbered since the last time."""
        chunks, self.chunks.fresh = self.chunks.fresh, []
        if not chunks:
            return
        if self.normalizer is not None:
            chunks = spell(chunks, self.normalizer.digits)
            self.residue.frombytes(self.normalizer.may_be_residue(chunks).tobytes())
            self.spelt += chunks
        # One search splits all chunks of common characters; the others are BNLP's own work. The
        # line break between two chunks gets the number -1.
        common = [chunk if _COMMON.fullmatch(chunk) else "" for chunk in chunks]
        number = self.tokens.__getitem__
        flat = np.array([-1 if t == "\n" else number(t) for t in _PIECE.findall("\n".join(common))], np.int32)
        breaks = np.flatnonzero(flat == -1)
        size = np.diff(np.concatenate([[-1], breaks, [len(flat)]])) - 1
        pieces = np.delete(flat, breaks)
        rare = [i for i, chunk in enumerate(common) if not chunk and chunks[i]]
        if rare:
            tokens = [basic_tokenizer().tokenize(chunks[i]) for i in rare]
            place = np.repeat(np.cumsum(size)[rare], list(map(len, tokens)))
            pieces = np.insert(pieces, place, [number(t) for own in tokens for t in own])
            size[rare] = list(map(len, tokens))
        self.flat.frombytes(pieces.astype(np.int32).tobytes())
        self.start.frombytes((self.start[-1] + np.cumsum(size)).tobytes())
        self.words += self.tokens.fresh
        self.tokens.fresh = []

    def ids(self, texts: list[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the token ids of texts, one after the other, and how many each text has."""
        numbers, starts = self.numbers(texts)
        self.learn()
        if self.normalizer is not None:
            numbers, starts = self._without_residue(texts, numbers, starts, self.normalizer)
        start, flat = np.frombuffer(self.start, np.int64), np.frombuffer(self.flat, np.int32)
        begin = start[numbers]
        size = start[numbers + 1] - begin
        # Token t of the batch is the token of its chunk that stands as far behind the chunk's start.
        behind = np.append(0, np.cumsum(size))
        taken = np.arange(behind[-1]) + np.repeat(begin - behind[:-1], size)
        return flat[taken], np.diff(behind[starts])

    def _without_residue(
        self,
        texts: list[str],
        numbers: NDArray[np.int64],
        starts: NDArray[np.int64],
        normalizer: Normalizer,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Leave out the chunks of a site's residue; only texts that may hold some are put together."""
        hint = np.append(np.frombuffer(self.residue, np.uint8)[numbers], np.uint8(0))
        holds = (hint[:-1] & 1 > 0) | ((hint[:-1] & 2 > 0) & (hint[1:] & 4 > 0))
        held = np.diff(np.append(0, np.cumsum(holds))[starts]).tolist()
        changed: dict[int, NDArray[np.int64]] = {}
        for i, text in enumerate(texts):
            if held[i] or self._ends_in_residue(text, normalizer):
                spelt = [self._spell(line) for line in text.splitlines()]
                rest = normalizer.without_residue(spelt)
                if rest != "\n".join(filter(None, spelt)):
                    changed[i], _ = self.numbers([rest])
        if not changed:
            return numbers, starts
        self.learn()
        bounds = enumerate(pairwise(starts.tolist()))
        parts = [changed.get(i, numbers[first:last]) for i, (first, last) in bounds]
        sizes = np.fromiter(map(len, parts), np.int64, len(parts))
        return np.concatenate(parts), np.append(0, np.cumsum(sizes))

    def _ends_in_residue(self, text: str, normalizer: Normalizer) -> bool:
        text = text.rstrip()
        end = text[-_LONG:]
        if len(end) == _LONG and "  " not in end and _HALVED_AT_MOST.fullmatch(end):
            return False
        lines = text.rsplit("\n", 1)[-1].splitlines() or [""]
        return normalizer.is_tail(self._spell(lines[-1]))

    def _spell(self, line: str) -> str:
        """Return a line of known chunks, spelt."""
        numbers = map(self.chunks.__getitem__, line.split())
        return " ".join(filter(None, map(self.spelt.__getitem__, numbers)))


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
            memory: _Memory = self.__dict__.setdefault("_memory", _Memory(self.normalizer))
            if len(memory.words) > MAX_CHUNKS:
                memory = self.__dict__["_memory"] = _Memory(self.normalizer)
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
