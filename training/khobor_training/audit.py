"""Look at labelled articles for what would make a figure untrue, before a model is trained on them.

A copy on both sides of a split, an outlet that writes on one topic only, a marker that one section
carries: each lets a model score well and know nothing. The audit names them with their rows; it changes
nothing and drops nothing.
"""

from collections import defaultdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khobor_training.balance import balance, lengths
from khobor_training.duplicates import bare, near_duplicates
from khobor_training.findings import Finding, Severity, rank, some
from khobor_training.form import form, repeated
from khobor_training.labelled import MIN_GROUPS, Labelled, complete
from khobor_training.shortcuts import Association, Predictability, associate, predictability

Mark = tuple[Association, str, NDArray[np.bool_], bool]
"""How a line stands with a label, the line, the rows with it, and whether the normaliser takes it off."""

ACROSS = (
    "are copies that stand in different events, so a split by event could have put them on both sides; they "
    "share a group now: mend the events or keep one of each"
)


def audit(
    texts: list[str],
    y: NDArray[np.int_],
    names: list[str],
    frame: pd.DataFrame,
    *,
    multiclass: bool,
    seed: int,
    clusters: NDArray[np.intp] | None = None,
    show_text: bool = True,
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
    show_text : bool, default=True
        Whether messages quote lines of articles.

    Returns
    -------
    list of Finding
    """
    if not texts:
        return []
    if clusters is None:
        clusters = near_duplicates(texts)
    data = Labelled(texts, np.asarray(y, dtype=int), list(names), complete(frame), clusters, multiclass, seed)
    findings = [*_duplicates(data), *balance(data), *lengths(data)]
    if data.testable():
        units, present, removed = repeated(texts, data.groups)
        shown = [f"'{unit[:60]}'" if show_text else f"number {i + 1}" for i, unit in enumerate(units)]
        findings += _outlets(data) + _repeated_lines(data, shown, present, removed)
        findings += _telling(data, shown, present)
    return rank(findings)


def _duplicates(data: Labelled) -> list[Finding]:
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
        *_copies(data, "exact_duplicates", "warning", exact, "are equal but for residue; keep one"),
        *_copies(data, "near_duplicates", "warning", near, "are nearly the same text; keep one of each"),
        *_copies(data, "duplicates_across_events", "warning", apart, ACROSS),
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
        findings += _copies(data, "conflicting_duplicates", "serious", differing, message)
    return findings


def _copies(data: Labelled, kind: str, severity: Severity, sets: list[list[int]], what: str) -> list[Finding]:
    if not sets:
        return []
    rows = data.ids([row for rows in sets for row in rows])
    named = some([" = ".join(data.ids(rows)[:3]) for rows in sets], 2)
    message = f"{len(rows)} articles ({named}) {what}"
    return [Finding(kind, severity, message, rows, len(rows) / len(data.texts))]


def _strength(found: Association, n_tests: int) -> Severity | None:
    """Return how serious it is that a mark and a label stand together, or None."""
    if found.n_groups < MIN_GROUPS or found.p * n_tests >= 0.01 or found.inside - found.outside < 0.3:
        return None
    forward = found.inside >= 0.9 and found.outside <= 0.6 and found.coverage >= 0.05
    backward = found.coverage >= 0.9 and found.prevalence <= 0.6
    return "serious" if forward or backward else "warning"


def _outlets(data: Labelled) -> list[Finding]:
    """Find outlets that stand with one label, and labels that stand with one outlet."""
    outlets = [name for name in sorted(set(data.frame["outlet"])) if name]
    labels = data.testable()
    findings = []
    for outlet in outlets:
        has = (data.frame["outlet"] == outlet).to_numpy()
        for label in labels:
            holds = data.y[:, label] == 1
            found = associate(has, holds, data.group)
            severity = _strength(found, len(outlets) * len(labels))
            if severity:
                message = (
                    f"outlet '{outlet}' and label '{data.names[label]}' go together: {found.inside:.0%} of "
                    f"the outlet's {has.sum()} articles have the label, {found.outside:.0%} of the others; "
                    f"{found.coverage:.0%} of the label's articles come from it; add articles of the label "
                    "from other outlets, and of the outlet without the label"
                )
                size = max(found.inside, found.coverage)
                findings.append(
                    Finding("outlet_predicts_label", severity, message, data.ids(has & holds), size)
                )
    return findings


def _repeated_lines(
    data: Labelled, units: list[str], present: NDArray[np.bool_], removed: list[bool]
) -> list[Finding]:
    """Find repeated lines that stand with one label."""
    labels = data.testable()
    told: dict[tuple[int, Severity], list[Mark]] = defaultdict(list)
    for unit, has, gone in zip(units, present.T, removed, strict=True):
        for label in labels:
            found = associate(has, data.y[:, label] == 1, data.group)
            severity = _strength(found, len(units) * len(labels))
            if severity:
                told[label, severity].append((found, unit, has, gone))
    findings = []
    for (label, severity), marks in told.items():
        marks.sort(key=lambda mark: (-mark[0].coverage, mark[1]))
        found, unit, has, gone = marks[0]
        others = some([other for _, other, _, _ in marks[1:]])
        message = (
            f"the repeated line {unit} (digits as 0) gives label '{data.names[label]}' away: "
            f"{found.inside:.0%} of the {has.sum()} articles with it have the label, "
            f"{found.outside:.0%} of the others"
            f"{'; so do ' + others if others else ''}; "
        )
        message += (
            "leave text.residue on, which takes it off"
            if gone
            else "take it out, or name it under text.tail_residue or text.inline_residue"
        )
        rows = np.any([has for _, _, has, _ in marks], axis=0) & (data.y[:, label] == 1)
        findings.append(Finding("line_predicts_label", severity, message, data.ids(rows), found.coverage))
    return findings


def _telling(data: Labelled, units: list[str], present: NDArray[np.bool_]) -> list[Finding]:
    """Find labels that form, residue, or outlet and genre tell without the content."""
    labels = data.testable()
    source = pd.get_dummies(data.frame[["outlet", "genre"]], prefix_sep=" ", dtype=float)
    # As objects, since Arrow refuses surrogates.
    lines = pd.Index([f"the repeated line {unit}" for unit in units], dtype=object)
    residue = pd.DataFrame(present.astype(float), columns=lines)
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
                    f"ROC curve of {figures.auc:.2f} (permuted labels: below {figures.bound:.2f} in 95 of "
                    f"100); most of it is {figures.feature} ({figures.alone:.2f} alone); make articles with "
                    "and without the label alike in it, or read held-out figures as partly that"
                )
                rows = data.ids(data.y[:, label] == 1)
                findings.append(Finding(kind, severity, message, rows, figures.auc))
    return findings


def _telling_severity(figures: Predictability) -> Severity | None:
    if figures.auc >= 0.9 and figures.auc > figures.bound + 0.1:
        return "serious"
    return "warning" if figures.auc >= 0.65 and figures.auc > figures.bound + 0.05 else None
