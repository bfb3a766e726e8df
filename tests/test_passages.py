import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import ANY, rows
from sklearn.base import clone

from khobor_features.mentions import Names
from khobor_features.normalise import Normalizer
from khobor_features.passages import OTHER, TARGET, TargetTokenizer, has_title, sentences
from khobor_features.spelling import respell
from khobor_features.tokenise import Tokenizer

NORMALIZER = Normalizer(digits="ascii")
NAMES = Names(
    {"ভারত": ["দিল্লি", "মোদী সরকার"], "চীন": ["বেইজিং"], "উত্তর কোরিয়া": [], "ক": []},
    {"চীন": ["চীন সাগর"]},
)
TOKENIZER = TargetTokenizer(normalizer=NORMALIZER, names=NAMES)

# Signs that end sentences, open and close quotations, and stand inside words of numbers.
SIGNS = st.text(st.sampled_from("কখ.।\u09f7॥?!\"'”’“‘ \n2-XTEMPDOT,\u09be\u200d"), max_size=20)
TEXT = st.one_of(ANY, SIGNS)


def written(tokens):
    """Return the words of each text of Tokens."""
    words = [tokens.words[i] for i in tokens.ids]
    return [words[a:b] for a, b in zip(tokens.starts[:-1], tokens.starts[1:], strict=True)]


def seen(text, target="ভারত"):
    return TOKENIZER.transform([(text, target)])


def marked(tokens, kept):
    """Return the masked words of one row for which `kept` is true, as a text."""
    return " ".join(word for word, on in zip(written(tokens.tokens)[0], kept, strict=True) if on)


@given(st.lists(TEXT, min_size=1, max_size=3))
@settings(max_examples=400, deadline=None)
def test_plain_words_are_those_that_topics_see(texts):
    ours = TOKENIZER.transform([(text, "ভারত") for text in texts])
    assert written(ours.plain) == written(Tokenizer(normalizer=NORMALIZER).transform(texts))


def test_plain_words_of_articles_are_those_that_topics_see():
    texts = [row["title"] + "\n" + row["body"] for row in rows(200)]
    ours = TOKENIZER.transform([(text, "ভারত") for text in texts])
    assert written(ours.plain) == written(Tokenizer(normalizer=NORMALIZER).transform(texts))


@given(TEXT)
@settings(max_examples=400, deadline=None)
def test_sentences_cover_all_that_is_written_and_do_not_overlap(text):
    normal, last = NORMALIZER.normalise(text), 0
    for start, stop in sentences(normal):
        assert last <= start < stop
        assert not normal[last:start].strip()
        assert normal[start:stop] == normal[start:stop].strip()
        assert "\n" not in normal[start:stop]
        last = stop
    assert not normal[last:].strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("তিনি এলেন। তিনি গেলেন।", ["তিনি এলেন।", "তিনি গেলেন।"]),
        ("কেন?! কীভাবে!", ["কেন?!", "কীভাবে!"]),
        ("“যাব না।” বলে তিনি যান", ["“যাব না।”", "বলে তিনি যান"]),
        ("শিরোনাম\nলেখা॥ শেষ", ["শিরোনাম", "লেখা॥", "শেষ"]),
        ("২.৫ টন। ড. খান", ["২.৫ টন।", "ড. খান"]),
        ("।। একা", ["।।", "একা"]),
        ("", []),
    ],
)
def test_a_sentence_ends_with_its_mark_or_its_line(text, expected):
    assert [text[a:b] for a, b in sentences(text)] == expected


def test_a_mention_becomes_one_word_that_keeps_its_ending():
    tokens = seen("ভারতের সঙ্গে চীন, উত্তর কোরিয়াকে দিল্লিও মোদী সরকারই চীন সাগরে")
    expected = ["<T>ের", "সঙ্গে", "<O>", ",", "<O>কে", "<T>ও", "<T>ই", "চীন", "সাগরে"]
    assert written(tokens.tokens) == [expected]
    assert tokens.mark.tolist() == [TARGET, 0, OTHER, 0, OTHER, TARGET, TARGET, 0, 0]
    assert tokens.n_mentions.tolist() == [3]
    assert respell("কোরিয়াকে", "ascii") in written(tokens.plain)[0]


@pytest.mark.parametrize("name", ["উত্তর কোরিয়া", "মোদী সরকার"], ids=["name", "alias"])
def test_a_titles_last_word_and_the_bodys_first_are_no_name(name):
    first, last = name.split()
    target = NAMES.resolve(name)
    assert len(TOKENIZER.mentions(f"কথা বলছে {first} {last}ের নেতা এলেন।", target)) == 1
    apart = f"কথা বলছে {first}\n{last}ের নেতা এলেন।"
    assert TOKENIZER.mentions(apart, target) == []
    assert TOKENIZER.mentioned(apart) == []
    assert not (seen(apart, name).mark == TARGET).any()


def test_over_the_end_of_a_line_only_the_last_word_of_an_unknown_name_is_found():
    found = [words for words, _ in TOKENIZER.mentions("এলেন শেখ\nহাসিনা এলেন।", "শেখ হাসিনা")]
    assert found == [["হাসিনা"]]


def test_no_exception_reaches_over_the_end_of_its_line():
    assert TOKENIZER.mentioned("জাহাজ গেল চীন\nসাগরে ঝড়।") == ["চীন"]
    assert TOKENIZER.mentioned("জাহাজ গেল চীন সাগরে ঝড়।") == []


def test_each_row_is_masked_for_its_own_target():
    text = "ভারত ও চীন"
    tokens = TOKENIZER.transform([(text, "ভারত"), (text, "বেইজিং"), (text, "কাতার"), ("কাতারে", "কাতার")])
    assert written(tokens.tokens) == [["<T>", "ও", "<O>"], ["<O>", "ও", "<T>"], ["<O>", "ও", "<O>"], ["<T>ে"]]
    assert tokens.targets == ["ভারত", "চীন", "কাতার", "কাতার"]
    assert tokens.n_mentions.tolist() == [1, 1, 0, 1]
    assert written(tokens.plain)[0] == written(tokens.plain)[1]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("চাঁদে ভারত\nলেখা শুরু। শেষ", "চাঁদে <T>"),
        ("থামবে যুদ্ধ? চাপে ভারত\nলেখা শুরু।", "থামবে যুদ্ধ ? চাপে <T>"),
        ("ভারত চাঁদে নামল।\nলেখা শুরু।", ""),
        ("ভারত " * 26 + "\nলেখা", ""),
        ("একটিই লাইন", ""),
        ("", ""),
    ],
    ids=["title", "two sentences", "sentence", "long", "one line", "empty"],
)
def test_the_title_is_a_short_first_line_that_is_no_sentence(text, title):
    tokens = seen(text)
    assert marked(tokens, tokens.headline) == title
    assert has_title(NORMALIZER.normalise(text)) == bool(title)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("তিনি বলেন, “আমি যাব” আজ", "“ আমি যাব ”"),
        ("তিনি বলেন, ‘আমি যাব’ আজ", "‘ আমি যাব ’"),
        ('তিনি বলেন, "আমি যাব" আজ', '" আমি যাব "'),
        ("তিনি বলেন, 'আমি যাব' আজ", "' আমি যাব '"),
        ("“আমি ‘নেতা’ হব” বলে", "“ আমি ‘ নেতা ’ হব ”"),
        ("“আমি যাব। ভারত যাবে।” তিনি", "“ আমি যাব । <T> যাবে । ”"),
        ("“আমি যাব\nভারত নয়” তিনি", "“ আমি যাব"),
        ("“এক” দুই “তিন”", "“ এক ” “ তিন ”"),
        ("এক” দুই", ""),
    ],
)
def test_what_stands_inside_quotation_marks_is_quoted_and_no_quotation_leaves_its_line(text, quoted):
    tokens = seen(text)
    assert marked(tokens, tokens.quoted) == quoted


def test_about_the_target_are_its_sentences_and_those_that_go_on():
    tokens = seen("কথা। ভারত এল। সে বলল। আবার বলল। চীন গেল। সে হাসল। চীন ও ভারত। পরে। ভারত ও চীন। শেষ।")
    with_target = "<T> এল । <O> ও <T> । <T> ও <O> ।"
    assert marked(tokens, tokens.with_target) == with_target
    about = "<T> এল । সে বলল । আবার বলল । <O> ও <T> । পরে । <T> ও <O> ।"
    assert marked(tokens, tokens.about_target) == about


def test_a_passage_ends_with_its_article():
    both = TOKENIZER.transform([("ভারত এল।", "ভারত"), ("সে গেল।", "ভারত"), ("", "ভারত"), ("ভারত", "ভারত")])
    assert both.about_target.tolist() == [True] * 3 + [False] * 3 + [True]
    assert both.row.tolist() == [0, 0, 0, 1, 1, 1, 3]
    assert (np.diff(both.sentence_key) >= 0).all()


ROWS = st.lists(st.tuples(TEXT, st.sampled_from(["ভারত", "ক", "চীন", "খ"])), min_size=1, max_size=4)


@given(ROWS, st.data())
@settings(max_examples=200, deadline=None)
def test_rows_that_are_taken_are_those_rows_alone(given_rows, data):
    chosen = data.draw(st.lists(st.integers(0, len(given_rows) - 1), max_size=4))
    taken = TOKENIZER.transform(given_rows).take(np.array(chosen, dtype=np.intp))
    alone = TOKENIZER.transform([given_rows[i] for i in chosen])
    assert len(taken) == len(chosen)
    assert written(taken.tokens) == written(alone.tokens)
    assert written(taken.plain) == written(alone.plain)
    assert taken.targets == alone.targets
    for name in ("sentence", "headline", "quoted", "mark", "with_target", "about_target", "n_mentions"):
        np.testing.assert_array_equal(getattr(taken, name), getattr(alone, name), err_msg=name)
    kept = alone.mark == 0
    assert written(taken.where(kept)) == written(alone.where(kept))
    assert set(taken.where(kept).words) == {word for text in written(taken.where(kept)) for word in text}


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_masking_replaces_mentions_and_nothing_else(given_rows):
    tokens = TOKENIZER.transform(given_rows)
    for i, (masked, plain) in enumerate(zip(written(tokens.tokens), written(tokens.plain), strict=True)):
        mark = tokens.mark[tokens.row == i].tolist()
        rest = iter(plain)
        for word, on in zip(masked, mark, strict=True):
            assert word.startswith(("<T>", "<O>")[on - 1]) if on else word in rest  # in order


def test_targets_that_a_text_mentions_are_listed_by_how_often():
    assert TOKENIZER.mentioned("চীন, দিল্লি, ভারত, চীন সাগর") == ["ভারত", "চীন"]
    assert TOKENIZER.mentioned("চীনামাটি") == []


def test_a_tokenizer_can_be_cloned_and_pickled():
    text = "ভারতের সঙ্গে চীন"
    for other in (clone(TOKENIZER), pickle.loads(pickle.dumps(TOKENIZER))):
        again = other.transform([(text, "ভারত")])
        assert written(again.tokens) == written(seen(text).tokens)
    assert set(TOKENIZER.get_params(deep=False)) == {"normalizer", "names"}
    with pytest.raises(ValueError, match="digits must be 'keep' or 'ascii', got 'x'"):
        TargetTokenizer(normalizer=Normalizer(digits="x"), names=NAMES).fit([])


def test_residue_is_neither_a_sentence_nor_a_mention():
    tokens = seen("শিরোনাম\nভারত এল। [বিজ্ঞাপন_২] শেষ।\nসূত্র: ভারত")
    assert written(tokens.plain)[0] == ["শিরোনাম", "ভারত", "এল", "।", "শেষ", "।"]
    assert tokens.sentence.tolist() == [0, 1, 1, 1, 2, 2]
