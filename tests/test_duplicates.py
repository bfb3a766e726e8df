import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import ANY, BANGLA, rows

from khobor_training.duplicates import merge_groups, near_duplicates

ARTICLES = rows(60)
TEXTS = [f"{row['title']}\n{row['body']}" for row in ARTICLES]
VOCABULARY = " ".join(TEXTS).split()


def retitled(text):
    return "এক নজরে আজকের খবর\n" + text.split("\n", 1)[1]


def shortened(text):
    return "\n".join(text.split("\n")[:-1])


def replaced(text):
    chance = random.Random(0)
    return " ".join(chance.choice(VOCABULARY) if chance.random() < 0.15 else word for word in text.split())


def moved(text):
    """Return the article as another site would print it: other code points, other residue."""
    text = text.replace("\u09dc", "\u09a1\u09bc").replace("\u09df", "\u09af\u09bc").replace("।", "\u09f7")
    return text.replace(" ", " \u200c") + "\n[বিজ\u09cdঞাপন]\nসূত\u09cdর: অন\u09cdয সাইট\nমন\u09cdতব\u09cdয (১২)"


@pytest.mark.parametrize("change", [retitled, shortened, replaced, moved])
def test_a_changed_copy_shares_a_cluster_with_its_article_only(change):
    clusters = near_duplicates([*TEXTS, change(TEXTS[7])])
    assert clusters[-1] == clusters[7]
    assert len(set(clusters)) == len(TEXTS)


def test_two_articles_on_one_event_are_no_copies():
    texts = [f"{row['title']}\n{row['body']}" for row in rows(None)]
    assert near_duplicates(texts).tolist() == list(range(len(texts)))


def test_a_copy_of_a_copy_belongs_to_the_cluster():
    words = [f"শব\u09cdদ{n}" for n in range(300)]
    clusters = near_duplicates([" ".join(words[a : a + 150]) for a in (0, 75, 150)])
    assert clusters.tolist() == [0, 0, 0]
    assert near_duplicates([" ".join(words[a : a + 150]) for a in (0, 150)]).tolist() == [0, 1]


@pytest.mark.parametrize("n_shared", [60, 90], ids=["below", "above"])
def test_a_pair_is_joined_from_the_threshold_on_and_not_below(n_shared):
    first = [f"শব\u09cdদ{n}" for n in range(101)]
    second = first[: n_shared + 1] + [f"অন\u09cdয{n}" for n in range(100 - n_shared)]
    similarity = n_shared / (200 - n_shared)
    clusters = near_duplicates([" ".join(first), " ".join(second)], threshold=0.6)
    assert (clusters[0] == clusters[1]) == (similarity >= 0.6)


@given(st.lists(ANY, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_clusters_do_not_depend_on_the_order_of_texts(texts, chance):
    texts = [*texts, *TEXTS[:3], replaced(TEXTS[1])]
    order = chance.sample(range(len(texts)), len(texts))
    straight, shuffled = near_duplicates(texts), near_duplicates([texts[i] for i in order])
    same = straight[order][:, None] == straight[order]
    np.testing.assert_array_equal(shuffled[:, None] == shuffled, same)


@example("চাঁদ\nসূত\u09cdর: খবর", [("চাঁদ\nসূত\u09cdর: খবর".index("\u09cd") + 1, "\u200d")])
@given(BANGLA, st.lists(st.tuples(st.integers(0, 50), st.sampled_from("\u200b\u200c\u200d\ufeff"))))
@settings(deadline=None)
def test_a_copy_with_zero_width_characters_shares_a_cluster(text, inserted):
    copy = text
    for place, character in inserted:
        copy = copy[:place] + character + copy[place:]
    assert near_duplicates([text, TEXTS[0], copy])[[0, 2]].tolist() == [0, 0]


def test_no_texts_have_no_clusters():
    assert near_duplicates([]).tolist() == []
    assert merge_groups([], []).tolist() == []


def test_groups_that_share_copies_are_merged_across_others():
    groups = ["e", "d", "c", "b", "a", "d"]
    clusters = [0, 0, 1, 2, 3, 1]  # e–d by the first, d–c by the second
    assert merge_groups(groups, clusters).tolist() == ["c", "c", "c", "b", "a", "c"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 6)), max_size=12))
def test_merging_leaves_neither_a_group_nor_a_cluster_apart(pairs):
    groups, clusters = [g for g, _ in pairs], [c for _, c in pairs]
    merged = merge_groups(groups, clusters)
    for names in (groups, clusters):
        assert len(set(zip(names, merged.tolist(), strict=True))) == len(set(names))
