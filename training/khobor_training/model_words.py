"""Tell a model by its words: the weightiest of each label, its topics, and those that misled it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from khobor_features.target import TargetFeatures
from khobor_features.topics import TopicFeatures
from khobor_features.vectorise import WordTfidf
from khobor_training import mark
from khobor_training.explain import parts
from khobor_training.outcome import Outcome
from khobor_training.per_label import worst
from khobor_training.record import WorstError

N_WORDS = 15
N_ERRORS = 10


def top_words(pipeline: Pipeline, labels: list[str]) -> dict[str, list[tuple[str, float]]]:
    """Return the words of most weight for and against each label, from the first word features there are."""
    coef, found = pipeline.named_steps["classifier"].coef_, {}
    for start, names, family in _families(pipeline.named_steps["features"]):
        if not isinstance(family, WordTfidf):
            continue
        for label, row in zip(labels, coef, strict=True):
            own = row[start : start + len(names)]
            order = np.argsort(own)
            picked = [*order[::-1][:N_WORDS], *order[:N_WORDS]]
            found[label] = [(str(names[i]), float(own[i])) for i in picked]
        break
    return found


def topics(pipeline: Pipeline, labels: list[str]) -> list[tuple[str, dict[str, float]]]:
    """Return the topics by their words, with their weight for each label; none where there are none."""
    features, coef = pipeline.named_steps["features"], pipeline.named_steps["classifier"].coef_
    for start, names, family in _families(features):
        if isinstance(family, TopicFeatures):
            own = coef[:, start : start + len(names)] * features.topics_weight
            return [
                (str(name), dict(zip(labels, column.tolist(), strict=True)))
                for name, column in zip(names, own.T, strict=True)
            ]
    return []


def _families(features: Any) -> Iterator[tuple[int, Any, Any]]:
    """Yield each family with the names of its columns and where they begin."""
    start = 0
    stacks = features.blocks_ if isinstance(features, TargetFeatures) else [("", features)]
    for _, stack in stacks:
        for _, family in stack.families_:
            names = family.get_feature_names_out()
            yield start, names, family
            start += len(names)


def worst_errors(pipeline: Pipeline, outcome: Outcome, *, show_text: bool) -> list[WorstError]:
    """Return the errors that a model was surest of, with the words that misled it.

    Parameters
    ----------
    pipeline : Pipeline
        The model that said what `outcome` holds.
    outcome : Outcome
    show_text : bool
        Whether titles and text go into the record.
    """
    labels, tokenizer, found = outcome.labels, pipeline[0], []
    for row, column in worst(outcome, N_ERRORS):
        text, target = outcome.texts[row], str(outcome.frame["target"].iloc[row])
        pieces: list[tuple[str, float]] = []
        if show_text:
            tokens = tokenizer.transform([(text, target) if target else text])
            told = parts(pipeline, tokens).at_words[:, column]
            if target:
                words, share = tokenizer.shares(text, target, told)
            else:
                words, share = [tokens.words[i] for i in tokens.ids], told.tolist()
            pieces = mark.in_order(text, tokenizer.normalizer, words, share)
        found.append(
            WorstError(
                id=str(outcome.frame["id"].iloc[row]),
                title=text.partition("\n")[0][:200] if show_text else "",
                true=[name for name, on in zip(labels, outcome.y[row], strict=True) if on],
                predicted=[name for name, on in zip(labels, outcome.predicted[row], strict=True) if on],
                probabilities=dict(zip(labels, outcome.probabilities[row].tolist(), strict=True)),
                label=labels[column],
                pieces=pieces,
                target=target,
            )
        )
    return found
