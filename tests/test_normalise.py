import numpy as np
import pytest
from hypothesis import given, settings
from samples import ANY

from khobor_features.letters import bangla_share, is_legacy_bijoy
from khobor_features.normalise import Normalizer
from khobor_features.spelling import spell


@given(ANY)
@settings(max_examples=400, deadline=None)
def test_normalising_twice_changes_nothing(text):
    once = Normalizer(digits="ascii").normalise(text)
    assert Normalizer(digits="ascii").normalise(once) == once


@pytest.mark.parametrize(
    ("raw", "spelt"),
    [
        ("\u09dc", "\u09a1\u09bc"),
        ("\u0995\u09c7\u09be", "\u0995\u09cb"),
        ("\u09a4\u09cd\u200d", "\u09ce"),
        ("\u0985\u09be\u09ae", "\u0986\u09ae"),
        ("\u099a\u0981\u09be\u09a6", "\u099a\u09be\u0981\u09a6"),
        ("\u09ac\u09bc", "\u09b0"),
        ("শেষ\u09f7", "শেষ\u0964"),
        ("ক\u200cখ", "কখ"),
        ("ক\u00a0\u00a0খ", "ক খ"),
    ],
    ids=["rra", "o", "khanda-ta", "aa", "candrabindu", "ra", "danda", "zwnj", "nbsp"],
)
def test_each_word_gets_one_spelling(raw, spelt):
    assert Normalizer().normalise(raw) == spelt


@pytest.mark.parametrize(
    "residue",
    [
        "[বিজ্ঞাপন_২]",
        "উৎস",
        "মন্তব্য (0)",
        "মন্তব্য (৩)",
        "সূত্র: রয়টার্স",
        "আরও পড়ুন: আরেক খবর",
        "এসএ/কেএম",
        "বিজ্ঞাপন",
    ],
)
def test_residue_at_the_end_is_removed(residue):
    assert Normalizer().normalise(f"খবরের লেখা।\n{residue}\n\n") == "খবরের লেখা।"


def test_residue_words_inside_the_article_stay():
    text = "বিজ্ঞাপন নিয়ে মন্তব্য করেছেন মন্ত্রী।"
    assert Normalizer().normalise(text).split()[0] == "বিজ্ঞাপন"


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_offsets_rise_and_stay_within_the_original(text):
    normalised, offsets = Normalizer().align(text)
    assert normalised == Normalizer().normalise(text)
    assert len(offsets) == len(normalised) + 1
    assert (np.diff(offsets) >= 0).all()
    assert not len(offsets) or 0 <= offsets[0] <= offsets[-1] <= len(text)


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_each_character_comes_from_a_piece_that_is_spelt_like_it(text):
    normalizer = Normalizer(digits="ascii")
    normalised, offsets = normalizer.align(text)
    for i, character in enumerate(normalised):
        if not character.isspace():
            chunk = text[offsets[i] :].split(maxsplit=1)[0]
            assert character in "".join(spell([chunk], "ascii"))


@pytest.mark.parametrize(
    ("text", "word", "place"),
    [
        ("খবর [বিজ্ঞাপন_২] বিজ্ঞাপন নিয়ে", "বিজ্ঞাপন", 17),
        ("ভাল খবর। সূত্র: রয়টার্স\nরয়টার্স ভাল", "রয়টার্স", 25),
        ("এক দুই এক", "দুই", 3),
    ],
)
def test_offsets_pass_over_what_was_removed(text, word, place):
    normalised, offsets = Normalizer().align(text)
    start = normalised.index(Normalizer().normalise(word))
    assert offsets[start] == place
    assert offsets[start] < offsets[start + 2] <= place + 2


@pytest.mark.parametrize(
    "text",
    [
        "রাশিয়া/ইউক্রেন",
        "ছবি: চাঁদে নামল চন্দ্রযান",
        "শিরোনাম\nআরও পড়েন তিনি রবীন্দ্রনাথ ও নজরুল।",
        "উৎক্ষেপণ। সূত্র: মহাকাশ গবেষণা সংস্থা নাসা জানিয়েছে উপগ্রহ গেছে",
    ],
)
def test_what_only_looks_like_residue_stays(text):
    assert Normalizer().normalise(text) == "\n".join(
        " ".join(spell(t.split(), "keep")) for t in text.split("\n")
    )


@pytest.mark.parametrize(
    ("options", "text", "left"),
    [
        ({"tail_residue": [r"(.)\1+"]}, "খবর\n****", "খবর"),
        ({"tail_residue": ["(?i)abc"]}, "খবর\nABC", "খবর"),
        ({"tail_residue": ["পাতা ২"], "digits": "ascii"}, "খবর\nপাতা ২", "খবর"),
        ({"inline_residue": ["ক+"]}, "খবর ককক শেষ", "খবর শেষ"),
        ({"inline_residue": [" "]}, "খবর শেষ", "খবর শেষ"),
    ],
)
def test_a_pattern_of_ones_own_works_by_itself(options, text, left):
    assert Normalizer(**options).fit([]).normalise(text) == left


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(বিজ্ঞাপন)?", "must match some text, got"),
        ("(", r"must be regular expressions, got '\('"),
        ("[ৰ-৷]", "must be regular expressions, got"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused(pattern, message):
    with pytest.raises(ValueError, match=message):
        Normalizer(inline_residue=[pattern]).fit([])


def test_offsets_lead_back_to_the_same_word():
    text = "প্রথম \u09dc\u200cাজা  [বিজ্ঞাপন_২] শেষ শব্দ"
    normalised, offsets = Normalizer().align(text)
    start = normalised.index("শব্দ")
    assert text[offsets[start] : offsets[start + 4]] == "শব্দ"


def test_legacy_bijoy_text_is_known():
    assert is_legacy_bijoy("Avwg evsjvq Mvb MvB")
    assert not is_legacy_bijoy("The quick brown fox jumps")
    assert bangla_share("hello খবর") == pytest.approx(3 / 8)
