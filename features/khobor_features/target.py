"""Weigh what an article says of a target.

The article is seen several times: as a whole, its headline, the sentences and passages that are about the
target, the words around each mention. In all of them names are masked, so that the weights are of what
is said and not about whom. Beside them stand cues (``cues``) and, where a user's own rows have targets that
recur, who the target is: a weight for it, and a copy of the word weights that it alone uses (Daumé 2007).
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.base import BaseEstimator, TransformerMixin, clone

from khobor_features.cues import cues, spread
from khobor_features.passages import TARGET, TargetTokens
from khobor_features.stack import FeatureStack
from khobor_features.tokenise import Tokens
from khobor_features.vectorise import CharacterTfidf, WordTfidf

VIEWS = (
    "plain",
    "article",
    "headline",
    "lead",
    "rest",
    "sentences",
    "passages",
    "own",
    "window",
    "before",
    "after",
)

LEAD = 3
"""So many sentences after the headline are the lead."""

SMALLEST_SCALE = 0.05
"""A cue that hardly varies is not blown up."""


def shown(X: TargetTokens, name: str, window: int = 8) -> NDArray[np.bool_]:
    """Return which masked words a view shows.

    Parameters
    ----------
    X : TargetTokens
    name : str
        ``article`` (all of it), ``headline``, ``lead`` (the three sentences after it), ``rest``,
        ``sentences`` (those that mention the target), ``passages`` (these and the following ones until
        another target is named), ``own`` (the sentences of passages that name no other target),
        ``window`` (the words around each mention), ``before`` and ``after`` it.
    window : int, default=8
        So many words on a side of a mention.
    """
    target, starts = X.mark == TARGET, X.tokens.starts
    match name:
        case "article":
            return np.ones(len(X.mark), bool)
        case "headline":
            return X.headline
        case "lead":
            return ~X.headline & (_sentence_of_body(X) < LEAD)
        case "rest":
            return ~X.headline & (_sentence_of_body(X) >= LEAD)
        case "sentences":
            return X.with_target
        case "passages":
            return X.about_target
        case "own":
            return X.about_target & ~X.with_other
        case "window":
            return spread(target, starts, window, window)
        case "before":
            return spread(target, starts, window, 0)
        case "after":
            return spread(target, starts, 0, window)
    raise ValueError(f"views must be among {', '.join(VIEWS)}, got {name!r}")


def _sentence_of_body(X: TargetTokens) -> NDArray[np.intp]:
    """Return the number of each word's sentence; the first after the headline is 0."""
    first = np.zeros(len(X), np.intp)  # a title may hold several sentences, or be missing
    np.maximum.at(first, X.row[X.headline], X.sentence[X.headline] + 1)
    return np.asarray(X.sentence - first[X.row])


def view(X: TargetTokens, name: str, window: int = 8) -> Tokens:
    """Return the words of rows that a view shows; ``plain`` is the article with its names."""
    return X.plain if name == "plain" else X.where(shown(X, name, window))


class TargetFeatures(TransformerMixin, BaseEstimator):
    """Features of (article, target) rows.

    Parameters
    ----------
    words : WordTfidf or None, default=None
    characters : CharacterTfidf or None, default=None
        What each view is weighed by, as topics are.
    views : mapping of str to float, default={"article": 1.0}
        View to weight; see `shown`, and ``plain`` for the article with its names.
    window : int, default=8
        Words on a side of a mention, for ``window``, ``before`` and ``after``.
    cues : float, default=0.0
        Weight of the standardised cues; 0 leaves them out.
    identity : float, default=0.0
        Weight of who the target is and of its own copies of the word weights; 0 leaves them out.
    min_rows : int, default=10
        How many rows a target must have for that.

    Attributes
    ----------
    blocks_ : list of (str, FeatureStack)
        The views and their fitted features, in the order of their columns.
    cue_names_ : list of str
    targets_ : list of str
        The targets that are known by themselves.
    """

    def __init__(
        self,
        *,
        words: WordTfidf | None = None,
        characters: CharacterTfidf | None = None,
        views: Mapping[str, float] | None = None,
        window: int = 8,
        cues: float = 0.0,
        identity: float = 0.0,
        min_rows: int = 10,
    ) -> None:
        self.words = words
        self.characters = characters
        self.views = views
        self.window = window
        self.cues = cues
        self.identity = identity
        self.min_rows = min_rows

    def fit(self, X: TargetTokens, y: object = None) -> Self:
        """Learn vocabularies, the cues' scale and the targets."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: TargetTokens, y: object = None) -> Any:
        """Fit, and return the features of the same rows."""
        stack = FeatureStack(words=self.words, characters=self.characters)
        views = {"article": 1.0} if self.views is None else self.views
        self.blocks_: list[tuple[str, FeatureStack]] = []
        parts = []
        for name in views:
            own = clone(stack)
            try:
                parts.append(own.fit_transform(view(X, name, self.window)))
            except ValueError:
                if name in ("plain", "article"):
                    raise
                continue  # no headline, or no mention, in any row
            self.blocks_.append((name, own))
        self.cue_names_: list[str] = []
        if self.cues:
            values = cues(X)
            self.cue_names_ = list(values)
            table = np.column_stack(list(values.values()))
            self.cue_mean_, self.cue_scale_ = table.mean(axis=0), table.std(axis=0) + SMALLEST_SCALE
        times = Counter(X.targets) if self.identity else Counter()
        self.targets_ = sorted(target for target, n in times.items() if n >= self.min_rows)
        return self._beside(X, parts)

    def transform(self, X: TargetTokens) -> Any:
        """Return a CSR matrix of float64 of shape (n_rows, n_features)."""
        return self._beside(X, [own.transform(view(X, name, self.window)) for name, own in self.blocks_])

    def project(self, X: TargetTokens, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``transform(X) @ weights``, of shape (n_rows, n_outputs)."""
        return np.asarray(self.transform(X) @ weights)

    def _beside(self, X: TargetTokens, parts: list[Any]) -> Any:
        views = {"article": 1.0} if self.views is None else self.views
        parts = [part * views[name] for (name, _), part in zip(self.blocks_, parts, strict=True)]
        if self.cues:
            parts.append(csr_matrix(self.cue_values(X)))
        if self.targets_:
            who = np.array([[target == own for own in self.targets_] for target in X.targets], dtype=float)
            who = who.reshape(len(X), len(self.targets_))
            shared = [part[:, :n] for part, n in zip(parts, self.n_words(), strict=False)]
            copies = []
            if sum(self.n_words()):
                own = hstack(shared).tocsr()
                copies = [diags(column) @ own * self.identity for column in who.T]
            parts += [csr_matrix(who * self.identity), *copies]
        if not parts:
            raise ValueError("views, cues or identity must be given, got none that these rows have")
        return hstack(parts).tocsr()

    def cue_values(self, X: TargetTokens) -> NDArray[np.float64]:
        """Return the standardised, weighted cues of shape (n_rows, n_cues)."""
        table = np.column_stack(list(cues(X).values()))
        return np.asarray((table - self.cue_mean_) / self.cue_scale_ * self.cues)

    def n_words(self) -> list[int]:
        """Return how many columns of each view are words: targets have copies of those alone."""
        sizes = [dict(own.families_).get("words") for _, own in self.blocks_]
        return [0 if words is None else len(words.idf_) for words in sizes]

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:
        """Return ``view__family__name``, ``cue__name``, ``target__name`` and ``target=name__…``."""
        views = [[f"{name}__{n}" for n in own.get_feature_names_out()] for name, own in self.blocks_]
        names = [n for own in views for n in own] + [f"cue__{name}" for name in self.cue_names_]
        names += [f"target__{name}" for name in self.targets_]
        shared = [name for own, n in zip(views, self.n_words(), strict=True) for name in own[:n]]
        names += [f"target={target}__{name}" for target in self.targets_ for name in shared]
        return np.array(names, dtype=object)
