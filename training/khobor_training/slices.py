"""Look where the model is worse than on the whole: by outlet, time, length, genre, labels, target.

One macro-F1 over everything can hide an outlet whose articles are hardly ever labelled
right. A slice of few rows or few events gets no figure, since it would be noise. Macro-F1 in a
slice counts the labels that hold there, and is compared with the whole on the same labels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khobor_training import evaluate
from khobor_training.outcome import Outcome

MIN_ROWS = 10
MIN_GROUPS = 5
MAX_MONTHS = 24
"""Data of more months are shown by year as well."""


@dataclass(frozen=True)
class Slice:
    """The figures of some of the rows.

    Attributes
    ----------
    by, value : str
        Such as ``outlet`` and ``desk-a``.
    n, n_groups : int
        Rows, and events among them.
    macro_f1, low, high : float or None
        With its 95 % interval; None where the slice is too small or none of its rows has a label.
    whole : float or None
        Macro-F1 of all rows on the labels that hold in the slice.
    exact, exact_low, exact_high : float or None
        Share of rows all of whose labels are right; None where the slice is too small.
    weak : bool
        Whether the interval ends below the whole: of macro-F1, or of `exact` where that is None.
    """

    by: str
    value: str
    n: int
    n_groups: int
    macro_f1: float | None = None
    low: float | None = None
    high: float | None = None
    whole: float | None = None
    exact: float | None = None
    exact_low: float | None = None
    exact_high: float | None = None
    weak: bool = False


@dataclass(frozen=True)
class Flips:
    """How the model does on articles that take different sides toward two targets.

    Attributes
    ----------
    n : int
        Pairs of rows of one article whose labels differ.
    both_right, same_answer : int
        Pairs of which both were right, and pairs that were given one and the same label.
    """

    n: int
    both_right: int
    same_answer: int


def slices(outcome: Outcome, *, seed: int) -> list[Slice]:
    """Return the figures of every slice, too small ones without figures.

    Parameters
    ----------
    outcome : Outcome
    seed : int
        Of the resamples of groups.
    """
    return [
        _slice(outcome, by, str(value), values == value, seed)
        for by, values, order in _ways(outcome)
        for value in order
    ]


def flips(outcome: Outcome) -> Flips | None:
    """Return how the model does on articles with targets of different stance; None without such."""
    if not outcome.multiclass:
        return None
    true, given = outcome.y.argmax(axis=1), outcome.predicted.argmax(axis=1)
    n = both_right = same_answer = 0
    for rows in outcome.frame.groupby(outcome.frame["id"].to_numpy()).indices.values():
        for place, i in enumerate(rows):
            for j in rows[place + 1 :]:
                if true[i] != true[j]:
                    n += 1
                    both_right += int(true[i] == given[i] and true[j] == given[j])
                    same_answer += int(given[i] == given[j])
    return Flips(n, both_right, same_answer) if n else None


def _ways(outcome: Outcome) -> Iterator[tuple[str, NDArray[np.object_], list[str]]]:
    """Yield each way to slice: its name, the value of each row, and the values in order."""
    frame = outcome.frame
    months = frame["published_at"].str.extract(r"^(\d{4}-\d{2})", expand=False).fillna("")
    named = {"target": frame["target"], "outlet": frame["outlet"], "genre": frame["genre"]}
    if months.nunique() > MAX_MONTHS:
        named["year"] = months.str[:4]
    named["month"] = months
    for by, column in named.items():
        values = column.to_numpy(dtype=object)
        found = sorted(set(values) - {""})
        if len(found) > 1:
            yield by, values, found
    words = np.array([len(text.split()) for text in outcome.texts])
    low, high = np.quantile(words, [1 / 3, 2 / 3]).astype(int)
    names = [f"up to {low} words", f"{low + 1} to {high} words", f"over {high} words"]
    if low < high < words.max():
        yield "length", np.array(names, dtype=object)[np.digitize(words, [low, high], right=True)], names
    if not outcome.multiclass:
        count = outcome.y.sum(axis=1)
        names = [("no label", "1 label")[k] if k < 2 else f"{k} labels" for k in range(count.max() + 1)]
        yield "number of labels", np.array(names, dtype=object)[count], names


def _slice(outcome: Outcome, by: str, value: str, mask: NDArray[np.bool_], seed: int) -> Slice:
    mask = np.asarray(mask, dtype=bool)
    groups, y, given = outcome.groups[mask], outcome.y[mask], outcome.predicted[mask]
    n, n_groups = len(y), len(set(groups.tolist()))
    if n < MIN_ROWS or n_groups < MIN_GROUPS:
        return Slice(by, value, n, n_groups)
    right = (y == given).all(axis=1)
    exact, exact_low, exact_high = _share(right, groups, seed)
    holds = y.any(axis=0)
    if not holds.any():
        whole_exact = float((outcome.y == outcome.predicted).all(axis=1).mean())
        weak = exact_high < whole_exact
        return Slice(by, value, n, n_groups, None, None, None, None, exact, exact_low, exact_high, weak)
    macro_f1 = evaluate.macro_f1(y[:, holds], given[:, holds])
    low, high = evaluate.interval(y[:, holds], given[:, holds], groups, seed=seed)
    whole = evaluate.macro_f1(outcome.y[:, holds], outcome.predicted[:, holds])
    weak = high < whole
    return Slice(by, value, n, n_groups, macro_f1, low, high, whole, exact, exact_low, exact_high, weak)


def _share(right: NDArray[np.bool_], groups: NDArray[np.str_], seed: int) -> tuple[float, float, float]:
    """Return a share and its 95 % bootstrap interval, whole groups resampled."""
    table = pd.Series(right.astype(float)).groupby(groups).agg(["sum", "size"]).to_numpy()
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=1000) @ table
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return float(right.mean()), float(low), float(high)
