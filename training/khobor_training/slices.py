"""Look where the model is worse than on the whole: by outlet, time, length, genre, labels, target.

One macro-F1 over everything can hide an outlet whose articles are hardly ever labelled
right. A slice of few rows or few events gets no figure, since it would be noise. Macro-F1 in a
slice counts the labels that hold there. It is lower in few rows than in many even where nothing is
amiss, so a slice is called weak by comparison with random sets of as many rows.
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
N_DRAWS = 200
"""So many random sets is a slice compared with."""


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
    chance : float or None
        What 39 of 40 random sets of as many rows and events reach, on the labels that hold in the
        slice: of macro-F1, or of `exact` where that is None.
    exact, exact_low, exact_high : float or None
        Share of rows all of whose labels are right; None where the slice is too small.
    weak : bool
        Whether macro-F1, or `exact` where that is None, is below `chance`.
    """

    by: str
    value: str
    n: int
    n_groups: int
    macro_f1: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
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
        _slice(outcome, by, str(value), np.asarray(values == value, dtype=bool), seed)
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
    groups, y, given = outcome.groups[mask], outcome.y[mask], outcome.predicted[mask]
    n, n_groups = len(y), len(set(groups.tolist()))
    if n < MIN_ROWS or n_groups < MIN_GROUPS:
        return Slice(by, value, n, n_groups)
    exact = _share((y == given).all(axis=1), groups, seed)
    drawn = _random_rows(outcome, n, n_groups, seed)
    holds = np.asarray(y.any(axis=0))
    if not holds.any():
        right = (outcome.y == outcome.predicted).all(axis=1)
        chance = float(np.quantile(right[drawn].mean(axis=1), 1 / 40))
        return Slice(by, value, n, n_groups, None, None, None, chance, *exact, weak=exact[0] < chance)
    macro_f1 = evaluate.macro_f1(y[:, holds], given[:, holds])
    low, high = evaluate.interval(y[:, holds], given[:, holds], groups, seed=seed)
    by_chance = [_macro_f1_where_held(outcome.y[rows], outcome.predicted[rows], holds) for rows in drawn]
    chance = float(np.quantile(by_chance, 1 / 40))
    return Slice(by, value, n, n_groups, macro_f1, low, high, chance, *exact, weak=macro_f1 < chance)


def _random_rows(outcome: Outcome, n: int, n_groups: int, seed: int) -> NDArray[np.intp]:
    """Return random sets of `n` rows of shape (N_DRAWS, n), of `n_groups` groups where they have so many."""
    _, group = np.unique(outcome.groups, return_inverse=True)
    rng = np.random.default_rng(seed)
    rank = rng.random((N_DRAWS, group.max() + 1)).argsort(axis=1).argsort(axis=1)
    order = (rank[:, group] >= n_groups) + rng.random((N_DRAWS, len(group)))
    return np.argpartition(order, n - 1, axis=1)[:, :n]


def _macro_f1_where_held(y: NDArray[np.int_], given: NDArray[np.int_], of: NDArray[np.bool_]) -> float:
    holds = of & y.any(axis=0)
    return evaluate.macro_f1(y[:, holds], given[:, holds]) if holds.any() else 1.0


def _share(right: NDArray[np.bool_], groups: NDArray[np.str_], seed: int) -> tuple[float, float, float]:
    """Return a share and its 95 % bootstrap interval, whole groups resampled."""
    table = pd.Series(right.astype(float)).groupby(groups).agg(["sum", "size"]).to_numpy()
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=1000) @ table
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return float(right.mean()), float(low), float(high)
