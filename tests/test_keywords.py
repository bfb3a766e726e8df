from khobor_features.normalise import Normalizer
from khobor_features.tokenise import Tokenizer
from khobor_training.keywords import keyword_rule

TEXTS = [
    "চন্দ্রযান-৩ চাঁদে নেমেছে, চাঁদের ছবি এসেছে।",
    "চাঁদ দেখা গেছে।",
    "শীর্ষ সম্মেলনে যোগ দিলেন, শীর্ষ সম্মেলন শেষ।",
    "দলের শীর্ষ",
    "সম্মেলন আজ, শীর্ষ বৈঠক কাল, সম্মেলন পরশু।",
    "বিজ্ঞাপন নিয়ে কথা, নিয়ে কাজ।",
]


def rule(*keywords):
    tokens = Tokenizer(normalizer=Normalizer(digits="ascii")).transform(TEXTS)
    return keyword_rule({"a": list(keywords)}, ["a"], Normalizer(digits="ascii"), tokens)[:, 0].tolist()


def test_two_keywords_make_a_label_and_one_does_not():
    assert rule("চাঁদ") == [1, 0, 0, 0, 0, 0]


def test_a_phrase_is_words_in_a_row_within_one_text():
    assert rule("শীর্ষ সম্মেলন") == [0, 0, 1, 0, 0, 0]


def test_a_keyword_is_spelt_and_split_like_the_text():
    assert rule("চন্দ্রযান-৩", "চাঁদে") == [1, 0, 0, 0, 0, 0]


def test_a_keyword_that_looks_like_residue_is_a_keyword():
    assert rule("বিজ্ঞাপন") == [0] * 6
    assert rule("বিজ্ঞাপন", "নিয়ে") == [0, 0, 0, 0, 0, 1]
