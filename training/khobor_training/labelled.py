"""Hold what the checks of the audit look at: texts, labels and where the articles come from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khobor_training.duplicates import merge_groups

COLUMNS = ("id", "event", "published_at", "outlet", "genre", "target")

MIN_GROUPS = 5
"""Below so many events with or without a label, or with a mark, nothing is said about it."""


def complete(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``COLUMNS`` as strings, empty where unknown; a row without an id is called by its number."""
    strings = {c: frame[c].fillna("").astype(str) if c in frame else "" for c in COLUMNS}
    table = pd.DataFrame(strings, index=frame.index).reset_index(drop=True).astype(object)
    numbers = pd.Series([f"row {i + 1}" for i in range(len(table))], dtype=object)
    table["id"] = table["id"].where(table["id"] != "", numbers)
    return table


@dataclass(frozen=True)
class Labelled:
    """Labelled articles; see ``audit`` for the attributes."""

    texts: list[str]
    y: NDArray[np.int_]
    names: list[str]
    frame: pd.DataFrame
    clusters: NDArray[np.intp]
    multiclass: bool
    seed: int

    @cached_property
    def groups(self) -> NDArray[np.str_]:
        """What never stands on both sides of a split: the event, or the article and its copies."""
        own = "article:" + self.frame["id"]
        return merge_groups(self.frame["event"].where(self.frame["event"] != "", own), self.clusters)

    @cached_property
    def group(self) -> NDArray[np.intp]:
        """The same as numbers."""
        return np.unique(self.groups, return_inverse=True)[1]

    def ids(self, rows: NDArray[np.intp] | NDArray[np.bool_] | list[int]) -> tuple[str, ...]:
        """Return the ids of rows, each once."""
        return tuple(dict.fromkeys(self.frame["id"].to_numpy()[rows].tolist()))

    def labels(self, row: int) -> str:
        """Name the labels of a row."""
        return " and ".join(self.names[i] for i in np.flatnonzero(self.y[row])) or "none"

    def testable(self) -> list[int]:
        """Return the labels with enough events with and without them; of two classes one says all."""
        pairs = [(len(set(self.group[c == 1])), len(set(self.group[c == 0]))) for c in self.y.T]
        labels = [i for i, pair in enumerate(pairs) if min(pair) >= MIN_GROUPS]
        return labels[:1] if self.multiclass and len(self.names) == 2 else labels
