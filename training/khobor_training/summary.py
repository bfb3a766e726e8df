"""Gather the figures of a training: held out, out of fold, and what they stand beside."""

from typing import Any

from khobor_training import evaluate, promise, stance_figures, swap
from khobor_training.calibrate import NEVER
from khobor_training.config import Config
from khobor_training.curves import reliabilities
from khobor_training.fit import Fitted, Plan
from khobor_training.keywords import keyword_rule
from khobor_training.outcome import Outcome
from khobor_training.pipeline import CONTROLS
from khobor_training.predict import Predictor


def figures(config: Config, planned: Plan, fitted: Fitted) -> dict[str, Any]:
    """Return every figure of a run as plain numbers.

    Returns
    -------
    dict
        Those of ``evaluate.figures`` on the held-out rows; ``keyword_rule_macro_f1`` where the config
        names keywords; ``out_of_fold`` and ``random_split`` (each ``macro_f1, macro_f1_low,
        macro_f1_high, n``) over all rows; ``calibration`` of each label over all rows; of a stance
        ``stance`` (see ``stance_figures``), ``swap``, and ``at_shares`` (the out-of-fold macro-F1 at the
        shares that the config expects).
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
    found["calibration"] = calibration(fitted.out_of_fold, seed=config.seed)
    if config.task == "stance":
        controls = {name: fitted.others[name] for name in CONTROLS}
        found["stance"] = stance_figures.figures(fitted.out_of_fold, controls, seed=config.seed)
        if config.shares:
            known = promise.promised(promise.rates(fitted.out_of_fold), config.shares)
            found["at_shares"] = promise.macro(known)
        rows = list(zip(held.texts, held.frame["target"], strict=True))
        found["swap"] = swap.audit(fitted.trial, fitted.trial_calibration, rows, seed=config.seed)
    return found


def calibration(outcome: Outcome, *, seed: int) -> dict[str, dict[str, float]]:
    """Return of each label Brier score and expected calibration error (``ece``), with their intervals."""
    return {
        told.label: {
            "brier": told.brier,
            "brier_low": told.brier_low,
            "brier_high": told.brier_high,
            "ece": told.error,
            "ece_low": told.error_low,
            "ece_high": told.error_high,
            "ece_of_chance": told.error_of_chance,
        }
        for told in reliabilities(outcome, seed=seed)
    }


def remarks(figures: dict[str, Any], predictor: Predictor) -> list[str]:
    """Return the sentences that whoever reads a model's figures must read beside them."""
    said = []
    chance = figures["chance"]["high"]
    if figures["macro_f1"] <= chance:
        said.append(
            f"no better than chance: labels dealt out at random reach a macro-F1 of up to {chance:.3f}"
        )
    if "stance" in figures and not figures["stance"]["beats_controls"]:
        unbeaten = [
            name.replace("_", "-")
            for name, own in figures["stance"]["controls"].items()
            if own["beaten_with_probability"] < stance_figures.SURE
        ]
        said.append(
            f"it does not beat {' and '.join(unbeaten)}: what that control does not see, it makes no use of"
        )
    said += [
        f"'{label}' is never given: no threshold keeps a precision of "
        f"{predictor.info['thresholds']['at_least']:g} on rows that the model had not seen; lower "
        "thresholds.at_least or add articles"
        for label in never_given(predictor)
    ]
    return said


def never_given(predictor: Predictor) -> list[str]:
    """Return the labels for which no threshold keeps the precision that the model aims at."""
    cuts = predictor.calibration.thresholds
    pairs = [] if cuts is None else zip(predictor.labels, cuts.tolist(), strict=True)
    return [label for label, threshold in pairs if threshold == NEVER]


def verdicts(figures: dict[str, Any]) -> dict[str, str]:
    """Return what a run's tags say of its figures."""
    tags = {"beats_majority": str(figures["macro_f1_low"] > figures["majority_macro_f1"]).lower()}
    tags["beats_chance"] = str(figures["macro_f1"] > figures["chance"]["high"]).lower()
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
