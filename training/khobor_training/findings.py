"""Say what is wrong with labelled articles: a finding, its rank and its lines on the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["serious", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "note")

KINDS = {
    "conflicting_duplicates": "copies of one text with different labels",
    "exact_duplicates": "texts that are equal but for spelling, punctuation and a site's residue",
    "near_duplicates": "texts that share most of their word pairs",
    "duplicates_across_events": "copies that stand in different events",
    "outlet_predicts_label": "an outlet and a label that hardly stand without each other",
    "line_predicts_label": "a line, sentence or mark that articles of one label repeat",
    "source_predicts_label": "outlet and genre tell a label",
    "form_predicts_label": "length, punctuation, digits and spelling tell a label",
    "residue_predicts_label": "what many articles repeat tells a label",
    "rare_label": "a label that holds for few articles",
    "common_label": "a label that holds for nearly all articles",
    "class_imbalance": "a class that is many times another one",
    "few_events": "a label whose articles come from few events",
    "length_differs": "articles of a label that are much longer or shorter than the others",
    "extreme_length": "articles that are much shorter or longer than the rest",
}
"""Every kind of finding, and what it is about."""


@dataclass(frozen=True)
class Finding:
    """One thing that the audit found.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    severity : {"serious", "warning", "note"}
        A serious finding makes held-out figures or labels untrue; a warning may; a note is for reading.
    message : str
        One sentence that names labels, outlets and figures, and the remedy.
    rows : tuple of str
        The ids of all rows concerned.
    size : float
        Ranks findings of one severity: the share of what is concerned, or the area under the ROC curve.
    """

    kind: str
    severity: Severity
    message: str
    rows: tuple[str, ...]
    size: float


def rank(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, most serious first."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), -f.size, f.kind, f.message))


def some(names: Sequence[str], n: int = 3) -> str:
    """Name the first `n` names and count the others: a, b and 12 more."""
    more = [f"and {len(names) - n} more"] if len(names) > n else []
    return ", ".join(names[:n]) + "".join(f" {part}" for part in more)


def lines(findings: Sequence[Finding], n_rows: int = 5) -> Iterator[str]:
    """Write findings for the terminal, two lines each, with at most `n_rows` ids of each.

    Examples
    --------
    >>> for line in lines([Finding("rare_label", "note", "too few", ("a", "b", "c"), 0.1)], n_rows=2):
    ...     print(line)
    note     rare_label: too few
             rows: a, b and 1 more
    """
    if not findings:
        yield "nothing found"
    for finding in findings:
        yield f"{finding.severity:<9}{finding.kind}: {finding.message}"
        if finding.rows:
            yield f"{'':<9}rows: {some(finding.rows, n_rows)}"
