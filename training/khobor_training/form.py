"""Measure what is not content: the form of a text, and what a site repeats in many texts.

A model that reads a label from these has learnt how a corpus was made. Nothing here is a feature
of any classifier; the audit alone looks at it.
"""

import re
from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khobor_features.normalise import Normalizer
from khobor_features.spelling import HIDDEN

_PER_WORD = {
    "commas": ",",
    "dandas": "[।৷|]",
    "question marks": r"\?",
    "exclamation marks": "!",
    "quotation marks": "[\"'‘’“”]",
    "colons": "[::;]",
    "dashes": "[-–—]",
    "brackets": r"[()\[\]]",
    "dots": r"[.…]",
    "slashes": "/",
    "Bangla digits": "[০-৯]",
    "ASCII digits": "[0-9]",
    "Latin letters": "[A-Za-z]",
    "zero-width characters": f"[{HIDDEN}]",
    "৷ for ।": "\u09f7",
    "letters of two code points (ড + nukta)": "[\u09a1\u09a2\u09af]\u09bc",
    "letters of one code point (ড়)": "[\u09dc\u09dd\u09df]",
    "vowel signs of two code points": "\u09c7[\u09be\u09d7]",
    "spaces that stand double or before a stop": r"[ \t]{2,}|[ \t][।৷,?!]",
}
_PRESENT = ("zero-width characters", "৷ for ।", "letters of two code points (ড + nukta)", "Latin letters")

MIN_REPEATED = 5
"""In how many events a line stands at least to be called repeated."""

MAX_REPEATED = 300
"""Of more lines the most frequent are looked at."""


def form(texts: list[str]) -> pd.DataFrame:
    """Return numbers about the form of each text, of shape (n_samples, n_features), named in words."""
    lengths = np.array([len(text.split()) for text in texts])
    table = {
        "words": np.log1p(lengths),
        "words of the first line": [len(text.lstrip().split("\n", 1)[0].split()) for text in texts],
        "lines": np.log1p([text.count("\n") for text in texts]),
        "words a sentence": lengths / [1 + len(re.findall(r"[।৷?!\n]", text)) for text in texts],
    }
    for name, pattern in _PER_WORD.items():
        found = re.compile(pattern).findall
        counts = np.array([len(found(text)) for text in texts])
        table[name] = np.sqrt(counts / np.maximum(lengths, 1))  # by words: long words are content
        if name in _PRESENT:
            table[f"any {name}"] = (counts > 0).astype(float)
    mixed = table["letters of two code points (ড + nukta)"] * table["letters of one code point (ড়)"]
    return pd.DataFrame({**table, "mixed spellings": (mixed > 0).astype(float)})


def repeated(texts: list[str], groups: NDArray[np.str_]) -> tuple[list[str], NDArray[np.bool_], list[bool]]:
    """Return what many texts repeat word for word, digits aside.

    Looked at are lines, sentences, what stands in square brackets and what stands before a colon,
    and, whatever its wording, each part that the normaliser removes.

    Parameters
    ----------
    texts : list of str of shape (n_samples,)
    groups : ndarray of str of shape (n_samples,)
        Repetition within a group does not count.

    Returns
    -------
    units : list of str of shape (n_units,)
    present : ndarray of bool of shape (n_samples, n_units)
    removed : list of bool of shape (n_units,)
        Whether the normaliser takes the unit off.
    """
    raw = Normalizer(digits="ascii", inline_residue=(), tail_residue=()).transform(texts)
    kept = Normalizer(digits="ascii").transform(texts)
    found = [_units(text) for text in raw]
    pairs = {(group, unit) for group, own in zip(groups.tolist(), found, strict=True) for unit in own}
    in_group = Counter(unit for _, unit in pairs)
    frequent = [unit for unit, n in in_group.items() if n >= MIN_REPEATED]
    frequent.sort(key=lambda unit: (-in_group[unit], unit))
    column = {unit: i for i, unit in enumerate(frequent[:MAX_REPEATED])}
    places = [(row, column[unit]) for row, own in enumerate(found) for unit in own if unit in column]
    present = np.zeros((len(texts), len(column)), dtype=bool)
    for row, unit_column in places:
        present[row, unit_column] = True
    # Of units that always stand together the longest speaks for all.
    best: dict[bytes, str] = {}
    for unit, i in column.items():
        key = present[:, i].tobytes()
        best[key] = max(best.get(key, ""), unit, key=lambda u: (len(u), u))
    units = list(best.values())
    still = [_units(text) for text in kept]
    columns = [column[unit] for unit in units]
    removed = [
        not any(unit in still[row] for row in np.flatnonzero(present[:, i]))
        for unit, i in zip(units, columns, strict=True)
    ]
    return units, present[:, columns], removed


def _units(text: str) -> set[str]:
    """Return the parts of a spelt text that a site may have put there."""
    text = re.sub(r"\d+", "0", text)
    parts = set(text.split("\n")) | set(re.findall(r"\[[^\]\n]{1,40}\]", text))
    for line in text.split("\n"):
        parts.update(part.strip() for part in re.split("[।॥?!]", line))
        head = re.match(r"[^::।]{1,40}[::]", line)
        parts.update([head.group()] if head else [])
    return {part for part in parts if len(part) > 1}
