"""The parts of the report that show curves: reliability, precision against recall, learning."""

from khobor_training import charts
from khobor_training.curves import TOP_LABEL, PrecisionRecall, Reliability
from khobor_training.elements import Markup, fold, join, number, section, table, tag, with_interval
from khobor_training.record import Measures, Report
from khobor_training.verdict import is_faithful


def calibration(measures: Measures, shares: dict[str, float]) -> Markup:
    """Return whether probabilities hold."""
    rows = []
    for r in measures.reliabilities:
        says = "holds" if is_faithful(r) else "does not hold"
        rows.append(
            [
                r.label,
                with_interval(r.error, r.error_low, r.error_high, 3),
                number(r.error_of_chance, 3),
                with_interval(r.brier, r.brier_low, r.brier_high, 3),
                number(r.brier_of_base_rate, 3),
                says,
            ]
        )
    head = ["", "calibration error", "by chance up to", "Brier score", "of the base rate", "the promise"]
    caption = "Expected calibration error and Brier score, with 95 % intervals; less is better"
    figures = table(head, rows, caption=caption)
    how = (
        "Ten bins of about equally many articles each; whole events resampled. A dot above the dashed line: "
        "it happened more often than promised. ‘By chance’: what perfect probabilities would stay "
        "under on 95 of 100 sets of as many articles."
    )
    if shares:
        told = ", ".join(f"{label} {share:.0%}" for label, share in shares.items())
        how += f" Probabilities are meant for a day with {told}, and articles are weighed accordingly."
    drawn = [_reliability(r) for r in measures.reliabilities]
    return section("calibration", "Can the probabilities be trusted", tag("p", how), figures, _grid(drawn))


def _reliability(r: Reliability) -> Markup:
    points = [charts.dot(b.probability, b.share, "ring", b.low, b.high) for b in r.bins]
    name = "of the label given" if r.label == TOP_LABEL else f"of {r.label}"
    said = f"Calibration error {r.error:.3f}; {'holds' if is_faithful(r) else 'does not hold'}."
    chart = charts.square(
        f"Reliability {name}",
        said,
        "promised probability",
        "how often it was so",
        charts.path([(0, 0), (1, 1)], "dashed"),
        *points,
    )
    rows = [[number(b.probability), with_interval(b.share, b.low, b.high), b.n] for b in r.bins]
    told = table(["promised", "was so", "articles"], rows, caption=f"Reliability {name}")
    return tag("figure", tag("figcaption", tag("b", r.label), f" · {said}"), chart, fold("As a table", told))


def precision_recall(measures: Measures) -> Markup:
    """Return what other thresholds would give."""
    how = "The diamond is where the thresholds stand; the dashed line is labelling blindly."
    drawn = [_precision_recall(curve) for curve in measures.curves if curve.recall.size]
    return section("thresholds", "What other thresholds would give", tag("p", how), _grid(drawn))


def _precision_recall(curve: PrecisionRecall) -> Markup:
    points = list(zip(curve.recall[::-1].tolist(), curve.precision[::-1].tolist(), strict=True))
    precision, recall = curve.operating_point
    said = (
        f"Average precision {curve.average_precision:.3f}; "
        f"given with precision {precision:.2f} at recall {recall:.2f}."
    )
    chart = charts.square(
        f"Precision and recall of {curve.label}",
        said,
        "recall",
        "precision",
        charts.path([(0, curve.base_rate), (1, curve.base_rate)], "dashed"),
        charts.steps(points, "curve"),
        charts.dot(recall, precision, "own"),
    )
    rows = [[f"{share:.0%}", number(_best(points, share))] for share in (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)]
    told = table(["to find", "precision at best"], rows, caption=f"Precision and recall of {curve.label}")
    named = tag("figcaption", tag("b", curve.label), f" · {said}")
    return tag("figure", named, chart, fold("As a table", told))


def _best(points: list[tuple[float, float]], share: float) -> float:
    return max(precision for recall, precision in points if recall >= share)


def learning(report: Report) -> Markup:
    """Return how macro-F1 grows with the number of articles."""
    points = report.learning_curve
    said = charts.sentence(points)
    chart = charts.growth("Learning curve", said, points)
    rows = [[f"{n:,}", with_interval(value, low, high, 3)] for n, value, low, high in points]
    told = table(["articles", "macro-F1, 95 % interval"], rows, caption="Learning curve")
    more = ""
    if len(points) > 1 and points[-2][2] <= points[-1][1] <= points[-2][3]:
        more = " The last step ends within the interval of the one before it, so it may be chance."
    drawn = join([tag("p", said, more), tag("figure", chart), fold("As a table", told)])
    return section("learning", "Would more articles help", drawn)


def _grid(figures: list[Markup]) -> Markup:
    return tag("div", *figures, class_="several")
