"""Count who is praised and who is blamed: what a few hundred rows are too few to learn by words.

Praise, blame, reporting and negation are the words of ``lexicon``. Each hit is counted by where
it stands (headline, sentences with the target, beside it, inside quotations) and by the mention
before, after and first in its sentence: whether that is the target or another one, and whether
it carries a case ending, as the one who is blamed does (রাশিয়াকে দায়ী) and the one who blames
does not (রাশিয়া নিন্দা করেছে).
"""

import numpy as np
from numpy.typing import NDArray

from khobor_features.lexicon import negates, reports, side
from khobor_features.passages import OTHER, TARGET, TargetTokens

BESIDE = 6
"""So many words on a side of a mention stand beside it."""

NEAR = 3

PLAIN_ENDINGS = ("", "ই", "ও", "ে", "তে")
"""What a mention ends in where it is no one's object: nothing, emphasis, a place."""

Floats = NDArray[np.float64]


def _hits(words: list[str]) -> dict[str, NDArray[np.bool_]]:
    """Return which words each list of the lexicon holds."""
    sides = [side(word) for word in words]
    return {
        "praise": np.array([own == "praise" for own in sides], bool),
        "blame": np.array([own == "blame" for own in sides], bool),
        "reporting": np.array([reports(word) for word in words], bool),
        "negation": np.array([negates(word) for word in words], bool),
    }


def spread(mark: NDArray[np.bool_], starts: NDArray[np.int64], before: int, after: int) -> NDArray[np.bool_]:
    """Return which words stand at most so many words before or after a marked one, in its text."""
    places = np.flatnonzero(mark)
    text = np.searchsorted(starts, places, side="right") - 1
    near = np.zeros(len(mark) + 1, np.int64)
    np.add.at(near, np.maximum(places - before, starts[text]), 1)
    np.add.at(near, np.minimum(places + after + 1, starts[text + 1]), -1)
    return np.cumsum(near)[:-1] > 0


def cues(X: TargetTokens) -> dict[str, Floats]:
    """Return each cue by name, an array of shape (n_rows,)."""
    n, row, ids = len(X), X.row, X.tokens.ids
    hits = {name: found[ids] for name, found in _hits(X.tokens.words).items()}
    target = X.mark == TARGET

    def per_row(kept: NDArray[np.bool_]) -> Floats:
        return np.bincount(row[kept], minlength=n).astype(float)

    starts = X.tokens.starts
    zones = {
        "article": np.ones(len(ids), bool),
        "headline": X.headline,
        "sentences": X.with_target,
        "before": spread(target, starts, BESIDE, 0) & ~target,
        "after": spread(target, starts, 0, BESIDE) & ~target,
        "quoted": X.quoted,
    }
    found: dict[str, Floats] = {}
    for zone, inside in zones.items():
        size = np.maximum(per_row(inside), 8)  # a headline of three words is no measure
        for name, hit in hits.items():
            found[f"{name} in {zone}"] = 10 * per_row(hit & inside) / size
    times, others = per_row(target), per_row(X.mark == OTHER)
    found["target in headline"] = np.minimum(per_row(target & X.headline), 1)
    found["target named more than others"] = np.log1p(times) - np.log1p(others)
    found["target in quotations"] = per_row(target & X.quoted) / np.maximum(times, 1)
    found |= _directed(X, hits)
    return found


def _directed(X: TargetTokens, hits: dict[str, NDArray[np.bool_]]) -> dict[str, Floats]:
    """Count hits by the mention before, after and first in their sentence; roots of counts."""
    n, row, key = len(X), X.row, X.sentence_key
    place = np.arange(len(key))
    oblique = np.array(
        [w[:3] in ("<T>", "<O>") and w[3:] not in PLAIN_ENDINGS for w in X.tokens.words], dtype=bool
    )[X.tokens.ids]
    mentions = np.flatnonzero(X.mark)
    kind = np.where(X.mark == TARGET, 0, 2) + oblique
    kinds = ("target", "target with ending", "other", "other with ending")

    # The number of a mention before, after and first in the sentence of each word, or -1.
    none = np.full(len(key), -1)
    ends = np.searchsorted(mentions, place)  # how many mentions stand before
    before, after, first = none.copy(), none.copy(), none.copy()
    if len(mentions):
        candidate = mentions[np.maximum(ends - 1, 0)]
        before = np.where((ends > 0) & (key[candidate] == key), candidate, -1)
        candidate = mentions[np.minimum(ends, len(mentions) - 1)]
        after = np.where((ends < len(mentions)) & (key[candidate] == key), candidate, -1)
        heads = mentions[np.unique(key[mentions], return_index=True)[1]]
        at = np.minimum(np.searchsorted(key[heads], key), len(heads) - 1)
        first = np.where(key[heads[at]] == key, heads[at], -1)

    found: dict[str, Floats] = {}

    def count(name: str, kept: NDArray[np.bool_]) -> None:
        found[name] = np.sqrt(np.bincount(row[kept], minlength=n))

    once = np.append(True, key[1:] != key[:-1]) if len(key) else np.zeros(0, bool)
    for part, inside in (("", ~X.headline), (" in headline", X.headline)):
        for name in ("praise", "blame"):
            hit = hits[name] & inside
            for i, who in enumerate(kinds):
                after_it = hit & (before >= 0) & (kind[before] == i)
                near = place - before <= NEAR
                count(f"{name} right after {who}{part}", after_it & near)
                count(f"{name} after {who}{part}", after_it & ~near)
                count(f"{name} before {who}{part}", hit & (after >= 0) & (kind[after] == i))
        for name in ("praise", "blame", "reporting"):
            holding = np.isin(key, key[hits[name]]) & once & inside & (first >= 0)
            for i, who in enumerate(kinds):
                count(f"sentence of {who} with {name}{part}", holding & (kind[first] == i))
    for name in ("praise", "blame"):
        count(f"{name} in sentences without a name", hits[name] & (first < 0))
    return found
