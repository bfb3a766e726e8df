import json
import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from khobor_training import calibrate, config, data, evaluate, split, storage
from khobor_training.cli import main
from khobor_training.errors import InputError
from khobor_training.explain import contributions
from khobor_training.pipeline import build

CONFIG = """
name: tiny
task: multilabel
data: {files: [articles.jsonl], labels: [diplomacy, space, military]}
split: {folds: 3}
features:
  words: {}
  characters: {ngram_range: [2, 3]}
  topics: {n_topics: 5}
classifier: {kind: logistic_regression}
tracking: {enabled: false}
"""
LAUNCH = "রাশিয়া ও ভারতের পররাষ্ট্রমন্ত্রী মহাকাশে উপগ্রহ উৎক্ষেপণ নিয়ে চুক্তি করেছেন।"


def rows(n=90):
    """Return corpus rows, each article once, events whole."""
    unique = {}
    for line in data.CORPUS.read_text("utf-8").splitlines():
        row = json.loads(line)
        unique.setdefault(row["id"], row)
    return list(unique.values())[:n]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a project")
    (folder / "configs").mkdir()
    (folder / "configs" / "tiny.yaml").write_text(CONFIG, "utf-8")
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows(150)]
    (folder / "articles.jsonl").write_text("".join(lines), "utf-8")
    done = CliRunner().invoke(main, ["train", str(folder / "configs" / "tiny.yaml")])
    assert done.exit_code == 0, done.output
    return folder


def test_the_saved_model_predicts_the_same_in_a_fresh_process_elsewhere(project, tmp_path):
    model = project / "models" / "tiny.joblib"
    live = storage.load(model)([LAUNCH, "ক্রিকেট ম্যাচে বাংলাদেশ জিতেছে আজ মিরপুরে।"])
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "__init__.py").write_text("raise RuntimeError")
    code = (
        "import sys, json, joblib; p = joblib.load(sys.argv[1]);"
        "r = p(sys.argv[2:]); assert not {'mlflow', 'bnlp'} & set(sys.modules), 'imported';"
        "print(json.dumps([x.probabilities for x in r]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(model), LAUNCH, "ক্রিকেট ম্যাচে বাংলাদেশ জিতেছে আজ মিরপুরে।"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for ours, theirs in zip(live, json.loads(done.stdout), strict=True):
        assert ours.probabilities == pytest.approx(theirs, abs=1e-9)


def test_a_prediction_does_not_depend_on_its_batch(project):
    predict = storage.load(project / "models" / "tiny.joblib")
    articles = rows(20)
    for one, many in zip([predict(a) for a in articles], predict(articles), strict=True):
        assert one.probabilities == pytest.approx(many.probabilities, abs=1e-9)
        assert one.labels == many.labels


@pytest.mark.slow
def test_two_jobs_give_what_one_gives(project):
    model = project / "models" / "tiny.joblib"
    one = storage.load(model)(rows(30))
    done = CliRunner().invoke(main, ["train", str(project / "configs" / "tiny.yaml"), "--jobs", "2"])
    assert done.exit_code == 0, done.output
    for a, b in zip(one, storage.load(model)(rows(30)), strict=True):
        assert a.probabilities == pytest.approx(b.probabilities, abs=1e-9)
        assert a.labels == b.labels


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too_short"),
        ("😀 😀", "too_short"),
        ("This is an English article about a rocket.", "out_of_domain"),
        ("দুই শব্দ", "too_short"),
    ],
)
def test_hopeless_text_gets_an_abstention(project, text, reason):
    prediction = storage.load(project / "models" / "tiny.joblib")(text)
    assert prediction.abstained
    assert prediction.reason == reason
    assert prediction.labels == ()


def test_a_frame_and_a_list_get_the_same_labels(project):
    predict = storage.load(project / "models" / "tiny.joblib")
    frame = pd.DataFrame(rows(5)).set_index("id", drop=False)
    assert list(predict.frame(frame).labels) == [list(p.labels) for p in predict(rows(5))]
    assert list(predict.frame(frame).index) == list(frame.index)


def test_info_says_where_the_figures_come_from(project):
    info = storage.load(project / "models" / "tiny.joblib").info
    assert "before the refit" in info["figures_from"]
    assert info["versions"]["scikit-learn"]


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def bad_config(project, name, text):
    path = project / "configs" / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("classifier:", "clasifier:"), "clasifier: unknown key; did you mean 'classifier'?"),
        (
            ("kind: logistic_regression", "kind: logistic_regression, C: -1"),
            "classifier.C: must be greater than 0, got -1",
        ),
        (("name: tiny", "name: other"), "name: must equal the file's stem 'tiny', got 'other'"),
        (
            ("articles.jsonl", "nowhere.jsonl"),
            "nowhere.jsonl must exist, got no such file; check the path",
        ),
        (
            ("space, military", "moon, military"),
            "unknown label 'space', must be one of diplomacy, moon, military",
        ),
    ],
    ids=["unknown key", "number out of range", "name", "missing file", "label typo"],
)
def test_a_mistake_in_a_config_is_named(project, tmp_path, change, message):
    (tmp_path / "configs").mkdir()
    (tmp_path / "articles.jsonl").write_bytes((project / "articles.jsonl").read_bytes())
    path = tmp_path / "configs" / "tiny.yaml"
    path.write_text(CONFIG.replace(*change), "utf-8")
    for command in ("check", "train"):
        done = run(command, path)
        assert done.exit_code == 2
        assert message in done.output
        assert "Traceback" not in done.output
    assert not (tmp_path / "models").exists()


GOOD = "আজ ঢাকায় একটি খবর প্রকাশিত হয়েছে।"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"body": None}, "row 1: text is missing"),
        ({"body": float("nan")}, "row 1: text is missing"),
        ({"body": " "}, "row 1: text is missing"),
        ({"body": "Only English here"}, "row 1: no Bangla letters"),
        ({"body": "😀"}, "row 1: no Bangla letters"),
        ({"body": "Avwg evsjvq Mvb MvB"}, "it looks like legacy Bijoy text: convert it to Unicode"),
        ({"body": "ক\x00খ"}, "row 1: encoding is broken"),
        ({"body": "ক" * 1_700_000}, "row 1: text is longer than 1,000,000 characters"),
        ({"id": "x"}, "row 1001: id and target used before, in a.jsonl:1"),
        ({"topics": ["spcae"]}, "row 1: unknown label 'spcae'"),
        ({"topics": None}, "row 1: not labelled"),
    ],
)
def test_a_bad_row_is_named_by_file_and_number(tmp_path, project, row, message):
    first = {"id": "x" if row.get("id") else "y", "body": GOOD, "topics": [], **row}
    table = [first] + [{"id": str(i), "body": f"{GOOD} {i}", "topics": []} for i in range(999)]
    table.append({"id": row.get("id", "z"), "body": GOOD, "topics": []})
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in table), "utf-8")
    done = run("train", project / "configs" / "tiny.yaml", "--data", path)
    assert done.exit_code == 2
    assert "a.jsonl" in done.output
    assert message in done.output


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", "must hold articles, got an empty file; fill it"),
        ("a.csv", b"", "must hold articles, got an empty file; fill it"),
        ("a.csv", b"body,topics\n\xff\xfe,space\n", "must be UTF-8"),
        ("a.txt", b"x", "must end in .csv, .jsonl or .parquet; rename or convert it"),
        ("a.csv", "body\nখবর\n".encode(), "must have a column 'topics', got body"),
    ],
)
def test_a_bad_file_is_named(tmp_path, project, name, content, message):
    (tmp_path / name).write_bytes(content)
    done = run("train", project / "configs" / "tiny.yaml", "--data", tmp_path / name)
    assert done.exit_code == 2
    assert message in done.output


def test_one_class_alone_cannot_be_trained(tmp_path, project):
    lines = [{"id": str(i), "body": f"{GOOD} {i}", "topics": ["space"]} for i in range(30)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in lines))
    done = run("train", project / "configs" / "tiny.yaml", "--data", tmp_path / "a.jsonl")
    assert done.exit_code == 2
    assert "label 'diplomacy' must hold for at least 3 articles" in done.output


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


def test_predict_reads_text_files_and_standard_input(project, tmp_path):
    model = project / "models" / "tiny.joblib"
    (tmp_path / "page.txt").write_text(LAUNCH, "utf-8")
    outputs = [
        run("predict", model, LAUNCH).output,
        run("predict", model, tmp_path / "page.txt").output,
    ]
    outputs.append(CliRunner().invoke(main, ["predict", str(model)], input=LAUNCH).output)
    assert len(set(outputs)) == 1
    assert set(json.loads(outputs[0])) == {
        "id",
        "labels",
        "probabilities",
        "thresholds",
        "abstained",
        "reason",
    }
    assert run("predict", model, LAUNCH, "--format", "csv").output.startswith("id,labels,diplomacy")
    assert "labels" in run("predict", model, LAUNCH, "--format", "table").output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xe0\xa6", "must be UTF-8"),
        (b"a\x00b", "got a null byte at position 1"),
        (b"a" * 5_000_000, "must have at most 1,000,000"),
    ],
)
def test_predict_names_what_is_wrong_with_a_file(project, tmp_path, content, message):
    (tmp_path / "page.txt").write_bytes(content)
    done = run("predict", project / "models" / "tiny.joblib", tmp_path / "page.txt")
    assert done.exit_code == 2
    assert message in done.output


def copy_of_model(project, tmp_path):
    for name in ("tiny.joblib", "tiny.joblib.manifest.json"):
        (tmp_path / name).write_bytes((project / "models" / name).read_bytes())
    return tmp_path / "tiny.joblib"


def test_a_damaged_model_is_refused(project, tmp_path):
    model = copy_of_model(project, tmp_path)
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    done = run("predict", model, LAUNCH)
    assert done.exit_code == 2
    assert "must have the bytes that its manifest names" in done.output


def test_a_changed_manifest_is_refused(project, tmp_path):
    model = copy_of_model(project, tmp_path)
    manifest = storage.manifest_path(model)
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(InputError, match="must be the manifest that was saved"):
        storage.load(model)


def test_a_model_of_another_scikit_learn_is_refused(project, tmp_path):
    predictor = storage.load(project / "models" / "tiny.joblib")
    predictor.info["versions"]["scikit-learn"] = "1.2.3"
    storage.save(predictor, tmp_path / "old.joblib")
    with pytest.raises(InputError, match=r"got 1\.2\.3; train it again or run: pip install"):
        storage.load(tmp_path / "old.joblib")


@pytest.mark.parametrize("stop_after", [0, 1, 2])
def test_a_kill_while_saving_leaves_a_pair_that_loads(project, tmp_path, monkeypatch, stop_after):
    model = copy_of_model(project, tmp_path)
    predictor = storage.load(model)
    predictor.info["name"] = "newer"
    real, calls = os.replace, []

    def replace(source, target):
        if len(calls) == stop_after:
            raise KeyboardInterrupt
        calls.append(target)
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        storage.save(predictor, model)
    assert storage.load(model).info["name"] in ("tiny", "newer")
    assert len([p for p in tmp_path.iterdir() if p.suffix != ".lock"]) == 2


def test_folds_keep_events_whole_and_balance_labels():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 300)
    y = (rng.random((300, 3)) < [0.5, 0.2, 0.1]).astype(int)
    pairs = split.folds(y, groups, 5, seed=1)
    assert sorted(np.concatenate([test for _, test in pairs])) == list(range(300))
    for train, test in pairs:
        assert not set(groups[train]) & set(groups[test])
        assert np.abs(y[test].mean(axis=0) - y.mean(axis=0)).max() < 0.1


def test_a_split_by_time_holds_the_latest_out():
    times = np.array([f"2020-01-{d:02}" for d in range(1, 21)])
    events = np.array(["a"] * 2 + [str(i) for i in range(17)] + ["a"])
    train, test = split.holdout(np.ones((20, 2), int), events, times, kind="time", share=0.2, seed=0)
    assert 19 in train
    assert min(times[test]) > max(times[train[:-1]])


def test_the_threshold_is_that_of_best_f1():
    rng = np.random.default_rng(0)
    y = (rng.random(200) < 0.3).astype(int)
    p = np.clip(0.3 * y + 0.5 * rng.random(200), 0, 1)
    best = calibrate.best_threshold(p, y)
    f1 = [evaluate.f1_score(y, p >= t) for t in np.linspace(0, 1, 500)]
    assert evaluate.f1_score(y, p >= best) >= max(f1) - 1e-9


@pytest.mark.parametrize("multiclass", [False, True])
def test_calibrated_probabilities_are_probabilities(multiclass):
    rng = np.random.default_rng(0)
    y = np.eye(3, dtype=int)[rng.integers(0, 3, 300)]
    scores = y + rng.normal(size=(300, 3))
    fitted = calibrate.fit(scores, y, multiclass)
    p = fitted.probabilities(scores)
    assert ((p >= 0) & (p <= 1)).all()
    assert np.abs(p.mean(axis=0) - y.mean(axis=0)).max() < 0.05
    if multiclass:
        assert (fitted.labels(p).sum(axis=1) == 1).all()


def test_every_shipped_config_is_valid():
    files = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))
    assert len(files) >= 6
    for path in files:
        assert config.read(path).name == path.stem


def test_init_makes_a_project_that_trains(tmp_path):
    assert run("init", tmp_path / "new").exit_code == 0
    assert run("check", tmp_path / "new" / "configs" / "topic.yaml").exit_code == 0
    again = run("init", tmp_path / "new")
    assert again.exit_code == 2
    assert "must not exist yet" in again.output


def test_a_run_is_tracked_and_its_version_loads_without_khobor(project, tmp_path):
    (tmp_path / "a b" / "configs").mkdir(parents=True)
    (tmp_path / "a b" / "articles.jsonl").write_bytes((project / "articles.jsonl").read_bytes())
    path = tmp_path / "a b" / "configs" / "tiny.yaml"
    path.write_text(CONFIG.replace("enabled: false", "enabled: true"), "utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}
    command = [sys.executable, "-W", "ignore", "-m", "khobor_training.cli", "train", str(path)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "registered as version 1" in done.stdout
    code = f"""
import sys
sys.path = [p for p in sys.path if not p.endswith(('/features', '/training'))]
import importlib.util
assert importlib.util.find_spec('khobor_features') is None
import mlflow, pandas as pd
mlflow.set_tracking_uri('sqlite:///{tmp_path}/a b/mlruns/mlflow.db')
run = mlflow.search_runs(search_all_experiments=True).iloc[0]
assert run.status == 'FINISHED' and run['metrics.macro_f1'] > 0 and len(run['tags.data_sha256']) == 64
assert run['params.classifier.kind'] == 'logistic_regression'
model = mlflow.pyfunc.load_model('models:/khobor-tiny/1')
frame = pd.DataFrame({{'title': ['শিরোনাম'], 'body': ['{LAUNCH}']}})
print(list(model.predict(frame).columns))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "diplomacy" in done.stdout


@pytest.mark.filterwarnings("ignore")  # MLflow's own dependencies warn when they are imported
def test_a_failed_run_is_marked_failed_with_its_message(project, tmp_path):
    from khobor_training import tracking

    with pytest.raises(ValueError, match="broken on purpose"), tracking.run(tmp_path, "e", "n"):
        raise ValueError("broken on purpose")
    with pytest.raises(KeyboardInterrupt), tracking.run(tmp_path, "e", "n"):
        raise KeyboardInterrupt
    import mlflow

    found = mlflow.search_runs(experiment_names=["e"])
    assert sorted(found.status) == ["FAILED", "KILLED"]
    assert "broken on purpose" in set(found["tags.error"])


def test_raw_joblib_load_gives_the_predictor(project):
    assert joblib.load(project / "models" / "tiny.joblib")(LAUNCH).probabilities


@pytest.mark.parametrize("kind", ["logistic_regression", "linear_svm", "complement_nb", "vote"])
@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_contributions_of_words_and_topics_add_up_to_the_score(kind, task):
    choice = {"kind": kind}
    if kind == "vote":
        choice["members"] = [{"kind": "linear_svm"}, {"kind": "complement_nb"}]
    checked = config.Config.model_validate(
        {
            "name": "a",
            "task": task,
            "data": {"labels": ["a", "b", "c"]},
            "features": {"words": {"ngram_range": (1, 2)}, "characters": {}, "topics": {"n_topics": 4}},
            "classifier": choice,
        }
    )
    texts = [row["title"] + "\n" + row["body"] for row in rows(30)]
    y = np.eye(3, dtype=int)[np.arange(30) % 3]
    fitted = build(checked).fit(texts, y)
    tokens = fitted[:2].transform([texts[0] + " অদেখাশব্দ"])
    for parts in contributions(fitted, tokens, ["a", "b", "c"]).values():
        total = parts["intercept"] + sum(parts["words"].values()) + sum(parts["topics"].values())
        assert total == pytest.approx(parts["score"], abs=1e-6)


def test_a_broken_residue_pattern_is_named(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIG.replace("classifier:", "text: {tail_residue: ['(']}\nclassifier:"), "utf-8")
    with pytest.raises(InputError, match="tail_residue must be regular expressions"):
        config.read(path)


def test_patterns_of_the_config_come_on_top_of_our_own():
    text = config.Text(tail_residue=["আমাদের পাতা"])
    checked = config.Config.model_validate(
        {
            "name": "a",
            "task": "multilabel",
            "text": text,
            "data": {"labels": ["a", "b"]},
            "features": {"words": {}},
            "classifier": {"kind": "linear_svm"},
        }
    )
    normalise = build(checked).named_steps["normalise"]
    assert normalise.normalise("খবর।\nআমাদের পাতা\nমন্তব্য (0)") == "খবর।"


@pytest.mark.slow
def test_eight_trainings_at_once_lose_nothing(project, tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "articles.jsonl").write_bytes((project / "articles.jsonl").read_bytes())
    path = tmp_path / "configs" / "tiny.yaml"
    path.write_text(CONFIG.replace("enabled: false", "enabled: true"), "utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}
    command = [sys.executable, "-W", "ignore", "-m", "khobor_training.cli", "train", str(path)]
    started = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for _ in range(8)
    ]
    outputs = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0] * 8
    found = {line for out in outputs for line in out.splitlines() if line.startswith("tracked:")}
    assert found == {f"tracked: registered as version {i} in MLflow" for i in range(1, 9)}
    assert storage.load(tmp_path / "models" / "tiny.joblib")(LAUNCH).probabilities
