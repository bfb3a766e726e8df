"""Swap the names of targets in text and see whether the answer moves: a name alone must not decide."""

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from khobor_features.passages import TargetTokenizer
from khobor_training.calibrate import Calibration


def swapped(tokenizer: TargetTokenizer, text: str, target: str, other: str) -> tuple[str, str] | None:
    """Return a normalised text and the same with each mention of `target` replaced by `other`.

    Case endings stay as they are. None where the target is not mentioned.

    Parameters
    ----------
    tokenizer : TargetTokenizer
    text, target, other : str
    """
    normal = tokenizer.normalizer.normalise(text)
    name = tokenizer.names.resolve(target)
    words, mentions = tokenizer.find(text, name)
    places: list[tuple[int, int]] = []
    for word in words:
        start = normal.find(word, places[-1][1] if places else 0)
        if start < 0:  # the tokenizer reads XTEMPDOT as a dot
            return None
        places.append((start, start + len(word)))
    pieces, end = [], 0
    for mention in mentions:
        if mention.target == name:
            pieces += [normal[end : places[mention.start][0]], other, mention.ending]
            end = places[mention.stop - 1][1]
    return (normal, "".join([*pieces, normal[end:]])) if pieces else None


def audit(
    pipeline: Pipeline, calibration: Calibration, rows: list[tuple[str, str]], *, seed: int
) -> dict[str, float]:
    """Return how far probabilities move when the target of held-out rows gets another target's name.

    Parameters
    ----------
    pipeline, calibration
        Of a model that had not seen the rows.
    rows : list of (text, target)
    seed : int
        Of the choice of the other name.

    Returns
    -------
    dict
        ``n`` rows whose target is mentioned, ``mean_move`` and ``largest_move`` (total variation: 0 is
        none, 1 is all), and ``labels_changed``, a share.
    """
    tokenizer: TargetTokenizer = pipeline[0]
    names = sorted({*tokenizer.names.aliases, *(target for _, target in rows)})
    rng = np.random.default_rng(seed)
    before: list[Any] = []
    after: list[Any] = []
    for text, target in rows:
        mentioned = {*tokenizer.mentioned(text), tokenizer.names.resolve(target)}
        free = [name for name in names if tokenizer.names.resolve(name) not in mentioned]
        # Whether a name of no table is mentioned is only known by looking for it.
        others = (name for name in rng.permutation(free) if not tokenizer.mentions(text, name))
        other = next(others, None)
        pair = swapped(tokenizer, text, target, str(other)) if other is not None else None
        if pair:
            before.append((pair[0], target))
            after.append((pair[1], other))
    if not before:
        return {"n": 0}
    old, new = (
        calibration.probabilities(pipeline[1:].decision_function(tokenizer.transform(part)))
        for part in (before, after)
    )
    move = np.abs(old - new).sum(axis=1) / 2
    changed = calibration.labels(old).argmax(axis=1) != calibration.labels(new).argmax(axis=1)
    return {
        "n": len(before),
        "mean_move": float(move.mean()),
        "largest_move": float(move.max()),
        "labels_changed": float(changed.mean()),
    }
