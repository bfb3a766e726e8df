"""Remember what became of each whitespace-separated chunk of text: its spelling and its tokens.

BNLP's tokenizer and the rules of spelling look at one chunk at a time, and news repeats
itself, so each distinct chunk is worked out once and is a number from then on.
"""

import re
from array import array
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from khobor_features.bnlp import basic_tokenizer
from khobor_features.normalise import TAIL_LENGTH, Normalizer
from khobor_features.spelling import spell

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


class _Numbers(dict[str, int]):
    """Number strings in the order in which they are first looked up."""

    def __init__(self) -> None:
        self.fresh: list[str] = []

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        self.fresh.append(key)
        return number


class ChunkMemory:
    """What became of each chunk: its spelling and its tokens."""

    def __init__(self, normalizer: Normalizer | None) -> None:
        self.normalizer = normalizer
        self.tokens = _Numbers()
        self.words: list[str] = []  # the tokens in the order of their numbers
        self.forget_chunks()

    def forget_chunks(self) -> None:
        """Forget the chunks, but not the tokens: ids that were given out stay good."""
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
