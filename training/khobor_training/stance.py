"""The stance predictor that is saved: an article and a target in, a stance with its evidence out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from khobor_features.counts import in_blocks
from khobor_features.letters import letter_counts
from khobor_features.passages import TargetTokens, sentences
from khobor_training.calibrate import Floats
from khobor_training.explain import contributions, parts
from khobor_training.predict import Predictor, as_list, identity, text_of

ALL = "all"
"""As a target: every target of the model's table that the article mentions."""

MAX_EVIDENCE = 3


@dataclass(frozen=True)
class Evidence:
    """A sentence of the original text: ``text[start:end] == sentence``."""

    start: int
    end: int
    sentence: str


@dataclass(frozen=True)
class StancePrediction:
    """The stance of one article toward one target.

    Where `abstained` is true, `reason` says why and `label` is None. `evidence` holds the sentences that
    mention the target, those that speak most for the label first.
    """

    id: str | None
    target: str
    label: str | None
    probabilities: dict[str, float]
    evidence: tuple[Evidence, ...] = ()
    abstained: bool = False
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {**asdict(self), "evidence": [asdict(sentence) for sentence in self.evidence]}


class StancePredictor(Predictor):
    """Tell the stance of articles toward targets with a fitted pipeline.

    Parameters are those of `Predictor`; ``abstain`` has ``unmentioned`` and ``target`` (the target where
    none is given, or None) as well.
    """

    def __call__(self, articles: Any, target: str | Sequence[str] | None = None) -> Any:
        """Tell the stance of one article, or of a list or frame of them.

        Parameters
        ----------
        articles : str, mapping with ``title``, ``body`` and perhaps ``target``, list or DataFrame of them
        target : str, sequence of str or None, default=None
            One target or several; ``"all"`` for every configured target that an article mentions. None:
            the article's own ``target``, or else the model's.

        Returns
        -------
        StancePrediction, or a list of them
            One for one article and one target; otherwise a list, article by article and target by target.

        Raises
        ------
        TypeError, ValueError
            If an article is of another kind or too long, or there is no target.
        """
        given, single = as_list(articles)
        texts = [text_of(article, i) for i, article in enumerate(given)]
        rows: list[tuple[int, str]] = []
        for i, article in enumerate(given):
            rows += [(i, name) for name in self._targets(article, texts[i], target, i)]
        predictions = self._stances(texts, given, rows)
        several = target == ALL or not (target is None or isinstance(target, str))
        return predictions[0] if single and not several else predictions

    def mentioned(self, article: Any) -> list[str]:
        """Return the configured targets that an article mentions, the most mentioned first."""
        return list(self.pipeline[0].mentioned(text_of(article, 0)))

    def explain(self, article: Any, target: str | None = None) -> dict[str, dict[str, Any]]:
        """Return each label's score as a sum of parts; see ``khobor_training.explain.contributions``."""
        text, name = text_of(article, 0), self.one_target(article, target)
        return contributions(self.pipeline, self.pipeline[0].transform([(text, name)]), self.labels)

    def one_target(self, article: Any, target: str | None = None) -> str:
        """Return the target that a stance is explained toward.

        Raises
        ------
        ValueError
            If there is none, or it is not one.
        """
        if target == ALL or not (target is None or isinstance(target, str)):
            named = ", ".join(self.mentioned(article)) or "none of the configured ones"
            raise ValueError(f"target must be one name to explain, got {target!r}; mentioned: {named}")
        (name,) = self._targets(article, "", target, 0)
        return name

    def frame(self, df: Any, target: str | Sequence[str] | None = None) -> Any:
        """Return the predictions of a DataFrame's articles as a DataFrame with its index."""
        import pandas as pd

        if target == ALL or not (target is None or isinstance(target, str)):
            raise ValueError("target must be one name for a frame, got several; call predict(frame, target)")
        return pd.DataFrame([p.to_dict() for p in self(df, target)], index=df.index)

    def _targets(self, article: Any, text: str, target: Any, position: int) -> list[str]:
        if target == ALL or (not isinstance(target, str) and ALL in (target or ())):
            named = [] if target == ALL else [name for name in target if name != ALL]
            return list(dict.fromkeys([*named, *self.pipeline[0].mentioned(text)]))
        if target is None:
            own = article.get("target") if isinstance(article, Mapping) else None
            target = own if isinstance(own, str) and own.strip() else self.abstain["target"]
        names = [target] if isinstance(target, str) else list(target or ())
        names = [name.strip() for name in names if isinstance(name, str) and name.strip()]
        if not names:
            raise ValueError(
                f"article {position} must have a target, got none; name one or 'all' (--target NAME)"
            )
        return names

    def _stances(self, texts: list[str], articles: list[Any], rows: list[tuple[int, str]]) -> list[Any]:
        if not rows:
            return []
        # Blocks bound the memory; threads share them, since most of the work is SciPy's.
        blocks = in_blocks(lambda first, last: self._block(texts, articles, rows[first:last]), len(rows))
        return [prediction for block in blocks for prediction in block]

    def _block(self, texts: list[str], articles: list[Any], rows: list[tuple[int, str]]) -> list[Any]:
        tokenise, rest = self.pipeline[0], self.pipeline[1:]
        tokens = tokenise.transform([(texts[i], name) for i, name in rows])
        probabilities = self.calibration.probabilities(rest.decision_function(tokens))
        given = self.calibration.labels(probabilities).argmax(axis=1)
        reasons = self._reasons(tokens, probabilities, given)
        aligned: dict[int, list[tuple[int, int]]] = {}
        predictions = []
        for row, (i, name) in enumerate(rows):
            if i not in aligned:
                aligned[i] = self._sentences(texts[i])
            article = articles[i]
            predictions.append(
                StancePrediction(
                    id=identity(article.get("id")) if isinstance(article, Mapping) else None,
                    target=name,
                    label=None if reasons[row] else self.labels[given[row]],
                    probabilities=dict(zip(self.labels, probabilities[row].tolist(), strict=True)),
                    evidence=self._evidence(texts[i], aligned[i], tokens, row, int(given[row])),
                    abstained=bool(reasons[row]),
                    reason=reasons[row],
                )
            )
        return predictions

    def _reasons(self, tokens: TargetTokens, probabilities: Floats, given: Any) -> list[str | None]:
        """Return why an answer is withheld, row by row."""
        is_word, letters, bangla = letter_counts(tokens.plain.words)
        counts = tokens.plain.counts
        n_letters = counts @ letters
        share = np.divide(counts @ bangla, n_letters, out=np.ones(len(tokens)), where=n_letters > 0)
        n_words, mentions = counts @ is_word, tokens.n_mentions
        reasons: list[str | None] = []
        for row in range(len(tokens)):
            if share[row] < self.abstain["min_bangla"]:
                reasons.append("out_of_domain")
            elif n_words[row] < self.abstain["min_words"]:
                reasons.append("too_short")
            elif not mentions[row] and self.abstain["unmentioned"]:
                reasons.append("target_not_found")
            elif probabilities[row, given[row]] < self.abstain["min_confidence"]:
                reasons.append("low_confidence")
            else:
                reasons.append(None)
        return reasons

    def _sentences(self, text: str) -> list[tuple[int, int]]:
        """Return where each sentence of the normalised text stands in the original."""
        normal, offsets = self.pipeline[0].normalizer.align(text)
        spans = []
        for start, stop in sentences(normal):
            begin = int(offsets[start])
            # Characters that were spelt together have one place: the end is where the next ones begin.
            end = int(offsets[min(np.searchsorted(offsets, offsets[stop - 1], side="right"), len(normal))])
            own = text[begin:end]
            spans.append((begin + len(own) - len(own.lstrip()), begin + len(own.rstrip())))
        return spans

    def _evidence(
        self, text: str, spans: list[tuple[int, int]], tokens: TargetTokens, row: int, label: int
    ) -> tuple[Evidence, ...]:
        one = tokens.take(np.array([row]))
        numbers = np.unique(one.sentence[one.mark == 1])
        if not len(numbers):
            return ()
        part = parts(self.pipeline, one).at_words[:, label]
        weight = np.bincount(one.sentence, weights=part, minlength=len(spans))
        best = sorted(numbers.tolist(), key=lambda number: -weight[number])[:MAX_EVIDENCE]
        return tuple(Evidence(a, b, text[a:b]) for a, b in (spans[number] for number in best))
