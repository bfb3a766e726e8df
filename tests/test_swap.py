import numpy as np
import pytest
from samples import TARGETS, stance_pairs

from khobor_features.mentions import Names
from khobor_features.normalise import Normalizer
from khobor_features.passages import TargetTokenizer
from khobor_features.spelling import respell
from khobor_training import swap
from khobor_training.calibrate import Calibration
from khobor_training.config import Config
from khobor_training.pipeline import build

TOKENIZER = TargetTokenizer(
    normalizer=Normalizer(digits="ascii"),
    names=Names({**TARGETS, "কোরিয়া": []}, {"চীন": ["দক্ষিণ চীন সাগর"], "রাশিয়া": ["রুশদি"]}),
)


def swapped(text, target, other):
    pair = swap.swapped(TOKENIZER, text, target, other)
    assert pair is None or pair[0] == respell(text, "ascii")
    return pair and respell(pair[1], "ascii")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ভারতের সঙ্গে দিল্লিকে, ভারত।", "নেপালের সঙ্গে নেপালকে, নেপাল।"),
        ("মহাভারত পড়ে ভারত", "মহাভারত পড়ে নেপাল"),
        ("ভারত-চীন “ভারতও”", "নেপাল-চীন “নেপালও”"),
        ("ভারত\nভারতের", "নেপাল\nনেপালের"),
    ],
)
def test_each_mention_gets_the_other_name_with_its_ending(text, expected):
    assert swapped(text, "ভারত", "নেপাল") == respell(expected, "ascii")


def test_a_name_of_several_words_and_of_a_hyphen_is_swapped_as_one():
    names = Names({"উত্তর কোরিয়া": ["কিম জং-উন"], "নেপাল": []})
    tokenizer = TargetTokenizer(normalizer=Normalizer(), names=names)
    pair = swap.swapped(tokenizer, "কিম  জং-উনের দেশ উত্তর কোরিয়া।", "উত্তর কোরিয়া", "নেপাল")
    assert pair[1] == "নেপালের দেশ নেপাল।"


def test_no_name_is_swapped_over_the_end_of_a_line():
    assert swapped("ভারত গেল উত্তর\nকোরিয়ার নেতা", "উত্তর কোরিয়া", "নেপাল") is None
    pair = swapped("গেল উত্তর\nকোরিয়ার নেতা", "কোরিয়া", "নেপাল")
    assert pair == respell("গেল উত্তর\nনেপালর নেতা", "ascii")  # an ending stays as it is


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("চীন", "দক্ষিণ চীন সাগরে চীন"),
        ("রাশিয়া", "রুশদির বই রুশ"),
        ("কোরিয়া", "উত্তর কোরিয়ার কোরিয়া"),
    ],
    ids=["exception", "exception of one word", "part of a longer name"],
)
def test_what_only_looks_like_a_mention_stays(target, text):
    kept = respell(text, "ascii").split()[:-1]
    assert swapped(text, target, "নেপাল").split() == [*kept, "নেপাল"]


def test_a_name_that_holds_the_targets_name_is_put_in_once():
    assert swapped("ভারত ও ভারত", "ভারত", "ভারত সেবা") == "ভারত সেবা ও ভারত সেবা"


def test_where_the_target_is_not_mentioned_nothing_is_swapped():
    assert swapped("আজ বৃষ্টি মহাভারত", "ভারত", "নেপাল") is None
    assert swapped("", "ভারত", "নেপাল") is None


@pytest.mark.parametrize("other", ["নেপাল", "উত্তর কোরিয়া", "শেখ হাসিনা"])
def test_masked_words_of_swapped_articles_are_the_same(other):
    for text, target in stance_pairs(60):
        pair = swap.swapped(TOKENIZER, text, target, other)
        if pair and not TOKENIZER.mentions(text, other):
            rows = ((pair[0], target), (pair[1], other))
            old, new = (TOKENIZER.transform([row]) for row in rows)
            first, second = ([x.tokens.words[i] for i in x.tokens.ids] for x in (old, new))
            assert first == second
            np.testing.assert_array_equal(old.mark, new.mark)


def shortcut(views, **more):
    """Return a model of rows whose stance hangs on the target's name, and other rows of that kind."""
    config = Config.model_validate(
        {
            "name": "a",
            "task": "stance",
            "data": {},
            "features": {"words": {}, "target": {"views": views, **more}},
            "classifier": {"kind": "logistic_regression"},
            "targets": {name: {"aliases": aliases} for name, aliases in TARGETS.items()},
        }
    )
    rng = np.random.default_rng(0)
    words = [f"শব্দ{chr(0x995 + i)}" for i in range(20)]
    names = ["ভারত", "চীন", "রাশিয়া"]
    rows = [(" ".join([*rng.choice(words, 12), names[i % 3], "বলে"]), names[i % 3]) for i in range(150)]
    y = np.eye(3, dtype=int)[np.arange(150) % 3]
    return build(config).fit(rows[:120], y[:120]), rows[120:]


CALIBRATION = Calibration(np.ones(3), np.zeros(3), None)


def test_a_model_that_goes_by_names_moves_and_one_that_masks_them_does_not():
    model, rows = shortcut({"plain": 1.0})
    sees_names = swap.audit(model, CALIBRATION, rows, seed=0)
    assert sees_names["n"] == len(rows)
    assert sees_names["mean_move"] > 0.2
    assert sees_names["labels_changed"] > 0.5
    assert sees_names["largest_move"] >= sees_names["mean_move"]
    model, rows = shortcut({"article": 1.0, "window": 1.0}, cues=0.1)
    masked = swap.audit(model, CALIBRATION, rows, seed=0)
    assert masked["n"] == len(rows)
    assert masked["largest_move"] < 1e-9
    assert masked["labels_changed"] == 0


def test_identity_moves_as_a_name_does():
    model, rows = shortcut({"article": 1.0}, identity=1.0, min_rows=3)
    assert swap.audit(model, CALIBRATION, rows, seed=0)["mean_move"] > 0.2


def test_a_move_is_the_share_of_probability_that_goes_elsewhere():
    model, rows = shortcut({"plain": 1.0})
    one = swap.audit(model, Calibration(np.full(3, 1000.0), np.zeros(3), None), rows, seed=0)
    assert one["largest_move"] == pytest.approx(1)
    none = swap.audit(model, Calibration(np.zeros(3), np.zeros(3), None), rows, seed=0)
    assert none["largest_move"] == 0
    assert none["labels_changed"] == 0


def test_rows_that_cannot_be_swapped_are_left_out():
    model, rows = shortcut({"article": 1.0})
    everyone = ("ভারত চীন রাশিয়া কিম", "ভারত")  # no name is free
    unmentioned = ("আজ বৃষ্টি", "ভারত")
    assert swap.audit(model, CALIBRATION, [everyone, unmentioned], seed=0) == {"n": 0}
    assert swap.audit(model, CALIBRATION, [everyone, unmentioned, rows[0]], seed=0)["n"] == 1


def test_a_name_of_no_table_that_the_article_mentions_is_not_put_in():
    model, _ = shortcut({"article": 1.0})
    names = model[0].names
    rows = [("ভারত ও চীন ও রাশিয়া ও কিম ও নেপাল", "ভারত"), ("নেপাল গেছে আজ", "নেপাল")]
    assert {names.resolve(row[1]) for row in rows} == {"ভারত", "নেপাল"}
    assert swap.audit(model, CALIBRATION, rows[:1] * 3 + rows[1:], seed=0)["n"] == 1


def test_the_same_seed_gives_the_same_swaps():
    model, rows = shortcut({"plain": 1.0})
    first, again = (swap.audit(model, CALIBRATION, rows, seed=3) for _ in range(2))
    assert first == again
