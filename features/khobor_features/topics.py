"""Say which topics of a topic model a text is made of.

NMF or LDA is fitted on word weights; a text's proportions over the topics are its
features. The projection of a text never depends on the batch that it comes in:
for NMF it is the exact non-negative least-squares solution, text by text, where
scikit-learn iterates over the batch.
"""

import warnings
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import NMF, LatentDirichletAllocation
from sklearn.exceptions import ConvergenceWarning

from khobor_features.tokenise import Tokens
from khobor_features.vectorise import WordTfidf


class TopicFeatures(TransformerMixin, BaseEstimator):
    """Proportions of the topics of NMF or LDA.

    Parameters
    ----------
    kind : {"nmf", "lda"}, default="nmf"
        The topic model.
    n_topics : int, default=20
        How many topics; fewer where the corpus has fewer texts or words.
    min_df : int, default=2
        In how many texts a word must stand to be seen by the topic model.
    stop_words : sequence of str, default=()
        Words that the topic model does not see.
    extra : Tokens or None, default=None
        Unlabelled texts that the topic model is fitted on besides the training texts; they
        do not travel with a saved model.
    random_state : int, default=0
        Seed of the topic model.
    """

    def __init__(
        self,
        *,
        kind: Literal["nmf", "lda"] = "nmf",
        n_topics: int = 20,
        min_df: int = 2,
        stop_words: tuple[str, ...] = (),
        extra: Tokens | None = None,
        random_state: int = 0,
    ) -> None:
        self.kind = kind
        self.n_topics = n_topics
        self.min_df = min_df
        self.stop_words = stop_words
        self.extra = extra
        self.random_state = random_state

    def fit(self, X: Tokens, y: object = None) -> Self:
        """Fit the topic model."""
        if self.kind not in ("nmf", "lda"):
            raise ValueError(f"kind must be 'nmf' or 'lda', got {self.kind!r}")
        self.words_ = WordTfidf(min_df=self.min_df, sublinear=True, stop_words=self.stop_words)
        tokens = X if self.extra is None else _join(X, self.extra)
        weights = self.words_.fit_transform(tokens)
        n_topics = min(self.n_topics, *weights.shape)
        if self.kind == "nmf":
            model = NMF(n_topics, init="nndsvda", max_iter=300, tol=1e-3, random_state=self.random_state)
            with warnings.catch_warnings():
                # Topics need no tight optimum, and the number of steps is fixed either way.
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(weights)
        else:
            model = LatentDirichletAllocation(n_topics, random_state=self.random_state).fit(weights)
        components = model.components_
        # The projection of NMF needs the components only.
        self.model_: Any = model if self.kind == "lda" else None
        self.components_ = components[components.sum(axis=1) > 0]
        gram = self.components_ @ self.components_.T
        self.root_ = np.linalg.cholesky(gram + 1e-9 * np.trace(gram) * np.eye(len(gram))).T
        return self

    def transform(self, X: Tokens) -> NDArray[np.float64]:
        """Return proportions of shape (n_samples, n_topics); a row sums to 1, or to 0."""
        weights = self.words_.transform(X)
        if self.kind == "lda":
            return np.asarray(self.model_.transform(weights))
        target = np.ascontiguousarray(np.linalg.solve(self.root_.T, (weights @ self.components_.T).T).T)
        loads = np.array([nnls(self.root_, row)[0] for row in target])
        loads = loads.reshape(len(X), len(self.components_))
        total = loads.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(loads, total, out=np.zeros_like(loads), where=total > 0))

    def get_feature_names_out(self, input_features: object = None) -> Any:
        """Return a name for each topic: its five weightiest words."""
        words = self.words_.get_feature_names_out()
        top = np.argsort(-self.components_, axis=1)[:, :5]
        return np.array([" ".join(words[row]) for row in top], dtype=object)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "extra": None}


def _join(first: Tokens, second: Tokens) -> Tokens:
    index = {word: i for i, word in enumerate(first.words)}
    mapping = [index.setdefault(word, len(index)) for word in second.words]
    ids = np.concatenate([first.ids, np.array(mapping, np.int32)[second.ids]])
    starts = np.concatenate([first.starts, first.starts[-1] + second.starts[1:]])
    return Tokens(list(index), ids, starts)
