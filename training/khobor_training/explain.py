"""Say which words gave a label its score, exactly.

The score of a label is a weighted sum of features. Character n-grams are folded back
onto the words that they came from, word n-grams are shared evenly by their words, and
topic features are named by their weightiest words; with the intercept the parts add up
to the score. A stance has parts of cues and of its target beside those of words.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from khobor_features.passages import TargetTokens
from khobor_features.stack import FeatureStack
from khobor_features.target import shown
from khobor_features.tokenise import Tokens
from khobor_features.topics import TopicFeatures

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """What the score of each label of one text is made of.

    Attributes
    ----------
    tokens : Tokens of one text
    at_words : ndarray of shape (n_tokens, n_labels)
        The part of each word where it stands.
    others : dict of str to dict of str to ndarray of shape (n_labels,)
        Parts of what is no word: ``topics``, or ``cues`` and ``target``, by name.
    """

    tokens: Tokens
    at_words: Floats
    others: dict[str, dict[str, Floats]]


def contributions(pipeline: Pipeline, tokens: Any, labels: list[str]) -> dict[str, dict[str, Any]]:
    """Return for each label its score, intercept, and parts by word and by what is no word.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    tokens : Tokens or TargetTokens
        Of one article.
    labels : list of str

    Returns
    -------
    dict
        ``{label: {"score", "intercept", "words": {word: part}, "topics": {topic: part}}}``, of a stance
        with ``"cues"`` and ``"target"`` for ``"topics"``; ``score == intercept + sum of all parts`` to
        rounding.
    """
    found = parts(pipeline, tokens)
    words: list[dict[str, float]] = [defaultdict(float) for _ in labels]
    for number, row in zip(found.tokens.ids.tolist(), found.at_words.tolist(), strict=True):
        for i, part in enumerate(row):
            words[i][found.tokens.words[number]] += part
    scores = pipeline[1:].decision_function(tokens)[0]
    intercept = pipeline.named_steps["classifier"].intercept_
    return {
        label: {
            "score": float(scores[i]),
            "intercept": float(intercept[i]),
            "words": dict(sorted(words[i].items(), key=lambda item: -abs(item[1]))),
            **{
                kind: {name: float(part[i]) for name, part in named.items()}
                for kind, named in found.others.items()
            },
        }
        for i, label in enumerate(labels)
    }


def parts(pipeline: Pipeline, tokens: Any) -> Parts:
    """Return what the scores of one text are made of.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    tokens : Tokens or TargetTokens
        Of one article.
    """
    features, coef = pipeline.named_steps["features"], pipeline.named_steps["classifier"].coef_
    if isinstance(tokens, TargetTokens):
        return _stance_parts(features, tokens, coef)
    at_words, topics = _stack_parts(features, tokens, coef)
    return Parts(tokens, at_words, {"topics": topics})


def _stack_parts(stack: FeatureStack, tokens: Tokens, coef: Floats) -> tuple[Floats, dict[str, Floats]]:
    """Return the parts of words where they stand, and those of topics by their names."""
    at_words = np.zeros((len(tokens.ids), len(coef)))
    topics: dict[str, Floats] = {}
    column = 0
    for _, features in stack.families_:
        if isinstance(features, TopicFeatures):
            row = np.ravel(features.transform(tokens)) * stack.topics_weight
            own = coef[:, column : column + len(row)] * row
            for name, part in zip(features.get_feature_names_out(), own.T, strict=True):
                topics[str(name)] = topics.get(str(name), 0.0) + part
        else:
            counts = features.counts(tokens)(0, 1).tocsr()
            counts.sum_duplicates()
            columns, times = counts.indices.copy(), counts.data.astype(float)
            weights = features.weigh(counts)
            values = np.zeros((weights.shape[1], len(coef)))
            values[columns] = (coef[:, column + columns] * weights.data / times).T
            row = np.empty(weights.shape[1])
            at_words += features.at_words(tokens, values)
        column += len(row)
    return at_words, topics


def _stance_parts(features: Any, tokens: TargetTokens, coef: Floats) -> Parts:
    shares = {} if features.views is None else features.views
    n_words = features.n_words()
    ends = np.cumsum([0, *(sum(len(f.idf_) for _, f in own.families_) for _, own in features.blocks_)])
    cues = coef[:, ends[-1] : ends[-1] + len(features.cue_names_)]
    who = ends[-1] + len(features.cue_names_)
    copies = who + len(features.targets_)
    of_target: dict[str, Floats] = {}
    if tokens.targets[0] in features.targets_:
        number = features.targets_.index(tokens.targets[0])
        of_target[tokens.targets[0]] = coef[:, who + number] * features.identity
        copies += number * sum(n_words)
    at_words = np.zeros((len(tokens.tokens.ids), len(coef)))
    plain: dict[str, Floats] = {}
    for (name, stack), start, stop, size in zip(features.blocks_, ends[:-1], ends[1:], n_words, strict=True):
        own = coef[:, start:stop].copy()
        if of_target:
            own[:, :size] += coef[:, copies : copies + size] * features.identity
            copies += size
        own *= shares.get(name, 1.0)
        if name == "plain":  # the words as they stand have other places than the masked ones
            for number, part in zip(tokens.plain.ids, _stack_parts(stack, tokens.plain, own)[0], strict=True):
                word = tokens.plain.words[number]
                plain[word] = plain.get(word, 0.0) + part
            continue
        kept = shown(tokens, name, features.window)
        at_words[kept] += _stack_parts(stack, tokens.where(kept), own)[0]
    values = features.cue_values(tokens)[0] if features.cue_names_ else np.zeros(0)
    named = {name: cues[:, i] * values[i] for i, name in enumerate(features.cue_names_)}
    others = {"cues": named, "target": of_target, **({"plain": plain} if plain else {})}
    return Parts(tokens.tokens, at_words, others)
