"""Write the model card: in Markdown, what the report shows, for whoever gets the model without it.

Every sentence comes from the same record as the page; nothing is claimed that was not measured.
"""

import re

from khobor_training.curves import TOP_LABEL
from khobor_training.record import Measures, Report, measure
from khobor_training.verdict import AUDITED, is_faithful, listed, standing, verdict


def card(report: Report) -> str:
    """Return the model card as Markdown.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
    """
    measures = measure(report)
    said = verdict(report, measures)
    parts = [
        f"# Model card: {_plain(report.name)}",
        _plain(said.summary),
        _section("Use", _use(report)),
        _section("What speaks for it", _bullets(said.good or ["Nothing that was measured."])),
        _section("What to take care of", _bullets(said.care or ["Nothing that was measured stands out."])),
        _section("Data", _bullets(_data(report))),
        _section("Figures", _figures(report, measures)),
        _section("Calibration", _calibration(measures, report.outcome.shares)),
        _section("Weak slices", _slices(measures)),
        _section("Audit of the data", _bullets(_findings(report))),
        _section("Where this comes from", _bullets([f"{key}: {told}" for key, told in report.facts.items()])),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _plain(value: object) -> str:
    """Write text so that nothing in it is taken for markup, and on one line."""
    line = re.sub(r"\s+", " ", re.sub(r"[\x00-\x1f\x7f]", " ", str(value))).strip()
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", line)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {_plain(line)}" for line in lines)


def _table(head: list[str], rows: list[list[object]]) -> str:
    lines = [head, ["---"] * len(head), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _interval(value: float, low: float | None, high: float | None, digits: int = 3) -> str:
    if low is None or high is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def _use(report: Report) -> str:
    outcome = report.outcome
    names = listed(outcome.labels, "or" if outcome.multiclass else "and", len(outcome.labels))
    kind = f"exactly one of {names}" if outcome.multiclass else f"any number of {names}, or none"
    lengths = sorted(len(text.split()) for text in outcome.texts)
    return _bullets(
        [
            f"Gives a Bangla news article {kind}"
            + (", toward a target." if outcome.frame["target"].ne("").any() else "."),
            f"Measured on articles of {lengths[0]} to {lengths[-1]} words (median "
            f"{lengths[len(lengths) // 2]}) and on nothing else: what it does on other text is not known.",
        ]
    )


def _data(report: Report) -> list[str]:
    outcome, frame = report.outcome, report.outcome.frame
    lines = [f"{len(outcome):,} rows on {len(set(outcome.groups.tolist())):,} events."]
    days = sorted(day[:10] for day in frame["published_at"] if day)
    if days:
        lines.append(f"Published from {days[0]} to {days[-1]}.")
    for by in ("outlet", "genre", "target"):
        counts = frame[by][frame[by].ne("")].value_counts()
        if len(counts):
            shown = ", ".join(f"{name} {n}" for name, n in counts.head(8).items())
            more = f" and {len(counts) - 8} more" if len(counts) > 8 else ""
            lines.append(f"Rows by {by}: {shown}{more}.")
    counted = zip(outcome.labels, outcome.y.sum(axis=0).tolist(), strict=True)
    return [*lines, f"Rows by label: {', '.join(f'{name} {n}' for name, n in counted)}."]


def _figures(report: Report, measures: Measures) -> str:
    held = report.held
    rows: list[list[object]] = [
        [
            "this model",
            _interval(held["macro_f1"], held["macro_f1_low"], held["macro_f1_high"]),
            report.headline_rows,
        ],
    ]
    if not report.evaluated_on:
        whole = _interval(measures.macro_f1, measures.low, measures.high)
        rows.append(["this model", whole, f"all {len(report.outcome):,} rows, out of fold"])
    words = {"better": "model clearly better", "worse": "model clearly worse", "unclear": "not clearly apart"}
    for other in report.comparisons:
        told = words[standing(report, other)] if other.kind != "random" else "what it would have claimed"
        note = "; ".join(filter(None, [other.note, told]))
        rows.append([other.name, _interval(other.macro_f1, other.low, other.high), note])
    labels: list[list[object]] = [
        [f.label, f.support, *(_interval(*value, 2) for value in (f.precision, f.recall, f.f1))]
        for f in measures.labels
    ]
    return "\n\n".join(
        [
            "Intervals are 95 % bootstrap intervals; whole events are resampled.",
            _table(["", "macro-F1", "on"], rows),
            "Each label:" if report.evaluated_on else "Each label, out of fold:",
            _table(["label", "rows", "precision", "recall", "F1"], labels),
        ]
    )


def _calibration(measures: Measures, shares: dict[str, float]) -> str:
    rows: list[list[object]] = [
        [
            r.label,
            _interval(r.error, r.error_low, r.error_high),
            f"{r.error_of_chance:.3f}",
            _interval(r.brier, r.brier_low, r.brier_high),
            f"{r.brier_of_base_rate:.3f}",
            "holds" if is_faithful(r) else "does not hold",
        ]
        for r in measures.reliabilities
    ]
    head = ["", "expected calibration error", "by chance up to", "Brier score", "of the base rate", "promise"]
    how = "Ten bins of about equally many rows; each label against the rest"
    if any(r.label == TOP_LABEL for r in measures.reliabilities):
        how += f", and {TOP_LABEL}"
    if shares:
        how += "; rows are weighed so that classes have the shares that probabilities are meant for ("
        how += ", ".join(f"{_plain(label)} {share:.0%}" for label, share in shares.items()) + ")"
    return f"{how}.\n\n{_table(head, rows)}"


def _slices(measures: Measures) -> str:
    weak: list[list[object]] = [
        [
            s.by,
            s.value,
            s.n,
            "–" if s.macro_f1 is None else _interval(s.macro_f1, s.low, s.high, 2),
            "–" if s.chance is None else f"{s.chance:.2f}",
            "–" if s.exact is None else f"{s.exact:.0%}",
        ]
        for s in measures.slices
        if s.weak
    ]
    n = sum(s.exact is not None for s in measures.slices)
    if not weak:
        return f"None of {n} slices that are large enough is clearly weaker than the whole." if n else ""
    head = ["by", "slice", "rows", "macro-F1", "39 of 40 random sets have at least", "all labels right"]
    return _table(head, weak)


def _findings(report: Report) -> list[str]:
    if report.findings is None:
        return []
    lines = [] if report.findings else [AUDITED]
    for one in report.findings:
        n = len(list(one.rows or []))
        lines.append(f"{one.severity}, {one.kind}: {one.message}" + (f" ({n:,} rows)" if n else ""))
    return lines
