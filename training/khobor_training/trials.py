"""Hold what trials of a search are scored on, and know a trial again when it comes back.

Scores are comparable, and may be used again, only where articles, folds, settings and the code that
computes them are the same: a digest of all of these names a trial.
"""

import hashlib
import json
import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import khobor_features
from khobor_training import split, tracking
from khobor_training.candidates import Candidate
from khobor_training.config import Config
from khobor_training.errors import InputError
from khobor_training.fit import Folds, Plan, Rows
from khobor_training.planning import check_both_sides

WITHOUT_EFFECT = {"name", "search", "tracking", "keywords", "audit", "abstain", "refit_on_all"}
"""Parts of a config that no trial's score depends on."""


@dataclass(frozen=True)
class Rung:
    """Articles of whole events that trials are scored on.

    Attributes
    ----------
    share : float
        Of the events of the training part, about.
    rows : ndarray of int
        The articles; never a held-out one.
    folds : list of (train, test) pairs
        Indices into `rows`.
    factor : int
        One in so many trials goes on to the next rung.
    """

    share: float
    rows: Rows
    folds: Folds
    factor: int


@dataclass(frozen=True)
class Trial:
    """A candidate and its score on a rung.

    Attributes
    ----------
    candidate : Candidate
    share : float
        Of the training events that it was scored on.
    macro_f1, low, high : float
        Out of fold, with its 95 % interval; 0 where a fit failed.
    folds : tuple of float
        Macro-F1 of each fold.
    seconds : float
        That its fits took.
    error : str
        What a fit failed with, or an empty string.
    remembered : bool
        Whether the score was found in the tracking store.
    """

    candidate: Candidate
    share: float
    macro_f1: float
    low: float
    high: float
    folds: tuple[float, ...]
    seconds: float
    error: str = ""
    remembered: bool = False

    def order(self) -> tuple[bool, float, int]:
        """Return what trials of a rung are sorted by: of equal scores the first candidate wins."""
        return bool(self.error), -self.macro_f1, self.candidate.number

    def figures(self) -> dict[str, float]:
        """Return the score as a search names it: the best of many is no estimate of what is to come."""
        return {"macro_f1": self.macro_f1, "macro_f1_low": self.low, "macro_f1_high": self.high}

    def metrics(self) -> dict[str, float]:
        """Return what the tracking store keeps of it."""
        kept = {"duration_seconds": self.seconds, "share_of_events": self.share}
        if self.error:
            return kept
        folds = {f"searched.fold_{i}.macro_f1": score for i, score in enumerate(self.folds, 1)}
        return kept | {f"searched.{name}": score for name, score in self.figures().items()} | folds


def remembered(candidate: Candidate, rung: Rung, metrics: dict[str, float]) -> Trial:
    """Return a trial whose `metrics` the tracking store kept."""
    low, score, high = (metrics[f"searched.macro_f1{end}"] for end in ("_low", "", "_high"))
    folds = tuple(metrics[f"searched.fold_{i}.macro_f1"] for i in range(1, len(rung.folds) + 1))
    seconds = metrics["duration_seconds"]
    return Trial(candidate, rung.share, score, low, high, folds, seconds, remembered=True)


def rungs(config: Config, planned: Plan) -> list[Rung]:
    """Return what trials are scored on: all of the training part, of a halving first shares of it.

    Raises
    ------
    InputError
        If a share is too small to be trained on.
    """
    whole, search = planned.rounds[0], config.search
    if search is None or search.kind != "halving":
        return [Rung(1.0, whole.rows, whole.folds, 1)]
    y, groups = planned.articles.y[whole.rows], planned.articles.groups[whole.rows]
    n_parts = round(1 / search.smallest)
    found, taken = [], 1
    try:
        # Parts that are alike in their labels; a rung has the parts of the rung before, and more.
        parts = [test for _, test in split.folds(y, groups, n_parts, config.seed)]
        while taken < n_parts:
            rows = whole.rows[np.sort(np.concatenate(parts[:taken]))]
            own_y, own_groups = planned.articles.y[rows], planned.articles.groups[rows]
            folds = split.folds(own_y, own_groups, config.split.folds, config.seed)
            for train, _ in folds:
                check_both_sides(config, own_y[train])
            found.append(Rung(taken / n_parts, rows, folds, search.factor))
            taken *= search.factor
    except ValueError as error:
        raise InputError(
            f"search.smallest must leave enough articles to train on, got {search.smallest:g} "
            f"of {len(set(groups))} events ({error}); raise it"
        ) from None
    return [*found, Rung(1.0, whole.rows, whole.folds, search.factor)]


def basis(planned: Plan, rung: Rung) -> str:
    """Return a digest of all that the trials of a rung have in common: articles, folds and code."""
    articles = planned.articles
    digest = hashlib.sha256(articles.sha256.encode())
    facts = {"versions": tracking.versions(), "python": platform.python_version(), "code": _code()}
    digest.update(json.dumps(facts, sort_keys=True).encode())
    digest.update(json.dumps([articles.texts[row] for row in rung.rows]).encode())
    digest.update(json.dumps(articles.groups[rung.rows].tolist()).encode())
    for numbers in (articles.y[rung.rows], rung.rows, *(part for fold in rung.folds for part in fold)):
        digest.update(np.ascontiguousarray(numbers, dtype=np.int64).tobytes())
    return digest.hexdigest()


def digest(config: Config, planned: Plan, on: str) -> str:
    """Return the name of a trial: what it sets, and the basis that it is scored `on`."""
    found = hashlib.sha256(on.encode())
    found.update(config.model_dump_json(exclude=WITHOUT_EFFECT).encode())
    if config.features.topics and config.features.topics.unlabelled:
        found.update("\0".join(planned.unlabelled).encode())
    return found.hexdigest()


def _code() -> str:
    """Return a digest of khobor's own code, which changes while its version does not."""
    found = hashlib.sha256()
    for folder in (Path(str(khobor_features.__file__)).parent, Path(__file__).parent):
        for source in sorted(folder.glob("*.py")):
            found.update(source.read_bytes())
    return found.hexdigest()
