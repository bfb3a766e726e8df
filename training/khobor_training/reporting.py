"""Draw the report of a training from what it found: the page, and the model card."""

import hashlib
from pathlib import Path
from typing import Any

from khobor_training import evaluate
from khobor_training.compare import Run, compare
from khobor_training.config import Config
from khobor_training.errors import InputError
from khobor_training.findings import Finding
from khobor_training.fit import Fitted
from khobor_training.model_words import top_words, topics, worst_errors
from khobor_training.outcome import OUT_OF_FOLD, Outcome, from_jsonl
from khobor_training.pipeline import CONTROLS
from khobor_training.record import Comparison, Report
from khobor_training.registry import Logged


def report(
    config: Config,
    config_file: Path,
    fitted: Fitted,
    figures: dict[str, Any],
    findings: list[Finding],
    info: dict[str, Any],
    champion: Logged | None,
) -> Report:
    """Return the record that the page and the card are written from.

    Parameters
    ----------
    config : Config
    config_file : Path
        Shown as it is.
    fitted : Fitted
    figures : dict
        See ``summary.figures``.
    findings : list of Finding
    info : dict
        The predictor's.
    champion : Logged or None
        What the run of the model's champion left.
    """
    beside_champion = _champion(fitted.out_of_fold, champion) if champion else None
    facts = {
        "Trained": info["trained_at"],
        "Figures from": info["figures_from"],
        "Articles": str(info["n_articles"]),
        "Data SHA-256": info["data_sha256"],
        "Config SHA-256": hashlib.sha256(config_file.read_bytes()).hexdigest(),
        **{name: str(version) for name, version in info["versions"].items()},
    }
    if "searched" in figures:
        own = figures["searched"]
        chosen = ", ".join(f"{name} {value}" for name, value in _settings(config))
        facts["Settings"] = f"{chosen}: the best of {own['n_trials']:g} trials, before what is written below"
        facts["Searched"] = f"macro-F1 {own['macro_f1']:.3f}, optimistic because it is the best"
    if champion and not beside_champion:
        facts["Champion"] = f"{champion.name} was tested on other articles; the two cannot be compared"
    return Report(
        name=config.name,
        task=config.task,
        outcome=fitted.out_of_fold,
        held=figures,
        comparisons=[*_comparisons(config, fitted, figures), *filter(None, [beside_champion])],
        learning_curve=_curve(config, fitted),
        top_words=top_words(fitted.pipeline, config.labels),
        topics=topics(fitted.pipeline, config.labels),
        findings=findings,
        errors=worst_errors(fitted.trial, fitted.held, show_text=config.report.show_text),
        config_text=config_file.read_text("utf-8"),
        facts=facts,
        show_text=config.report.show_text,
        seed=config.seed,
        chance=(figures["chance"]["low"], figures["chance"]["high"]),
    )


def _settings(config: Config) -> list[tuple[str, Any]]:
    """Return what a search has chosen, by dotted key."""
    chosen: list[tuple[str, Any]] = []
    for key in config.search.values if config.search else ():
        value: Any = config.model_dump(mode="json")
        for part in key.split("."):
            value = value[int(part)] if isinstance(value, list) else (value or {}).get(part)
        chosen.append((key, value))
    return chosen


def _comparisons(config: Config, fitted: Fitted, figures: dict[str, Any]) -> list[Comparison]:
    whole, held = fitted.out_of_fold, fitted.held
    found = [Comparison("majority", figures["majority_macro_f1"], note=f"{len(held)} held-out articles")]
    if "keyword_rule_macro_f1" in figures:
        score = figures["keyword_rule_macro_f1"]
        found.append(Comparison("keyword rule", score, note=f"{len(held)} held-out articles"))
    for name in CONTROLS:
        if name in fitted.others:
            shown = name.replace("_", "-", 1).replace("_", " ")
            found.append(_beside(shown, whole, fitted.others[name], config))
    if "random_split" in fitted.others:
        own = figures["random_split"]
        note = f"all {len(whole)}, events on both sides"
        found.append(
            Comparison(
                "random split", own["macro_f1"], own["macro_f1_low"], own["macro_f1_high"], note, "random"
            )
        )
    return found


def _champion(own: Outcome, champion: Logged) -> Comparison | None:
    """Return the champion's figure on the same rows; None if it was tested on others."""
    told = from_jsonl(champion.texts[OUT_OF_FOLD])
    try:
        before, after = compare([Run("champion", told, {}), Run("", own, {})])
    except InputError:
        return None
    assert after.difference_low is not None
    assert after.difference_high is not None
    return Comparison(
        f"champion ({champion.name})",
        before.macro_f1,
        before.low,
        before.high,
        f"all {len(own)}, out of fold",
        "champion",
        (after.difference_low, after.difference_high),
    )


def _beside(name: str, whole: Outcome, other: Outcome, config: Config) -> Comparison:
    low, high = evaluate.interval(other.y, other.predicted, other.groups, seed=config.seed)
    return Comparison(
        name,
        evaluate.macro_f1(other.y, other.predicted),
        low,
        high,
        f"all {len(whole)}, out of fold",
        "control",
        evaluate.difference(whole.y, whole.predicted, other.predicted, whole.groups, seed=config.seed),
    )


def _curve(config: Config, fitted: Fitted) -> list[tuple[int, float, float, float]]:
    whole = fitted.out_of_fold
    n_folds = config.split.folds
    points = [*fitted.curve, (round(len(whole) * (n_folds - 1) / n_folds), whole)]
    return [
        (
            n,
            evaluate.macro_f1(own.y, own.predicted),
            *evaluate.interval(own.y, own.predicted, own.groups, seed=config.seed),
        )
        for n, own in points
    ]
