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


class LinearVote(ClassifierMixin, BaseEstimator):
    """The mean of the scores of linear classifiers, one score a label.

    Parameters
    ----------
    members : list of estimators
        Binary linear classifiers with ``coef_`` or ``feature_log_prob_``.
    """

    def __init__(self, members: list[Any]) -> None:
        self.members = members

    def fit(self, X: Any, y: NDArray[np.int_]) -> Self:
        """Fit every member to every column of `y`.

        Parameters
        ----------
        X : sparse matrix of shape (n_samples, n_features)
        y : ndarray of 0 and 1 of shape (n_samples, n_labels)
        """
        self.coef_ = np.zeros((y.shape[1], X.shape[1]))
        self.intercept_ = np.zeros(y.shape[1])
        for label in range(y.shape[1]):
            for member in self.members:
                coef, intercept = _linear(clone(member).fit(X, y[:, label]))
                scale = np.std(X @ coef) if len(self.members) > 1 else 1.0
                self.coef_[label] += coef / (scale * len(self.members))
                self.intercept_[label] += intercept / (scale * len(self.members))
        return self

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return scores of shape (n_samples, n_labels)."""
        return np.asarray(X @ self.coef_.T) + self.intercept_


def _linear(fitted: Any) -> tuple[NDArray[np.float64], float]:
    if hasattr(fitted, "coef_"):
        return fitted.coef_.ravel(), float(fitted.intercept_[0])
    log = fitted.feature_log_prob_
    return log[1] - log[0], 0.0
