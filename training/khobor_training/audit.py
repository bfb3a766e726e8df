"""Look at labelled articles for what would make a figure untrue, before a model is trained on them.

A copy on both sides of a split, an outlet that writes on one topic only, a marker that one section
carries: each lets a model score well and know nothing. The audit names them with their rows; it changes
nothing and drops nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khobor_training.duplicates import bare, merge_groups, near_duplicates
from khobor_training.findings import Finding, Severity, rank, some
from khobor_training.form import form, repeated
from khobor_training.shortcuts import Association, Predictability, associate, predictability

COLUMNS = ("id", "event", "published_at", "outlet", "genre", "target")
MIN_GROUPS = 5
"""Below so many events with or without a label, or with a mark, nothing is said about it."""


@dataclass(frozen=True)
class _Data:
    """What all checks look at; `group` is what never stands on both sides of a split."""

    texts: list[str]
    y: NDArray[np.int_]
    names: list[str]
    frame: pd.DataFrame
    clusters: NDArray[np.intp]
    multiclass: bool
    seed: int

    @cached_property
    def groups(self) -> NDArray[np.str_]:
        own = "article:" + self.frame["id"]
        return merge_groups(self.frame["event"].where(self.frame["event"] != "", own), self.clusters)

    @cached_property
    def group(self) -> NDArray[np.intp]:
        return np.unique(self.groups, return_inverse=True)[1]

    def ids(self, rows: NDArray[np.intp] | NDArray[np.bool_] | list[int]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.frame["id"].to_numpy()[rows].tolist()))

    def labels(self, row: int) -> str:
        return " and ".join(self.names[i] for i in np.flatnonzero(self.y[row])) or "none"

    def testable(self) -> list[int]:
        """Return the labels with enough events with and without them; of two classes one says all."""
        pairs = [(len(set(self.group[c == 1])), len(set(self.group[c == 0]))) for c in self.y.T]
        labels = [i for i, pair in enumerate(pairs) if min(pair) >= MIN_GROUPS]
        return labels[:1] if self.multiclass and len(self.names) == 2 else labels


def audit(
    texts: list[str],
    y: NDArray[np.int_],
    names: list[str],
    frame: pd.DataFrame,
    *,
    multiclass: bool,
    seed: int,
    clusters: NDArray[np.intp] | None = None,
) -> list[Finding]:
    """Return what is wrong with labelled articles, most serious first.

    Parameters
    ----------
    texts : list of str of shape (n_samples,)
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    names : list of str of shape (n_labels,)
    frame : DataFrame of shape (n_samples, n_columns)
        Strings ``id, event, published_at, outlet, genre, target``, empty where unknown; a column may
        be missing. Rows of one id are one article toward several targets.
    multiclass : bool
        Whether exactly one label holds for each row.
    seed : int
        Of the folds and the permutations.
    clusters : ndarray of int of shape (n_samples,), optional
        What ``near_duplicates(texts)`` returned.

    Returns
    -------
    list of Finding
    """
    strings = {c: frame[c].fillna("").astype(str) if c in frame else "" for c in COLUMNS}
    table = pd.DataFrame(strings, index=frame.index).reset_index(drop=True).astype(object)
    table["id"] = table["id"].where(table["id"] != "", "row " + (table.index + 1).astype(str))
    if clusters is None:
        clusters = near_duplicates(texts)
    data = _Data(texts, np.asarray(y, dtype=int), list(names), table, clusters, multiclass, seed)
    if not texts:
        return []
    findings = [*_duplicates(data), *_balance(data), *_lengths(data)]
    if data.testable():
        units, present, removed = repeated(texts, data.groups)
        findings += _outlets(data) + _repeated_lines(data, units, present, removed)
        findings += _telling(data, units, present)
    return rank(findings)


def _duplicates(data: _Data) -> list[Finding]:
    """Find copies: equal or nearly, with other labels, in other events."""
    first = np.flatnonzero(~data.frame["id"].duplicated())
    words = dict(zip(first.tolist(), bare([data.texts[i] for i in first]), strict=True))
    members: dict[int, list[int]] = defaultdict(list)
    for row in first.tolist():
        members[int(data.clusters[row])].append(row)
    copies = [rows for rows in members.values() if len(rows) > 1]
    exact: list[list[int]] = []
    for rows in copies:
        by_text: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            by_text[words[row]].append(row)
        exact += [same for same in by_text.values() if len(same) > 1]
    near = [rows for rows in copies if len({words[row] for row in rows}) > 1]
    events = data.frame["event"]
    apart = [rows for rows in copies if len({events[row] for row in rows} - {""}) > 1]
    findings = [
        _copies(data, "exact_duplicates", "warning", exact, "are equal but for spelling and residue; keep one"),
        _copies(data, "near_duplicates", "warning", near, "are nearly the same text; keep one of each"),
        _copies(
            data,
            "duplicates_across_events",
            "warning",
            apart,
            "are copies that stand in different events, which now share a group in every split; "
            "mend the events or keep one of each",
        ),
    ]
    pairs: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row, key in enumerate(zip(data.clusters.tolist(), data.frame["target"], strict=True)):
        pairs[key].append(row)
    differing = [rows for rows in pairs.values() if len({data.y[row].tobytes() for row in rows}) > 1]
    differing = [rows for rows in differing if len(set(data.ids(rows))) > 1]
    for rows in differing[:1]:
        a, b = next((rows[0], row) for row in rows if data.y[row].tobytes() != data.y[rows[0]].tobytes())
        ids = data.frame["id"]
        message = f"are copies with different labels, such as {ids[a]} ({data.labels(a)}) and {ids[b]} "
        message += f"({data.labels(b)}); one label is wrong: settle it, and keep one of each"
        findings.append(_copies(data, "conflicting_duplicates", "serious", differing, message))
    return [finding for finding in findings if finding]


def _copies(
    data: _Data, kind: str, severity: Severity, sets: list[list[int]], what: str
) -> Finding | None:
    if not sets:
        return None
    rows = data.ids([row for rows in sets for row in rows])
    named = "; ".join(some([" = ".join(some(data.ids(rows)) .split(", ")) for rows in sets], 2).split(", "))
    return Finding(
        kind, severity, f"{len(rows)} articles ({named}) {what}", rows, len(rows) / len(data.texts)
    )


def _strength(found: Association, n_tests: int, prevalence: float) -> Severity | None:
    """Return how serious it is that a mark and a label stand together, or None."""
    if found.n_groups < MIN_GROUPS or found.p * n_tests >= 0.01 or found.inside - found.outside < 0.3:
        return None
    forward = found.inside >= 0.9 and found.outside <= 0.6 and found.coverage >= 0.05
    backward = found.coverage >= 0.9 and prevalence <= 0.6
    return "serious" if forward or backward else "warning"


def _outlets(data: _Data) -> list[Finding]:
    """Find outlets that stand with one label, and labels that stand with one outlet."""
    outlets = [name for name in sorted(set(data.frame["outlet"])) if name]
    labels = data.testable()
    findings = []
    for outlet in outlets:
        has = (data.frame["outlet"] == outlet).to_numpy()
        for label in labels:
            holds = data.y[:, label] == 1
            found = associate(has, holds, data.group)
            severity = _strength(found, len(outlets) * len(labels), found.prevalence)
            if severity:
                message = (
                    f"outlet '{outlet}' and label '{data.names[label]}' go together: {found.inside:.0%} of the "
                    f"outlet's {has.sum()} articles have the label, {found.outside:.0%} of the others, and "
                    f"{found.coverage:.0%} of the label's articles come from this outlet; add articles of the "
                    "label from other outlets, and of the outlet without the label"
                )
                size = max(found.inside, found.coverage)
                findings.append(
                    Finding("outlet_predicts_label", severity, message, data.ids(has & holds), size)
                )
    return findings


def _repeated_lines(
    data: _Data, units: list[str], present: NDArray[np.bool_], removed: list[bool]
) -> list[Finding]:
    """Find repeated lines that stand with one label."""
    labels = data.testable()
    findings = []
    for unit, has, gone in zip(units, present.T, removed, strict=True):
        for label in labels:
            holds = data.y[:, label] == 1
            found = associate(has, holds, data.group)
            severity = _strength(found, len(units) * len(labels), found.prevalence)
            if severity:
                remedy = (
                    "leave text.residue on, which takes it off"
                    if gone
                    else "take it out of the articles, or name it under text.tail_residue or text.inline_residue"
                )
                message = (
                    f"the line '{unit[:60]}' (digits as 0) gives label '{data.names[label]}' away: "
                    f"{found.inside:.0%} of the {has.sum()} articles with it have the label, "
                    f"{found.outside:.0%} of the others; {remedy}"
                )
                findings.append(
                    Finding("line_predicts_label", severity, message, data.ids(has & holds), found.coverage)
                )
    return findings


def _telling(data: _Data, units: list[str], present: NDArray[np.bool_]) -> list[Finding]:
    """Find labels that form, residue, or outlet and genre tell without the content."""
    labels = data.testable()
    source = pd.get_dummies(data.frame[["outlet", "genre"]], prefix_sep=" ", dtype=float)
    residue = pd.DataFrame(present.astype(float), columns=[f"the line '{unit[:60]}'" for unit in units])
    blocks = {
        "form_predicts_label": (form(data.texts), "form (length, punctuation, digits, spelling)"),
        "residue_predicts_label": (residue, "what many articles repeat (lines, markers)"),
        "source_predicts_label": (source, "outlet and genre"),
    }
    findings = []
    for kind, (features, what) in blocks.items():
        features = features.loc[:, features.nunique() > 1]
        if not features.shape[1]:
            continue
        told = predictability(features, data.y[:, labels], data.group, data.seed)
        for label, figures in zip(labels, told, strict=True):
            severity = _telling_severity(figures)
            if severity:
                message = (
                    f"{what} without any content tells label '{data.names[label]}' with an area under the "
                    f"ROC curve of {figures.auc:.2f} (permuted labels: below {figures.bound:.2f} in 95 of 100); "
                    f"most of it is {figures.feature} ({figures.alone:.2f} alone); make articles with and "
                    "without the label alike in it, or read held-out figures as partly that"
                )
                rows = data.ids(data.y[:, label] == 1)
                findings.append(Finding(kind, severity, message, rows, figures.auc))
    return findings


def _telling_severity(figures: Predictability) -> Severity | None:
    if figures.auc >= 0.85 and figures.auc > figures.bound + 0.1:
        return "serious"
    return "warning" if figures.auc >= 0.65 and figures.auc > figures.bound + 0.03 else None


def _balance(data: _Data) -> list[Finding]:
    """Find labels that are rare, nearly everywhere, or of few events, and classes that outweigh others."""
    findings = []
    n_with = data.y.sum(axis=0)
    for label, (name, n) in enumerate(zip(data.names, n_with.tolist(), strict=True)):
        share, holds = n / len(data.y), data.y[:, label] == 1
        n_events = len(set(data.group[holds]))
        if share < 0.05:
            message = f"label '{name}' holds for {n} of {len(data.y)} rows ({share:.1%}); add articles with it"
            findings.append(Finding("rare_label", "warning", message, data.ids(holds), 1 - share))
        if share > 0.95:
            message = f"label '{name}' holds for {n} of {len(data.y)} rows ({share:.1%}); add some without it"
            findings.append(Finding("common_label", "warning", message, data.ids(~holds), share))
        if n_events < 20:
            message = f"the articles with label '{name}' tell {n_events} events; figures on so few vary widely"
            severity: Severity = "warning" if n_events < 10 else "note"
            findings.append(Finding("few_events", severity, message, data.ids(holds), 1 / (1 + n_events)))
    if data.multiclass and n_with.min(initial=1) > 0 and n_with.max(initial=0) >= 5 * n_with.min(initial=1):
        most, least = int(n_with.argmax()), int(n_with.argmin())
        ratio = n_with[most] / n_with[least]
        message = (
            f"class '{data.names[most]}' has {n_with[most]} rows, '{data.names[least]}' {n_with[least]}, "
            f"{ratio:.0f} times fewer; class_weight: balanced weighs each row by its class, and macro-F1 "
            "counts all classes alike"
        )
        rows = data.ids(data.y[:, least] == 1)
        severity = "warning" if ratio >= 10 else "note"
        findings.append(Finding("class_imbalance", severity, message, rows, 1 - 1 / ratio))
    return findings


def _lengths(data: _Data) -> list[Finding]:
    """Find labels whose articles are longer or shorter than the others, and articles of extreme length."""
    n_words = np.array([len(text.split()) for text in data.texts])
    median = max(1.0, float(np.median(n_words)))
    findings = []
    for label in data.testable():
        holds = data.y[:, label] == 1
        inside, outside = (max(1.0, float(np.median(n_words[part]))) for part in (holds, ~holds))
        ratio = max(inside, outside) / min(inside, outside)
        if ratio >= 1.5:
            message = (
                f"articles with label '{data.names[label]}' have {inside:.0f} words in the median, the others "
                f"{outside:.0f}; length should not tell a label: add articles of other lengths"
            )
            severity: Severity = "warning" if ratio >= 2 else "note"
            findings.append(Finding("length_differs", severity, message, data.ids(holds), 1 - 1 / ratio))
    extreme = (n_words < median / 10) | (n_words > median * 10)
    if extreme.any():
        message = (
            f"{len(data.ids(extreme))} articles have less than a tenth or more than ten times of the median "
            f"length ({median:.0f} words); see whether they are articles"
        )
        findings.append(Finding("extreme_length", "note", message, data.ids(extreme), float(extreme.mean())))
    return findings
