import pickle
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer

from khobor_features.bnlp import basic_tokenizer, stop_words
from khobor_features.normalise import Normalizer, bangla_share, is_legacy_bijoy
from khobor_features.tokenise import Tokenizer
from khobor_features.topics import TopicFeatures
from khobor_features.vectorise import CharacterTfidf, WordTfidf

BANGLA = st.text(
    st.sampled_from("কতড়য়ািে োঁ়্ঃ।৷.\u200c\u200d\u09bc\u0985\u09be\u0981১২ \n[]বিজ্ঞাপন_:/(মন্তব্য)XTEMPDOT-‘’")
)
ANY = st.one_of(st.text(), BANGLA)
TEXTS = [
    "আমি বাংলায় গান গাই। আমি আমার আমিকে চিরদিন এই বাংলায় খুঁজে পাই।",
    "ইসরোর চন্দ্রযান-৩ চাঁদে নেমেছে, ২.৫ টন ওজন।",
    "সেনা মহড়া শুরু, সেনা প্রধান উপস্থিত।",
    "চাঁদে জল আছে কি না, তা নিয়ে সেনা নয়, বিজ্ঞানী ভাবেন।",
    "",
]


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


def test_offsets_lead_back_to_the_same_word():
    text = "প্রথম \u09dc\u200cাজা  [বিজ্ঞাপন_২] শেষ শব্দ"
    normalised, offsets = Normalizer().align(text)
    start = normalised.index("শব্দ")
    assert text[offsets[start] : offsets[start + 4]] == "শব্দ"


def test_legacy_bijoy_text_is_known():
    assert is_legacy_bijoy("Avwg evsjvq Mvb MvB")
    assert not is_legacy_bijoy("The quick brown fox jumps")
    assert bangla_share("hello খবর") == pytest.approx(3 / 8)


@given(ANY)
@settings(max_examples=400, deadline=None)
def test_our_tokens_equal_bnlps(text):
    assert Tokenizer().tokenise(text) == basic_tokenizer().tokenize(text)
    tokens = Tokenizer().transform([text])
    assert [tokens.words[i] for i in tokens.ids] == basic_tokenizer().tokenize(text)


def test_what_is_loaded_is_what_bnlp_ships():
    origin = Path(find_spec("bnlp").origin).parent / "corpus" / "_stopwords.py"
    spec = spec_from_file_location("shipped", origin)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert stop_words() == module.bengali_stopwords


def test_counting_leaves_the_tokens_as_they_are():
    tokens = Tokenizer().transform(TEXTS)
    before = tokens.ids.copy(), tokens.starts.copy()
    assert tokens.counts.sum() == len(tokens.ids)
    np.testing.assert_array_equal(tokens.ids, before[0])
    np.testing.assert_array_equal(tokens.starts, before[1])


def test_rows_taken_from_tokens_are_the_tokens_of_those_texts():
    tokens = Tokenizer().transform(TEXTS).take(np.array([3, 1]))
    alone = Tokenizer().transform([TEXTS[3], TEXTS[1]])
    assert [tokens.words[i] for i in tokens.ids] == [alone.words[i] for i in alone.ids]


@given(
    st.lists(ANY, min_size=1, max_size=5),
    st.lists(ANY, max_size=3),
    st.sampled_from([(1, 1), (1, 2), (2, 3)]),
)
@settings(max_examples=150, deadline=None)
def test_word_features_equal_scikit_learn(texts, new, ngrams):
    _compare(
        WordTfidf(ngram_range=ngrams, sublinear=True),
        texts,
        new,
        ngram_range=ngrams,
        analyzer="word",
    )


@given(
    st.lists(ANY, min_size=1, max_size=5),
    st.lists(ANY, max_size=3),
    st.sampled_from([(1, 1), (2, 5), (3, 4)]),
)
@settings(max_examples=150, deadline=None)
def test_character_features_equal_scikit_learn(texts, new, ngrams):
    _compare(
        CharacterTfidf(ngram_range=ngrams, sublinear=True),
        texts,
        new,
        ngram_range=ngrams,
        analyzer="char_wb",
    )


def _compare(ours, texts, new, analyzer, ngram_range):
    tokenise = Tokenizer().tokenise
    if analyzer == "word":
        plain = TfidfVectorizer(
            tokenizer=tokenise,
            token_pattern=None,
            lowercase=False,
            ngram_range=ngram_range,
            sublinear_tf=True,
        )
        plain_texts, plain_new = texts, new
    else:
        plain = TfidfVectorizer(
            analyzer="char_wb", lowercase=False, ngram_range=ngram_range, sublinear_tf=True
        )
        plain_texts, plain_new = ([" ".join(tokenise(t)) for t in part] for part in (texts, new))
    try:
        expected = plain.fit_transform(plain_texts)
    except ValueError:  # scikit-learn: empty vocabulary
        with pytest.raises(ValueError, match="at least one feature"):
            ours.fit(Tokenizer().transform(texts))
        return
    matrix = ours.fit_transform(Tokenizer().transform(texts))
    assert list(ours.get_feature_names_out()) == list(plain.get_feature_names_out())
    np.testing.assert_allclose(matrix.toarray(), expected.toarray(), atol=1e-6)
    if new:
        matrix = ours.transform(Tokenizer().transform(new))
        np.testing.assert_allclose(matrix.toarray(), plain.transform(plain_new).toarray(), atol=1e-6)


@pytest.mark.parametrize("estimator", [WordTfidf(), CharacterTfidf(), TopicFeatures(n_topics=2, min_df=1)])
def test_an_estimator_can_be_cloned_refitted_and_pickled(estimator):
    tokens = Tokenizer().transform(TEXTS)
    fitted = clone(estimator).fit(tokens)
    expected = _dense(fitted.transform(tokens))
    for other in (
        clone(estimator).fit(tokens),
        fitted.fit(tokens),
        pickle.loads(pickle.dumps(fitted)),
    ):
        np.testing.assert_allclose(_dense(other.transform(tokens)), expected, atol=1e-12)
    assert fitted.get_params() == estimator.get_params()


@pytest.mark.parametrize("kind", ["nmf", "lda"])
def test_topics_of_a_text_do_not_depend_on_its_batch(kind):
    model = TopicFeatures(kind=kind, n_topics=3, min_df=1).fit(Tokenizer().transform(TEXTS))
    together = model.transform(Tokenizer().transform(TEXTS))
    for i, text in enumerate(TEXTS):
        np.testing.assert_allclose(model.transform(Tokenizer().transform([text]))[0], together[i], atol=1e-9)


def test_stop_words_leave_word_features():
    model = WordTfidf(stop_words=("আমি",)).fit(Tokenizer().transform(TEXTS))
    assert "আমি" not in model.vocabulary_


def _dense(matrix):
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix
