import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from samples import CONFIG, LAUNCH, STANCE, rows, run
from sklearn.metrics import roc_auc_score

from khobor_training import config as configuration
from khobor_training import fit, storage, train
from khobor_training.cli import main


@pytest.mark.slow
def test_two_jobs_give_what_one_gives(project):
    model = project / "models" / "tiny.joblib"
    one = storage.load(model)(rows(30))
    done = CliRunner().invoke(main, ["train", str(project / "configs" / "tiny.yaml"), "--jobs", "2"])
    assert done.exit_code == 0, done.output
    for a, b in zip(one, storage.load(model)(rows(30)), strict=True):
        assert a.probabilities == pytest.approx(b.probabilities, abs=1e-9)
        assert a.labels == b.labels


def test_held_out_articles_are_scored_by_a_model_that_never_saw_them(tmp_path):
    """Labels at random: whoever has seen an article knows its label, whoever has not cannot."""
    rng = np.random.default_rng(0)
    words = [f"শব্দ{i}" for i in range(3000)]
    table = [
        {
            "id": str(i),
            "body": " ".join(rng.choice(words, 40)),
            "topics": [["space"], []][int(rng.integers(2))],
        }
        for i in range(200)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table), "utf-8")
    (tmp_path / "tiny.yaml").write_text(
        CONFIG.replace("articles.jsonl", "a.jsonl").replace("[diplomacy, space, military]", "[space]"),
        "utf-8",
    )
    result = train.train(tmp_path / "tiny.yaml", [])
    label = result.figures["labels"]["space"]
    wrong = label["false_positive"] + label["false_negative"]
    assert wrong >= 0.3 * result.figures["n_held_out"]
    known = [bool(row["topics"]) for row in table]
    seen = [p.probabilities["space"] for p in result.predictor(table)]
    assert roc_auc_score(known, seen) > 0.99  # the saved model has seen them all


def test_a_training_that_cannot_work_says_so_before_or_instead_of_a_traceback(tmp_path, project):
    (tmp_path / "articles.jsonl").write_bytes((project / "articles.jsonl").read_bytes())
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIG.replace("words: {}", "words: {min_df: 1000}"), "utf-8")
    done = run("train", path)
    assert done.exit_code == 2
    assert (
        "tiny cannot be trained on this data: min_df must leave at least one feature, got 1000" in done.output
    )
    path.write_text(CONFIG, "utf-8")
    (tmp_path / "models").write_text("a file in the way")
    done = run("train", path)
    assert done.exit_code == 2
    model = tmp_path / "models" / "tiny.joblib"
    expected = f"khobor: {model} must be writable, got the file {tmp_path / 'models'}; "
    assert done.output == expected + "make room for it or change the rights\n"


def test_a_damaged_manifest_is_mended_by_training_again(project, tmp_path):
    (tmp_path / "articles.jsonl").write_bytes((project / "articles.jsonl").read_bytes())
    (tmp_path / "tiny.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "models").mkdir()
    for name in ("tiny.joblib", "tiny.joblib.manifest.json"):
        (tmp_path / "models" / name).write_text("{}")
    assert run("predict", tmp_path / "models" / "tiny.joblib", LAUNCH).exit_code == 2
    assert run("train", tmp_path / "tiny.yaml").exit_code == 0
    assert run("predict", tmp_path / "models" / "tiny.joblib", LAUNCH).exit_code == 0


@pytest.mark.parametrize("text", [CONFIG, STANCE], ids=["topics", "stance"])
def test_what_a_fold_gets_hangs_on_no_label_of_its_own(text, tmp_path):
    (tmp_path / f"{yaml.safe_load(text)['name']}.yaml").write_text(text, "utf-8")
    config = configuration.read(tmp_path / f"{yaml.safe_load(text)['name']}.yaml")
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(120, 3))
    y = np.eye(3, dtype=int)[rng.integers(0, 3, 120)]
    frame = pd.DataFrame({"id": np.arange(120).astype(str)})
    rows = np.arange(120)
    folds = [(np.setdiff1d(rows, part), part) for part in np.array_split(rows, 4)]
    other = y.copy()
    other[folds[0][1]] = np.roll(y[folds[0][1]], 1, axis=1)

    def said(labels):
        articles = SimpleNamespace(y=labels, groups=rows.astype(str), texts=[""] * 120, frame=frame)
        return fit.cross_calibrated(config, articles, rows, folds, scores)

    own, changed = said(y), said(other)
    first, rest = folds[0][1], folds[0][0]
    np.testing.assert_array_equal(own.probabilities[first], changed.probabilities[first])
    np.testing.assert_array_equal(own.predicted[first], changed.predicted[first])
    assert (own.probabilities[rest] != changed.probabilities[rest]).any()
