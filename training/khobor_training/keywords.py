"""The rule that a desk would write by hand: two keywords make a label."""

import numpy as np
from numpy.typing import NDArray

from khobor_features.normalise import Normalizer
from khobor_features.spelling import spell
from khobor_features.tokenise import Tokenizer, Tokens


def keyword_rule(
    keywords: dict[str, list[str]], labels: list[str], normalizer: Normalizer, tokens: Tokens
) -> NDArray[np.int_]:
    """Return 0 and 1 of shape (n_samples, n_labels).

    A label is given where a text holds two of its keywords. Keywords are spelt and split like
    the text; each word of a keyword matches what begins with it, so inflected forms count.
    """
    answer = np.zeros((len(tokens), len(labels)), dtype=int)
    tokenise = Tokenizer().tokenise
    text_of = np.repeat(np.arange(len(tokens)), np.diff(tokens.starts))
    for column, label in enumerate(labels):
        hits = np.zeros(len(tokens.ids), dtype=bool)
        for keyword in keywords.get(label, []):
            stems = tokenise(" ".join(spell(keyword.split(), normalizer.digits)))
            here = np.full(len(tokens.ids), bool(stems))
            for step, stem in enumerate(stems):
                begins = np.array([word.startswith(stem) for word in tokens.words], dtype=bool)[tokens.ids]
                same = text_of[step:] == text_of[: len(text_of) - step]  # a phrase ends with its text
                here &= np.append(begins[step:] & same, np.zeros(min(step, len(begins)), dtype=bool))
            hits |= here
        answer[:, column] = np.bincount(text_of, weights=hits, minlength=len(tokens)) >= 2
    return answer
