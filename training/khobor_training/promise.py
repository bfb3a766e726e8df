"""Say which macro-F1 a training promises where labels have other shares than in its data.

F1 depends on how many articles have a label: the same model looks poorer where the label is rare,
since its false alarms then stand against fewer hits. What a model keeps, how often it finds a label
and how often it gives it wrongly, tells the F1 at any shares, as long as articles differ in nothing else.
"""

from typing import Any

import numpy as np

from khobor_training.outcome import Outcome


def rates(outcome: Outcome) -> dict[str, Any]:
    """Return what of an outcome is needed to tell its F1 at other shares, as plain numbers.

    Returns
    -------
    dict
        ``shares`` of the labels, and ``given``: the share of rows that got a label, among the rows with
        (``with``) and without it (``without``); of a multiclass task, among the rows of each class.
    """
    names, n = outcome.labels, outcome.y.sum(axis=0)
    given: dict[str, dict[str, float]] = {}
    for i, name in enumerate(names):
        if outcome.multiclass:
            among = {names[k]: outcome.y[:, k] for k in range(len(names))}
        else:
            among = {"with": outcome.y[:, i], "without": 1 - outcome.y[:, i]}
        given[name] = {
            key: float(rows @ outcome.predicted[:, i] / max(rows.sum(), 1)) for key, rows in among.items()
        }
    shares = dict(zip(names, (n / len(outcome)).tolist(), strict=True))
    return {"multiclass": outcome.multiclass, "shares": shares, "given": given}


def f1_at(share: float, found: float, false_alarms: float) -> float:
    """Return the F1 of a label that a share of articles has.

    Parameters
    ----------
    share : float
        Of articles with the label.
    found : float
        Which share of them gets it (true positive rate).
    false_alarms : float
        Which share of the others gets it (false positive rate).

    Examples
    --------
    >>> f1_at(0.5, 0.9, 0.1), round(f1_at(0.1, 0.9, 0.1), 2)
    (0.9, 0.64)
    """
    hits = share * found
    return 2 * hits / max(share + hits + (1 - share) * false_alarms, 1e-12)


def promised(known: dict[str, Any], shares: dict[str, float]) -> dict[str, float]:
    """Return the F1 of each label that rates promise at other shares; labels that no row has are left out.

    Parameters
    ----------
    known : dict
        What `rates` returned.
    shares : dict of str to float
        Of the labels; of a multiclass task they add up to 1.
    """
    told = {}
    for name, share in shares.items():
        given = known["given"][name]
        if not known["multiclass"]:
            found, false_alarms = given["with"], given["without"]
        else:
            found = given[name]
            others = sum(shares[other] * given[other] for other in shares if other != name)
            false_alarms = others / max(1 - share, 1e-12)
        if share > 0:
            told[name] = f1_at(share, found, false_alarms)
    return told


def macro(of_labels: dict[str, float]) -> float:
    """Return the mean over labels."""
    return float(np.mean(list(of_labels.values()))) if of_labels else 0.0
