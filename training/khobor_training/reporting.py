"""Draw the report of a training from what it found: the page, and the model card."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from khobor_features.topics import TopicFeatures
from khobor_features.vectorise import WordTfidf
from khobor_training import evaluate, mark
from khobor_training.compare import Run, compare
from khobor_training.config import Config
from khobor_training.errors import InputError
from khobor_training.explain import parts
from khobor_training.findings import Finding
from khobor_training.fit import Fitted
from khobor_training.outcome import OUT_OF_FOLD, Outcome, from_jsonl
from khobor_training.per_label import worst
from khobor_training.pipeline import CONTROLS
from khobor_training.record import Comparison, Report, WorstError
from khobor_training.registry import Logged

N_WORDS = 15
N_ERRORS = 10


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
    features = fitted.pipeline.named_steps["features"]
    coef = fitted.pipeline.named_steps["classifier"].coef_
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
        top_words=_top_words(config, features, coef),
        topics=_topics(config, features, coef),
        findings=findings,
        errors=_errors(fitted, show_text=config.report.show_text),
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


def _top_words(config: Config, features: Any, coef: Any) -> dict[str, list[tuple[str, float]]]:
    """Return the words of most weight for and against each label, from the first word features there are."""
    found: dict[str, list[tuple[str, float]]] = {}
    start = 0
    stacks = features.blocks_ if config.task == "stance" else [("", features)]
    for _, stack in stacks:
        for _, family in stack.families_:
            if not isinstance(family, WordTfidf):
                start += len(family.components_) if isinstance(family, TopicFeatures) else len(family.idf_)
                continue
            names = family.get_feature_names_out()
            for label, row in zip(config.labels, coef, strict=True):
                own = row[start : start + len(names)]
                order = np.argsort(own)
                picked = [*order[::-1][:N_WORDS], *order[:N_WORDS]]
                found[label] = [(str(names[i]), float(own[i])) for i in picked]
            return found
    return found


def _topics(config: Config, features: Any, coef: Any) -> list[tuple[str, dict[str, float]]]:
    """Return the topics by their words, with their weight for each label."""
    if config.task == "stance":
        return []
    start = 0
    for _, family in features.families_:
        if isinstance(family, TopicFeatures):
            names = family.get_feature_names_out()
            own = coef[:, start : start + len(names)] * features.topics_weight
            return [
                (str(name), dict(zip(config.labels, column.tolist(), strict=True)))
                for name, column in zip(names, own.T, strict=True)
            ]
        start += len(family.idf_)
    return []


def _errors(fitted: Fitted, *, show_text: bool) -> list[WorstError]:
    """Return the held-out errors that the model was surest of, with the words that misled it."""
    held, labels = fitted.held, fitted.held.labels
    tokenizer, found = fitted.trial[0], []
    for row, column in worst(held, N_ERRORS):
        text, target = held.texts[row], str(held.frame["target"].iloc[row])
        tokens = tokenizer.transform([(text, target) if target else text])
        told = parts(fitted.trial, tokens).at_words[:, column]
        if target:
            words, share = tokenizer.shares(text, target, told)
        else:
            words, share = [tokens.words[i] for i in tokens.ids], told.tolist()
        found.append(
            WorstError(
                id=str(held.frame["id"].iloc[row]),
                title=text.partition("\n")[0] if show_text else "",
                true=[name for name, on in zip(labels, held.y[row], strict=True) if on],
                predicted=[name for name, on in zip(labels, held.predicted[row], strict=True) if on],
                probabilities=dict(zip(labels, held.probabilities[row].tolist(), strict=True)),
                label=labels[column],
                pieces=mark.in_order(text, tokenizer.normalizer, words, share) if show_text else [],
                target=target,
            )
        )
    return found
