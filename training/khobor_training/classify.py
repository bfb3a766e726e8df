"""One linear score a label, whatever classifier or vote of classifiers it comes from.

Logistic regression, a linear SVM and complement naive Bayes all score a text by a
weighted sum of its features. A vote is the mean of its members' scores, each
divided by its spread on the training texts, so it is such a sum as well: saved
models stay small, and each label can be explained exactly.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression


class LinearVote(ClassifierMixin, BaseEstimator):
    """The mean of the scores of linear classifiers, one score a label.

    Parameters
    ----------
    members : list of estimators
        Binary linear classifiers with ``coef_`` or ``feature_log_prob_``.
    multiclass : bool, default=False
        Whether exactly one label holds for a text.
    """

    def __init__(self, *, members: list[Any], multiclass: bool = False) -> None:
        self.members = members
        self.multiclass = multiclass

    def fit(self, X: Any, y: NDArray[np.int_]) -> Self:
        """Fit every member to every column of `y`.

        Parameters
        ----------
        X : sparse matrix of shape (n_samples, n_features)
        y : ndarray of 0 and 1 of shape (n_samples, n_labels)
        """
        # Column-major: its transpose, which a product needs, is then no copy.
        self.coef_ = np.zeros((y.shape[1], X.shape[1]), order="F")
        self.intercept_ = np.zeros(y.shape[1])
        for member in self.members:
            coef, intercept = self._fit_member(member, X, y)
            # A vote weighs members alike: one scale a member for classes that compete,
            # one a label for labels that do not.
            scale = np.ones(len(coef))
            if len(self.members) > 1:
                scores = np.asarray(X @ coef.T)
                scale[:] = scores.std() if self.multiclass else scores.std(axis=0)
                scale[scale == 0] = 1
            self.coef_ += coef / scale[:, None] / len(self.members)
            self.intercept_ += intercept / scale / len(self.members)
        return self

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return scores of shape (n_samples, n_labels)."""
        return np.asarray(X @ self.coef_.T) + self.intercept_

    def _fit_member(self, member: Any, X: Any, y: NDArray[np.int_]) -> tuple[Any, Any]:
        """Return the weights (n_labels, n_features) and intercepts of a fitted member."""
        if not self.multiclass or isinstance(member, LogisticRegression):
            fitted = [_linear(clone(member).fit(X, column)) for column in y.T]
            return np.vstack([f[0] for f in fitted]), np.concatenate([f[1] for f in fitted])
        # One fit for all classes, since liblinear copies X for each fit.
        if not y.any(axis=0).all():
            raise ValueError(f"each class must have texts, got none for {np.flatnonzero(~y.any(axis=0))}")
        coef, intercept = _linear(clone(member).fit(X, y.argmax(axis=1)))
        if len(coef) == 1:  # of two classes scikit-learn keeps the second one's weights
            coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
        return coef, intercept


def _linear(fitted: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if hasattr(fitted, "coef_"):
        return fitted.coef_, fitted.intercept_
    log = fitted.feature_log_prob_
    if len(log) == 2:
        return log[1:] - log[:1], np.zeros(1)
    # Naive Bayes compares classes itself; centred, its scores keep their order.
    return log - log.mean(axis=0), np.zeros(len(log))
