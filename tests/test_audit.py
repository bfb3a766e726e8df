import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import ANY, rows

from khobor_training import starter
from khobor_training.audit import audit
from khobor_training.duplicates import near_duplicates
from khobor_training.findings import KINDS, Finding, lines, rank

TOPICS = list(starter.TOPICS)
ARTICLES = [dict(row) for row in rows(None)]
SPACE = [i for i, row in enumerate(ARTICLES) if "space" in row["topics"]]


def text(row):
    return f"{row['title']}\n{row['body']}"


def look(articles, names=TOPICS, labels="topics", multiclass=False, **options):
    y = np.array([[int(name in row[labels]) for name in names] for row in articles])
    columns = ["id", "event", "published_at", "outlet", "genre", "target"]
    frame = pd.DataFrame([[row[c] for c in columns] for row in articles], columns=columns)
    texts = [text(row) for row in articles]
    return audit(texts, y, list(names), frame, multiclass=multiclass, seed=7, **options)


def of_kind(findings, kind):
    (finding,) = [f for f in findings if f.kind == kind]
    return finding


def changed(where, **change):
    """Return the corpus with the columns of some articles changed by functions of the article."""
    return [
        {**row, **{c: f(row) for c, f in change.items()}} if i in set(where) else row
        for i, row in enumerate(ARTICLES)
    ]


@pytest.fixture(scope="module")
def clean():
    return look(ARTICLES)


def test_the_starter_corpus_has_no_serious_finding(clean):
    assert [f for f in clean if f.severity == "serious"] == []
    stance = [row for row in starter.rows() if row["target"]]
    assert look(stance, starter.STANCES, "stance", True) == []


def test_a_copy_with_another_label_in_another_event_is_named():
    original = ARTICLES[SPACE[0]]
    copy = {**original, "id": "planted", "event": "elsewhere", "topics": ["military"], "title": "আজকের খবর"}
    copy["body"] = copy["body"].replace("।", "\u09f7") + "\nমন্তব্য (৩)"
    findings = look([*ARTICLES, copy])
    assert findings[0].kind == "conflicting_duplicates"
    assert findings[0].severity == "serious"
    for kind in ("conflicting_duplicates", "near_duplicates", "duplicates_across_events"):
        found = of_kind(findings, kind)
        assert found.rows == (original["id"], "planted")
        assert "planted" in found.message
    assert "(military)" in findings[0].message


def test_a_copy_that_differs_by_residue_only_is_exact():
    copy = {**ARTICLES[3], "id": "planted", "body": ARTICLES[3]["body"] + "\n[বিজ্ঞাপন_২]\nমন্তব্য (৩)"}
    findings = look([*ARTICLES, copy])
    assert of_kind(findings, "exact_duplicates").rows == (ARTICLES[3]["id"], "planted")
    assert {f.kind for f in findings} == {"exact_duplicates"}


def test_the_lines_of_an_article_that_was_copied_are_no_leak():
    copies = [{**ARTICLES[SPACE[0]], "id": f"copy {i}", "event": f"event {i}"} for i in range(20)]
    kinds = {f.kind for f in look([*ARTICLES, *copies])}
    assert kinds == {"exact_duplicates", "duplicates_across_events"}


def test_rows_of_one_article_toward_several_targets_are_no_copies():
    stance = [row for row in starter.rows() if row["target"]][:120]
    assert len({row["id"] for row in stance}) < len(stance)
    assert not [f for f in look(stance, starter.STANCES, "stance", True) if "duplicates" in f.kind]


def test_copies_conflict_only_where_they_have_the_same_target():
    row = next(row for row in starter.rows() if row["stance"] == "critical")
    base = [r for r in starter.rows() if r["target"]][:60]
    other = {**row, "id": "planted", "target": "অন্য দেশ", "stance": "supportive"}
    kinds = {f.kind for f in look([*base, row, other], starter.STANCES, "stance", True)}
    assert "exact_duplicates" in kinds
    assert "conflicting_duplicates" not in kinds
    same = {**other, "target": row["target"]}
    found = of_kind(look([*base, row, same], starter.STANCES, "stance", True), "conflicting_duplicates")
    assert found.rows == (row["id"], "planted")


def test_an_outlet_that_writes_on_one_topic_only_is_serious():
    where = SPACE[:60]
    findings = look(changed(where, outlet=lambda row: "desk-x"))
    found = of_kind(findings, "outlet_predicts_label")
    assert found.severity == "serious"
    assert "'desk-x'" in found.message
    assert "'space'" in found.message
    assert "100% of the outlet's 60" in found.message
    assert set(found.rows) == {ARTICLES[i]["id"] for i in where}


def test_a_label_whose_articles_come_from_one_outlet_is_serious():
    others = [i for i in range(len(ARTICLES)) if i not in set(SPACE)][:120]
    findings = look(changed([*SPACE, *others], outlet=lambda row: "desk-x"))
    found = of_kind(findings, "outlet_predicts_label")
    assert found.severity == "serious"
    assert "100% of the label's articles come from it" in found.message


LEAKS = {
    "a marker that the normaliser removes": ("{}\n[বিজ্ঞাপন_স্পেস]", "[বিজ্ঞাপন_স্পেস]", "text.residue"),
    "a tail line that it keeps": ("{}\nবিভাগ: মহাকাশ", "বিভাগ: মহাকাশ", "text.tail_residue"),
    "a first sentence": ("স্পেস ডেস্ক থেকে। {}", "স্পেস ডেস্ক থেকে", "text.tail_residue"),
    "a numbered tail line": ("{}\nকোড ৭৭", "কোড 0", "text.tail_residue"),
}


@pytest.mark.parametrize(("frame", "line", "remedy"), LEAKS.values(), ids=LEAKS)
def test_a_leak_in_the_residue_is_serious_and_its_line_named(frame, line, remedy):
    findings = look(changed(SPACE, body=lambda row: frame.format(row["body"])))
    found = of_kind(findings, "line_predicts_label")
    assert found.severity == "serious"
    assert f"'{line}'" in found.message
    assert "'space'" in found.message
    assert remedy in found.message
    assert set(found.rows) == {ARTICLES[i]["id"] for i in SPACE}
    assert of_kind(findings, "residue_predicts_label").severity == "serious"


def test_a_line_that_all_sections_share_is_no_finding(clean):
    everywhere = changed(range(0, len(ARTICLES), 2), body=lambda row: row["body"] + "\nঅনলাইন সংস্করণ")
    assert [f.kind for f in look(everywhere)] == [f.kind for f in clean]


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        (lambda row: row["body"].replace("।", "\u09f7"), "৷ for ।"),
        (lambda row: row["body"].replace(" ", " \u200c"), "zero-width characters"),
        (lambda row: row["body"] + " 12345 67890" * 9, "ASCII digits"),
        (lambda row: "।".join(row["body"].split("।")[:2]), "words"),
    ],
    ids=["another danda", "zero-width characters", "digits", "length"],
)
def test_a_label_that_form_gives_away_is_serious(change, feature):
    found = of_kind(look(changed(SPACE, body=change)), "form_predicts_label")
    assert found.severity == "serious"
    assert f"{feature} (" in found.message
    assert "'space'" in found.message


def test_imbalance_of_labels_events_and_lengths_is_named():
    few = [row for i, row in enumerate(ARTICLES) if i not in set(SPACE[8:])]
    findings = look(few)
    assert "8 of 550 rows" in of_kind(findings, "rare_label").message
    assert "'space'" in of_kind(findings, "few_events").message
    one = [{**row, "kind": "a" if i % 20 else "b"} for i, row in enumerate(ARTICLES)]
    found = of_kind(look(one, ["a", "b"], "kind", True), "class_imbalance")
    assert found.severity == "warning"
    assert "'b' 38" in found.message
    short = changed(SPACE, body=lambda row: " ".join(row["body"].split()[:40]))
    assert "'space'" in of_kind(look(short), "length_differs").message
    long = changed(SPACE[:1], body=lambda row: row["body"] * 20)
    assert of_kind(look(long), "extreme_length").rows == (ARTICLES[SPACE[0]]["id"],)


@settings(max_examples=25, deadline=None)
@given(st.lists(ANY, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_odd_texts_and_missing_columns_raise_nothing(texts, chance):
    y = np.array([[chance.random() < 0.4, chance.random() < 0.6] for _ in texts]).astype(int)
    frame = pd.DataFrame({"id": [str(i) for i in range(len(texts))]})
    findings = audit([*texts], y, ["a", "b"], frame, multiclass=False, seed=0)
    assert {f.kind for f in findings} <= set(KINDS)
    assert findings == rank(findings)


@pytest.mark.parametrize("n", [0, 1, 20])
def test_few_articles_are_enough(n):
    texts = [text(row) for row in ARTICLES[:n]]
    y = np.array([[i % 2] for i in range(n)]).reshape(n, 1)
    findings = audit(texts, y, ["a"], pd.DataFrame(index=range(n)), multiclass=False, seed=0)
    assert "serious" not in {f.severity for f in findings}


def test_broken_code_points_raise_nothing():
    articles = [{**row, "body": row["body"] + "\n\ud800 \x00\u2028"} for row in ARTICLES[::25]]
    articles[::2] = [{**row, "body": row["body"] + "\n\udfff"} for row in articles[::2]]
    assert not [f for f in look(articles) if f.severity == "serious"]


def test_clusters_that_are_known_are_not_looked_for_again():
    articles = ARTICLES[:40]
    clusters = near_duplicates([text(row) for row in articles])
    clusters[1] = clusters[0]
    assert of_kind(look(articles, clusters=clusters), "near_duplicates").rows == tuple(
        row["id"] for row in articles[:2]
    )


def test_findings_are_ranked_and_their_rows_cut_short():
    note = Finding("few_events", "note", "few", tuple("abcdefg"), 0.9)
    small = Finding("near_duplicates", "warning", "near", ("a",), 0.1)
    large = Finding("rare_label", "warning", "rare", (), 0.8)
    worst = Finding("conflicting_duplicates", "serious", "two labels", ("b",), 0.01)
    assert rank([note, small, large, worst]) == [worst, large, small, note]
    assert list(lines([note], n_rows=5))[1].strip() == "rows: a, b, c, d, e and 2 more"
    assert list(lines([])) == ["nothing found"]
