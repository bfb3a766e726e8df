import json
import re
import unicodedata
from collections import Counter, defaultdict
from itertools import combinations
from statistics import median

import pytest

from khobor_features.normalise import Normalizer
from khobor_training.data import CORPUS

ROWS = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]
ARTICLES = {row["id"]: row for row in ROWS}


def words(row):
    text = Normalizer(digits="ascii").normalise(f"{row['title']}\n{row['body']}")
    return re.findall(r"[^\W_](?:[^\W_]|[\u0981-\u0983\u09bc-\u09d7])*", unicodedata.normalize("NFC", text))


WORDS = {name: words(row) for name, row in ARTICLES.items()}


def runs(name, length):
    own = WORDS[name]
    return {tuple(own[i : i + length]) for i in range(len(own) - length + 1)}


def test_the_starter_corpus_has_enough_articles_of_every_topic():
    assert len(ARTICLES) >= 150
    counts = Counter(topic for row in ARTICLES.values() for topic in row["topics"])
    assert all(counts[topic] >= 40 for topic in ("diplomacy", "space", "military"))
    assert sum(not row["topics"] for row in ARTICLES.values()) >= 40


def test_rows_of_an_article_agree():
    for row in ROWS:
        assert {k: row[k] for k in ("title", "body", "topics", "event")} == {
            k: ARTICLES[row["id"]][k] for k in ("title", "body", "topics", "event")
        }
    assert len({(row["id"], row["target"]) for row in ROWS}) == len(ROWS)


def test_articles_are_as_long_as_news():
    lengths = [len(f"{row['title']} {row['body']}".split()) for row in ARTICLES.values()]
    assert min(lengths) >= 60
    assert max(lengths) <= 450
    assert 140 <= median(lengths) <= 220


def test_no_two_events_share_a_run_of_eight_words():
    seen = defaultdict(set)
    for name, row in ARTICLES.items():
        for run in runs(name, 8):
            seen[run].add(row["event"])
    assert [run for run, events in seen.items() if len(events) > 1] == []


def test_no_two_articles_of_an_event_share_a_run_of_twelve_words():
    events = defaultdict(list)
    for name, row in ARTICLES.items():
        events[row["event"]].append(name)
    for names in events.values():
        assert 2 <= len(names) <= 6
        for a, b in combinations(names, 2):
            assert not runs(a, 12) & runs(b, 12), (a, b)


def test_no_opening_recurs():
    openings = Counter(tuple(own[:3]) for own in WORDS.values())
    assert openings.most_common(1)[0][1] <= max(2, 0.01 * len(ARTICLES))


@pytest.mark.parametrize("spelling", ["ভোস্টোচনি", "ভস্তোচনি", "ভস্টোচনি"])
def test_the_event_that_is_kept_back_is_not_in_the_corpus(spelling):
    assert not any(spelling in row["title"] + row["body"] for row in ROWS)


def test_every_event_has_a_note_of_its_facts():
    notes = CORPUS.with_name("events.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(note)["event"] for note in notes} == {row["event"] for row in ROWS}
    assert all(json.loads(note)["fact"].strip() for note in notes)
