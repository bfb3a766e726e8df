import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import ANY, TARGETS, stance_pairs

from khobor_features.cues import cues, spread
from khobor_features.mentions import Names
from khobor_features.normalise import Normalizer
from khobor_features.passages import TargetTokenizer

TOKENIZER = TargetTokenizer(normalizer=Normalizer(digits="ascii"), names=Names({**TARGETS, "ইউক্রেন": []}))


def of(text, target="রাশিয়া"):
    """Return the cues of one row that are not zero."""
    found = cues(TOKENIZER.transform([(text, target)]))
    return {name: float(values[0]) for name, values in found.items() if values[0]}


def directed(text, target="রাশিয়া"):
    parts = (" of ", " right after ", " before ")
    return {name for name in of(text, target) if any(part in name for part in parts)}


def test_who_blames_and_who_is_blamed_get_different_cues():
    text = "কাল রাশিয়া ইউক্রেনের নিন্দা করেছে"
    assert directed(text, "রাশিয়া") == {
        "blame right after other with ending",
        "sentence of target with blame",
    }
    assert directed(text, "ইউক্রেন") == {
        "blame right after target with ending",
        "sentence of other with blame",
    }


def test_a_name_without_case_ending_that_follows_blame_is_no_object():
    assert "blame before target" in of("নিন্দা করেছে রাশিয়া")
    assert "blame before target with ending" in of("নিন্দা হয়েছে রাশিয়ার")
    assert "blame right after target" in of("রাশিয়াও নিন্দা করেছে")


def test_far_and_near_are_two_cues():
    assert "blame right after target" in of("রাশিয়া এক দুই নিন্দা")
    far = of("রাশিয়া এক দুই তিন নিন্দা")
    assert "blame after target" in far
    assert "blame right after target" not in far


def test_no_cue_reaches_into_another_sentence():
    assert not directed("রাশিয়া এল। নিন্দা হল। প্রশংসা হল।")
    assert of("রাশিয়া এল। নিন্দা হল।")["blame in sentences without a name"] == 1
    assert "blame in sentences" not in of("রাশিয়া এল। নিন্দা হল।")
    assert "blame in sentences" in of("রাশিয়া এল, নিন্দা হল।")


@pytest.mark.parametrize(
    ("word", "cue"),
    [
        ("প্রশংসা", "praise"),
        ("প্রশংসায়", "praise"),
        ("নিন্দা", "blame"),
        ("নিন্দার", "blame"),
        ("বলেছেন", "reporting"),
        ("না", "negation"),
        ("নয়", "negation"),
        ("\u09a6\u09be\u09df\u09c0", "blame"),
        ("\u09a6\u09be\u09af\u09bc\u09c0", "blame"),
    ],
)
def test_a_word_is_known_by_its_stem(word, cue):
    assert of(f"কাল {word} গেল")[f"{cue} in article"] == 10 / 8


@pytest.mark.parametrize("word", ["নাম", "নিজে", "নয়ন", "অনিন্দ্য"])
def test_a_negation_is_a_whole_word(word):
    assert not of(f"কাল {word} গেল")


def test_a_hit_counts_for_the_share_of_its_place():
    long = "কাল নিন্দা " + "শব্দ " * 18
    assert of(long)["blame in article"] == pytest.approx(10 / 20)
    assert of("নিন্দা")["blame in article"] == 10 / 8  # three words are no measure


def test_the_headline_has_cues_of_its_own():
    text = "রাশিয়াকে নিন্দা জাতিসংঘের\nকাল প্রশংসা হল রাশিয়ার"
    found = of(text)
    assert found["target in headline"] == 1
    assert {"blame in headline", "blame right after target with ending in headline"} <= set(found)
    assert "blame right after target with ending" not in found
    assert "praise in headline" not in found
    assert "praise before target with ending" in found


def test_what_is_quoted_is_told_from_what_is_said():
    assert "blame in quoted" in of("তিনি বলেন, “রাশিয়া দায়ী”")
    assert "blame in quoted" not in of("তিনি “বলেন”, রাশিয়া দায়ী")
    assert of("“রাশিয়া দায়ী”, রাশিয়া বলে")["target in quotations"] == 0.5


def test_who_is_named_more_is_told():
    assert of("রাশিয়া রাশিয়া ইউক্রেন")["target named more than others"] == pytest.approx(np.log(3 / 2))
    assert of("রাশিয়া রাশিয়া ইউক্রেন", "ইউক্রেন")["target named more than others"] == pytest.approx(np.log(2 / 3))


def test_beside_a_mention_are_six_words_on_each_side():
    for n, beside in ((5, True), (6, False)):
        found = of("নিন্দা " + "ক " * n + "রাশিয়া " + "ক " * n + "প্রশংসা")
        assert ("blame in before" in found) == ("praise in after" in found) == beside
        assert not {"blame in after", "praise in before"} & set(found)


WORDS = [*"রাশিয়া রাশিয়াকে ইউক্রেনের নিন্দা প্রশংসা না । “ ” ক".split(), "\n"]
TEXT = st.one_of(ANY, st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join))
ROWS = st.lists(st.tuples(TEXT, st.sampled_from(["রাশিয়া", "ইউক্রেন", "ক"])), min_size=1, max_size=4)


@given(ROWS)
@settings(max_examples=150, deadline=None)
def test_cues_do_not_depend_on_the_batch(given_rows):
    together = cues(TOKENIZER.transform(given_rows))
    for i, row in enumerate(given_rows):
        alone = cues(TOKENIZER.transform([row]))
        assert list(alone) == list(together)
        for name, values in alone.items():
            assert values.shape == (1,)
            assert np.isfinite(values).all()
            assert values[0] == pytest.approx(together[name][i], abs=1e-12), name


def test_cues_of_articles_do_not_depend_on_the_batch():
    pairs = stance_pairs(12)
    together = cues(TOKENIZER.transform(pairs))
    for i, pair in enumerate(pairs):
        for name, values in cues(TOKENIZER.transform([pair])).items():
            assert values[0] == pytest.approx(together[name][i], abs=1e-12), name


def test_empty_texts_and_no_rows_have_cues_of_nothing():
    for pairs in ([], [("", "রাশিয়া")], [("", "রাশিয়া"), (" \n", "চীন")]):
        found = cues(TOKENIZER.transform(pairs))
        assert {values.shape for values in found.values()} == {(len(pairs),)}
        assert not any(values.any() for values in found.values())


MARKS = st.lists(st.lists(st.booleans(), max_size=8), min_size=1, max_size=4)


@given(MARKS, st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_words_beside_a_marked_one_are_those_of_its_text(texts, before, after):
    mark = np.array([on for text in texts for on in text], bool)
    starts = np.cumsum([0, *map(len, texts)])
    expected = [
        any(text[j] for j in range(max(0, i - after), min(len(text), i + before + 1)))
        for text in texts
        for i in range(len(text))
    ]
    assert spread(mark, starts, before, after).tolist() == expected
