"""Give each Bangla word one spelling, and take off what a news site glued on.

The same word reaches us in several encodings: ড় is one code point on some
keyboards and two (ড + nukta) on others, ো may come as ে + া, ৎ as ত + hasanta +
joiner. A vectoriser counts code points, so it would see different words. Pages
also carry advertisement markers, source lines and comment counters, which tell a
site and not a topic. This module removes those differences and nothing else: it
never stems, never drops a letter of the article, and never raises.

Rules are local to a line and, within it, to a letter with its signs; that is what
makes the map of offsets back to the original text possible.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

Digits = Literal["keep", "ascii"]

INLINE_RESIDUE = (
    r"\[\s*বিজ্ঞাপন[^\]\n]{0,12}\]",
    r"(?<=[।!?])\s*সূত্র\s?[::]\s?[^।\n]{1,60}$",
)
"""Removed wherever they stand in a line, the second only at its end."""

_NEEDLES = dict(zip(INLINE_RESIDUE, (("বিজ্ঞাপন", "", ""), ("সূত্র[::]", "সূত্র$", "^[::]")), strict=True))
"""What chunks of a text must hold if it is to match: one the first, or one the second and the next
the third; an empty one is found in none. Of other patterns nothing is known."""

TAIL_RESIDUE = (
    r"বিজ্ঞাপন\S{0,4}",
    r"উৎস|সূত্র",
    r"(উৎস|সূত্র|তথ্যসূত্র|ছবি|ফাইল ছবি)\s?[::]\s?.{0,80}",
    r"মন্তব্য(সমূহ)?\s?(\(\s*\d*\s*\)|[::]\s?\d*)?",
    r"\d+\s?(টি)?\s?মন্তব্য",
    r"আর[োও]?\s?(ও\s)?পড়(ু|ে)ন\b.{0,120}",
    r"(শেয়ার|প্রিন্ট) কর(ু|ে)ন.{0,40}",
    r".{0,40}\(.{0,60}\sঅনুসারে\)",
    r"[^\s/।]{1,12}(/[^\s/।]{1,12}){1,2}",
)
"""Whole lines that are dropped from the end of a text, as long as they match."""

TAIL_LENGTH = 200
"""A line of more characters is never dropped."""

_HIDDEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_ZERO_WIDTH = re.compile(f"[{_HIDDEN}]+")
_KHANDA_TA = re.compile("\u09a4\u09cd\u200d")
_SPACE = re.compile(r"[^\S\n]+|[\x00-\x09\x0b-\x1f\x7f-\x9f]+")
_SIGN_ORDER = re.compile("(\u0981+)([\u09be-\u09cc\u09d7]+)")
_CLUSTER = re.compile(f"[^\\S\n]+|\n|\\S[\u0300-\u036f\u0981-\u0983\u09bc\u09be-\u09cd\u09d7{_HIDDEN}]*")
# What no rule changes: consonants, signs and marks of which no two combine, ASCII but its controls.
_SETTLED = re.compile(
    "(?:[!-~\u0964\u0965\u0982\u0983\u0986-\u09a8\u09aa-\u09b9\u09be-\u09c4\u09c8\u09cb-\u09cd"
    "\u2013\u2014\u2018\u2019\u201c\u201d\u2026]|\u0985(?!\u09be)|\u09c7(?![\u09be\u09d7])"
    "|\u0981(?![\u09be-\u09cc\u09d7]))+"
)
_DIGITS = tuple(zip("০১২৩৪৫৬৭৮৯", "0123456789", strict=True))


def _spell(text: str, digits: Digits) -> str:
    """Rewrite one piece of text; every rule looks at one letter and its signs."""
    text = _ZERO_WIDTH.sub("", _KHANDA_TA.sub("\u09ce", unicodedata.normalize("NFC", text)))
    text = _SIGN_ORDER.sub(r"\2\1", text.replace("\u09f7", "\u0964"))
    text = text.replace("\u0985\u09be", "\u0986").replace("\u09ac\u09bc", "\u09b0")
    text = _SPACE.sub(" ", unicodedata.normalize("NFC", text))
    if digits == "ascii":
        for bangla, ascii_digit in _DIGITS:  # a quarter of the time of str.translate
            text = text.replace(bangla, ascii_digit)
    return text


def _fixpoint(text: str, digits: Digits) -> str:
    # One pass settles real text; odd sequences of signs need a second one.
    previous = None
    while text != previous:
        previous, text = text, _spell(text, digits)
    return text


@lru_cache(maxsize=64)
def _compile(patterns: tuple[str, ...], whole: bool) -> re.Pattern[str] | None:
    if not patterns:
        return None
    spelt = (_fixpoint(pattern, "keep") for pattern in patterns)
    body = "|".join(f"(?:{pattern})" for pattern in spelt)
    return re.compile(f"^(?:{body})$" if whole else body, re.MULTILINE)


def spell(chunks: Iterable[str], digits: Digits) -> list[str]:
    """Return the one spelling of each whitespace-separated chunk: no rule reaches over white space.

    A chunk that holds control characters may come back as several words or as none.
    """
    result = list(chunks)
    settled = _SETTLED.fullmatch
    pending = [i for i, chunk in enumerate(result) if settled(chunk) is None]
    while pending:  # until nothing changes
        spelt = _spell("\n".join([result[i] for i in pending]), digits).split("\n")
        changed = [(i, new) for i, new in zip(pending, spelt, strict=True) if new != result[i]]
        for i, new in changed:
            result[i] = " ".join(new.split())
        pending = [i for i, _ in changed]
    return result


def is_legacy_bijoy(text: str) -> bool:
    """Tell whether Latin letters look like Bangla typed for a Bijoy (SutonnyMJ) font.

    There the vowel sign া, the most frequent sign of Bangla, is the letter v, which is
    one letter in a hundred of English.
    """
    letters = re.findall(r"[A-Za-z]", text)
    return len(letters) >= 8 and letters.count("v") >= 0.06 * len(letters)


def bangla_share(text: str) -> float:
    """Return the share of letters that are Bangla, 0.0 for a text without letters."""
    letters = re.findall(r"[^\W\d_]", text)
    return sum("\u0980" <= letter <= "\u09ff" for letter in letters) / len(letters) if letters else 0.0


@cache
def _letter_table() -> NDArray[np.float64]:
    """Return for each code point of the first plane whether it is of a word, a letter, a Bangla letter."""
    points = [chr(point) for point in range(0x10000)]
    table = [[c.isalnum(), c.isalpha(), c.isalpha() and "\u0980" <= c <= "\u09ff"] for c in points]
    return np.array(table, dtype=float)


def letter_counts(words: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return of each word whether it holds a letter or digit, and how many letters and Bangla letters."""
    text = "\n".join(words) + "\n"
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    # The last code point of the first plane is no letter; it stands for all others.
    table = _letter_table()[np.minimum(points, 0xFFFF)]
    starts = np.append(0, np.flatnonzero(points == 10)[:-1] + 1)
    some, letters, bangla = np.add.reduceat(table, starts, axis=0).T if words else np.zeros((3, 0))
    return (some > 0).astype(float), letters, bangla


class Normalizer(TransformerMixin, BaseEstimator):
    r"""Rewrite text so that each word has one spelling and a site's residue is gone.

    Stateless: ``fit`` only checks the parameters.

    Parameters
    ----------
    digits : {"keep", "ascii"}, default="keep"
        Whether Bangla digits (০-৯) stay as they are or become 0-9.
    inline_residue : sequence of str, default=INLINE_RESIDUE
        Regular expressions; what they match within a line is removed.
    tail_residue : sequence of str, default=TAIL_RESIDUE
        Regular expressions; lines at the end of a text that match one as a whole are dropped.

    Examples
    --------
    >>> Normalizer(digits="ascii").fit_transform(["খরচ ৫০০ টাকা৷\n[বিজ্ঞাপন_২]\nমন্তব্য (0)"])
    ['খরচ 500 টাকা।']
    """

    def __init__(
        self,
        *,
        digits: Digits = "keep",
        inline_residue: Sequence[str] = INLINE_RESIDUE,
        tail_residue: Sequence[str] = TAIL_RESIDUE,
    ) -> None:
        self.digits = digits
        self.inline_residue = inline_residue
        self.tail_residue = tail_residue

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Check the parameters; `X` is not looked at.

        Raises
        ------
        ValueError
            If `digits` is unknown or a pattern is not a regular expression.
        """
        if self.digits not in ("keep", "ascii"):
            raise ValueError(f"digits must be 'keep' or 'ascii', got {self.digits!r}")
        for name in ("inline_residue", "tail_residue"):
            for pattern in getattr(self, name):
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise ValueError(
                        f"{name} must be regular expressions, got {pattern!r} ({error})"
                    ) from None
        return self

    def transform(self, X: Sequence[str]) -> list[str]:
        """Return the rewritten texts.

        Parameters
        ----------
        X : sequence of str of shape (n_samples,)

        Returns
        -------
        list of str of shape (n_samples,)
        """
        if isinstance(X, str):
            raise TypeError("X must be a sequence of str, got one str; wrap it in a list")
        return [self.normalise(text) for text in X]

    def normalise(self, text: str) -> str:
        """Return one text rewritten."""
        lines = [line.split() for line in text.splitlines()]
        chunks = {chunk for line in lines for chunk in line}
        spelling = dict(zip(chunks, spell(chunks, self.digits), strict=True))
        return self.without_residue([" ".join(filter(None, map(spelling.get, line))) for line in lines])

    def may_be_residue(self, chunks: list[str]) -> NDArray[np.uint8]:
        """Tell which spelt chunks a text must hold if it is to match an `inline_residue` pattern.

        Returns
        -------
        ndarray of uint8 of shape (n_chunks,)
            The sum of 1 where the chunk is enough, 2 where one with a 4 must follow, and 4.
        """
        if any(pattern not in _NEEDLES for pattern in self.inline_residue):
            return np.ones(len(chunks), np.uint8)
        result = np.zeros(len(chunks), np.uint8)
        needles = list(zip(*(_NEEDLES[pattern] for pattern in self.inline_residue), strict=True))
        parts = [re.compile("|".join(filter(None, part)) or "(?!)") for part in needles]
        found = re.compile("|".join(part.pattern for part in parts) or "(?!)").search
        for i, chunk in enumerate(chunks):
            if found(chunk):
                result[i] = sum(bit for bit, part in zip((1, 2, 4), parts, strict=True) if part.search(chunk))
        return result

    def is_tail(self, line: str) -> bool:
        """Tell whether a last line, spelt, is empty or residue, which is never long."""
        tail = _compile(tuple(self.tail_residue), True)
        return not line or (tail is not None and len(line) <= TAIL_LENGTH and tail.match(line) is not None)

    def without_residue(self, lines: list[str]) -> str:
        """Put spelt lines together, without empty ones and a site's residue."""
        inline = _compile(tuple(self.inline_residue), False)
        while True:
            end = len(lines)
            while end and self.is_tail(lines[end - 1]):
                end -= 1
            text = "\n".join(filter(None, lines[:end]))
            if inline is None or not inline.search(text):
                return text
            # What is left of a line may be residue in turn.
            lines = [_SPACE.sub(" ", inline.sub(" ", line)).strip() for line in text.split("\n")]

    def align(self, text: str) -> tuple[str, NDArray[np.intp]]:
        """Return the rewritten text and where each of its characters came from.

        Returns
        -------
        normalised : str
            The same as ``normalise(text)``.
        offsets : ndarray of shape (len(normalised) + 1,)
            ``text[offsets[i]]`` begins what became ``normalised[i]``; the last entry is the
            end of the last character kept. Never decreasing.
        """
        normalised = self.normalise(text)
        # The original as single spelt characters, each with its start and end.
        source: list[tuple[str, int, int]] = []
        for match in _CLUSTER.finditer(text):
            for character in _fixpoint(match.group(), self.digits):
                source.append((character, match.start(), match.end()))
        offsets = np.zeros(len(normalised) + 1, dtype=np.intp)
        cursor = position = end = 0
        for piece in re.findall(r"\s|\S+", normalised):
            found = _find(source, piece, position) if not piece.isspace() else None
            if found is not None:
                for j in range(len(piece)):
                    offsets[cursor + j] = source[found + j][1]
                position, end = found + len(piece), source[found + len(piece) - 1][2]
            else:
                offsets[cursor : cursor + len(piece)] = end
            cursor += len(piece)
        offsets[-1] = end
        return normalised, np.maximum.accumulate(offsets)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


def _find(source: list[tuple[str, int, int]], piece: str, start: int) -> int | None:
    """Return where `piece` next stands in `source`, or None."""
    for i in range(start, len(source) - len(piece) + 1):
        if source[i][0] == piece[0] and all(source[i + j][0] == c for j, c in enumerate(piece)):
            return i
    return None
