"""What a model said of labelled rows that it had not seen: every figure is drawn from this."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

OUT_OF_FOLD, HELD_OUT = "predictions.jsonl", "predictions_held_out.jsonl"
"""Under which names a run keeps what was said of all rows out of fold, and of the held-out ones."""


@dataclass(frozen=True)
class Outcome:
    """Rows, their labels, and what was predicted for them.

    Attributes
    ----------
    labels : list of str
        Names of the columns of the matrices below.
    multiclass : bool
        Whether exactly one label holds for a row.
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    probabilities : ndarray of float of shape (n_samples, n_labels)
        Calibrated, by a model and a calibration that had not seen the row.
    predicted : ndarray of 0 and 1 of shape (n_samples, n_labels)
    groups : ndarray of str of shape (n_samples,)
        The event of each row, whole in every resample.
    texts : list of str
        Title, newline, body.
    frame : DataFrame of n_samples rows
        ``id, event, published_at, outlet, genre, target``; an empty string where nothing is known.
    shares : dict of str to float
        The shares of classes that probabilities are meant for; empty: those of the rows.
    """

    labels: list[str]
    multiclass: bool
    y: NDArray[np.int_]
    probabilities: NDArray[np.float64]
    predicted: NDArray[np.int_]
    groups: NDArray[np.str_]
    texts: list[str]
    frame: pd.DataFrame
    shares: dict[str, float] = field(default_factory=dict)

    @property
    def weights(self) -> NDArray[np.float64]:
        """What each row counts for, so that classes have the shares that are expected; 1 on average."""
        weights = np.ones(len(self))
        for i, label in enumerate(self.labels if self.shares else ()):
            rows = self.y[:, i] == 1
            weights[rows] = self.shares[label] / max(rows.mean(), 1e-12)
        return np.asarray(weights / weights.mean())

    def __len__(self) -> int:
        return len(self.y)


def to_jsonl(outcome: Outcome) -> str:
    """Return an outcome as JSON lines, without its texts: what a run keeps to be compared later.

    A row has ``id``, ``target``, ``group``, ``true`` and ``predicted`` (lists of labels; of a multiclass
    task one label) and ``probabilities``.
    """
    lines = []
    for row in range(len(outcome)):
        values: dict[str, Any] = {name: outcome.frame[name].iloc[row] for name in ("id", "target")}
        values["group"] = str(outcome.groups[row])
        for name, part in (("true", outcome.y[row]), ("predicted", outcome.predicted[row])):
            named = [label for label, on in zip(outcome.labels, part, strict=True) if on]
            values[name] = next(iter(named), None) if outcome.multiclass else named
        shares = outcome.probabilities[row].tolist()
        values["probabilities"] = dict(zip(outcome.labels, shares, strict=True))
        lines.append(json.dumps(values, ensure_ascii=False) + "\n")
    return "".join(lines)


def from_jsonl(lines: str) -> Outcome:
    """Return the outcome that `to_jsonl` wrote; texts and all but ``id`` and ``target`` are empty."""
    # Not splitlines(): it also breaks at separators that may stand inside a JSON string.
    rows = [json.loads(line) for line in lines.split("\n") if line]
    labels = list(rows[0]["probabilities"]) if rows else []
    multiclass = bool(rows) and not isinstance(rows[0]["true"], list)
    named = {n: [[row[n]] if multiclass else row[n] for row in rows] for n in ("true", "predicted")}
    y, predicted = (
        np.array([[int(label in own) for label in labels] for own in part]) for part in named.values()
    )
    unknown = dict.fromkeys(("event", "published_at", "outlet", "genre"), "")
    frame = pd.DataFrame([{"id": row["id"], **unknown, "target": row["target"]} for row in rows])
    return Outcome(
        labels,
        multiclass,
        y,
        np.array([list(row["probabilities"].values()) for row in rows]),
        predicted,
        np.array([row["group"] for row in rows]),
        [""] * len(rows),
        frame,
    )
