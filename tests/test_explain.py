import numpy as np
import pytest
from samples import rows

from khobor_training import config
from khobor_training.explain import contributions
from khobor_training.pipeline import build


@pytest.mark.parametrize("kind", ["logistic_regression", "linear_svm", "complement_nb", "vote"])
@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_contributions_of_words_and_topics_add_up_to_the_score(kind, task):
    choice = {"kind": kind}
    if kind == "vote":
        choice["members"] = [{"kind": "linear_svm"}, {"kind": "complement_nb"}]
    checked = config.Config.model_validate(
        {
            "name": "a",
            "task": task,
            "data": {"labels": ["a", "b", "c"]},
            "features": {"words": {"ngram_range": (1, 2)}, "characters": {}, "topics": {"n_topics": 4}},
            "classifier": choice,
        }
    )
    texts = [row["title"] + "\n" + row["body"] for row in rows(30)]
    y = np.eye(3, dtype=int)[np.arange(30) % 3]
    fitted = build(checked).fit(texts, y)
    tokens = fitted[0].transform([texts[0] + " অদেখাশব্দ"])
    for parts in contributions(fitted, tokens, ["a", "b", "c"]).values():
        total = parts["intercept"] + sum(parts["words"].values()) + sum(parts["topics"].values())
        assert total == pytest.approx(parts["score"], abs=1e-6)
