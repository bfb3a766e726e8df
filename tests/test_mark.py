import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import ANY, TEXTS, rows

from khobor_features.normalise import Normalizer
from khobor_features.tokenise import Tokenizer
from khobor_training.mark import pieces, to_html, to_terminal

NORMALIZER = Normalizer(digits="ascii")


def words_of(text):
    return Tokenizer(normalizer=NORMALIZER).tokenise(text)


@given(ANY, st.integers(0, 5))
def test_pieces_join_to_the_text_and_parts_are_of_its_words(text, step):
    parts = {word: 1.0 + i * step for i, word in enumerate(words_of(text))}
    found = pieces(text, NORMALIZER, parts)
    assert "".join(piece for piece, _ in found) == text
    assert all(piece for piece, _ in found)


def test_every_word_of_the_starter_corpus_can_be_placed():
    for row in rows(760):
        text = row["title"] + "\n" + row["body"]
        parts = {word: 1.0 + i % 7 for i, word in enumerate(dict.fromkeys(words_of(text)))}
        found = pieces(text, NORMALIZER, parts)
        assert "".join(piece for piece, _ in found) == text
        assert sum(part for _, part in found) == pytest.approx(sum(parts.values()))


def test_a_part_is_shared_by_the_places_of_a_word():
    found = pieces("চাঁদে জল, চাঁদে মাটি", NORMALIZER, {"চাঁদে": 0.5, "মাটি": -1.0, "অন্য": 9.0})
    assert found == [("চাঁদে", 0.25), (" জল, ", 0), ("চাঁদে", 0.25), (" ", 0), ("মাটি", -1.0)]


def test_a_word_is_marked_as_it_was_spelt():
    composed, decomposed = "বা\u09dcি", "বা\u09a1\u09bcি"
    assert words_of(composed) == words_of(decomposed)
    (word,) = words_of(composed)
    for spelt in (composed, decomposed):
        assert pieces(spelt, NORMALIZER, {word: 1.0}) == [(spelt, 1.0)]


def test_words_that_are_glued_together_are_marked_one_by_one():
    found = pieces("চন্দ্রযান-৩।", NORMALIZER, {"চন্দ্রযান": 1.0, "3": 2.0})
    assert found == [("চন্দ্রযান", 1.0), ("-", 0.0), ("৩", 2.0), ("।", 0.0)]


def test_words_that_were_respelt_as_one_are_marked_as_one():
    chunk, words = "\u0964\u0981\u09bf", ["\u0964", "\u09bf\u0981"]  # the signs change places
    assert words_of(f"ক {chunk}") == ["ক", *words]
    found = pieces(f"ক {chunk}", NORMALIZER, dict(zip(words, [1.0, 2.0], strict=True)))
    assert found == [("ক ", 0.0), (chunk, 3.0)]


def test_residue_has_no_part():
    text = "সেনা মহড়া।\n[বিজ্ঞাপন_২]\nমন্তব্য (0)"
    found = pieces(text, NORMALIZER, {"সেনা": 1.0, "বিজ্ঞাপন": 5.0, "মন্তব্য": 5.0})
    assert [pair for pair in found if pair[1]] == [("সেনা", 1.0)]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_html_holds_the_text_and_nothing_of_it_is_markup(text):
    text = f"{text} <script>alert(1)</script>"
    parts = {word: 1.0 - i for i, word in enumerate(words_of(text))}
    page = to_html(pieces(text, NORMALIZER, parts))
    assert "<script" not in page
    assert html.unescape(re.sub(r"<sup>.*?</sup>|<[^>]*>", "", page)) == text


def test_html_tells_for_and_against_by_sign_and_strength_by_class():
    page = to_html([("ক", 1.0), (" ", 0.0), ("খ", -0.5), ("গ", 0.01)])
    assert page == (
        '<mark class="for g3" title="+1.000">ক<sup>+</sup></mark> '
        '<mark class="against g2" title="−0.500">খ<sup>−</sup></mark>গ'
    )


def test_a_terminal_shows_signs_and_where_it_can_colours(monkeypatch):
    marked = [("ক", 1.0), (" ", 0.0), ("খ", -0.5)]
    assert to_terminal(marked) == "[+++ক] [--খ]"  # no terminal here
    assert to_terminal(marked, colour=True) == "\x1b[36;4;1m[+++ক]\x1b[0m \x1b[35;4m[--খ]\x1b[0m"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" in to_terminal(marked)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in to_terminal(marked)


def test_a_text_cannot_command_a_terminal():
    assert "\x1b" not in to_terminal([("\x1b[2Jক\r", 1.0), ("\x9b\n", 0.0)])
