"""Build the unfitted scikit-learn pipeline that a config describes."""

from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.svm import LinearSVC

from khobor_features.bnlp import stop_words
from khobor_features.normalise import INLINE_RESIDUE, TAIL_RESIDUE, Normalizer
from khobor_features.tokenise import Tokenizer, Tokens
from khobor_features.topics import TopicFeatures
from khobor_features.vectorise import CharacterTfidf, WordTfidf
from khobor_training.classify import LinearVote
from khobor_training.config import Config


def build(config: Config, extra: Tokens | None = None) -> Pipeline:
    """Return the pipeline: normalise, tokenise, features, classifier.

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
    features: list[tuple[str, Any]] = []
    weights = {}
    if words := config.features.words:
        features.append(
            ("words", WordTfidf(**words.model_dump(), stop_words=stop if text.stop_words else ()))
        )
    if characters := config.features.characters:
        features.append(("characters", CharacterTfidf(**characters.model_dump())))
    if topics := config.features.topics:
        model = TopicFeatures(
            kind=topics.kind,
            n_topics=topics.n_topics,
            stop_words=stop,
            extra=extra,
            random_state=config.seed,
        )
        features.append(("topics", model))
        weights["topics"] = topics.weight
    return Pipeline(
        [
            ("normalise", normalise),
            ("tokenise", Tokenizer()),
            ("features", FeatureUnion(features, transformer_weights=weights)),
            (
                "classifier",
                LinearVote(members=_members(config), multiclass=config.task == "multiclass"),
            ),
        ]
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
                random_state=seed,
                max_iter=1000,
            )
        case "linear_svm":
            return LinearSVC(C=choice.C, class_weight=choice.class_weight, random_state=seed)
        case _:
            return ComplementNB(alpha=choice.alpha)
