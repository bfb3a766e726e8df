"""The parts of the report that show words: errors, weights, topics, findings, configuration."""

from collections.abc import Sequence
from typing import Any

from khobor_training import charts, mark
from khobor_training.elements import Markup, fold, items, join, number, section, signed, table, tag, text
from khobor_training.record import Finding, Report, WorstError
from khobor_training.verdict import AUDITED

_MAX_ROWS = 50
"""Of a finding's rows, so many are listed."""


def errors(report: Report) -> Markup:
    """Return the errors that the model was surest of, with their words marked."""
    legend = tag(
        "p",
        "Marked words, thicker for more: ",
        Markup(mark.to_html([("solid", 0.6), (" spoke for the label, ", 0.0), ("dashed", -0.6)])),
        " spoke against it. Weights of its intercept, of topics and of cues are not shown.",
    )
    if not report.show_text:
        legend = tag("p", "Titles and text are left out of this page; look the articles up by their ids.")
    cards = [_error(one, report.show_text, i == 0) for i, one in enumerate(report.errors)]
    return section("errors", "Where it was sure and wrong", legend, *cards)


def _error(error: WorstError, show_text: bool, opened: bool) -> Markup:
    names = tag("b", error.title) if show_text and error.title else tag("b", error.id)
    facts = [
        ("labelled", _names(error.true)),
        ("the model said", _names(error.predicted)),
        (
            "probabilities",
            join([join([name, f" {p:.2f}"]) for name, p in error.probabilities.items()], ", "),
        ),
    ]
    if error.target:
        facts.insert(0, ("target", text(error.target)))
    if show_text and error.title:
        facts.append(("id", text(error.id)))
    told = tag("dl", *(tag("div", tag("dt", key), tag("dd", value)) for key, value in facts))
    body: list[object] = [told]
    if show_text and error.pieces:
        article = tag("p", Markup(mark.to_html(error.pieces)), class_="article", lang="bn")
        summary = join(["Its words, for and against ", tag("b", error.label)])
        body.append(fold(summary, article, opened=opened))
    return tag("article", tag("h3", names), *body, class_="card")


def _names(names: list[str]) -> Markup:
    return join([tag("b", name) for name in names], " + ") if names else tag("i", "no label")


def top_words(report: Report) -> Markup:
    """Return the words that weigh most for and against each label."""
    parts = []
    for label, weighed in report.top_words.items():
        largest = max((abs(weight) for _, weight in weighed), default=0.0)
        ordered = sorted(weighed, key=lambda item: -item[1])
        rows = [[word, charts.bar(weight, largest), signed(weight)] for word, weight in ordered]
        caption = join(["Weights of words for ", tag("b", label)])
        parts.append(table(["word", "against | for", "weight"], rows, caption=caption, class_="weights"))
    how = "To the right and full: speaks for the label. To the left and hatched: speaks against it."
    return section("words", "Words that weigh most", tag("p", how), tag("div", *parts, class_="several"))


def topics(report: Report) -> Markup:
    """Return the topics of the topic model with their words."""
    names = report.outcome.labels
    rows = [
        [words, *(signed(weights[name]) if name in weights else "–" for name in names)]
        for words, weights in report.topics
    ]
    caption = "The weightiest words of each topic, and what the topic adds to each label’s score"
    told = table(["topic", *names], rows, caption=caption, class_="topics")
    return section("topics", "Topics", fold(f"{len(rows)} topics", told))


def findings(found: Sequence[Finding]) -> Markup:
    """Return what the audit of the data found."""
    parts: list[Any] = []
    for one in found:
        rows = list(one.rows or [])
        listed = ", ".join(map(str, rows[:_MAX_ROWS]))
        more = f" and {len(rows) - _MAX_ROWS} more" if len(rows) > _MAX_ROWS else ""
        where = fold(f"{len(rows):,} rows", tag("p", listed, more)) if rows else ""
        severity = tag("span", one.severity, class_="severity")
        parts.append(join([severity, " ", tag("b", one.kind), ": ", one.message, where]))
    told = items(parts, class_="findings") if parts else tag("p", AUDITED)
    return section("findings", "What the audit of the data found", told)


def provenance(report: Report) -> Markup:
    """Return how the figures came about: facts, digests, configuration."""
    held, n_events = report.held, len(set(report.outcome.groups.tolist()))
    rows = f"{len(report.outcome):,} articles on {n_events:,} events"
    training = {"held out": f"{held['n_held_out']:,} articles", "out of fold": rows}
    facts = {
        **({"evaluated on": rows} if report.evaluated_on else training),
        "intervals": "95 %, bootstrap, whole events resampled",
        "macro-F1 of the majority": number(held["majority_macro_f1"], 3),
        **report.facts,
    }
    told = tag("dl", *(tag("div", tag("dt", key), tag("dd", value)) for key, value in facts.items()))
    config: object = ""
    if report.config_text:
        config = fold("The configuration file", tag("pre", report.config_text, tabindex="0"))
    return section("provenance", "How these figures came about", told, config)
