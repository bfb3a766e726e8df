"""Spell Bangla text in one way, and take off what a news site glued on.

Pages carry advertisement markers, source lines and comment counters, which tell a
site and not a topic. This module removes them and spells what is left by the rules
of ``spelling``: it never stems, never drops a letter of the article, never raises,
and can tell where in the original text each character came from.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from khobor_features.spelling import HIDDEN, Digits, respell, spell

Line = tuple[str, list[tuple[int, int]] | None]
"""A spelt line and, where asked for, the span of the original text of each of its characters."""

INLINE_RESIDUE = (
    r"\[\s*বিজ্ঞাপন[^\]\n]{0,12}\]",
    r"(?<=[।!?])\s*সূত্র\s?[::]\s?[^।\s]{1,30}(\s[^।\s]{1,30}){0,2}$",
)
"""Removed wherever they stand in a line, the second only at its end: a source of one to three words."""

_NEEDLES = dict(zip(INLINE_RESIDUE, (("বিজ্ঞাপন", "", ""), ("সূত্র[::]", "সূত্র$", "^[::]")), strict=True))
"""What chunks of a text must hold if it is to match: one the first, or one the second and the next
the third; an empty one is found in none. Of other patterns nothing is known."""

TAIL_RESIDUE = (
    r"বিজ্ঞাপন\S{0,4}",
    r"উৎস|সূত্র",
    r"(উৎস|সূত্র|তথ্যসূত্র|ছবি|ফাইল ছবি)\s?[::]\s?.{0,80}",
    r"মন্তব্য(সমূহ)?\s?(\(\s*\d*\s*\)|[::]\s?\d*)?",
    r"\d+\s?(টি)?\s?মন্তব্য",
    r"আর[োও]?\s?(ও\s)?পড়ুন(\s?[::].{0,120}|[^।]{0,120})",
    r"(শেয়ার|প্রিন্ট) কর(ু|ে)ন.{0,40}",
    r".{0,40}\(.{0,60}\sঅনুসারে\)",
    r"[^\s/।]{1,12}(/[^\s/।]{1,12}){1,2}",
)
"""Whole lines that are dropped from the end of a text, as long as they match; never its first line."""

TAIL_LENGTH = 200
"""A line of more characters is never dropped."""

_CLUSTER = re.compile(f"[^\\S\n]+|\n|\\S[\u0300-\u036f\u0981-\u0983\u09bc\u09be-\u09cd\u09d7{HIDDEN}]*")


@lru_cache(maxsize=64)
def _compile(patterns: tuple[str, ...], digits: Digits) -> tuple[re.Pattern[str], ...]:
    """Compile each pattern by itself, spelt as the text will be."""
    return tuple(re.compile(respell(pattern, digits)) for pattern in patterns)


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
                    (compiled,) = _compile((pattern,), self.digits)
                except re.error as error:
                    raise ValueError(
                        f"{name} must be regular expressions, got {pattern!r} ({error})"
                    ) from None
                if compiled.fullmatch(""):
                    raise ValueError(f"{name} must match some text, got {pattern!r}, which matches none")
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
        if not line or len(line) > TAIL_LENGTH:
            return not line
        return any(p.fullmatch(line) for p in _compile(tuple(self.tail_residue), self.digits))

    def without_residue(self, lines: list[str]) -> str:
        """Put spelt lines together, without empty ones and a site's residue."""
        return "\n".join(line for line, _ in self._without_residue([(line, None) for line in lines]))

    def _without_residue(self, lines: list[Line]) -> list[Line]:
        inline = _compile(tuple(self.inline_residue), self.digits)
        while True:
            lines = [line for line in lines if line[0]]
            while len(lines) > 1 and self.is_tail(lines[-1][0]):
                lines.pop()
            # What is left of a line may be residue in turn.
            rest = [_cut(line, inline) for line in lines]
            if rest == lines:
                return lines
            lines = rest

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
        lines: list[Line] = []
        begin = 0
        for raw in text.splitlines(keepends=True):
            chunks = [(match.group(), begin + match.start()) for match in re.finditer(r"\S+", raw)]
            spelt = spell([chunk for chunk, _ in chunks], self.digits)
            spans: list[tuple[int, int]] = []
            for (chunk, start), own in zip(chunks, spelt, strict=True):
                if own:
                    spans += [(spans[-1][1], start)] if spans else []
                    spans += _spans(chunk, own, start, self.digits)
            lines.append((" ".join(filter(None, spelt)), spans))
            begin += len(raw)
        kept = self._without_residue(lines)
        places: list[tuple[int, int]] = []
        for _, spans_kept in kept:
            places += [(places[-1][1], places[-1][1])] if places else []  # the line break
            places += spans_kept or []
        offsets = [start for start, _ in places] + [places[-1][1] if places else 0]
        return "\n".join(line for line, _ in kept), np.array(offsets, dtype=np.intp)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


def _cut(line: Line, patterns: tuple[re.Pattern[str], ...]) -> Line:
    """Replace what the patterns match by a space; where nothing matches, return the line itself."""
    for pattern in patterns:
        text, spans = line
        if not pattern.search(text):
            continue
        kept = np.ones(len(text), dtype=bool)
        for match in pattern.finditer(text):
            kept[match.start() : match.end()] = False
        marked = "".join(c if k else " " for c, k in zip(text, kept.tolist(), strict=True))
        words = [(m.start(), m.end()) for m in re.finditer(r"\S+", marked)]
        new = " ".join(marked[start:end] for start, end in words)
        if spans is None:
            line = (new, None)
            continue
        cut: list[tuple[int, int]] = []
        for start, end in words:
            cut += [(cut[-1][1], spans[start][0])] if cut else []
            cut += spans[start:end]
        line = (new, cut)
    return line


def _spans(chunk: str, spelt: str, start: int, digits: Digits) -> list[tuple[int, int]]:
    """Return which span of the text each spelt character of a chunk came from."""
    spans = []
    letters = ""
    for match in _CLUSTER.finditer(chunk):
        own = respell(match.group(), digits)
        letters += own
        spans += [(start + match.start(), start + match.end())] * len(own)
    # Rarely signs of two letters act on each other: then the chunk is the unit.
    return spans if letters == spelt else [(start, start + len(chunk))] * len(spelt)
