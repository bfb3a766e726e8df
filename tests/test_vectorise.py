import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import ANY, TEXTS
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from khobor_features import vectorise
from khobor_features.stack import FeatureStack
from khobor_features.tokenise import Tokenizer
from khobor_features.topics import TopicFeatures
from khobor_features.vectorise import CharacterTfidf, WordTfidf


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


def _dense(matrix):
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix


LISTS = st.lists(ANY, min_size=1, max_size=6)
OPTIONS = st.tuples(st.sampled_from([1, 2, 3]), st.booleans())


@given(
    LISTS,
    st.lists(ANY, max_size=3),
    st.sampled_from([(1, 1), (1, 2), (2, 3), (3, 3)]),
    OPTIONS,
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_word_features_equal_scikit_learn(texts, new, ngrams, options, stop):
    min_df, sublinear = options
    stop_words = ("আমি", "ক", "।") if stop else ()
    ours = WordTfidf(ngram_range=ngrams, min_df=min_df, sublinear=sublinear, stop_words=stop_words)
    plain = TfidfVectorizer(
        tokenizer=Tokenizer().tokenise,
        token_pattern=None,
        lowercase=False,
        ngram_range=ngrams,
        min_df=min_df,
        sublinear_tf=sublinear,
        stop_words=list(stop_words) or None,
    )
    compare(ours, plain, texts, new)


@given(LISTS, st.lists(ANY, max_size=3), st.sampled_from([(1, 1), (2, 5), (3, 4), (4, 6)]), OPTIONS)
@settings(max_examples=200, deadline=None)
def test_character_features_equal_scikit_learn(texts, new, ngrams, options):
    min_df, sublinear = options
    ours = CharacterTfidf(ngram_range=ngrams, min_df=min_df, sublinear=sublinear)
    plain = TfidfVectorizer(
        analyzer="char_wb",
        preprocessor=lambda text: " ".join(Tokenizer().tokenise(text)),
        lowercase=False,
        ngram_range=ngrams,
        min_df=min_df,
        sublinear_tf=sublinear,
    )
    compare(ours, plain, texts, new)


def compare(ours, plain, texts, new):
    """Compare columns by name, values to 1e-6."""
    try:
        expected = plain.fit_transform(texts)
    except ValueError:  # scikit-learn: nothing is left of the vocabulary
        with pytest.raises(ValueError, match="at least one feature"):
            ours.fit(Tokenizer().transform(texts))
        return
    matrix = ours.fit_transform(Tokenizer().transform(texts))
    names = ours.get_feature_names_out()
    assert len(set(names)) == len(names)
    order = np.argsort(names)
    assert list(names[order]) == list(plain.get_feature_names_out())
    np.testing.assert_allclose(matrix.toarray()[:, order], expected.toarray(), atol=1e-6)
    if new:
        matrix = ours.transform(Tokenizer().transform(new))
        np.testing.assert_allclose(matrix.toarray()[:, order], plain.transform(new).toarray(), atol=1e-6)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_blocks_of_rows_change_nothing(monkeypatch, rows):
    tokens = Tokenizer().transform(TEXTS)
    families = [("words", WordTfidf(ngram_range=(1, 2))), ("characters", CharacterTfidf(min_df=2))]
    expected = FeatureUnion(families).fit_transform(tokens)
    monkeypatch.setattr("khobor_features.counts.ROWS", rows)
    monkeypatch.setattr(vectorise, "ROWS", rows)
    stack = FeatureStack(words=families[0][1], characters=families[1][1])
    for matrix in (stack.fit_transform(tokens), stack.transform(tokens)):
        np.testing.assert_allclose(matrix.toarray(), expected.toarray(), atol=1e-12)
    for i in range(len(TEXTS)):
        one = stack.transform(tokens.take(np.array([i])))
        np.testing.assert_allclose(one.toarray(), expected[i].toarray(), atol=1e-12)


@pytest.mark.parametrize("rows", [5, 1])
def test_projecting_equals_transforming_and_multiplying(rows):
    tokens = Tokenizer().transform(TEXTS)
    stack = FeatureStack(
        words=WordTfidf(ngram_range=(1, 2)),
        characters=CharacterTfidf(),
        topics=TopicFeatures(n_topics=2, min_df=1),
        topics_weight=0.3,
    ).fit(tokens)
    some = tokens.take(np.arange(rows))
    X = stack.transform(some)
    weights = np.random.default_rng(0).normal(size=(X.shape[1], 3))
    np.testing.assert_allclose(stack.project(some, weights), X @ weights, atol=1e-12)


def test_the_memory_of_words_is_bounded_and_forgetting_changes_nothing(monkeypatch):
    model = CharacterTfidf().fit(Tokenizer().transform(TEXTS))
    expected = [model.transform(Tokenizer().transform([text])).toarray() for text in TEXTS]
    monkeypatch.setattr(vectorise, "MAX_WORDS", 3)
    for _ in range(2):
        for text, row in zip(TEXTS, expected, strict=True):
            np.testing.assert_allclose(model.transform(Tokenizer().transform([text])).toarray(), row)
            assert len(model._memory) <= max(3, len(Tokenizer().transform([text]).words))


@pytest.mark.parametrize("name", ["WordTfidf", "CharacterTfidf"])
def test_an_ngram_range_that_falls_is_refused(name):
    with pytest.raises(ValueError, match=r"ngram_range must be 1 <= low <= high, got \(3, 2\)"):
        getattr(vectorise, name)(ngram_range=(3, 2)).fit(Tokenizer().transform(TEXTS))
