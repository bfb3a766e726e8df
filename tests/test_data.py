import json

import pandas as pd
import pytest
from samples import bodies

from khobor_training import config, data
from khobor_training.errors import InputError


def test_bad_rows_are_skipped_and_counted_on_request(tmp_path):
    checked = config.Config.model_validate(
        {
            "name": "a",
            "task": "multilabel",
            "data": {"labels": ["space", "military"], "on_bad_row": "skip"},
            "split": {"folds": 2},
            "features": {"words": {}},
            "classifier": {"kind": "complement_nb"},
        }
    )
    table = [
        {"id": str(i), "body": body, "topics": [["space"], ["military"], []][i % 3]}
        for i, body in enumerate(bodies(12))
    ]
    table.append({"id": "bad", "body": "", "topics": []})
    table.append({**table[0], "target": "নাসা"})  # the same article, another target
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in table))
    articles = data.read(checked, [path])
    assert (articles.n_rows, articles.n_skipped, len(articles.texts)) == (14, 1, 12)
    csv = tmp_path / "a.csv"
    pd.DataFrame([{**r, "topics": "|".join(r["topics"])} for r in table]).to_csv(csv, index=False)
    assert data.read(checked, [csv]).y.tolist() == articles.y.tolist()


def checked(**data_options):
    return config.Config.model_validate(
        {
            "name": "a",
            "task": "multilabel",
            "data": {"labels": ["space"], **data_options},
            "split": {"folds": 2},
            "features": {"words": {}},
            "classifier": {"kind": "complement_nb"},
        }
    )


def table(n=12, **more):
    return [{"body": body, "topics": [["space"], []][i % 2], **more} for i, body in enumerate(bodies(n))]


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_rows_that_where_does_not_name_are_left_out(tmp_path):
    path = write(tmp_path / "a.jsonl", table(12, split="train") + table(6, split="test") + table(1))
    articles = data.read(checked(where={"split": ["train"]}), [path])
    assert (articles.n_rows, len(articles.texts)) == (12, 12)


def test_two_files_of_one_name_do_not_collide(tmp_path):
    rows = table(16)
    files = [write(tmp_path / d / "x.jsonl", part) for d, part in (("a", rows[:8]), ("b", rows[8:]))]
    assert len(data.read(checked(), files).texts) == 16


def test_the_same_text_never_stands_on_both_sides_of_a_split(tmp_path):
    articles = data.read(checked(), [write(tmp_path / "a.jsonl", table() + table())])
    assert len(articles.texts) == 24
    assert len(set(articles.groups)) == 12


@pytest.mark.parametrize(
    "copied",
    [
        lambda body: body,
        lambda body: body.replace("।", "\u09f7") + "\nমন্তব্য (০)",
        lambda body: body.rpartition("\n")[0] + "\nনিজস্ব প্রতিবেদক",
    ],
    ids=["word for word", "another site's signs", "its last paragraph cut"],
)
def test_a_copy_in_another_event_shares_its_group(tmp_path, copied):
    rows = [{**row, "event": f"event {i}"} for i, row in enumerate(table())]
    rows.append({"body": copied(rows[3]["body"]), "topics": [], "event": "another"})
    articles = data.read(checked(), [write(tmp_path / "a.jsonl", rows)])
    assert articles.groups[12] == articles.groups[3]
    assert articles.clusters[12] == articles.clusters[3]
    assert len(set(articles.groups)) == len(set(articles.clusters)) == 12
    assert articles.frame["event"][12] == "another"


def test_what_pandas_writes_can_be_read(tmp_path):
    frame = pd.DataFrame(
        [{**row, "id": str(i), "topics": "|".join(row["topics"])} for i, row in enumerate(table())]
    )
    frame.to_csv(tmp_path / "a.csv")
    assert len(data.read(checked(), [tmp_path / "a.csv"]).texts) == 12
    frame.to_csv(tmp_path / "a.CSV", index=False)  # in CSV of any spelling an empty cell means: none
    assert len(data.read(checked(), [tmp_path / "a.CSV"]).texts) == 12
    frame["topics"] = [row["topics"] for row in table()]
    frame.set_index("id").to_parquet(tmp_path / "a.parquet")
    assert list(data.read(checked(), [tmp_path / "a.parquet"]).frame["id"]) == list(frame["id"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"body": ["খবর", "দুই"]}, "column 'body' must be text, got list"),
        ({"title": {"a": 1}}, "column 'title' must be text, got dict"),
    ],
)
def test_a_cell_that_is_no_text_is_named(tmp_path, row, message):
    path = write(tmp_path / "a.jsonl", [*table(), {**table(1)[0], **row}])
    with pytest.raises(InputError, match=f"row 13: {message}"):
        data.read(checked(), [path])
