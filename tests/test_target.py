import pickle

import numpy as np
import pytest
from samples import TARGETS, stance_pairs
from sklearn.base import clone

from khobor_features.mentions import Names
from khobor_features.normalise import Normalizer
from khobor_features.passages import TargetTokenizer
from khobor_features.stack import FeatureStack
from khobor_features.target import VIEWS, TargetFeatures, shown, view
from khobor_features.tokenise import Tokenizer
from khobor_features.vectorise import CharacterTfidf, WordTfidf

TOKENIZER = TargetTokenizer(
    normalizer=Normalizer(digits="ascii"),
    names=Names(TARGETS),
)
WORDS, CHARACTERS = WordTfidf(), CharacterTfidf(ngram_range=(2, 2))
TEXT = "চাঁদে ভারত! চমক\nক খ ভারতের গ ঘ। সে চলে। চীন ঙ চ। ভারতে ছ। শেষ হল।"
EVERYTHING = TargetFeatures(
    words=WORDS,
    characters=CHARACTERS,
    views={name: 1 + i / 10 for i, name in enumerate(VIEWS)},
    window=3,
    cues=0.1,
    identity=0.5,
    min_rows=4,
)


def written(tokens, row=0):
    return " ".join(tokens.words[i] for i in tokens.ids[tokens.starts[row] : tokens.starts[row + 1]])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("article", "চাঁদে <T> ! চমক ক খ <T>ের গ ঘ । সে চলে । <O> ঙ চ । <T>ে ছ । শেষ হল ।"),
        ("headline", "চাঁদে <T> ! চমক"),
        ("lead", "ক খ <T>ের গ ঘ । সে চলে । <O> ঙ চ ।"),
        ("rest", "<T>ে ছ । শেষ হল ।"),
        ("sentences", "চাঁদে <T> ! ক খ <T>ের গ ঘ । <T>ে ছ ।"),
        ("passages", "চাঁদে <T> ! চমক ক খ <T>ের গ ঘ । সে চলে । <T>ে ছ । শেষ হল ।"),
        ("own", "চাঁদে <T> ! চমক ক খ <T>ের গ ঘ । সে চলে । <T>ে ছ । শেষ হল ।"),
        ("window", "চাঁদে <T> ! চমক ক খ <T>ের গ ঘ চ । <T>ে ছ ।"),
        ("before", "চাঁদে <T> ক খ <T>ের চ । <T>ে"),
        ("after", "<T> ! চমক <T>ের গ ঘ <T>ে ছ ।"),
    ],
)
def test_a_view_shows_what_it_is_named_for(name, words):
    tokens = TOKENIZER.transform([(TEXT, "ভারত")])
    assert written(view(tokens, name, 2)) == words


def test_the_own_view_leaves_out_sentences_that_name_another_target_too():
    tokens = TOKENIZER.transform([("ভারত এল। সে বলল। চীন ও ভারত। পরে। চীন গেল। শেষ।", "ভারত")])
    assert written(view(tokens, "own")) == "<T> এল । সে বলল । পরে ।"


def test_the_plain_view_is_the_article_with_its_names():
    tokens = TOKENIZER.transform([(TEXT, "ভারত")])
    assert written(view(tokens, "plain")) == " ".join(Tokenizer().tokenise(TEXT))


@pytest.mark.parametrize("title", ["", "একটি শিরোনাম\n", "কেন? কারণ\n", "কেন? কারণ! এই\n"])
def test_the_lead_is_three_sentences_of_the_body_whatever_the_title(title):
    tokens = TOKENIZER.transform([(title + "এক। দুই। তিন। চার। পাঁচ।", "ভারত")])
    assert written(view(tokens, "lead")) == "এক । দুই । তিন ।"
    assert written(view(tokens, "rest")) == "চার । পাঁচ ।"


def test_a_view_of_another_name_is_refused():
    with pytest.raises(ValueError, match=r"views must be among plain, article, headline, .* got 'body'"):
        shown(TOKENIZER.transform([(TEXT, "ভারত")]), "body")


PAIRS = [(text[:300], target) for text, target in stance_pairs(45)]


def rows():
    return TOKENIZER.transform(PAIRS[:40])


@pytest.mark.parametrize(
    "features",
    [
        TargetFeatures(words=WORDS),
        TargetFeatures(characters=CHARACTERS, views={"window": 0.5, "headline": 2.0}),
        TargetFeatures(words=WORDS, cues=0.1),
        TargetFeatures(words=WORDS, identity=0.7, min_rows=3),
        TargetFeatures(views={}, identity=1.0, min_rows=1),
        EVERYTHING,
    ],
    ids=["words", "views", "cues", "identity", "target name only", "everything"],
)
def test_an_estimator_of_stance_keeps_scikit_learns_contract(features):
    X, new = rows(), TOKENIZER.transform([*PAIRS[40:], ("", "ভারত"), ("ক", "অজানা")])
    before = [X.tokens.ids.copy(), X.mark.copy(), list(X.targets)]
    fitted = clone(features)
    first = fitted.fit_transform(X)
    np.testing.assert_allclose(first.toarray(), clone(features).fit(X).transform(X).toarray(), atol=1e-12)
    expected = fitted.transform(new).toarray()
    assert expected.shape == (7, first.shape[1])
    assert len(set(fitted.get_feature_names_out())) == first.shape[1]
    for other in (clone(features).fit(X), fitted.fit(X), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_allclose(other.transform(new).toarray(), expected, atol=1e-12)
    weights = np.random.default_rng(0).normal(size=(first.shape[1], 3))
    np.testing.assert_allclose(fitted.project(new, weights), expected @ weights, atol=1e-9)
    for i in range(len(new)):
        one = fitted.transform(new.take(np.array([i])))
        np.testing.assert_allclose(one.toarray()[0], expected[i], atol=1e-12)
    assert fitted.get_params(deep=False).keys() == features.get_params(deep=False).keys()
    assert clone(features).set_params(window=5).window == 5
    np.testing.assert_array_equal(before[0], X.tokens.ids)
    np.testing.assert_array_equal(before[1], X.mark)
    assert before[2] == X.targets


def test_the_article_view_equals_the_features_of_topics_on_masked_text():
    X = rows()
    stack = FeatureStack(words=WORDS, characters=CHARACTERS)
    ours = TargetFeatures(words=WORDS, characters=CHARACTERS, views={"article": 1.0})
    expected = stack.fit_transform(X.tokens)
    np.testing.assert_allclose(ours.fit_transform(X).toarray(), expected.toarray(), atol=1e-12)
    assert [n.removeprefix("article__") for n in ours.get_feature_names_out()] == list(
        stack.get_feature_names_out()
    )


def test_a_view_weighs_what_it_is_told_to():
    X = rows()
    light, heavy = (
        TargetFeatures(words=WORDS, views={"article": 1.0, "headline": weight}).fit_transform(X).toarray()
        for weight in (1.0, 3.0)
    )
    names = TargetFeatures(words=WORDS, views={"article": 1.0, "headline": 1.0}).fit(X)
    is_headline = np.array([n.startswith("headline__") for n in names.get_feature_names_out()])
    assert is_headline.any()
    np.testing.assert_allclose(heavy[:, is_headline], 3 * light[:, is_headline])
    np.testing.assert_allclose(heavy[:, ~is_headline], light[:, ~is_headline])


def test_a_target_has_its_own_copy_of_the_words_and_of_nothing_else():
    X = rows()
    features = TargetFeatures(
        words=WORDS, characters=CHARACTERS, views={"article": 1.0}, cues=0.1, identity=0.5, min_rows=3
    )
    matrix = features.fit_transform(X).toarray()
    names = features.get_feature_names_out()
    assert len(features.targets_) > 1
    for target in features.targets_:
        own = np.array([given == target for given in X.targets])
        assert own.sum() >= 3
        who = matrix[:, list(names).index(f"target__{target}")]
        assert who.tolist() == [0.5 if on else 0.0 for on in own]
        copied = [i for i, n in enumerate(names) if n.startswith(f"target={target}__")]
        shared = [list(names).index(names[i].removeprefix(f"target={target}__")) for i in copied]
        assert all("__words__" in names[i] for i in copied)
        np.testing.assert_allclose(matrix[np.ix_(own, copied)], 0.5 * matrix[np.ix_(own, shared)])
        assert not matrix[np.ix_(~own, copied)].any()
        assert matrix[np.ix_(own, copied)].any()


def test_a_target_of_few_rows_is_not_known_by_itself():
    X = TOKENIZER.transform([("ক খ", "ভারত")] * 4 + [("ক গ", "দিল্লি"), ("খ", "নেপাল"), ("গ", "চীন")])
    for min_rows, known in ((1, ["ভারত", "চীন", "নেপাল"]), (5, ["ভারত"]), (6, [])):
        features = TargetFeatures(words=WORDS, identity=0.5, min_rows=min_rows).fit(X)
        assert features.targets_ == sorted(known)


def test_without_identity_the_name_of_a_target_changes_nothing():
    swapped = ("ভারত", "চীন"), ("ভারত", "কাতার"), ("ভারত", "উত্তর কোরিয়া"), ("ভারত", "দিল্লি")
    features = TargetFeatures(
        words=WORDS, characters=CHARACTERS, views={n: 1.0 for n in VIEWS if n != "plain"}, cues=0.1
    ).fit(rows())
    text = "ভারতের চমক\nভারতের সাফল্যের প্রশংসা। ভারতকে নেপাল দায়ী করেছে। ভারতও নেপালের নিন্দা করেছে।"
    expected = features.transform(TOKENIZER.transform([(text, "ভারত")])).toarray()
    for old, new in swapped:
        other = TOKENIZER.transform([(text.replace(old, new), new)])
        np.testing.assert_array_equal(features.transform(other).toarray(), expected)
    plain = TargetFeatures(words=WORDS, characters=CHARACTERS, views={"plain": 1.0}).fit(rows())
    one, two = (
        plain.transform(TOKENIZER.transform([(text.replace("ভারত", name), name)])) for name in ("ভারত", "চীন")
    )
    assert abs(one - two).sum() > 0.1


def test_a_view_that_no_row_has_is_left_out():
    X = TOKENIZER.transform([("ক খ গ", "ভারত"), ("ক ঘ", "চীন")])
    features = TargetFeatures(words=WORDS, views={"headline": 1.0, "article": 1.0, "window": 1.0})
    matrix = features.fit_transform(X)
    assert [name for name, _ in features.blocks_] == ["article"]
    assert matrix.shape[1] == len(features.get_feature_names_out())
    np.testing.assert_allclose(features.transform(X).toarray(), matrix.toarray())


@pytest.mark.parametrize("name", ["headline", "sentences", "window", "rest"])
def test_of_a_view_that_one_article_lacks_nothing_is_seen(name):
    X = TOKENIZER.transform([("ভারত ক\nভারত ক খ। ক। ক। ক। ক", "ভারত"), ("ক খ গ।", "ভারত")])
    features = TargetFeatures(words=WORDS, views={"article": 1.0, name: 1.0}).fit(X)
    alone = TOKENIZER.transform([("ক খ", "ভারত")])
    row = features.transform(alone).toarray()[0]
    seen = [n for n, value in zip(features.get_feature_names_out(), row, strict=True) if value]
    assert np.isfinite(row).all()
    assert not [n for n in seen if n.startswith(name)]


def test_features_that_see_nothing_are_refused():
    X = TOKENIZER.transform([("ক খ গ", "ভারত")])
    with pytest.raises(ValueError, match="views, cues or identity must be given, got none"):
        TargetFeatures(words=WORDS, views={"headline": 1.0}).fit(X)
    with pytest.raises(ValueError, match="min_df must leave at least one feature"):
        TargetFeatures(words=WordTfidf(min_df=9)).fit(X)
