import pytest

from khobor_features import lexicon
from khobor_features.normalise import Normalizer
from khobor_features.spelling import respell

STEMS = {
    name: respell(text, "ascii").split()
    for name, text in (("praise", lexicon.PRAISE), ("blame", lexicon.BLAME), ("", lexicon.NEITHER))
}


@pytest.mark.parametrize("name", STEMS)
def test_a_stem_is_on_the_side_that_it_stands_on(name):
    assert [stem for stem in STEMS[name] if lexicon.side(stem) != name] == []


def test_no_stem_stands_twice():
    stems = [stem for own in STEMS.values() for stem in own]
    assert sorted(stems) == sorted(set(stems))


def test_a_stem_of_neither_side_takes_words_from_one_of_the_others():
    sides = {stem for name in ("praise", "blame") for stem in STEMS[name]}
    assert [s for s in STEMS[""] if not any(s[:n] in sides for n in range(1, len(s) + 1))] == []


@pytest.mark.parametrize(
    ("word", "side"),
    [
        ("প্রশংসিত", "praise"),
        ("সাফল্যের", "praise"),
        ("নিন্দায়", "blame"),
        ("দায়", "blame"),
        ("দায়িত্ব", ""),
        ("দায়িত্বহীনতা", "blame"),
        ("দায়িত্বশীল", "praise"),
        ("দক্ষ", "praise"),
        ("দক্ষিণ", ""),
        ("অদক্ষ", "blame"),
        ("ভয়েজার", ""),
        ("মহানগর", ""),
        ("টেবিল", ""),
        ("", ""),
    ],
)
def test_the_longest_stem_decides(word, side):
    assert lexicon.side(Normalizer(digits="ascii").normalise(word)) == side
