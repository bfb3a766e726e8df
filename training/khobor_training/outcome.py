"""What a model said of labelled rows that it had not seen: every figure is drawn from this."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Outcome:
    """Rows, their labels, and what was predicted for them.

    Attributes
    ----------
    labels : list of str
        Names of the columns of the matrices below.
    multiclass : bool
        Whether exactly one label holds for a row.
    y : ndarray of 0 and 1 of shape (n_samples, n_labels)
    probabilities : ndarray of float of shape (n_samples, n_labels)
        Calibrated, by a model and a calibration that had not seen the row.
    predicted : ndarray of 0 and 1 of shape (n_samples, n_labels)
    groups : ndarray of str of shape (n_samples,)
        The event of each row, whole in every resample.
    texts : list of str
        Title, newline, body.
    frame : DataFrame of n_samples rows
        ``id, event, published_at, outlet, genre, target``; an empty string where nothing is known.
    """

    labels: list[str]
    multiclass: bool
    y: NDArray[np.int_]
    probabilities: NDArray[np.float64]
    predicted: NDArray[np.int_]
    groups: NDArray[np.str_]
    texts: list[str]
    frame: pd.DataFrame

    def __len__(self) -> int:
        return len(self.y)
