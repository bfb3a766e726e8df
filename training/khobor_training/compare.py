"""Put runs side by side on the same articles, resample by resample.

Two intervals that overlap say little: runs err on the same articles. In the same resamples their
difference is told much more sharply. Runs on other articles cannot be compared at all, and are refused.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from khobor_training import evaluate
from khobor_training.errors import InputError
from khobor_training.outcome import Outcome

SEED = 7


@dataclass(frozen=True)
class Run:
    """A run as it is compared.

    Attributes
    ----------
    name : str
    outcome : Outcome
    params : mapping of str to str
        The config, with dotted keys.
    """

    name: str
    outcome: Outcome
    params: Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """The figures of one run beside the first.

    Attributes
    ----------
    name : str
    macro_f1, low, high : float
    labels : dict of str to float
        F1 of each label.
    difference, difference_low, difference_high : float or None
        Macro-F1 less the first run's, with the 95 % interval of the same resamples; None for the first.
    probability_better : float or None
        In which share of resamples it is above the first's.
    """

    name: str
    macro_f1: float
    low: float
    high: float
    labels: dict[str, float]
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    probability_better: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return asdict(self)


def digest(outcome: Outcome) -> str:
    """Return the SHA-256 of an outcome's ids, targets and true labels, whatever order its rows have."""
    rows = sorted(f"{key}\t{labels}" for key, labels in _truth(outcome).items())
    return hashlib.sha256("\n".join([*outcome.labels, *rows]).encode()).hexdigest()


def compare(runs: list[Run]) -> list[Row]:
    """Return the figures of runs, each beside the first.

    Raises
    ------
    InputError
        If two runs do not have the same test articles with the same labels.
    """
    first = runs[0].outcome
    for run in runs[1:]:
        if digest(run.outcome) != digest(first):
            raise InputError(_how_they_differ(runs[0], run))
    rows: list[Row] = []
    for run in runs:
        own = _in_order_of(run.outcome, first)
        low, high = evaluate.interval(first.y, own.predicted, first.groups, seed=SEED)
        row = Row(
            run.name,
            evaluate.macro_f1(first.y, own.predicted),
            low,
            high,
            {
                name: evaluate.macro_f1(first.y[:, [i]], own.predicted[:, [i]])
                for i, name in enumerate(first.labels)
            },
        )
        if rows:
            other = (first.y, own.predicted, first.predicted, first.groups)
            below, above = evaluate.difference(*other, seed=SEED)
            row = replace(
                row,
                difference=row.macro_f1 - rows[0].macro_f1,
                difference_low=below,
                difference_high=above,
                probability_better=evaluate.probability_better(*other, seed=SEED),
            )
        rows.append(row)
    return rows


def differing(runs: list[Run]) -> dict[str, list[str]]:
    """Return the keys of the configs that are not the same in all runs, each with every run's value."""
    keys = sorted({key for run in runs for key in run.params})
    values = {key: [run.params.get(key, "–") for run in runs] for key in keys}
    return {key: own for key, own in values.items() if len(set(own)) > 1}


def lines(rows: list[Row], configs: dict[str, list[str]], what: str) -> list[str]:
    """Return the comparison as lines to print."""
    labels = list(rows[0].labels)
    wide = max(len("run"), *(len(row.name) for row in rows))
    head = f"{'run':<{wide}} {'macro-F1':>8} {'95 % interval':>16} " + " ".join(f"{n:>10}" for n in labels)
    told = [f"{what}:", head]
    for row in rows:
        f1 = " ".join(f"{row.labels[name]:>{max(10, len(name))}.3f}" for name in labels)
        told.append(f"{row.name:<{wide}} {row.macro_f1:>8.3f} {f'{row.low:.3f} to {row.high:.3f}':>16} {f1}")
    for row in rows[1:]:
        told.append(
            f"{row.name} less {rows[0].name}: {row.difference:+.3f} (95 % interval {row.difference_low:+.3f} "
            f"to {row.difference_high:+.3f}); above it in {row.probability_better:.0%} of resamples"
        )
    told.append("what differs in the configs:" if configs else "the configs do not differ")
    return told + [f"  {key}: {' | '.join(values)}" for key, values in configs.items()]


def _truth(outcome: Outcome) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the labels of each row, by id and target."""
    keys = zip(outcome.frame["id"], outcome.frame["target"], strict=True)
    return {
        key: tuple(name for name, on in zip(outcome.labels, row, strict=True) if on)
        for key, row in zip(keys, outcome.y, strict=True)
    }


def _in_order_of(outcome: Outcome, first: Outcome) -> Outcome:
    """Return the rows of an outcome in the order in which another has them."""
    place = {key: row for row, key in enumerate(_truth(outcome))}
    order = np.array([place[key] for key in _truth(first)])
    return replace(
        outcome,
        y=outcome.y[order],
        probabilities=outcome.probabilities[order],
        predicted=outcome.predicted[order],
        groups=outcome.groups[order],
        texts=[outcome.texts[row] for row in order],
        frame=outcome.frame.iloc[order].reset_index(drop=True),
    )


def _how_they_differ(first: Run, run: Run) -> str:
    remedy = "train both on the same data with the same split and seed, or evaluate both models on one file"
    a, b = _truth(first.outcome), _truth(run.outcome)
    if first.outcome.labels != run.outcome.labels:
        return (
            f"{run.name} must have the labels of {first.name}, {', '.join(first.outcome.labels)}, got "
            f"{', '.join(run.outcome.labels)}; {remedy}"
        )
    only = len(a.keys() ^ b.keys())
    relabelled = sum(a[key] != b[key] for key in a.keys() & b.keys())
    return (
        f"{run.name} must have the test articles of {first.name} with the same labels, got {only} that only "
        f"one of them has and {relabelled} with other labels, of {len(a)} and {len(b)}; {remedy}"
    )
