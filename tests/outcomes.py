"""Outcomes that several test modules draw figures from."""

import numpy as np
import pandas as pd

from khobor_training.outcome import Outcome

NAMES = ["diplomacy", "space", "military"]


def outcome(n=240, *, multiclass=False, seed=0, labels=None, noise=0.15, **columns):
    """Return rows of which a share of `noise` is labelled wrong, four a group."""
    rng = np.random.default_rng(seed)
    if multiclass:
        y = np.eye(3, dtype=int)[rng.integers(0, 3, n)]
        sure = np.where(rng.random((n, 1)) < noise, np.roll(y, 1, axis=1), y)
        probabilities = 0.1 + 0.7 * sure
        predicted = sure
    else:
        y = (rng.random((n, 3)) < [0.5, 0.3, 0.2]).astype(int)
        sure = np.where(rng.random(y.shape) < noise, 1 - y, y)
        probabilities = np.clip(0.1 + 0.8 * sure + 0.05 * rng.standard_normal(y.shape), 0, 1)
        predicted = (probabilities >= 0.5).astype(int)
    groups = (np.arange(n) // 4).astype(str)
    frame = pd.DataFrame(
        {
            "id": [f"a{i}" for i in range(n)],
            "event": groups,
            "published_at": [f"2025-{1 + i % 3:02}-07" for i in range(n)],
            "outlet": np.array(["desk-a", "desk-b"])[np.arange(n) % 2],
            "genre": "report",
            "target": "",
        }
        | columns
    )
    texts = ["শব্দ " * (20 + i % 90) for i in range(n)]
    return Outcome(labels or NAMES, multiclass, y, probabilities, predicted, groups, texts, frame)
