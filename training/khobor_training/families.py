"""Say what each feature family is worth: the figure with it less the figure without it.

A family that a config has on is left out, one that it could have is put in, and both answers are compared
on the same articles, out of fold. What lies within the interval of that difference is noise, and is
called so.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from khobor_training import evaluate, tracking
from khobor_training.config import Characters, Config, Topics, View, Words
from khobor_training.cross_score import cross_scores
from khobor_training.errors import InputError
from khobor_training.fit import Plan
from khobor_training.outcome import Outcome

FULL = "full model"
CUES = 0.08
IDENTITY = 0.7
"""The weights at which cues and identity are tried where they are off: those of the shipped configs."""


@dataclass(frozen=True)
class Ablation:
    """A model with one family fewer or more, or the full model.

    Attributes
    ----------
    name : str
        ``full model``, ``without …`` or ``with …``.
    macro_f1, low, high : float
        Of this model, out of fold, with its 95 % interval.
    worth : float
        What the family is worth: macro-F1 with it less macro-F1 without it.
    difference_low, difference_high : float
        The 95 % interval of `worth`, in the same resamples of whole events.
    verdict : str
        ``earns its place``, ``makes no clear difference`` or ``harms``; empty of the full model; of a
        model that cannot be fitted, why, and its figures are 0.
    """

    name: str
    macro_f1: float
    low: float
    high: float
    worth: float
    difference_low: float
    difference_high: float
    verdict: str


@dataclass(frozen=True)
class Variant:
    """A config with one family fewer (``without …``) or more (``with …``)."""

    name: str
    config: Config
    adds: bool


def variants(config: Config) -> list[Variant]:
    """Return the configs with one family fewer or more, in the order in which they are shown."""
    return [*_without(config), *_with(config)]


def ablations(config: Config, planned: Plan, n_jobs: int, full: Outcome | None = None) -> list[Ablation]:
    """Return the full model, then one record for each family.

    Parameters
    ----------
    config : Config
    planned : Plan
    n_jobs : int
        Fits at a time; the result does not depend on it.
    full : Outcome or None, default=None
        What the full model said out of fold, if that is known already.

    Raises
    ------
    InputError
        If the full model cannot be fitted.
    """
    own, tried = planned.rounds[-1], variants(config)
    configs = [variant.config for variant in tried]
    scored = cross_scores(
        configs if full else [config, *configs],
        planned.articles,
        planned.unlabelled,
        own.rows,
        own.folds,
        n_jobs,
        "ablation",
    )
    if full is None:
        first = next(scored)
        if first.outcome is None:
            raise InputError(f"{config.name} cannot be trained on this data: {first.error}")
        full = first.outcome
    figures = _figures(full, config.seed)
    records = [Ablation(FULL, *figures, 0.0, 0.0, 0.0, "")]
    for variant, answer in zip(tried, scored, strict=True):
        if answer.outcome is None:
            said = f"cannot be fitted: {answer.error}"
            records.append(Ablation(variant.name, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, said))
            continue
        pair = (answer.outcome, full) if variant.adds else (full, answer.outcome)
        with_it, without_it = (outcome.predicted for outcome in pair)
        low, high = evaluate.difference(full.y, with_it, without_it, full.groups, seed=config.seed)
        worth = evaluate.macro_f1(full.y, with_it) - evaluate.macro_f1(full.y, without_it)
        figures = _figures(answer.outcome, config.seed)
        records.append(Ablation(variant.name, *figures, worth, low, high, verdict(low, high)))
    return records


def verdict(low: float, high: float) -> str:
    """Return what the interval of a family's worth says of it."""
    if low > 0:
        return "earns its place"
    return "harms" if high < 0 else "makes no clear difference"


def lines(records: list[Ablation]) -> Iterator[str]:
    """Yield a table, the full model first."""
    width = max(len(record.name) for record in records)
    yield f"{'':<{width}} {'macro-F1':>8}  {'95 % interval':<14}  {'worth':>6}  {'95 % interval':<16}"
    for r in records:
        shown = f"{r.name:<{width}} {r.macro_f1:>8.3f}  {r.low:.3f} to {r.high:.3f}"
        if r.name != FULL:
            shown += f"  {r.worth:>+6.3f}  {r.difference_low:+.3f} to {r.difference_high:+.3f}  {r.verdict}"
        yield shown


def log(records: list[Ablation]) -> None:
    """Write the records to the run that is open, as metrics and as ``ablation.json``."""
    numbers = ("macro_f1", "low", "high", "worth", "difference_low", "difference_high")
    metrics = {f"ablation.{r.name}.{key}": getattr(r, key) for r in records for key in numbers}
    table = json.dumps([asdict(record) for record in records], ensure_ascii=False, indent=2)
    tracking.add(metrics=metrics, files={"ablation.json": table})


def _figures(outcome: Outcome, seed: int) -> tuple[float, float, float]:
    low, high = evaluate.interval(outcome.y, outcome.predicted, outcome.groups, seed=seed)
    return evaluate.macro_f1(outcome.y, outcome.predicted), low, high


def _without(config: Config) -> Iterator[Variant]:
    features = config.features
    on = [name for name in ("words", "characters", "topics") if getattr(features, name)]
    for name in on if len(on) > 1 else ():
        yield Variant(f"without {name}", _featured(config, **{name: None}), False)
    if config.text.stop_words and features.words:
        yield Variant("without removing stop words", _stopped(config, False), False)
    if config.task == "stance":
        yield from _without_sight(config, features.target or View())


def _without_sight(config: Config, target: View) -> Iterator[Variant]:
    for name in target.views:
        rest = {view: weight for view, weight in target.views.items() if view != name}
        if rest or target.cues or target.identity:
            yield Variant(f"without view {name}", _seen(config, target, views=rest), False)
    for name in ("cues", "identity"):
        if getattr(target, name) and (target.views or (target.cues and target.identity)):
            yield Variant(f"without {name}", _seen(config, target, **{name: 0.0}), False)


def _with(config: Config) -> Iterator[Variant]:
    features, stance = config.features, config.task == "stance"
    for name, section in (("words", Words()), ("characters", Characters()), ("topics", Topics())):
        if getattr(features, name) is None and not (stance and name == "topics"):
            yield Variant(f"with {name}", _featured(config, **{name: section}), True)
    if features.words and not config.text.stop_words:
        yield Variant("with stop words removed", _stopped(config, True), True)
    if stance:
        target = features.target or View()
        for name, weight in (("cues", CUES), ("identity", IDENTITY)):
            if not getattr(target, name):
                yield Variant(f"with {name}", _seen(config, target, **{name: weight}), True)


def _featured(config: Config, **changed: Any) -> Config:
    return config.model_copy(update={"features": config.features.model_copy(update=changed)})


def _stopped(config: Config, removed: bool) -> Config:
    return config.model_copy(update={"text": config.text.model_copy(update={"stop_words": removed})})


def _seen(config: Config, target: View, **changed: Any) -> Config:
    return _featured(config, target=target.model_copy(update=changed))
