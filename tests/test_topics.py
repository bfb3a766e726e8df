import numpy as np
import pytest
from samples import TEXTS

from khobor_features.tokenise import Tokenizer
from khobor_features.topics import TopicFeatures


@pytest.mark.parametrize("kind", ["nmf", "lda"])
def test_topics_of_a_text_do_not_depend_on_its_batch(kind):
    model = TopicFeatures(kind=kind, n_topics=3, min_df=1).fit(Tokenizer().transform(TEXTS))
    together = model.transform(Tokenizer().transform(TEXTS))
    for i, text in enumerate(TEXTS):
        np.testing.assert_allclose(model.transform(Tokenizer().transform([text]))[0], together[i], atol=1e-9)
