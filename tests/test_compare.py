import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outcomes import outcome
from samples import CONFIG

from khobor_training import evaluate
from khobor_training.compare import Run, compare, differing, digest, lines
from khobor_training.errors import InputError
from khobor_training.outcome import from_jsonl, to_jsonl


@given(st.booleans(), st.integers(1, 40), st.lists(st.text(), min_size=3, max_size=3, unique=True))
@settings(max_examples=40, deadline=None)
def test_what_a_run_keeps_is_what_it_said_without_a_word_of_the_articles(multiclass, n, labels):
    told = outcome(n, multiclass=multiclass, labels=labels, id=[f"শব্দ\u2028{i}" for i in range(n)])
    kept = to_jsonl(told)
    back = from_jsonl(kept)
    assert (back.labels, back.multiclass) == (told.labels, told.multiclass)
    for name in ("y", "probabilities", "predicted", "groups"):
        assert np.array_equal(getattr(back, name), getattr(told, name)), name
    assert list(back.frame["id"]) == list(told.frame["id"])
    assert back.texts == [""] * n
    assert "শব্দ শব্দ" not in kept
    assert digest(back) == digest(told)


def two(better=8):
    first = outcome(noise=0.3)
    predicted = first.predicted.copy()
    predicted[::better] = first.y[::better]
    params = {"classifier.C": "1", "seed": "7"}
    return [Run("a", first, params), Run("b", replace(first, predicted=predicted), params | {"seed": "8"})]


def test_runs_stand_beside_the_first_in_the_same_resamples():
    runs = two()
    first, second = compare(runs)
    y, groups = runs[0].outcome.y, runs[0].outcome.groups
    answers = [run.outcome.predicted for run in runs]
    assert first.difference is None
    assert second.macro_f1 == evaluate.macro_f1(y, answers[1])
    assert second.difference == second.macro_f1 - first.macro_f1
    assert (second.difference_low, second.difference_high) == evaluate.difference(
        y, answers[1], answers[0], groups, seed=7
    )
    assert second.difference_low > 0
    assert first.low < second.low < first.high  # two intervals overlap, and yet they are told apart
    assert second.probability_better > 0.97
    assert differing(runs) == {"seed": ["7", "8"]}
    said = "\n".join(lines([first, second], differing(runs), "240 held-out articles"))
    assert f"b less a: {second.difference:+.3f}" in said
    assert "  seed: 7 | 8" in said


def test_rows_in_another_order_are_the_same_articles():
    first, second = two()
    order = np.random.default_rng(0).permutation(len(first.outcome))
    told = second.outcome
    mixed = replace(
        told,
        y=told.y[order],
        probabilities=told.probabilities[order],
        predicted=told.predicted[order],
        groups=told.groups[order],
        texts=[told.texts[i] for i in order],
        frame=told.frame.iloc[order].reset_index(drop=True),
    )
    assert compare([first, Run("b", mixed, {})]) == compare([first, second])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("row", r"b must have the test articles of a with the same labels, got 2 that only one of them has"),
        ("label", r"got 0 that only one of them has and 1 with other labels, of 240 and 240; train both"),
        ("names", r"b must have the labels of a, diplomacy, space, military, got x, y, z; train both"),
    ],
)
def test_runs_on_other_articles_are_refused(change, words):
    first, second = two()
    told = second.outcome
    if change == "row":
        frame = told.frame.copy()
        frame.loc[3, "id"] = "another"
        told = replace(told, frame=frame)
    elif change == "label":
        y = told.y.copy()
        y[5, 0] = 1 - y[5, 0]
        told = replace(told, y=y)
    else:
        told = replace(told, labels=["x", "y", "z"])
    with pytest.raises(InputError, match=words):
        compare([first, Run("b", told, {})])


def khobor(*arguments, cwd):
    command = [sys.executable, "-W", "ignore", "-m", "khobor_training.cli", *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_tracked_runs_are_compared_by_id_version_and_alias(project, tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "articles.jsonl").write_bytes((project / "articles.jsonl").read_bytes())
    config = CONFIG.replace("enabled: false", "enabled: true").replace("  topics: {n_topics: 5}\n", "")
    plain = config.replace("name: tiny", "name: plain").replace("  characters: {ngram_range: [2, 3]}\n", "")
    other = plain.replace("name: plain", "name: other") + "seed: 8\n"
    for name, text in (("tiny", config), ("plain", plain), ("other", other)):
        (tmp_path / "configs" / f"{name}.yaml").write_text(text, "utf-8")
        done = khobor("train", f"configs/{name}.yaml", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    alias = (
        "import mlflow, sys; mlflow.set_tracking_uri(sys.argv[1]); "
        "mlflow.MlflowClient().set_registered_model_alias('khobor-plain', 'champion', '1')"
    )
    store = f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    subprocess.run([sys.executable, "-W", "ignore", "-c", alias, store], check=True, capture_output=True)

    done = khobor("compare", "khobor-tiny/1", "khobor-plain@champion", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rows"] == "held_out"
    assert told["config"]["name"] == ["tiny", "plain"]
    first, second = told["runs"]
    assert first["low"] <= first["macro_f1"] <= first["high"]
    assert second["difference"] == pytest.approx(second["macro_f1"] - first["macro_f1"])
    by_id = khobor("compare", first["run_id"], second["run_id"], "--out-of-fold", cwd=tmp_path)
    assert by_id.returncode == 0, by_id.stderr
    assert by_id.stdout.startswith("150 articles, out of fold:")
    assert "features.characters.ngram_range: [2, 3] | –" in by_id.stdout

    for named, words in [
        (("khobor-tiny/1", "khobor-other/1"), "with the same labels, got"),
        (("khobor-tiny/1", "khobor-tiny/9"), "khobor-tiny/9 must be a run or a model version in"),
        (("khobor-tiny/1", "0" * 32), f"{'0' * 32} must be a run or a model version in"),
        (("khobor-tiny/1",), "must be given two runs at least, got 1"),
        (("a", "b", "--project", "configs"), "must be a tracking store, got none"),
    ]:
        done = khobor("compare", *named, cwd=tmp_path)
        assert done.returncode == 2, named
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "configs" / "mlruns").exists()
