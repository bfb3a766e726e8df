import numpy as np

from khobor_training import config
from khobor_training.pipeline import build


def test_patterns_of_the_config_come_on_top_of_our_own():
    text = config.Text(tail_residue=["আমাদের পাতা"])
    checked = config.Config.model_validate(
        {
            "name": "a",
            "task": "multilabel",
            "text": text,
            "data": {"labels": ["a", "b"]},
            "features": {"words": {}},
            "classifier": {"kind": "linear_svm"},
        }
    )
    normalise = build(checked)[0].normalizer
    assert normalise.normalise("খবর।\nআমাদের পাতা\nমন্তব্য (0)") == "খবর।"


def built(**options):
    plain = {
        "name": "a",
        "task": "multilabel",
        "data": {"labels": ["a", "b"]},
        "features": {"words": {}},
        "classifier": {"kind": "linear_svm"},
    }
    return build(config.Config.model_validate(plain | options))


TEXTS = ["চাঁদে জল আছে এবং বরফ", "সেনা মহড়া হয়েছে এবং শেষ", "চাঁদে আবার জল", "সেনা আবার মহড়া", "চাঁদ", "সেনা"] * 3


def test_stop_words_leave_the_word_features():
    with_them, without = (
        built(text={"stop_words": on})[:-1].fit(TEXTS)[-1].get_feature_names_out() for on in (False, True)
    )
    assert "words__এবং" in with_them
    assert "words__এবং" not in without


def test_residue_can_be_left_in():
    text = "খবরের [বিজ্ঞাপন_২] লেখা।\nমন্তব্য (0)"
    assert built()[0].tokenise(text) == ["খবরের", "লেখা", "।"]
    assert {"মন্তব্য", "বিজ্ঞাপন"} <= set(built(text={"residue": False})[0].tokenise(text))


def test_class_weights_move_the_svm_toward_the_rare_label():
    y = np.array([[i == 0, i % 2] for i in range(len(TEXTS))]).astype(int)
    intercepts = [
        built(classifier={"kind": "linear_svm", "class_weight": weight}).fit(TEXTS, y)[-1].intercept_[0]
        for weight in (None, "balanced")
    ]
    assert intercepts[1] > intercepts[0]


def test_unlabelled_text_moves_the_topics():
    options = {"features": {"topics": {"n_topics": 2}}}
    checked = config.Config.model_validate(
        {"name": "a", "task": "multilabel", "data": {"labels": ["a"]}, "classifier": {"kind": "linear_svm"}}
        | options
    )
    extra = build(checked)[0].transform(["নদী নৌকা মাঝি", "নদী নৌকা ঘাট", "নদী মাঝি ঘাট"] * 9)
    names = [build(checked, more)[:-1].fit(TEXTS)[-1].get_feature_names_out() for more in (None, extra)]
    assert not any("নদী" in name for name in names[0])
    assert any("নদী" in name for name in names[1])
