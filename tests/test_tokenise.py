import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import ANY, TEXTS

from khobor_features import tokenise
from khobor_features.bnlp import basic_tokenizer
from khobor_features.normalise import Normalizer
from khobor_features.tokenise import Tokenizer


@given(ANY)
@settings(max_examples=400, deadline=None)
def test_our_tokens_equal_bnlps(text):
    assert Tokenizer().tokenise(text) == basic_tokenizer().tokenize(text)
    tokens = Tokenizer().transform([text])
    assert [tokens.words[i] for i in tokens.ids] == basic_tokenizer().tokenize(text)


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


@given(st.lists(ANY, min_size=1, max_size=3))
@settings(max_examples=400, deadline=None)
def test_tokens_of_normalised_text_equal_bnlps(texts):
    normalizer = Normalizer(digits="ascii")
    tokens = Tokenizer(normalizer=normalizer).transform(texts)
    for i, text in enumerate(texts):
        own = [tokens.words[j] for j in tokens.ids[tokens.starts[i] : tokens.starts[i + 1]]]
        assert own == basic_tokenizer().tokenize(normalizer.normalise(text))


@pytest.mark.parametrize(
    "normalizer",
    [
        Normalizer(digits="ascii"),
        Normalizer(inline_residue=["শেষ কথা"], tail_residue=[".*নিজস্ব.*"]),
        Normalizer(inline_residue=[], tail_residue=[]),
    ],
    ids=["default", "own patterns", "none"],
)
@pytest.mark.parametrize(
    "text",
    [
        "শিরোনাম\nখবর [ বিজ্ঞাপন_২ ] আরও খবর।",
        "খবরের লেখা। সূত্র : রয়টার্স",
        "খবরের লেখা। সূত্র: রয়টার্স\nআরও কথা।",
        "সূত্র জানায়, খবর : সত্য।\n\nমন্তব্য (০)\n",
        "খবর শেষ\u200c কথা।\nনিজস্ব প্রতিবেদক",
        "ক" * 500 + "\nমন্তব্য (০)",
        "খবর " + "কে\u09be " * 300 + "\rমন্তব্য (০)",
        "",
    ],
)
def test_residue_leaves_the_tokens_as_it_leaves_the_text(normalizer, text):
    expected = basic_tokenizer().tokenize(normalizer.normalise(text))
    assert Tokenizer(normalizer=normalizer).tokenise(text) == expected


def test_the_memory_of_chunks_is_bounded_and_forgetting_changes_nothing(monkeypatch):
    monkeypatch.setattr(tokenise, "MAX_CHUNKS", 5)
    monkeypatch.setattr(tokenise, "BLOCK", 1)
    ours = Tokenizer(normalizer=Normalizer())
    texts = [f"শব্দ{i} আর শব্দ{i + 1}, এই।" for i in range(50)]
    for _ in range(2):
        tokens = ours.transform(texts)
        for i, text in enumerate(texts):
            own = [tokens.words[j] for j in tokens.ids[tokens.starts[i] : tokens.starts[i + 1]]]
            assert own == basic_tokenizer().tokenize(text)
        assert len(ours._memory.chunks) <= 10


def test_threads_may_share_a_tokenizer(monkeypatch):
    monkeypatch.setattr(tokenise, "MAX_CHUNKS", 20)
    ours, wrong = Tokenizer(normalizer=Normalizer()), []

    def work(seed):
        for i in range(60):
            text = f"ক{seed} খ{i} গ{seed * i}, ঘ।"
            if ours.tokenise(text) != basic_tokenizer().tokenize(text):
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
