"""Show for one article which words gave its labels, in the terminal or on a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from khobor_features.cues import cues
from khobor_features.passages import TargetTokens
from khobor_training import mark
from khobor_training.elements import Markup, table, tag, text
from khobor_training.explain import contributions
from khobor_training.explain import parts as parts_of
from khobor_training.predict import Predictor, text_of
from khobor_training.stance import StancePredictor
from khobor_training.style import head

MAX_OTHERS = 6


@dataclass(frozen=True)
class LabelExplanation:
    """Why one label has its score.

    Attributes
    ----------
    label : str
    probability, score, intercept : float
    pieces : list of (str, float)
        The original text, cut at words, with the part of each.
    others : list of (str, float)
        The largest parts of what is no word: topics, cues, the target.
    """

    label: str
    probability: float
    score: float
    intercept: float
    pieces: list[tuple[str, float]]
    others: list[tuple[str, float]]


@dataclass(frozen=True)
class Explanation:
    """Why an article has its labels: each score is the sum of an intercept and the parts shown."""

    prediction: Any
    labels: list[LabelExplanation]

    @classmethod
    def of(cls, predictor: Predictor, article: Any, label: str | None, target: str | None) -> Self:
        """Explain an article's labels: the named one, or those given, or else the most probable one.

        Raises
        ------
        ValueError
            If the model has no such label, or is no stance model and a target is named.
        """
        if label is not None and label not in predictor.labels:
            names = ", ".join(predictor.labels)
            raise ValueError(f"label must be one of {names}, got '{label}'; name one of them")
        original = text_of(article, 0)
        if isinstance(predictor, StancePredictor):
            prediction = predictor(article, predictor.one_target(article, target))
            row: Any = (original, prediction.target)
        elif target is None:
            prediction, row = predictor(article), original
        else:
            raise ValueError("target must go with a stance model; leave it out")
        chances: dict[str, float] = prediction.probabilities
        plain = prediction.to_dict()
        given = list(plain["labels"]) if "labels" in plain else [plain["label"]] if plain["label"] else []
        wanted = [label] if label else given or [max(chances, key=lambda name: chances[name])]
        tokens = predictor.pipeline[0].transform([row])
        absent = _absent(tokens) if isinstance(predictor, StancePredictor) else set()
        told = contributions(predictor.pipeline, tokens, predictor.labels)
        at_words = parts_of(predictor.pipeline, tokens).at_words
        explained = []
        for name in wanted:
            own = told[name]
            kinds = {kind: named for kind, named in own.items() if isinstance(named, dict)}
            kinds.pop("words", None)
            others = [
                (f"no {item}" if kind == "cues" and item in absent else item, part)
                for kind, named in kinds.items()
                for item, part in named.items()
            ]
            others.sort(key=lambda item: -abs(item[1]))
            explained.append(
                LabelExplanation(
                    name,
                    chances[name],
                    own["score"],
                    own["intercept"],
                    _pieces(predictor, row, own, at_words[:, predictor.labels.index(name)]),
                    others[:MAX_OTHERS],
                )
            )
        return cls(prediction, explained)

    def lines(self) -> Iterator[str]:
        """Write the explanation for a terminal."""
        if self.prediction.abstained:
            yield f"withheld: {self.prediction.reason}"
        for own in self.labels:
            yield f"{own.label}: probability {own.probability:.3f}, {_sum(own)}"
            for name, part in own.others:
                yield f"  {part:+.3f}  {name}"
            yield mark.to_terminal(own.pieces)
            yield ""
        yield "+ speaks for the label, - against it; more signs, more weight"

    def page(self) -> str:
        """Return the explanation as a page that loads nothing from anywhere."""
        sections: list[Markup] = []
        for own in self.labels:
            rows = [[text(name), f"{part:+.3f}"] for name, part in own.others]
            caption = f"What else spoke for {own.label} (+) and against it (−)"
            sections.append(
                tag(
                    "section",
                    tag("h2", text(own.label)),
                    tag("p", f"Probability {own.probability:.3f}, {_sum(own)}."),
                    tag("div", Markup(mark.to_html(own.pieces)), lang="bn", class_="article"),
                    table(["", "weight"], rows, caption=caption) if rows else "",
                )
            )
        target = getattr(self.prediction, "target", "")
        title = f"Stance toward {target}" if target else "Topics"
        held = f"Withheld: {self.prediction.reason}. " if self.prediction.abstained else ""
        legend = "Solid underlines and + speak for the label, dashed ones and − against it; thicker is more."
        header = tag("header", tag("h1", text(title)), tag("p", held + legend, class_="soft"))
        body = tag("body", header, tag("main", *sections))
        return "<!DOCTYPE html>\n" + tag("html", head(f"{title} · khobor"), body, lang="en") + "\n"


def _absent(tokens: TargetTokens) -> set[str]:
    """Return the cues that an article has none of: their weight is that of their absence."""
    return {name for name, values in cues(tokens).items() if not values[0]}


def _sum(own: LabelExplanation) -> str:
    words = sum(part for _, part in own.pieces)
    others = own.score - own.intercept - words
    parts = f"{own.intercept:+.3f} (all articles) {words:+.3f} (words) {others:+.3f} (others)"
    return f"score {own.score:+.3f} = {parts}"


def _pieces(predictor: Predictor, row: Any, own: dict[str, Any], values: Any) -> list[tuple[str, float]]:
    tokenizer = predictor.pipeline[0]
    if not isinstance(predictor, StancePredictor):
        return mark.pieces(row, tokenizer.normalizer, own["words"])
    text, target = row
    words, share = tokenizer.shares(text, target, values)
    return mark.in_order(text, tokenizer.normalizer, words, share)
