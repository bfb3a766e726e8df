"""The rule that a desk would write by hand: two keywords make a label."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from khobor_features.normalise import Normalizer
from khobor_features.tokenise import Tokens


def keyword_rule(
    keywords: dict[str, list[str]], labels: list[str], normalizer: Normalizer, tokens: Tokens
) -> NDArray[np.int_]:
    """Return 0 and 1 of shape (n_samples, n_labels).

    A label is given where a text holds two of its keywords. Keywords are normalised like the
    text; each word of a keyword matches what begins with it, so inflected forms count.
    """
    answer = np.zeros((len(tokens), len(labels)), dtype=int)
    spans = list(pairwise(tokens.starts.tolist()))
    for column, label in enumerate(labels):
        hits = np.zeros(len(tokens.ids), dtype=bool)
        for keyword in normalizer.transform(keywords.get(label, [])):
            here = np.ones(len(tokens.ids), dtype=bool)
            for step, stem in enumerate(keyword.split()):
                begins = np.array([word.startswith(stem) for word in tokens.words], dtype=bool)[tokens.ids]
                here &= np.append(begins[step:], np.zeros(step, dtype=bool))
            hits |= here
        answer[:, column] = [hits[first:last].sum() >= 2 for first, last in spans]
    return answer
