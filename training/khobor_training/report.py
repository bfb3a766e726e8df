"""Show a training run on one page that a person can judge it by.

The page is one file without scripts that loads nothing from anywhere: it can be mailed,
kept beside a model and opened years later. It begins with what the model is good for.
"""

from khobor_training import curve_sections, sections, word_sections
from khobor_training.charts import HATCHING
from khobor_training.elements import Markup, items, join, number, tag, text
from khobor_training.record import Comparison, Measures, Report, WorstError, measure
from khobor_training.style import head
from khobor_training.verdict import Verdict, listed, verdict

__all__ = ["Comparison", "Report", "WorstError", "page"]


def page(report: Report) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        A whole page, to be written as UTF-8.
    """
    measures = measure(report)
    parts = [
        sections.labels(report, measures),
        sections.confusion(report),
        sections.flips(measures),
        word_sections.errors(report) if report.errors else "",
        sections.slice_tables(measures),
        curve_sections.calibration(measures, report.outcome.shares),
        curve_sections.precision_recall(measures),
        curve_sections.learning(report) if report.learning_curve else "",
        word_sections.top_words(report) if report.top_words else "",
        word_sections.topics(report) if report.topics else "",
        word_sections.findings(report.findings) if report.findings is not None else "",
        word_sections.provenance(report),
    ]
    body = [
        HATCHING,
        _head(report),
        tag("main", _verdict(report, measures, verdict(report, measures)), *parts),
        tag("footer", tag("p", "This page loads nothing from anywhere and needs no network.")),
    ]
    title = f"{report.name} · khobor report"
    return "<!DOCTYPE html>\n" + tag("html", head(title), tag("body", *body), lang="en") + "\n"


def _head(report: Report) -> Markup:
    names = listed(report.outcome.labels, "or" if report.outcome.multiclass else "and", 12)
    kind = f"one of {names}" if report.outcome.multiclass else f"any of {names}, or none"
    does = f"Labels a Bangla news article with {kind}."
    if report.task == "stance":
        does = f"Tells which stance a Bangla news article takes toward a named target: {names}."
    what = "an evaluation" if report.evaluated_on else "a training run"
    return tag(
        "header",
        tag("p", f"khobor · report of {what}", class_="soft"),
        tag("h1", text(report.name)),
        tag("p", text(does)),
    )


def _verdict(report: Report, measures: Measures, said: Verdict) -> Markup:
    held = report.held
    low, high = number(held["macro_f1_low"], 3), number(held["macro_f1_high"], 3)
    figure = tag(
        "p",
        tag("strong", number(held["macro_f1"], 3)),
        tag(
            "span",
            text(f"macro-F1 on {report.headline_rows}"),
            Markup("<br>"),
            f"95 % interval {low} to {high}",
        ),
        class_="big",
    )
    sides = [
        tag("div", tag("h3", title), items(told, class_=name) if told else tag("p", "Nothing."))
        for title, told, name in (
            ("What speaks for it", said.good, "yes"),
            ("What to take care of", said.care, "no"),
        )
    ]
    heading = tag("h2", "In short", id="verdict-title")
    top = tag("div", figure, tag("p", said.summary, class_="summary"), class_="top")
    content = join([heading, top, sections.headline(report, measures), tag("div", *sides, class_="sides")])
    return tag("section", content, id="verdict", aria_labelledby="verdict-title")
