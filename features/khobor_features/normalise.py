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
from collections.abc import Sequence
from functools import lru_cache
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

_HIDDEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_ZERO_WIDTH = re.compile(f"[{_HIDDEN}]+")
_KHANDA_TA = re.compile("\u09a4\u09cd\u200d")
_SPACE = re.compile(r"[^\S\n]+|[\x00-\x09\x0b-\x1f\x7f-\x9f]+")
_SIGN_ORDER = re.compile("(\u0981+)([\u09be-\u09cc\u09d7]+)")
_BREAKS = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_CLUSTER = re.compile(f"[^\\S\n]+|\n|\\S[\u0300-\u036f\u0981-\u0983\u09bc\u09be-\u09cd\u09d7{_HIDDEN}]*")
_DIGITS = str.maketrans("০১২৩৪৫৬৭৮৯", "0123456789")


def _spell(text: str, digits: Digits) -> str:
    """Rewrite one piece of text; every rule looks at one letter and its signs."""
    text = _ZERO_WIDTH.sub("", _KHANDA_TA.sub("\u09ce", unicodedata.normalize("NFC", text)))
    text = _SIGN_ORDER.sub(r"\2\1", text.replace("\u09f7", "\u0964"))
    text = text.replace("\u0985\u09be", "\u0986").replace("\u09ac\u09bc", "\u09b0")
    text = _SPACE.sub(" ", unicodedata.normalize("NFC", text))
    return text.translate(_DIGITS) if digits == "ascii" else text


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
    return re.compile(f"^(?:{body})$" if whole else body)


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
        text = _BREAKS.sub("\n", text)
        previous = None
        while text != previous:
            previous = text
            text = "\n".join(self._kept([self._line(line) for line in text.split("\n")]))
        return text

    def _line(self, line: str) -> str:
        line = _fixpoint(line, self.digits).strip()
        pattern = _compile(tuple(self.inline_residue), False)
        return _SPACE.sub(" ", pattern.sub(" ", line)).strip() if pattern else line

    def _kept(self, lines: list[str]) -> list[str]:
        pattern = _compile(tuple(self.tail_residue), True)
        end = len(lines)
        while end and (not lines[end - 1] or (pattern and pattern.match(lines[end - 1]))):
            end -= 1
        return [line for line in lines[:end] if line]

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
