"""Mark in an article the words that spoke for a label and those that spoke against it.

An explanation names words as the model sees them: respelt, and without a site's residue.
A person wants to see them where they stand. The pieces returned here join to exactly the
original text; the sum of their parts is the sum of the parts of all words that stand in it.
"""

import html
import os
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence

from khobor_features.normalise import Normalizer
from khobor_features.tokenise import Tokenizer

Pieces = Sequence[tuple[str, float]]

# A part smaller than this share of the largest is not worth the reader's eye.
_FARTHEST = 40
"""So many characters on, a word that BNLP's tokenizer wrote anew is given up."""

_GRADES = (0.15, 0.4, 0.7)

STYLE = """
mark{background:none;color:inherit;text-decoration:underline;text-underline-offset:.28em;border-radius:2px}
mark.for{text-decoration-color:var(--for);background:var(--for-fill)}
mark.against{text-decoration-style:dashed;text-decoration-color:var(--against);background:var(--against-fill)}
mark.g1{text-decoration-thickness:1px;background:none}
mark.g2{text-decoration-thickness:2px}
mark.g3{text-decoration-thickness:4px;font-weight:700}
mark sup{font-size:.7em;line-height:0;font-weight:700;user-select:none;margin-left:1px}
mark.for sup{color:var(--for)} mark.against sup{color:var(--against)}
"""
"""What a page must say of the marks of `to_html`; it sets the four colours itself."""


def pieces(text: str, normalizer: Normalizer, parts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Cut a text where its words begin and end, each with its part.

    Parameters
    ----------
    text : str
        The original.
    normalizer : Normalizer
        That of the model.
    parts : mapping of str to float
        What each word, as the model sees it, adds to a label's score; shared evenly among the
        places where it stands.

    Returns
    -------
    list of (str, float)
        Joined, the strings are `text`; the part is 0 for what lies between words, for residue, and
        for words without a part.
    """
    spelt, offsets = normalizer.align(text)
    chunks = list(re.finditer(r"\S+", spelt))
    tokens = Tokenizer().transform([chunk.group() for chunk in chunks])
    places: dict[str, list[int]] = defaultdict(list)
    spans: list[tuple[int, int]] = []
    for i, chunk in enumerate(chunks):
        at = chunk.start()
        for word in (tokens.words[k] for k in tokens.ids[tokens.starts[i] : tokens.starts[i + 1]]):
            found = spelt.find(word, at, chunk.end())
            if found >= 0:  # BNLP's tokenizer writes a few chunks anew
                at = found + len(word)
                places[word].append(len(spans))
                spans.append((int(offsets[found]), int(offsets[at])))
    share = [0.0] * len(spans)
    for word, own in places.items():
        for place in own:
            share[place] = parts.get(word, 0.0) / len(own)
    return _cut(text, spans, share)


def in_order(
    text: str, normalizer: Normalizer, words: Sequence[str], share: Sequence[float]
) -> list[tuple[str, float]]:
    """Cut a text at words that are given in the order in which they stand, each with its own part.

    Parameters
    ----------
    text : str
        The original.
    normalizer : Normalizer
        That of the model.
    words : sequence of str
        As the model sees them.
    share : sequence of float
        The part of each.
    """
    spelt, offsets = normalizer.align(text)
    spans, placed, at = [], [], 0
    for word, part in zip(words, share, strict=True):
        found = spelt.find(word, at, at + len(word) + _FARTHEST)
        if found >= 0:
            at = found + len(word)
            spans.append((int(offsets[found]), int(offsets[at])))
            placed.append(part)
    return _cut(text, spans, placed)


def _cut(text: str, spans: list[tuple[int, int]], share: list[float]) -> list[tuple[str, float]]:
    """Cut a text at spans in order; where several words came from one span, the last has their parts."""
    cut: list[tuple[str, float]] = []
    end, waiting = 0, 0.0
    for (first, last), part in zip(spans, share, strict=True):
        first = max(first, end)
        waiting += part
        if first >= last:
            continue
        if waiting:
            if first > end:
                cut.append((text[end:first], 0.0))
            cut.append((text[first:last], waiting))
            end, waiting = last, 0.0
    if end < len(text):
        cut.append((text[end:], 0.0))
    return cut


def to_html(marked: Pieces) -> str:
    """Return HTML: solid lines and + for the label, dashed lines and − against it, thicker for more."""
    largest = max((abs(part) for _, part in marked), default=0.0)
    out = []
    for text, part in marked:
        grade, safe = _grade(part, largest), html.escape(text)
        if not grade:
            out.append(safe)
            continue
        name, sign = ("for", "+") if part > 0 else ("against", "−")
        out.append(
            f'<mark class="{name} g{grade}" title="{sign}{abs(part):.3f}">{safe}<sup>{sign}</sup></mark>'
        )
    return "".join(out)


def to_terminal(marked: Pieces, *, colour: bool | None = None) -> str:
    """Return text for a terminal: ``[+word]`` speaks for the label, ``[---word]`` strongly against it.

    Parameters
    ----------
    marked : sequence of (str, float)
    colour : bool or None, default=None
        Whether to add bold, underline and colour; None: where the output is a terminal and the
        environment variable ``NO_COLOR`` is not set. The signs are there either way.
    """
    if colour is None:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    largest = max((abs(part) for _, part in marked), default=0.0)
    out = []
    for text, part in marked:
        grade, safe = _grade(part, largest), re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", text)
        if not grade:
            out.append(safe)
            continue
        signed = f"[{('+' if part > 0 else '-') * grade}{safe}]"
        codes = ["36" if part > 0 else "35", *(["4"] if grade > 1 else []), *(["1"] if grade > 2 else [])]
        out.append(f"\x1b[{';'.join(codes)}m{signed}\x1b[0m" if colour else signed)
    return "".join(out)


def _grade(part: float, largest: float) -> int:
    """Return 0 for a part that is not worth a mark, and up to 3 for the largest."""
    return sum(abs(part) >= bound * largest for bound in _GRADES) if part else 0
