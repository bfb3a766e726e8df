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
    union, classifier = pipeline.named_steps["features"], pipeline.named_steps["classifier"]
    words: list[dict[str, float]] = [defaultdict(float) for _ in labels]
    topics: list[dict[str, float]] = [{} for _ in labels]
    column = 0
    for name, features in union.transformer_list:
        weight = (union.transformer_weights or {}).get(name, 1.0)
        row = features.transform(tokens)
        row = np.ravel(row.toarray() if hasattr(row, "toarray") else row)
        parts = row * weight * classifier.coef_[:, column : column + len(row)]
        column += len(row)
        if isinstance(features, WordTfidf | CharacterTfidf):
            names = features.get_feature_names_out()
            for j in np.flatnonzero(row).tolist():
                for word, share in _words_of(features, str(names[j]), tokens).items():
                    for i in range(len(labels)):
                        words[i][word] += parts[i, j] * share
        else:
            for j, topic in enumerate(features.get_feature_names_out()):
                for i in range(len(labels)):
                    topics[i][str(topic)] = topics[i].get(str(topic), 0.0) + float(parts[i, j])
    scores = pipeline[2:].decision_function(tokens)[0]
    return {
        label: {
            "score": float(scores[i]),
            "intercept": float(classifier.intercept_[i]),
            "words": {w: float(p) for w, p in sorted(words[i].items(), key=lambda item: -abs(item[1]))},
            "topics": topics[i],
        }
        for i, label in enumerate(labels)
    }


def _words_of(features: WordTfidf | CharacterTfidf, ngram: str, tokens: Tokens) -> dict[str, float]:
    """Return which words an n-gram came from, and the share of each; shares add up to 1."""
    if isinstance(features, WordTfidf):
        own = ngram.split(" ")
        return {word: own.count(word) / len(own) for word in own}
    counts = np.ravel(tokens.counts.sum(axis=0))
    found = {}
    for word, count in zip(tokens.words, counts, strict=True):
        if ngram.strip() in word and (times := features.ngrams(word).count(ngram)):
            found[word] = times * float(count)
    total = sum(found.values())
    return {word: part / total for word, part in found.items()}
