"""Write the figures of a training, of a search's winner or of an evaluation for the terminal."""

from collections.abc import Iterator
from typing import Any


def table(figures: dict[str, Any], rows: str) -> Iterator[str]:
    """Yield precision, recall and F1 of each label, then the macro-F1 and what it stands beside.

    Parameters
    ----------
    figures : dict
        See ``evaluate.figures``.
    rows : str
        What the figures are of, such as ``held-out articles``.
    """
    yield f"{'':<20} {'precision':>9} {'recall':>7} {'F1':>7} {'articles':>9}"
    for name, row in figures["labels"].items():
        shares = f"{row['precision']:>9.3f} {row['recall']:>7.3f} {row['f1']:>7.3f}"
        yield f"{name:<20} {shares} {row['support']:>9.0f}"
    beside = f"majority {figures['majority_macro_f1']:.3f}; chance up to {figures['chance']['high']:.3f}"
    if "keyword_rule_macro_f1" in figures:
        beside += f"; keyword rule {figures['keyword_rule_macro_f1']:.3f}"
    interval = f"95 % interval {figures['macro_f1_low']:.3f} to {figures['macro_f1_high']:.3f}"
    yield f"macro-F1 {figures['macro_f1']:.3f} ({interval}, {figures['n_held_out']} {rows}); {beside}"


def out_of_fold(figures: dict[str, Any]) -> Iterator[str]:
    """Yield what all rows say out of fold: macro-F1, what a random split would claim, calibration."""
    own = figures["out_of_fold"]
    yield f"out of fold, all {own['n']} rows: {_with_interval(own, 'macro_f1')}, events kept together"
    if "random_split" in figures:
        yield f"a random split would have claimed {_with_interval(figures['random_split'], 'macro_f1')}"
    if "at_shares" in figures:
        yield f"at the shares that the config expects the out-of-fold figure is {figures['at_shares']:.3f}"
    errors = [f"{label} {_with_interval(told, 'ece')}" for label, told in figures["calibration"].items()]
    yield f"expected calibration error, out of fold: {', '.join(errors)}"


def stance(figures: dict[str, Any]) -> Iterator[str]:
    """Yield what only a stance has; nothing where the figures are of topics."""
    if "stance" not in figures:
        return
    own, swap = figures["stance"], figures["swap"]
    for name, control in own["controls"].items():
        chance = f"beaten with probability {control['beaten_with_probability']:.3f}"
        yield f"control {name.replace('_', '-')}: {_with_interval(control, 'macro_f1')}, {chance}"
    yield (
        f"supportive and critical alone: mean F1 {_with_interval(own, 'polar_f1')}; "
        f"one called the other in a share of {_with_interval(own, 'flip_rate')}"
    )
    pairs = own["both_right"]
    if pairs["n"]:
        share = f"{pairs['share']:.3f} ({pairs['low']:.3f} to {pairs['high']:.3f})"
        yield f"targets of different stance in one article: all right in {share} of {pairs['n']} articles"
    surest = [
        f"{coverage} {told['accuracy']:.3f} (min_confidence {told['min_confidence']:.2f})"
        for coverage, told in own["accuracy_at_coverage"].items()
        if coverage in ("100%", "80%", "50%")
    ]
    yield f"accuracy of the surest answers: {', '.join(surest)}"
    if swap["n"]:
        yield (
            f"another target's name put in {swap['n']} held-out rows: probabilities move by "
            f"{swap['mean_move']:.3f} (at most {swap['largest_move']:.3f}), "
            f"{swap['labels_changed']:.1%} of the labels change"
        )


def _with_interval(figures: dict[str, float], name: str) -> str:
    return f"{figures[name]:.3f} ({figures[name + '_low']:.3f} to {figures[name + '_high']:.3f})"
