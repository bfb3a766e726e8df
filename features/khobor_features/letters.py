"""Count letters: how much of a text is Bangla, and whether it is Bangla in a font's disguise."""

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray


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


_FIELD = 21  # bits: no text has two million characters


@cache
def _letter_table() -> NDArray[np.int64]:
    """Return for each code point of the first plane whether it is a letter and a Bangla letter."""
    points = [chr(point) for point in range(0x10000)]
    facts = ((c.isalpha(), c.isalpha() and "\u0980" <= c <= "\u09ff") for c in points)
    return np.array([letter | bangla << _FIELD for letter, bangla in facts], np.int64)


def letter_counts(words: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return of each word whether it holds a letter, and how many letters and Bangla letters it holds."""
    text = "\n".join(words) + "\n"
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    # The last code point of the first plane is no letter; it stands for all others.
    facts = _letter_table()[np.minimum(points, 0xFFFF)]
    starts = np.append(0, np.flatnonzero(points == 10)[:-1] + 1)
    sums = np.add.reduceat(facts, starts) if words else np.zeros(0, np.int64)
    field = (1 << _FIELD) - 1
    letters, bangla = (sums >> shift & field for shift in (0, _FIELD))
    return (letters > 0).astype(float), letters.astype(float), bangla.astype(float)
