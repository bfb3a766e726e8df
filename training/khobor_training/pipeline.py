"""Build the unfitted scikit-learn pipeline that a config describes."""

from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from khobor_features.bnlp import stop_words
from khobor_features.mentions import Names
from khobor_features.normalise import INLINE_RESIDUE, TAIL_RESIDUE, Normalizer
from khobor_features.passages import TargetTokenizer
from khobor_features.stack import FeatureStack
from khobor_features.target import TargetFeatures
from khobor_features.tokenise import Tokenizer, Tokens
from khobor_features.topics import TopicFeatures
from khobor_features.vectorise import CharacterTfidf, WordTfidf
from khobor_training.classify import LinearVote
from khobor_training.config import Config, View

# Coordinate descent in the dual, stopped early: on sparse text it is the fastest solver at the
# macro-F1 of a converged one (docs/benchmarks.md).
TOLERANCE = 0.2


CONTROLS = ("target_blind", "target_name_only")
"""What a stance model must beat: one that does not see the target, and one that sees nothing else."""


def build(config: Config, extra: Tokens | None = None, control: str | None = None) -> Pipeline:
    """Return the pipeline: tokenise (normalised text), features, classifier.

    Parameters
    ----------
    config : Config
    extra : Tokens or None
        Unlabelled texts for the topic model.
    control : str or None
        One of `CONTROLS` in place of the stance model.
    """
    text = config.text
    normalise = Normalizer(
        digits=text.digits,
        inline_residue=(*(INLINE_RESIDUE if text.residue else ()), *text.inline_residue),
        tail_residue=(*(TAIL_RESIDUE if text.residue else ()), *text.tail_residue),
    )
    stop = tuple(normalise.transform(stop_words()))
    words, characters, topics = config.features.words, config.features.characters, config.features.topics
    by_words = WordTfidf(**words.model_dump(), stop_words=stop if text.stop_words else ()) if words else None
    by_characters = CharacterTfidf(**characters.model_dump()) if characters else None
    classifier = LinearVote(members=_members(config), multiclass=config.multiclass)
    if config.task == "stance":
        features = TargetFeatures(words=by_words, characters=by_characters, **_sight(config, control))
        targets = TargetTokenizer(normalizer=normalise, names=names(config))
        return Pipeline([("tokenise", targets), ("features", features), ("classifier", classifier)])
    stack = FeatureStack(
        words=by_words,
        characters=by_characters,
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
    return Pipeline(
        [("tokenise", Tokenizer(normalizer=normalise)), ("features", stack), ("classifier", classifier)]
    )


def names(config: Config) -> Names:
    """Return the names of the config's targets."""
    return Names(
        {target: table.aliases for target, table in config.targets.items()},
        {target: table.exceptions for target, table in config.targets.items()},
        digits=config.text.digits,
    )


def _sight(config: Config, control: str | None) -> dict[str, Any]:
    """Return how the target is seen, by the model or by a control."""
    match control:
        case "target_blind":
            return {"views": {"plain": 1.0}}
        case "target_name_only":
            return {"views": {}, "identity": 1.0, "min_rows": 1}
    return (config.features.target or View()).model_dump()


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
