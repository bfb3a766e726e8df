"""The rule that a desk would write by hand: two keywords make a label."""

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline


def keyword_rule(
    keywords: dict[str, list[str]],
    labels: list[str],
    prepare: Pipeline,
    texts: list[str],
    rows: NDArray[np.intp],
) -> NDArray[np.int_]:
    """Return 0 and 1 of shape (len(rows), n_labels).

    A label is given where two tokens of a text begin with any of its keywords, which are
    normalised like the text.
    """
    tokens = prepare.transform([texts[i] for i in rows])
    answer = np.zeros((len(rows), len(labels)), dtype=int)
    for column, label in enumerate(labels):
        stems = tuple(prepare.named_steps["normalise"].transform(keywords.get(label, [])))
        hits = np.array([word.startswith(stems) for word in tokens.words]) if stems else None
        if hits is not None:
            answer[:, column] = (tokens.counts @ hits.astype(float)) >= 2
    return answer
