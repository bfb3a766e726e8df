"""Everything that the report of one run tells, whatever form it is told in.

The page and the model card are written from the same record, so that they cannot say
different things.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from khobor_training import evaluate
from khobor_training.curves import PrecisionRecall, Reliability, precision_recall, reliabilities
from khobor_training.outcome import Outcome
from khobor_training.per_label import LabelFigures, per_label
from khobor_training.slices import Flips, Slice, flips, slices


@dataclass(frozen=True)
class Comparison:
    """The macro-F1 of something else, to stand beside the model's.

    Attributes
    ----------
    name : str
        Such as ``majority class``, ``keyword rule``, ``random split``, ``champion (version 3)``.
    macro_f1 : float
    low, high : float or None
        Its 95 % interval.
    note : str
        On what it was measured, in a few words.
    kind : {"baseline", "control", "random", "champion"}
        A ``control`` is a model that does not see what it would need, such as the target; ``random``
        is the same model, measured on a split that lets events stand on both sides.
    difference : (float, float) or None
        The 95 % interval of the model's macro-F1 less this one's on the same rows and resamples. It
        decides better than two intervals side by side, which are used where it is None.
    """

    name: str
    macro_f1: float
    low: float | None = None
    high: float | None = None
    note: str = ""
    kind: Literal["baseline", "control", "random", "champion"] = "baseline"
    difference: tuple[float, float] | None = None


@dataclass(frozen=True)
class WorstError:
    """An article on which the model was sure and wrong.

    Attributes
    ----------
    id, title : str
    true, predicted : list of str
        Its labels, and those given; possibly empty.
    probabilities : dict of str to float
        Of each label.
    label : str
        The label that `pieces` explains.
    pieces : list of (str, float)
        The text, cut by ``mark.pieces``; possibly empty.
    target : str
        Of a stance row.
    """

    id: str
    title: str
    true: list[str]
    predicted: list[str]
    probabilities: dict[str, float]
    label: str
    pieces: list[tuple[str, float]]
    target: str = ""


class Finding(Protocol):
    """What an audit found."""

    @property
    def kind(self) -> str:
        """Such as ``duplicate``."""

    @property
    def severity(self) -> str:
        """Such as ``warning``."""

    @property
    def message(self) -> str:
        """A sentence."""

    @property
    def rows(self) -> Any:
        """Which rows; possibly empty."""


@dataclass(frozen=True)
class Report:
    """All of a run that a report needs.

    Attributes
    ----------
    name, task : str
    outcome : Outcome
        Of all events out of fold: labels, curves, slices and errors are drawn from it.
    held : dict
        ``evaluate.figures`` of the hold-out: the headline.
    comparisons : list of Comparison
    learning_curve : list of (n_articles, macro_f1, low, high)
        Left out where empty, as are the next four.
    top_words : dict of label to list of (word, weight)
    topics : list of (words, dict of label to weight)
    findings : list of Finding or None
        None: the data was not audited, and nothing is said.
    errors : list of WorstError
    config_text : str
    facts : dict of str to str
        Digests, versions, dates, and how the figures were obtained.
    show_text : bool
        Whether articles' titles and text are shown, which a shared server may not.
    seed : int
        Of the resamples.
    chance : (float, float) or None
        ``evaluate.permutation_band`` of the held-out rows; None: nothing is said of chance.
    evaluated_on : str
        The file that a finished model was held against: then `outcome` and `held` are of its rows. Empty
        for a training.
    """

    name: str
    task: str
    outcome: Outcome
    held: dict[str, Any]
    comparisons: list[Comparison] = field(default_factory=list)
    learning_curve: list[tuple[int, float, float, float]] = field(default_factory=list)
    top_words: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    topics: list[tuple[str, dict[str, float]]] = field(default_factory=list)
    findings: Sequence[Finding] | None = None
    errors: list[WorstError] = field(default_factory=list)
    config_text: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    show_text: bool = True
    seed: int = 0
    chance: tuple[float, float] | None = None
    evaluated_on: str = ""

    @property
    def headline_rows(self) -> str:
        """What the headline figure was measured on, such as ``152 held-out articles``."""
        held_out = f" of {self.evaluated_on}" if self.evaluated_on else ""
        return f"{self.held['n_held_out']:,} {'' if held_out else 'held-out '}articles{held_out}"


@dataclass(frozen=True)
class Measures:
    """What is worked out of a report's outcome, once for all who tell it.

    Attributes
    ----------
    macro_f1, low, high : float
        Of all rows, out of fold, with the 95 % interval.
    labels : list of LabelFigures
    curves : list of PrecisionRecall
    reliabilities : list of Reliability
    slices : list of Slice
    flips : Flips or None
    """

    macro_f1: float
    low: float
    high: float
    labels: list[LabelFigures]
    curves: list[PrecisionRecall]
    reliabilities: list[Reliability]
    slices: list[Slice]
    flips: Flips | None


def measure(report: Report) -> Measures:
    """Work out what a report tells of its outcome."""
    outcome, seed = report.outcome, report.seed
    return Measures(
        evaluate.macro_f1(outcome.y, outcome.predicted),
        *evaluate.interval(outcome.y, outcome.predicted, outcome.groups, seed=seed),
        per_label(outcome, seed=seed),
        precision_recall(outcome),
        reliabilities(outcome, seed=seed),
        slices(outcome, seed=seed),
        flips(outcome),
    )
