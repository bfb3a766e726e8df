import pickle
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import rows

from khobor_features.mentions import Names
from khobor_features.spelling import respell
from khobor_features.tokenise import Tokenizer

NAMES = Names(
    {
        "ভারত": ["দিল্লি"],
        "রাশিয়া": ["রুশ"],
        "চীন": ["চীনা", "শি জিনপিং"],
        "নাসা": [],
        "উত্তর কোরিয়া": ["কিম জং-উন"],
        "কোরিয়া": [],
        "বাংলাদেশ ২": ["ঢাকা"],
    },
    {"চীন": ["দক্ষিণ চীন সাগর", "চীনাবাদাম"], "নাসা": ["নাসা গ্রুপ"], "রাশিয়া": ["রুশদি"]},
)


def words_of(text):
    return Tokenizer().tokenise(respell(text, "ascii"))


def found(text, target=""):
    """Return the mentions of a text as (words, target, ending)."""
    words = words_of(text)
    return [(" ".join(words[m.start : m.stop]), m.target, m.ending) for m in NAMES.find(words, target)]


def spelt(*parts):
    return tuple(respell(part, "ascii") for part in parts)


@pytest.mark.parametrize(
    ("word", "target", "ending"),
    [
        ("ভারত", "ভারত", ""),
        ("ভারতের", "ভারত", "ের"),
        ("ভারতকে", "ভারত", "কে"),
        ("ভারতে", "ভারত", "ে"),
        ("ভারতীয়", "ভারত", "ীয়"),
        ("ভারতীয়রাও", "ভারত", "ীয়রাও"),
        ("ভারতবাসী", "ভারত", "বাসী"),
        ("দিল্লিই", "ভারত", "ই"),
        ("রাশিয়াও", "রাশিয়া", "ও"),
        ("রাশিয়ায়", "রাশিয়া", "য়"),
        ("উত্তর কোরিয়ার", "উত্তর কোরিয়া", "র"),
        ("কিম জং-উনকে", "উত্তর কোরিয়া", "কে"),
        ("চীনাদের", "চীন", "দের"),
    ],
)
def test_a_name_is_found_with_its_ending(word, target, ending):
    (mention,) = found(f"আজ {word} গেছেন")
    assert spelt(*mention[1:]) == spelt(target, ending)
    assert mention[0].replace(" - ", "-") == respell(word, "ascii")
    assert mention[1] in NAMES.aliases


@pytest.mark.parametrize("word", ["চীনামাটি", "ভারতনাট্যম", "রুশো", "নাসাউ", "রাশিয়ান", "মহাভারত", "চী", "জিনপিং"])
def test_a_word_that_only_begins_like_a_name_is_no_mention(word):
    assert found(f"আজ {word} গেছেন") == []


@pytest.mark.parametrize("text", ["নাসা গ্রুপের টাকা", "দক্ষিণ চীন সাগরে জাহাজ", "চীনাবাদামের দাম", "লেখক রুশদিকে", "রুশদি"])
def test_an_exception_is_no_mention_whatever_its_ending(text):
    assert found(text) == []


def test_an_exception_hides_no_other_mention():
    text = "নাসা গ্রুপ ও নাসা, দক্ষিণ চীন সাগরে চীন, দক্ষিণ চীনের গ্রুপ"
    assert [mention[:2] for mention in found(text)] == [("নাসা", "নাসা"), ("চীন", "চীন"), ("চীনের", "চীন")]


def test_the_longest_name_wins():
    assert [m[1] for m in found("উত্তর কোরিয়াকে কোরিয়া বলে")] == [
        name for name in NAMES.aliases if "কোরি" in name
    ]
    assert found("চীনা") == [("চীনা", "চীন", "")]
    names = Names({"ক": [], "ক খ": [], "ক খ গ": []})
    assert [(m.start, m.stop) for m in names.find("ক খ গ ক খ ক".split())] == [(0, 3), (3, 5), (5, 6)]


SPELLINGS = [
    ("\u09b0\u09be\u09b6\u09bf\u09df\u09be", "\u09b0\u09be\u09b6\u09bf\u09af\u09bc\u09be"),
    ("\u0997\u09dc", "\u0997\u09a1\u09bc"),
    ("\u09a8\u09cd\u09af\u09be\u099f\u09cb", "\u09a8\u09cd\u09af\u09be\u099f\u09c7\u09be"),
]


@pytest.mark.parametrize("spellings", SPELLINGS, ids=["yya", "rra", "o"])
@pytest.mark.parametrize("first", [0, 1])
def test_composed_and_decomposed_letters_find_the_same(spellings, first):
    name, other = spellings[first], spellings[1 - first]
    for names, target in ((Names({name: []}), name), (Names({"x": [name]}), "x"), (Names({}), "")):
        looked_for = names.resolve(name)
        assert names.resolve(other) == looked_for == (target or respell(name, "ascii"))
        for written in (name, other):
            (mention,) = names.find(words_of(f"আজ {written}ও \u098f\u09b2"), looked_for)
            assert (mention.start, mention.target, mention.ending) == (1, looked_for, "\u0993")
    assert list(Names({"x": [name]}, {"x": [other]}).find(words_of(name))) == []


def test_an_ending_may_be_written_with_composed_letters():
    for ending in ("\u09c0\u09df", "\u09c0\u09af\u09bc"):
        (mention,) = found("\u09ad\u09be\u09b0\u09a4" + ending)
        assert mention[1:] == ("\u09ad\u09be\u09b0\u09a4", "\u09c0\u09af\u09bc")


@pytest.mark.parametrize("digits", ["keep", "ascii"])
def test_names_are_spelt_as_the_text_that_is_searched(digits):
    names = Names({"বাংলাদেশ ২": []}, digits=digits)
    words = Tokenizer().tokenise(respell("বাংলাদেশ ২", digits))
    assert [m.target for m in names.find(words)] == ["বাংলাদেশ ২"]


def test_another_name_of_a_target_means_that_target():
    assert NAMES.resolve("দিল্লি") == "ভারত"
    assert NAMES.resolve("  শি   জিনপিং ") == "চীন"
    assert NAMES.resolve("ভারতের") == "ভারতের"  # endings are for text; a target is named as it is
    assert NAMES.resolve("নাসা  গ্রুপ") == "নাসা গ্রুপ"
    assert NAMES.knows("ভারত")
    assert not NAMES.knows("দিল্লি")


def test_a_target_outside_the_table_is_found_by_its_name_and_its_last_word():
    text = "শেখ হাসিনা এলেন। হাসিনার দল ভারতে। শেখ মুজিব"
    assert found(text, "শেখ হাসিনা") == [
        ("শেখ হাসিনা", "শেখ হাসিনা", ""),
        ("হাসিনার", "শেখ হাসিনা", "র"),
        ("ভারতে", "ভারত", "ে"),
    ]


def test_where_neither_stands_any_of_its_words_will_do():
    assert found("শেখের দল ভারতে", "শেখ হাসিনা") == [("শেখের", "শেখ হাসিনা", "ের"), ("ভারতে", "ভারত", "ে")]


def test_a_word_that_is_another_targets_name_never_stands_for_a_target_outside_the_table():
    assert found("ভারতের দল", "জনতা ভারত") == [("ভারতের", "ভারত", "ের")]
    assert found("জনতা ভারতের দল", "জনতা ভারত") == [("জনতা ভারতের", "জনতা ভারত", "ের")]
    assert found("ভারতের জনতা", "জনতা ভারত") == [("ভারতের", "ভারত", "ের"), ("জনতা", "জনতা ভারত", "")]


def test_short_words_of_a_name_do_not_stand_for_it():
    assert found("অব দেশ", "লিগ অব") == []


def test_an_exception_may_be_asked_for_as_a_target():
    assert found("নাসা গ্রুপের টাকা নাসার", "নাসা গ্রুপ") == [
        ("নাসা গ্রুপের", "নাসা গ্রুপ", "ের"),
        ("নাসার", "নাসা", "র"),
    ]


def test_shared_names_are_said():
    names = Names(
        {"ক": ["খগ", "পথ", "সভা"], "ঘ": ["খগ"], "ঙ": ["পথে"], "চ": ["সভার"], "ছ": ["ঢাকা"]},
        {"ক": ["ঢাকা"]},
    )
    assert list(names.overlaps()) == [
        "'খগ' names ক and ঘ; it counts for ক",
        "'পথে' of ঙ is 'পথ' of ক with an ending; it counts for ঙ",
        "'সভার' of চ is 'সভা' of ক with an ending; it counts for চ",
        "'ঢাকা' names ছ and is an exception; it counts for none",
    ]
    counted = [[m.target for m in names.find([word])] for word in ("খগ", "পথে", "সভার", "ঢাকা", "পথকে")]
    assert counted == [["ক"], ["ঙ"], ["চ"], [], ["ক"]]
    assert list(NAMES.overlaps()) == []


PARTS = ["ক", "খ", "গ", "কের", "খকে", "গও", "কক"]
PHRASES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map(" ".join)


@given(
    st.dictionaries(PHRASES, st.lists(PHRASES, max_size=2), max_size=4),
    st.lists(PHRASES, max_size=2),
    st.lists(st.sampled_from(PARTS), max_size=12),
    st.one_of(st.just(""), PHRASES),
)
@example({"ক": []}, [], [], "")
@settings(max_examples=300, deadline=None)
def test_mentions_stand_in_order_overlap_nowhere_and_say_their_words(aliases, exceptions, words, target):
    names = Names(aliases, {"ক": exceptions})
    target = names.resolve(target) if target else ""
    mentions = names.find(words, target)
    last = 0
    for mention in mentions:
        assert last <= mention.start < mention.stop <= len(words)
        last = mention.stop
        assert mention.target in {*aliases, target}
        name = " ".join(words[mention.start : mention.stop]).removesuffix(mention.ending)
        if mention.target in aliases:
            assert names.resolve(name) == mention.target
        assert name
    assert pickle.loads(pickle.dumps(names)).find(words, target) == mentions


def test_pickled_names_find_the_same_and_carry_no_index():
    used = Names(dict(NAMES.aliases), dict(NAMES.exceptions))
    words = [word for row in rows(5) for word in words_of(row["body"])]
    expected = used.find(words)
    again = pickle.loads(pickle.dumps(used))
    assert set(vars(again)) == {"aliases", "exceptions", "digits"}
    assert again.find(words) == expected
    assert again == used


CONFIGS = Path(__file__).parents[1] / "configs"
TABLES = {
    name: yaml.safe_load((CONFIGS / name).read_text("utf-8"))["targets"]
    for name in ("stance.yaml", "stance_own.yaml")
}
SHIPPED = Names(
    {target: table.get("aliases", []) for target, table in TABLES["stance.yaml"].items()},
    {target: table.get("exceptions", []) for target, table in TABLES["stance.yaml"].items()},
)


def targets_of(text):
    return [mention.target for mention in SHIPPED.find(words_of(text))]


def test_both_configs_of_stance_know_the_same_targets():
    assert TABLES["stance.yaml"] == TABLES["stance_own.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "বাজারে চিনির দাম বেড়েছে, চিনি কিনিনি",
        "লোকটিকে চিনতে পারিনি, সে আমাকে চিনে ফেলেছে, তাকে চিনে রাখতে হবে, ওকে চিনিয়ে দিন",
        "সীমান্তের চিন রাজ্যে বৃষ্টি",
        "ভারতী এয়ারটেলের দপ্তর",
        "ঘুড়িটা পাক খেতে খেতে পড়ল, আরও এক পাক ঘুরল, মানুষ মুক্তি পাক।",
        "সবাই ন্যায়বিচার পাক।",
        "আম পাকতে শুরু করেছে, জট পাকিয়ে গেছে",
        "বরফে ঢাকা পাহাড়, চাঁদ মেঘে ঢাকা, চোর গা ঢাকা দিয়েছে, সূর্য ঢাকা পড়েছে",
        "পাঁচ কিমি পথ, দুই কিমির সেতু",
        "সবাই এক কাতারে দাঁড়াল, কাতারে কাতারে মানুষ এল, নিয়মের দোহাই দিয়ে লাভ নেই",
        "নাটোর সদরে ও নাটোরের গ্রামে",
        "নদীর জল হু হু করে বাড়ছে, বাতাস হু-হু করছে",
        "মুখে মাস্ক নেই, মাস্ক পরা বাধ্যতামূলক, মাস্কের দাম",
    ],
)
def test_everyday_words_that_look_like_short_names_are_no_mentions(text):
    assert targets_of(text) == []


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("চিন ও চিনের সেনা, চিনে সফর, চিনা জাহাজ", "চীন"),
        ("ভারতীয় ও ভারতীয়দের", "ভারত"),
        ("পাক সেনা ও পাক সরকারের দাবি, পাকিস্তানের", "পাকিস্তান"),
        ("এক পাক সেনা নিহত, পাক না হলে আর কে", "পাকিস্তান"),
        ("প্রধানমন্ত্রী চিনে না গিয়ে চিনে ফোন করলেন", "চীন"),
        ("রিয়াদ আল কায়েদাকে সমর্থন করে না, বলেছে রিয়াদ", "সৌদি আরব"),
        ("ঢাকা জানিয়েছে, ঢাকায় বৈঠক, ঢাকার মত", "বাংলাদেশ"),
        ("কিম বলেছেন, কিমের বোন", "উত্তর কোরিয়া"),
        ("কাতারে বৈঠক, দোহার মত, দোহায় আলোচনা", "কাতার"),
        ("ন্যাটোর মহড়া, নাটো ও নেটোর", "ন্যাটো"),
        ("হু সতর্ক করেছে, হু-এর মত", "বিশ্ব স্বাস্থ্য সংস্থা"),
        ("ইলন মাস্কের রকেট, বললেন এলন মাস্ক", "স্পেসএক্স"),
    ],
)
def test_short_names_are_still_found_beside_their_exceptions(text, target):
    found = targets_of(text)
    assert len(found) >= 2
    assert set(found) == {target}


def test_a_name_at_the_end_of_a_line_that_was_cut_off_is_a_mention():
    names = Names({"স্পেসএক্স": ["ইলন মাস্ক", "স্পেস-এক্স"], "চীন": []})
    words = Tokenizer().tokenise("বড় গণনা ইলন মাস্কের... স্পেস-এক্সের পরে চীন…")
    found = [(mention.target, mention.ending) for mention in names.find(words)]
    assert found == [("স্পেসএক্স", "ের"), ("স্পেসএক্স", "ের"), ("চীন", "")]
