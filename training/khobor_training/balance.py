"""Find labels that are rare or everywhere, and articles that are unusually long or short."""

import numpy as np

from khobor_training.findings import Finding, Severity
from khobor_training.labelled import Labelled


def balance(data: Labelled) -> list[Finding]:
    """Find labels that are rare, nearly everywhere, or of few events, and classes that outweigh others."""
    findings = []
    n_with = data.y.sum(axis=0)
    for label, (name, n) in enumerate(zip(data.names, n_with.tolist(), strict=True)):
        share, holds = n / len(data.y), data.y[:, label] == 1
        n_events = len(set(data.group[holds]))
        if share < 0.05:
            message = f"label '{name}' holds for {n} of {len(data.y)} rows; add some with it"
            findings.append(Finding("rare_label", "warning", message, data.ids(holds), 1 - share))
        if share > 0.95:
            message = f"label '{name}' holds for {n} of {len(data.y)} rows; add some without it"
            findings.append(Finding("common_label", "warning", message, data.ids(~holds), share))
        if n_events < 20:
            message = (
                f"the articles with label '{name}' tell {n_events} events; figures on so few vary; "
                "add articles on others"
            )
            severity: Severity = "warning" if n_events < 10 else "note"
            findings.append(Finding("few_events", severity, message, data.ids(holds), 1 / (1 + n_events)))
    most, least = int(n_with.argmax()), int(n_with.argmin())
    ratio = n_with[most] / max(1, n_with[least])
    if data.multiclass and ratio >= 5:
        message = (
            f"class '{data.names[most]}' has {n_with[most]} rows, '{data.names[least]}' {n_with[least]}; "
            "class_weight: balanced weighs each row by the inverse of its class's share, and macro-F1 counts "
            "all classes alike: add articles of the small class"
        )
        severity = "warning" if ratio >= 10 else "note"
        rows = data.ids(data.y[:, least] == 1)
        findings.append(Finding("class_imbalance", severity, message, rows, 1 - 1 / ratio))
    return findings


def lengths(data: Labelled) -> list[Finding]:
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
                f"articles with label '{data.names[label]}' have {inside:.0f} words in the median, the "
                f"others {outside:.0f}; length should not tell a label: add articles of other lengths"
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
