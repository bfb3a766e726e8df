"""The predictor that is saved: text in, labels with probabilities out.

Importing this module imports neither MLflow nor the bnlp package: a
service that loads a model pays for what it uses.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from khobor_features.counts import in_blocks
from khobor_features.letters import letter_counts
from khobor_training.calibrate import Calibration, Floats

FORMAT = 3
MAX_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Prediction:
    """The labels of one article, any number of them.

    Where `abstained` is true, `reason` says why and `labels` is empty.
    """

    id: str | None
    labels: tuple[str, ...]
    probabilities: dict[str, float]
    thresholds: dict[str, float]
    abstained: bool = False
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {**asdict(self), "labels": list(self.labels)}


@dataclass(frozen=True)
class ClassPrediction:
    """The one label of an article, or None where `abstained` is true."""

    id: str | None
    label: str | None
    probabilities: dict[str, float]
    abstained: bool = False
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return asdict(self)


class Predictor:
    """Label articles with a fitted pipeline.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, from text to scores.
    calibration : Calibration
    labels : sequence of str
        The name of each score.
    abstain : mapping
        ``min_words``, ``min_bangla`` and ``min_confidence``.
    info : mapping
        Name, when and on what the model was trained, versions, held-out figures.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        calibration: Calibration,
        labels: Sequence[str],
        abstain: Mapping[str, float],
        info: Mapping[str, Any],
    ) -> None:
        self.format = FORMAT
        self.pipeline = pipeline
        self.calibration = calibration
        self.labels = list(labels)
        self.abstain = dict(abstain)
        self.info = dict(info)

    def __call__(self, articles: Any) -> Any:
        """Label one article, or a list or frame of them.

        Parameters
        ----------
        articles : str, mapping with ``title`` and ``body``, or a list or DataFrame of them

        Returns
        -------
        Prediction or ClassPrediction, or a list of them

        Raises
        ------
        TypeError, ValueError
            If an article is of another kind, or longer than a million characters.
        """
        given, single = as_list(articles)
        predictions = self._predict(given)
        return predictions[0] if single else predictions

    def frame(self, df: Any) -> Any:
        """Return the predictions of a DataFrame's articles as a DataFrame with its index."""
        import pandas as pd

        rows = [prediction.to_dict() for prediction in self(df)]
        return pd.DataFrame(rows, index=df.index)

    def explain(self, article: Any) -> dict[str, dict[str, Any]]:
        """Return for one article each label's score as a sum of words' and topics' parts.

        See ``khobor_training.explain.contributions`` for the form.
        """
        from khobor_training.explain import contributions

        return contributions(self.pipeline, self.pipeline[0].transform([text_of(article, 0)]), self.labels)

    def _predict(self, articles: list[Any]) -> list[Any]:
        texts = [text_of(article, i) for i, article in enumerate(articles)]
        if not texts:
            return []
        # Blocks bound the memory; threads share them, since most of the work is SciPy's.
        blocks = in_blocks(lambda first, last: self._score(texts[first:last]), len(texts))
        probabilities = self.calibration.probabilities(np.concatenate([b[0] for b in blocks]))
        n_words, shares = (np.concatenate([b[i] for b in blocks]) for i in (1, 2))
        given = self.calibration.labels(probabilities)
        cuts = self.calibration.thresholds
        thresholds = None if cuts is None else dict(zip(self.labels, cuts.tolist(), strict=True))
        predictions: list[Any] = []
        for i, article in enumerate(articles):
            own = dict(zip(self.labels, probabilities[i].tolist(), strict=True))
            reason = self._reason(int(n_words[i]), float(shares[i]), own)
            labels = [name for name, on in zip(self.labels, given[i], strict=True) if on and not reason]
            own_id = identity(article.get("id")) if isinstance(article, Mapping) else None
            if thresholds is None:
                label = labels[0] if labels else None
                predictions.append(ClassPrediction(own_id, label, own, bool(reason), reason))
            else:
                predictions.append(
                    Prediction(own_id, tuple(labels), own, dict(thresholds), bool(reason), reason)
                )
        return predictions

    def _score(self, texts: list[str]) -> tuple[Floats, Floats, Floats]:
        """Return scores, the number of words, and the share of letters that are Bangla."""
        tokenise, stack, classifier = (step for _, step in self.pipeline.steps)
        tokens = tokenise.transform(texts)
        is_word, letters, bangla = letter_counts(tokens.words)
        n_letters = tokens.counts @ letters
        share = np.divide(tokens.counts @ bangla, n_letters, out=np.ones(len(texts)), where=n_letters > 0)
        scores = stack.project(tokens, classifier.coef_.T) + classifier.intercept_
        return scores, tokens.counts @ is_word, share

    def _reason(self, n_words: int, share: float, probabilities: dict[str, float]) -> str | None:
        if share < self.abstain["min_bangla"]:
            return "out_of_domain"
        if n_words < self.abstain["min_words"]:
            return "too_short"
        if self.calibration.thresholds is None:
            confidence = max(probabilities.values())
        else:
            confidence = min(max(p, 1 - p) for p in probabilities.values())
        return "low_confidence" if confidence < self.abstain["min_confidence"] else None


def as_list(articles: Any) -> tuple[list[Any], bool]:
    """Return articles as a list, and whether one was given.

    Raises
    ------
    TypeError
        If they are neither an article nor a list or frame of them.
    """
    if hasattr(articles, "to_dict") and hasattr(articles, "columns"):
        articles = articles.to_dict("records")
    if isinstance(articles, str | Mapping):
        return [articles], True
    if not isinstance(articles, Iterable):
        raise TypeError(
            "articles must be a str, a mapping with title and body, or a list or frame of them, "
            f"got {type(articles).__name__}"
        )
    return list(articles), False


def text_of(article: Any, position: int) -> str:
    """Return the text of an article, which is the one at `position` of those given."""
    if isinstance(article, Mapping):
        title, body = (_string(article.get(key)) for key in ("title", "body"))
        if not {"title", "body"} & set(article):
            raise ValueError(
                f"article {position} must have 'title' and 'body', got {', '.join(map(str, article))}"
            )
        text = f"{title}\n{body}" if title else body
    elif isinstance(article, str):
        text = article
    else:
        raise TypeError(
            f"article {position} must be a str or a mapping with title and body, got {type(article).__name__}"
        )
    if len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"article {position} must have at most {MAX_CHARACTERS:,} characters, got {len(text):,}; "
            "pass several articles as a list"
        )
    return text


def identity(value: Any) -> str | None:
    """Return an id as text, or None where it is missing."""
    # pd.NA and NaN are missing; pandas itself is not imported for a prediction.
    missing = value is None or type(value).__name__ in ("NAType", "NaTType")
    return None if missing or value != value else str(value)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
