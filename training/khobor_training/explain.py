"""Say which words gave a label its score, exactly.

The score of a label is a weighted sum of features. Character n-grams are folded back
onto the words that they came from, word n-grams are shared evenly by their words, and
topic features are named by their weightiest words; with the intercept the parts add up
to the score.
"""

from collections import defaultdict
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from khobor_features.tokenise import Tokens
from khobor_features.topics import TopicFeatures
from khobor_features.vectorise import CharacterTfidf, WordTfidf


def contributions(pipeline: Pipeline, tokens: Tokens, labels: list[str]) -> dict[str, dict[str, Any]]:
    """Return for each label its score, intercept, and parts by word and by topic.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    tokens : Tokens
        Of one article.
    labels : list of str

    Returns
    -------
    dict
        ``{label: {"score", "intercept", "words": {word: part}, "topics": {topic: part}}}``;
        ``score == intercept + sum of all parts`` to rounding.
    """
    stack, classifier = pipeline.named_steps["features"], pipeline.named_steps["classifier"]
    words: list[dict[str, float]] = [defaultdict(float) for _ in labels]
    topics: list[dict[str, float]] = [{} for _ in labels]
    column = 0
    for _, features in stack.families_:
        weight = stack.topics_weight if isinstance(features, TopicFeatures) else 1.0
        row = features.transform(tokens)
        row = np.ravel(row.toarray() if hasattr(row, "toarray") else row)
        parts = row * weight * classifier.coef_[:, column : column + len(row)]
        column += len(row)
        if isinstance(features, WordTfidf | CharacterTfidf):
            columns = np.flatnonzero(row).tolist()
            for j, shares in zip(columns, _shares(features, tokens, columns), strict=True):
                for word, share in shares.items():
                    for i in range(len(labels)):
                        words[i][word] += parts[i, j] * share
        else:
            for j, topic in enumerate(features.get_feature_names_out()):
                for i in range(len(labels)):
                    topics[i][str(topic)] = topics[i].get(str(topic), 0.0) + float(parts[i, j])
    scores = pipeline[1:].decision_function(tokens)[0]
    return {
        label: {
            "score": float(scores[i]),
            "intercept": float(classifier.intercept_[i]),
            "words": {w: float(p) for w, p in sorted(words[i].items(), key=lambda item: -abs(item[1]))},
            "topics": topics[i],
        }
        for i, label in enumerate(labels)
    }


def _shares(
    features: WordTfidf | CharacterTfidf, tokens: Tokens, columns: list[int]
) -> list[dict[str, float]]:
    """Return for each of the columns which words it came from; the shares of each add up to 1."""
    if isinstance(features, WordTfidf):
        names = features.get_feature_names_out()
        split = (names[column].split(" ") for column in columns)
        return [{word: own.count(word) / len(own) for word in own} for own in split]
    times = np.ravel(tokens.counts.sum(axis=0))
    of_word = features.of_words(tokens.words).multiply(times[:, None]).tocsc()
    of_word.sum_duplicates()
    found = []
    for column in columns:
        part = slice(of_word.indptr[column], of_word.indptr[column + 1])
        shares = of_word.data[part] / of_word.data[part].sum()
        words = [tokens.words[i] for i in of_word.indices[part]]
        found.append(dict(zip(words, map(float, shares), strict=True)))
    return found
