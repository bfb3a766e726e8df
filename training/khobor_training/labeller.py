"""Both answers for one article: its topics, and its stance toward each target that it mentions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from khobor_training.errors import InputError
from khobor_training.predict import ClassPrediction, Prediction, Predictor
from khobor_training.stance import ALL, StancePrediction, StancePredictor
from khobor_training.storage import load

TOPIC, STANCE = "topic.joblib", "stance.joblib"


@dataclass(frozen=True)
class Labels:
    """What was found of one article."""

    topics: Prediction | ClassPrediction
    stances: tuple[StancePrediction, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {"topics": self.topics.to_dict(), "stances": [own.to_dict() for own in self.stances]}

    def lines(self) -> Iterator[str]:
        """Write a table for people."""
        topics = self.topics
        given = topics.labels if isinstance(topics, Prediction) else tuple(filter(None, [topics.label]))
        said = ", ".join(given) or (f"withheld ({topics.reason})" if topics.abstained else "none of them")
        yield f"topics: {said}"
        cuts = topics.thresholds if isinstance(topics, Prediction) else {}
        for name, p in topics.probabilities.items():
            bar = f"  (given from {cuts[name]:.2f})" if name in cuts else ""
            yield f"  {name:<14}{p:>6.2f}{bar}"
        if not self.stances:
            yield "stance: the article mentions no configured target"
            return
        names = list(self.stances[0].probabilities)
        yield f"{'stance toward':<22}{'':<14}" + "".join(f"{name:>12}" for name in names)
        for own in self.stances:
            shares = "".join(f"{p:>12.2f}" for p in own.probabilities.values())
            yield f"  {own.target:<20}{own.label or f'({own.reason})':<14}{shares}"
            for sentence in own.evidence[:1]:
                yield f"    “{' '.join(sentence.sentence.split())[:100]}”"


class Labeller:
    """A topic model and a stance model, asked together.

    Parameters
    ----------
    topics : Predictor
    stances : StancePredictor
    """

    def __init__(self, topics: Predictor, stances: StancePredictor) -> None:
        self.topics = topics
        self.stances = stances

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load ``topic.joblib`` and ``stance.joblib`` of a folder after checking their manifests."""
        stances = load(Path(folder) / STANCE)
        if not isinstance(stances, StancePredictor):
            raise InputError(f"{Path(folder) / STANCE} must be a stance model, got another; train it again")
        topics = load(Path(folder) / TOPIC)
        if isinstance(topics, StancePredictor):
            raise InputError(
                f"{Path(folder) / TOPIC} must be a topic model, got a stance model; train it again"
            )
        return cls(topics, stances)

    def __call__(self, article: Any, targets: Sequence[str] | None = None) -> Labels:
        """Label one article.

        Parameters
        ----------
        article : str, or mapping with ``title`` and ``body``
        targets : sequence of str or None, default=None
            None: every configured target that the article mentions.
        """
        found = self.stances(article, list(targets) if targets else ALL)
        return Labels(self.topics(article), tuple(found))


def label(article: Any, targets: Sequence[str] | None = None, *, models: str | Path = "models") -> Labels:
    """Label one article with the models of a folder; a service that labels many keeps a `Labeller`."""
    return Labeller.load(models)(article, targets)
