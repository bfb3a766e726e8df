import json

import pandas as pd
from samples import GOOD

from khobor_training import config, data


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
        {"id": str(i), "body": f"{GOOD} {i}", "topics": [["space"], ["military"], []][i % 3]}
        for i in range(12)
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
