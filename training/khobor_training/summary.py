"""Gather the figures of a training: held out, out of fold, and what they stand beside."""

from typing import Any

from khobor_training import evaluate, stance_figures, swap
from khobor_training.config import Config
from khobor_training.fit import Fitted, Plan
from khobor_training.keywords import keyword_rule
from khobor_training.outcome import Outcome
from khobor_training.pipeline import CONTROLS


def figures(config: Config, planned: Plan, fitted: Fitted) -> dict[str, Any]:
    """Return every figure of a run as plain numbers.

    Returns
    -------
    dict
        Those of ``evaluate.figures`` on the held-out rows; ``keyword_rule_macro_f1`` where the config
        names keywords; ``out_of_fold`` and ``random_split`` (each ``macro_f1, macro_f1_low,
        macro_f1_high, n``) over all rows; of a stance ``stance`` (see ``stance_figures``) and ``swap``.
    """
    held = fitted.held
    found = evaluate.figures(
        held.y,
        held.predicted,
        planned.articles.y[planned.rounds[0].rows],
        held.groups,
        config.labels,
        multiclass=config.multiclass,
        seed=config.seed,
    )
    if config.keywords:
        tokenise = fitted.trial[0]
        tokens = tokenise.transform(held.texts)
        rule = keyword_rule(config.keywords, config.labels, tokenise.normalizer, tokens)
        found["keyword_rule_macro_f1"] = evaluate.macro_f1(held.y, rule)
    found["out_of_fold"] = _whole(fitted.out_of_fold, config.seed)
    if "random_split" in fitted.others:
        found["random_split"] = _whole(fitted.others["random_split"], config.seed)
    if config.task == "stance":
        controls = {name: fitted.others[name] for name in CONTROLS}
        found["stance"] = stance_figures.figures(fitted.out_of_fold, controls, seed=config.seed)
        rows = list(zip(held.texts, held.frame["target"], strict=True))
        found["swap"] = swap.audit(fitted.trial, fitted.trial_calibration, rows, seed=config.seed)
    return found


def verdicts(figures: dict[str, Any]) -> dict[str, str]:
    """Return what a run's tags say of its figures."""
    tags = {"beats_majority": str(figures["macro_f1_low"] > figures["majority_macro_f1"]).lower()}
    if "stance" in figures:
        tags["beats_controls"] = str(figures["stance"]["beats_controls"]).lower()
    return tags


def _whole(outcome: Outcome, seed: int) -> dict[str, float]:
    low, high = evaluate.interval(outcome.y, outcome.predicted, outcome.groups, seed=seed)
    return {
        "macro_f1": evaluate.macro_f1(outcome.y, outcome.predicted),
        "macro_f1_low": low,
        "macro_f1_high": high,
        "n": len(outcome),
    }
