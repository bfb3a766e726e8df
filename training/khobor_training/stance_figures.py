"""Figures of a stance: what macro-F1 alone does not tell of three classes that have an order."""

from collections import defaultdict
from typing import Any

import numpy as np

from khobor_training import evaluate
from khobor_training.outcome import Outcome

SUPPORTIVE, NEUTRAL, CRITICAL = range(3)
COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
LEAST_ROWS = 10
"""Of fewer rows no figure is given."""

SURE = 0.95
"""From this share of resamples on a model is said to beat a control."""


def figures(outcome: Outcome, controls: dict[str, Outcome], *, seed: int) -> dict[str, Any]:
    """Return the figures of a stance model beside those of its controls, as plain numbers.

    Parameters
    ----------
    outcome : Outcome
    controls : dict of str to Outcome
        Of the same rows.
    seed : int

    Returns
    -------
    dict
        ``polar_f1`` (mean F1 of supportive and critical), ``flip_rate`` (the share of rows that are one
        of the two and were called the other), ``controls``, ``beats_controls``, ``both_right`` (of
        articles with two targets of different stance), ``accuracy_at_coverage``, ``by_target``,
        ``by_genre``; those of macro-F1, ``polar_f1`` and ``flip_rate`` with ``…_low`` and ``…_high``.
    """
    y, predicted, groups = outcome.y, outcome.predicted, outcome.groups
    true, said = y.argmax(axis=1), predicted.argmax(axis=1)
    polar = true != NEUTRAL
    flipped = polar & (said == SUPPORTIVE + CRITICAL - true)
    ends = [SUPPORTIVE, CRITICAL]
    compared = {}
    for name, control in controls.items():
        low, high = evaluate.interval(y, control.predicted, groups, seed=seed)
        compared[name] = {
            "macro_f1": evaluate.macro_f1(y, control.predicted),
            "macro_f1_low": low,
            "macro_f1_high": high,
            "beaten_with_probability": evaluate.probability_better(
                y, predicted, control.predicted, groups, seed=seed
            ),
        }
    polar_low, polar_high = evaluate.interval(y[:, ends], predicted[:, ends], groups, seed=seed)
    flips = {"flip_rate": 0.0, "flip_rate_low": 0.0, "flip_rate_high": 0.0}
    if polar.any():
        low, high = evaluate.share_interval(flipped[polar], groups[polar], seed=seed)
        flips = {"flip_rate": float(flipped[polar].mean()), "flip_rate_low": low, "flip_rate_high": high}
    return {
        "polar_f1": evaluate.macro_f1(y[:, ends], predicted[:, ends]),
        "polar_f1_low": polar_low,
        "polar_f1_high": polar_high,
        **flips,
        "controls": compared,
        "beats_controls": all(c["beaten_with_probability"] >= SURE for c in compared.values()),
        "both_right": both_right(outcome, seed=seed),
        "accuracy_at_coverage": at_coverage(outcome),
        "by_target": _by(outcome, "target", seed),
        "by_genre": _by(outcome, "genre", seed),
    }


def both_right(outcome: Outcome, *, seed: int) -> dict[str, float]:
    """Return the share of articles with two targets of different stance of which both stances are right."""
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(outcome.frame["id"]):
        rows_of[name].append(row)
    pairs = [rows for rows in rows_of.values() if len({outcome.y[r].tobytes() for r in rows}) > 1]
    if not pairs:
        return {"n": 0}
    is_right = (outcome.y == outcome.predicted).all(axis=1)
    right = np.array([is_right[rows].all() for rows in pairs])
    low, high = evaluate.share_interval(right, outcome.groups[[rows[0] for rows in pairs]], seed=seed)
    return {"share": float(right.mean()), "low": low, "high": high, "n": len(pairs)}


def at_coverage(outcome: Outcome) -> dict[str, dict[str, float]]:
    """Return how often the surest answers are right, and the confidence from which on they are given."""
    sure = (outcome.probabilities * outcome.predicted).max(axis=1)
    right = (outcome.y == outcome.predicted).all(axis=1)[np.argsort(-sure, kind="stable")]
    found = {}
    for coverage in COVERAGES:
        n = max(1, round(coverage * len(right)))
        found[f"{coverage:.0%}"] = {
            "accuracy": float(right[:n].mean()),
            "min_confidence": float(np.sort(sure)[::-1][n - 1]),
        }
    return found


def _by(outcome: Outcome, column: str, seed: int) -> dict[str, dict[str, float]]:
    """Return macro-F1 for each value that enough rows have, the most frequent first."""
    found = {}
    for value, n in outcome.frame[column].value_counts().items():
        if n >= LEAST_ROWS and value:
            rows = (outcome.frame[column] == value).to_numpy()
            own = outcome.y[rows], outcome.predicted[rows]
            low, high = evaluate.interval(*own, outcome.groups[rows], seed=seed)
            figure = evaluate.macro_f1(*own)
            found[str(value)] = {"macro_f1": figure, "macro_f1_low": low, "macro_f1_high": high, "n": int(n)}
    return found
