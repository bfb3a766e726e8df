"""Build the unfitted scikit-learn pipeline that a config describes."""

from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from khobor_features.bnlp import stop_words
from khobor_features.normalise import INLINE_RESIDUE, TAIL_RESIDUE, Normalizer
from khobor_features.stack import FeatureStack
from khobor_features.tokenise import Tokenizer, Tokens
from khobor_features.topics import TopicFeatures
from khobor_features.vectorise import CharacterTfidf, WordTfidf
from khobor_training.classify import LinearVote
from khobor_training.config import Config

# Coordinate descent in the dual, stopped early: on sparse text it is the fastest solver at the
# macro-F1 of a converged one (docs/benchmarks.md).
TOLERANCE = 0.2


def build(config: Config, extra: Tokens | None = None) -> Pipeline:
    """Return the pipeline: tokenise (normalised text), features, classifier.

    Parameters
    ----------
    config : Config
    extra : Tokens or None
        Unlabelled texts for the topic model.
    """
    text = config.text
    normalise = Normalizer(
        digits=text.digits,
        inline_residue=(*(INLINE_RESIDUE if text.residue else ()), *text.inline_residue),
        tail_residue=(*(TAIL_RESIDUE if text.residue else ()), *text.tail_residue),
    )
    stop = tuple(normalise.transform(stop_words()))
    words, characters, topics = config.features.words, config.features.characters, config.features.topics
    stack = FeatureStack(
        words=WordTfidf(**words.model_dump(), stop_words=stop if text.stop_words else ()) if words else None,
        characters=CharacterTfidf(**characters.model_dump()) if characters else None,
        topics=TopicFeatures(
            kind=topics.kind,
            n_topics=topics.n_topics,
            stop_words=stop,
            extra=extra,
            random_state=config.seed,
        )
        if topics
        else None,
        topics_weight=topics.weight if topics else 1.0,
    )
    classifier = LinearVote(members=_members(config), multiclass=config.task == "multiclass")
    return Pipeline(
        [("tokenise", Tokenizer(normalizer=normalise)), ("features", stack), ("classifier", classifier)]
    )


def _members(config: Config) -> list[Any]:
    choice = config.classifier
    return [
        _member(member, config.seed) for member in (choice.members if choice.kind == "vote" else [choice])
    ]


def _member(choice: Any, seed: int) -> Any:
    match choice.kind:
        case "logistic_regression":
            return LogisticRegression(
                C=choice.C,
                class_weight=choice.class_weight,
                solver="liblinear",
                dual=True,
                tol=TOLERANCE,
                random_state=seed,
                max_iter=1000,
            )
        case "linear_svm":
            return LinearSVC(C=choice.C, class_weight=choice.class_weight, tol=TOLERANCE, random_state=seed)
        case _:
            return ComplementNB(alpha=choice.alpha)
