"""Say in plain words what a model is good for and what it is not.

A person who reads only these sentences must not be misled: each is drawn from figures,
and a figure whose interval does not clear another is never called better.
"""

from dataclasses import dataclass
from typing import Literal

from khobor_training.curves import TOP_LABEL, Reliability
from khobor_training.per_label import LabelFigures
from khobor_training.record import Comparison, Measures, Report

RELIABLE, WEAK = 0.9, 0.8
"""Precision and recall from which on a label is called reliable, and below which weak."""

FAITHFUL = 0.03
"""Up to this expected calibration error probabilities are called right, however many rows there are."""

AUDITED = "Nothing: no copies, no outlet, line, source or form that tells a label, no odd counts or lengths."
"""What is said of data in which the audit found nothing."""

MANY = 6
"""Of more labels or slices than this, not each is named."""

Standing = Literal["better", "worse", "unclear"]


@dataclass(frozen=True)
class Verdict:
    """Plain sentences.

    Attributes
    ----------
    summary : str
        The whole in a sentence or two.
    good, care : list of str
        What speaks for using the model, and what to take care of.
    """

    summary: str
    good: list[str]
    care: list[str]


def standing(report: Report, other: Comparison) -> Standing:
    """Tell whether the model is clearly better or worse than something else."""
    if other.difference is not None:
        below, above = other.difference
    else:
        held = report.held
        low, high = (other.macro_f1 if end is None else end for end in (other.low, other.high))
        below, above = held["macro_f1_low"] - high, held["macro_f1_high"] - low
    return "better" if below > 0 else "worse" if above < 0 else "unclear"


def by_chance(report: Report) -> bool:
    """Tell whether labels dealt out at random would do about as well."""
    return report.chance is not None and report.held["macro_f1"] <= report.chance[1]


def verdict(report: Report, measures: Measures) -> Verdict:
    """Return what a model is good for and what to take care of."""
    good: list[str] = []
    care: list[str] = []
    for figures in _worth_a_sentence(measures.labels):
        (good if _least(figures) >= RELIABLE else care).append(_of_label(figures))
    if report.chance is not None:
        (care if by_chance(report) else good).append(_of_chance(report, report.chance))
    for other in report.comparisons:
        better, sentence = _of_comparison(report, measures, other)
        (good if better else care).append(sentence)
    faithful, sentence = _of_probabilities(measures, report.outcome.multiclass)
    (good if faithful else care).append(sentence)
    if flips := measures.flips:
        share = flips.both_right / flips.n
        (good if share >= WEAK else care).append(
            f"Of {flips.n} pairs of differing labels on one article, it gets both right in {flips.both_right}"
            f" ({share:.0%}) and gives the same label twice in {flips.same_answer}."
        )
    care += _of_slices(measures)
    rare = [figures.label for figures in measures.labels if figures.support < 30]
    if rare:
        care.append(f"Fewer than 30 articles have {listed(rare)}: figures of so few say little.")
    if n := len(report.findings or ()):
        care.append(
            f"The audit of the data has {n} finding{'s' if n > 1 else ''}, listed "
            f"with {'their' if n > 1 else 'its'} rows."
        )
    return Verdict(_summary(report, measures), good, care)


def listed(names: list[str], last: str = "and", most: int = MANY) -> str:
    """Write names as a person would: a, b and c; of more than `most`, the first and how many more."""
    if len(names) > most:
        names, last = [*names[: most - 1], f"{len(names) - most + 1} more"], "and"
    return f" {last} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _worth_a_sentence(labels: list[LabelFigures]) -> list[LabelFigures]:
    """Return all labels if they are few, otherwise the best two and the poorest four."""
    if len(labels) <= MANY:
        return labels
    ordered = sorted(labels, key=_least, reverse=True)
    return ordered[:2] + ordered[-4:]


def _named(other: Comparison) -> str:
    return f"the control ‘{other.name}’" if other.kind == "control" else f"the {other.name}"


def _least(figures: LabelFigures) -> float:
    return min(figures.precision[0], figures.recall[0])


def _summary(report: Report, measures: Measures) -> str:
    if by_chance(report):
        return "No better than chance: what it learnt from the labels does not hold on other articles."
    unbeaten = [
        _named(other)
        for other in report.comparisons
        if other.kind in ("baseline", "control") and standing(report, other) != "better"
    ]
    if unbeaten:
        return f"Not shown to be worth using: its macro-F1 is not clearly above {listed(unbeaten)}."
    weak = [figures.label for figures in measures.labels if _least(figures) < WEAK]
    middling = [f.label for f in measures.labels if WEAK <= _least(f) < RELIABLE]
    reliable = [f.label for f in measures.labels if _least(f) >= RELIABLE]
    parts = []
    if reliable:
        parts.append(f"Good at {listed(reliable)}: right, and found, at least nine times in ten.")
    if middling:
        parts.append(f"Fair at {listed(middling)}: right, and found, at least eight times in ten.")
    if weak:
        parts.append(f"Weak at {listed(weak)}: wrong or missed more than twice in ten; have a person check.")
    return " ".join(parts)


def _of_label(figures: LabelFigures) -> str:
    right, found = (round(100 * value[0]) for value in (figures.precision, figures.recall))
    use = ""
    if figures.precision[0] >= RELIABLE and figures.recall[0] < WEAK:
        use = " Good for sure cases, not for counting."
    elif figures.recall[0] >= RELIABLE and figures.precision[0] < WEAK:
        use = " Good for not missing any, if somebody sorts out the rest."
    return (
        f"{figures.label}: of 100 articles that get it, {right} are right; "
        f"of 100 that should, {found} get it.{use}"
    )


def _of_chance(report: Report, chance: tuple[float, float]) -> str:
    own = f"its macro-F1 is {report.held['macro_f1']:.3f}"
    if by_chance(report):
        return (
            f"No better than chance: {own}; labels dealt out at random between events give "
            f"{chance[0]:.3f} to {chance[1]:.3f}."
        )
    return (
        f"Better than chance: {own}; with labels dealt out at random between events 95 of 100 tries "
        f"stay under {chance[1]:.3f}."
    )


def _of_comparison(report: Report, measures: Measures, other: Comparison) -> tuple[bool, str]:
    """Return whether a comparison speaks for the model, and a sentence."""
    how = standing(report, other)
    if other.kind == "random":
        claim = f"A random split would have claimed {other.macro_f1:.3f}"
        if other.macro_f1 > measures.high:
            more = other.macro_f1 - measures.macro_f1
            return False, f"{claim}, {more:.3f} more than articles on unseen events bear out."
        return True, f"{claim}, which is not above the interval on unseen events: nothing is flattered."
    # What was compared row by row was compared out of fold.
    figure = measures.macro_f1 if other.difference is not None else report.held["macro_f1"]
    own = f"{figure:.3f} against {other.macro_f1:.3f}"
    words = {"better": "Clearly better than", "worse": "Clearly worse than", "unclear": "Not clearly above"}
    sentence = f"{words[how]} {_named(other)}: {own}."
    if other.kind == "control" and how != "better":
        sentence += " What the control does not see, this model may not use either."
    return how == "better", sentence


def _of_probabilities(measures: Measures, multiclass: bool) -> tuple[bool, str]:
    """Return whether probabilities can be taken at their word, and a sentence."""
    told = [r for r in measures.reliabilities if (r.label == TOP_LABEL) == multiclass]
    poorest = max(told, key=lambda r: r.error)
    error, low, high = (100 * x for x in (poorest.error, poorest.error_low, poorest.error_high))
    points = f"{error:.1f} points on average (95 % interval {low:.1f} to {high:.1f}"
    points += ")" if len(told) == 1 else f"; {poorest.label}, the worst of them)"
    if is_faithful(poorest):
        return True, f"Probabilities mean what they say: off by {points}."
    lean = ""
    if abs(poorest.bias) > poorest.error / 2:
        lean = " It promises too much." if poorest.bias > 0 else " It promises too little."
    return False, f"Probabilities are off by {points}.{lean}"


def is_faithful(reliability: Reliability) -> bool:
    """Tell whether probabilities are off by little, or by no more than chance would have it."""
    return reliability.error <= max(FAITHFUL, reliability.error_of_chance)


def _of_slices(measures: Measures) -> list[str]:
    weak = [f"{s.by} {s.value}" if s.by not in s.value else s.value for s in measures.slices if s.weak]
    n = sum(s.exact is not None for s in measures.slices)
    if not weak:
        return []
    chance = "about one" if 20 <= n <= 60 else "fewer than one" if n < 20 else f"about {n / 40:.0f}"
    return [f"Clearly weaker on {listed(weak)}. (Of {n} slices, chance alone would mark {chance}.)"]
