"""The parts of the report that show figures: comparisons, labels, confusion, slices."""

from collections import defaultdict

from khobor_training import charts
from khobor_training.elements import (
    Markup,
    fold,
    join,
    number,
    section,
    table,
    tag,
    text,
    with_interval,
)
from khobor_training.per_label import mistakes, together
from khobor_training.record import Measures, Report
from khobor_training.slices import MIN_GROUPS, MIN_ROWS, Slice
from khobor_training.verdict import standing

_FAR = 0.3
_HOW = {
    "better": "the model is clearly better",
    "worse": "the model is clearly worse",
    "unclear": "not clearly apart",
}


def headline(report: Report, measures: Measures) -> Markup:
    """Return the chart of the model beside what it must beat."""
    held = report.held
    own = (held["macro_f1"], held["macro_f1_low"], held["macro_f1_high"])
    all_rows = (measures.macro_f1, measures.low, measures.high)
    # What is far below would squeeze the rest together: it becomes an arrow.
    near = [c for c in report.comparisons if c.macro_f1 > min(own[1], all_rows[1]) - _FAR]
    axis = charts.axis_of([*own, *all_rows, *(v for c in near for v in (c.macro_f1, c.low, c.high))])
    rows = [_row("This model", report.headline_rows, *own, axis, own[1:], True)]
    if not report.evaluated_on:
        rows.append(
            _row("This model", f"all {len(report.outcome):,}, out of fold", *all_rows, axis, own[1:], True)
        )
    for other in report.comparisons:
        note = ", ".join(filter(None, [other.note, _HOW[standing(report, other)]]))
        if other.kind == "random":
            note = other.note or "what it would have claimed"
        rows.append(_row(other.name, note, other.macro_f1, other.low, other.high, axis, own[1:], False))
    head = ["", charts.scale(axis), "macro-F1, 95 % interval"]
    return table(head, rows, caption="Macro-F1 of the model and of what it must beat", class_="stack plots")


def _row(
    name: object,
    note: str,
    value: float | None,
    low: float | None,
    high: float | None,
    axis: charts.Axis,
    band: tuple[float, float],
    own: bool,
) -> list[Markup]:
    named = join([tag("b", name) if own else text(name), tag("small", note, class_="note") if note else ""])
    plot = charts.whisker(value, low, high, axis, band=band, own=own)
    return [named, plot, with_interval(value, low, high, 3)]


def labels(report: Report, measures: Measures) -> Markup:
    """Return the figures of each label."""
    rows = [
        [
            join([text(f.label), tag("small", f"{f.support:,} articles", class_="note")]),
            *(with_interval(*value) for value in (f.precision, f.recall, f.f1)),
        ]
        for f in measures.labels
    ]
    head = ["label", "precision", "recall", "F1"]
    how = "" if report.evaluated_on else "out of fold, "
    told = table(head, rows, caption=f"Each label, {how}with 95 % intervals")
    held = [
        [name, f["support"], *(number(f[key]) for key in ("precision", "recall", "f1"))]
        for name, f in report.held["labels"].items()
    ]
    counts = [
        [
            f.label,
            charts.shares([(f.hits, "part-hit"), (f.wrong, "part-wrong"), (f.missed, "part-missed")]),
            f"{f.hits:,} right, {f.wrong:,} wrong, {f.missed:,} missed",
        ]
        for f in measures.labels
    ]
    names = ("rightly given", "wrongly given", "missed")
    key = charts.legend(*zip(("part-hit", "part-wrong", "part-missed"), names, strict=True))
    drawn = table(
        ["label", "", "articles"],
        counts,
        caption="Articles that rightly got a label, wrongly got it, or should have got it",
        class_="stack counts",
    )
    if report.evaluated_on:
        return section("labels", "Label by label", told, key, drawn)
    head.insert(1, "articles")
    same = fold("The same on the hold-out", table(head, held, caption="Each label on held-out articles"))
    return section("labels", "Label by label", told, key, drawn, same)


def confusion(report: Report) -> Markup:
    """Return what is taken for what, and what goes together."""
    outcome, names = report.outcome, report.outcome.labels
    parts: list[Markup] = []
    if outcome.multiclass:
        counts = outcome.y.T @ outcome.predicted
        rows = []
        for i, name in enumerate(names):
            whole = max(int(counts[i].sum()), 1)
            rows.append([name, *(_cell(int(n), n / whole, i == j) for j, n in enumerate(counts[i]))])
        title = "Rows: the label; columns: what the model said. Counts and share of the row; framed: right"
        parts.append(table(["", *names], rows, caption=title, class_="heat"))
    else:
        true, given = together(outcome.y), together(outcome.predicted)
        most, places = max(int(true.max()), 1), range(len(names))
        rows = [
            [name, *(_pair(int(true[i, j]), int(given[i, j]), i == j, most) for j in places)]
            for i, name in enumerate(names)
        ]
        nothing = [int((part.sum(axis=1) == 0).sum()) for part in (outcome.y, outcome.predicted)]
        title = "Articles with both labels, then how many were given both. Framed: with that label alone"
        parts.append(table(["", *names], rows, caption=title, class_="heat"))
        parts.append(tag("p", f"No label: {nothing[0]:,} articles; {nothing[1]:,} were given none."))
    found = mistakes(outcome)
    mixed = [[_set(true), _set(given), n] for true, given, n in found]
    head = ["labelled", "the model said", "articles"]
    if not outcome.multiclass and mixed:
        parts.append(table(head, mixed[:5], caption="Most frequent mistakes", class_="words"))
        if len(mixed) > 5:
            more = table(head, mixed[5:40], caption="More mistakes", class_="words")
            parts.append(fold(f"{len(mixed) - 5} more kinds of mistake", more))
    return section("confusion", "What is taken for what", *parts)


def _set(names: list[str]) -> Markup:
    return join(names, " + ") if names else tag("i", "none")


def _cell(n: int, share: float, right: bool) -> Markup:
    inner = join([f"{n:,}", tag("small", f" {share:.0%}") if n else ""])
    return tag("span", inner, class_="cell right" if right else "cell", style=f"--share:{share:.2f}")


def _pair(true: int, given: int, alone: bool, most: int) -> Markup:
    inner = join([f"{true:,}", tag("small", f" given {given:,}")])
    return tag("span", inner, class_="cell right" if alone else "cell", style=f"--share:{true / most:.2f}")


def slice_tables(measures: Measures) -> Markup:
    """Return where the model does worse than on the whole."""
    ways: dict[str, list[Slice]] = defaultdict(list)
    for one in measures.slices:
        ways[one.by].append(one)
    told = [one for one in measures.slices if one.exact is not None]
    parts: list[object] = [
        tag(
            "p",
            "The band is the model’s macro-F1 on all rows. A slice is marked ",
            tag("b", "▼ weaker"),
            " where 39 of 40 random sets of as many articles do better, on the labels that hold in it. "
            f"Of {len(told)} slices, chance alone would mark about {max(1, round(len(told) / 40))}.",
        )
    ]
    if not any(one.weak for one in told):
        parts.append(tag("p", "None is clearly weaker."))
    for by, own in ways.items():
        shown = [one for one in own if one.exact is not None]
        small = [one for one in own if one.exact is None]
        body: list[object] = [_slice_table(by, shown, measures)] if shown else []
        if small:
            names = ", ".join(f"{one.value} ({one.n})" for one in small[:30])
            more = f" and {len(small) - 30} more" if len(small) > 30 else ""
            few = f"Fewer than {MIN_ROWS} articles or {MIN_GROUPS} events, so no figure: "
            body.append(tag("p", few, text(names), more, ".", class_="soft"))
        weak = sum(one.weak for one in own)
        count = f"{len(shown)} with figures" + (f", {weak} weaker" if weak else "")
        opened = bool(weak) or len(shown) <= 8
        parts.append(fold(join([tag("b", f"By {by}"), f" · {count}"]), *body, opened=opened))
    return section("slices", "Where it does worse", *parts)


def _slice_table(by: str, shown: list[Slice], measures: Measures) -> Markup:
    axis = charts.axis_of([v for s in shown for v in (s.low, s.high, s.macro_f1)] + [measures.macro_f1])
    band = (measures.low, measures.high)
    rows = []
    for one in shown:
        weaker = tag("span", " ▼ weaker", class_="weak") if one.weak else ""
        exact = f"{one.n:,} articles, {one.exact:.0%} all right"
        named = join([text(one.value), weaker, tag("small", exact, class_="note")])
        figure: object = with_interval(one.macro_f1, one.low, one.high)
        if one.macro_f1 is None:
            figure = tag("small", "no label holds here")
        rows.append([named, charts.whisker(one.macro_f1, one.low, one.high, axis, band=band), figure])
    marked = frozenset(i for i, one in enumerate(shown) if one.weak)
    head = [by, charts.scale(axis), "macro-F1, 95 % interval"]
    return table(head, rows, caption=f"Macro-F1 by {by}", class_="stack plots", marked=marked)


def flips(measures: Measures) -> Markup:
    """Return whether the model tells two targets of one article apart."""
    told = measures.flips
    if told is None:
        return Markup("")
    other = told.n - told.both_right - told.same_answer
    parts = [(told.both_right, "part-hit"), (told.same_answer, "part-wrong"), (other, "part-missed")]
    said = charts.legend(
        *(
            (name, f"{words}: {n} ({n / told.n:.0%})")
            for (n, name), words in zip(
                parts, ("both right", "one answer for both", "two answers, not both right"), strict=True
            )
        )
    )
    how = f"{told.n} pairs of rows are of one article whose label differs from target to target."
    return section("flips", "Does it tell two targets apart", tag("p", how), charts.shares(parts), said)
