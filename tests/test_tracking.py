"""Runs in a real MLflow store: the embedded one, a server on loopback, and one that is not there."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import pytest
from samples import CONFIG, LAUNCH, STANCE, stance_rows

from khobor_training import storage

TRAIN = [sys.executable, "-W", "ignore", "-m", "khobor_training.cli", "train"]


LOAD_STANCE = """
import importlib.util, json, sys
assert importlib.util.find_spec("khobor_features") is None
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/khobor-tiny_stance/1")
assert [c.name for c in model.metadata.signature.inputs] == ["title", "body", "target"]
rows = pd.read_json(sys.argv[2], lines=True)[["title", "body", "target"]]
twice = pd.concat([rows, rows.assign(target="মঙ্গোলিয়া")])
asked = [twice, rows.drop(columns="title"), rows.assign(title=None)]
print(json.dumps([model.predict(frame).to_dict("records") for frame in asked]))
"""


def environment(**more):
    return {**{k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}, **more}


def tracked_project(project, folder):
    """Return the config of a copy of the project in which tracking is on."""
    (folder / "configs").mkdir(parents=True)
    (folder / "articles.jsonl").write_bytes((project / "articles.jsonl").read_bytes())
    path = folder / "configs" / "tiny.yaml"
    path.write_text(CONFIG.replace("enabled: false", "enabled: true"), "utf-8")
    return path


def finish(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


LOAD = """
import importlib.util, sys
assert importlib.util.find_spec("khobor_features") is None
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/khobor-tiny/1")
assert {c.name for c in model.metadata.signature.inputs} == {"title", "body"}
answer = model.predict(pd.DataFrame({"title": ["শিরোনাম"], "body": [sys.argv[2]]}))
print(*answer.columns, answer.labels[0])
"""
LOOK = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
run = mlflow.search_runs(search_all_experiments=True).iloc[0]
assert run.status == "FINISHED"
assert run["params.classifier.kind"] == "logistic_regression"
assert run["params.data.labels"] == "['diplomacy', 'space', 'military']"
for name in ("macro_f1", "labels.space.precision", "labels.space.recall", "labels.space.f1",
             "labels.space.true_positive", "duration_seconds"):
    assert run[f"metrics.{name}"] > 0, name
assert len(run["tags.data_sha256"]) == 64 and run["tags.n_rows"] == "150"
assert run["tags.scikit-learn"] and run["tags.khobor"] and run["tags.git_commit"]
names = {a.path for a in mlflow.MlflowClient().list_artifacts(run.run_id)}
assert {"tiny.yaml", "figures.json"} <= names, names
"""


def test_any_label_makes_a_name_that_mlflow_takes():
    from khobor_training.tracking import metric_name

    names = [metric_name(f"labels.{label}.f1") for label in ("কূটনীতি", "a&b", "c/d", "(x)", "space")]
    assert all(re.fullmatch(r"[/\w.\- :]*", name) for name in names)
    assert len(set(names)) == 5
    assert names[-1] == "labels.space.f1"


def test_labels_in_bangla_are_tracked(project, tmp_path):
    path = tracked_project(project, tmp_path)
    text = path.read_text("utf-8").replace("[diplomacy, space, military]", "[কূটনীতি, মহাকাশ]")
    path.write_text(text, "utf-8")
    rows = (tmp_path / "articles.jsonl").read_text("utf-8").replace('"diplomacy"', '"কূটনীতি"')
    rows = rows.replace('"space"', '"মহাকাশ"').replace(', "military"', "").replace('"military"', "")
    (tmp_path / "articles.jsonl").write_text(rows, "utf-8")
    done = finish([*TRAIN, path], env=environment())
    assert done.returncode == 0, done.stderr
    assert "registered as version 1" in done.stdout


def test_a_run_is_tracked_and_its_version_loads_where_khobor_is_not_installed(project, tmp_path, bare):
    path = tracked_project(project, tmp_path / "a b")
    done = finish([*TRAIN, path], cwd=tmp_path, env=environment())
    assert done.returncode == 0, done.stderr
    assert "registered as version 1" in done.stdout
    assert done.stderr == ""
    store = f"sqlite:///{tmp_path / 'a b'}/mlruns/mlflow.db"
    looked = finish([sys.executable, "-W", "ignore", "-c", LOOK, store], env=environment())
    assert looked.returncode == 0, looked.stderr
    done = finish([bare, "-W", "ignore", "-c", LOAD, store, LAUNCH], cwd=tmp_path, env=environment())
    assert done.returncode == 0, done.stderr
    labels = storage.load(tmp_path / "a b" / "models" / "tiny.joblib")(LAUNCH).labels
    assert done.stdout.split() == ["labels", "diplomacy", "space", "military", "reason", "|".join(labels)]


def test_a_registered_stance_model_serves_an_answer_for_each_row(stance_project, tmp_path, bare):
    (tmp_path / "rows.jsonl").write_bytes((stance_project / "rows.jsonl").read_bytes())
    path = tmp_path / "tiny_stance.yaml"
    path.write_text(STANCE.replace("enabled: false", "enabled: true"), "utf-8")
    done = finish([*TRAIN, path], cwd=tmp_path, env=environment())
    assert done.returncode == 0, done.stderr
    rows = stance_rows(5)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "five.jsonl").write_text(lines, "utf-8")
    store = f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    command = [bare, "-W", "ignore", "-c", LOAD_STANCE, store, tmp_path / "five.jsonl"]
    done = finish(command, cwd=tmp_path, env=environment())
    assert done.returncode == 0, done.stderr
    served, untitled, without = json.loads(done.stdout)
    predict = storage.load(tmp_path / "models" / "tiny_stance.joblib")
    for row, answer, of_another in zip(rows, served, served[5:], strict=False):
        own = predict(row)
        assert answer["labels"] == (own.label or "")
        assert answer["supportive"] == pytest.approx(own.probabilities["supportive"], abs=1e-9)
        assert json.loads(answer["evidence"]) == own.to_dict()["evidence"]
        assert of_another["labels"] == ""
        assert of_another["reason"] == "target_not_found"
    assert len(served) == 10
    assert without == untitled
    bodies = [predict({"body": row["body"], "target": row["target"]}) for row in rows]
    for answer, own in zip(untitled, bodies, strict=True):
        assert answer["critical"] == pytest.approx(own.probabilities["critical"], abs=1e-9)
        assert json.loads(answer["evidence"]) == own.to_dict()["evidence"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_stopped_training_leaves_no_file_and_a_killed_run(project, tmp_path, number):
    path = tracked_project(project, tmp_path)
    started = subprocess.Popen([*TRAIN, path], env=environment(), stderr=subprocess.PIPE, text=True)
    database = tmp_path / "mlruns" / "mlflow.db"

    def statuses():
        if not database.exists():
            return []
        try:
            with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as store:
                return [row[0] for row in store.execute("select status from runs")]
        except sqlite3.OperationalError:  # its tables are not made yet
            return []

    while not statuses() and started.poll() is None:
        time.sleep(0.02)
    started.send_signal(number)
    _, errors = started.communicate()
    assert started.returncode == 130, errors
    assert "khobor: stopped before the end; files are as they were" in errors
    assert "Traceback" not in errors
    assert statuses() == ["KILLED"]
    assert not list(tmp_path.glob("models/*"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_that_is_not_there_is_named(project, tmp_path):
    path = tracked_project(project, tmp_path)
    uri = f"http://127.0.0.1:{free_port()}"
    done = finish([*TRAIN, path], env=environment(MLFLOW_TRACKING_URI=uri))
    assert done.returncode == 2
    assert done.stderr.startswith(f"khobor: the tracking store {uri} must take the run, got '")
    assert "start the store, or unset MLFLOW_TRACKING_URI to use mlruns/, and train again" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "models").exists()


@pytest.mark.slow
def test_a_tracking_server_takes_runs_and_versions(project, tmp_path, bare):
    path = tracked_project(project, tmp_path / "project")
    uri = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", uri.rsplit(":")[-1]]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/store.db"]
    command += ["--artifacts-destination", str(tmp_path / "artifacts"), "--workers", "1"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, cwd=tmp_path, env=environment(), start_new_session=True, **quiet)
    try:
        for _ in range(240):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(uri.rsplit(":")[-1]))) == 0:
                    break
            time.sleep(0.25)
        done = finish([*TRAIN, path], env=environment(MLFLOW_TRACKING_URI=uri))
        assert done.returncode == 0, done.stderr
        done = finish([bare, "-W", "ignore", "-c", LOAD, uri, LAUNCH], env=environment())
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / "project" / "mlruns").exists()
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


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


@pytest.mark.slow
def test_eight_trainings_at_once_lose_nothing(project, tmp_path):
    path = tracked_project(project, tmp_path)
    options = {"env": environment(), "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    started = [subprocess.Popen([*TRAIN, path], **options) for _ in range(8)]
    outputs = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0] * 8
    store = f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    found = {line for out in outputs for line in out.splitlines() if line.startswith("tracked:")}
    assert found == {f"tracked: registered as version {i} in {store}" for i in range(1, 9)}
    with sqlite3.connect(tmp_path / "mlruns" / "mlflow.db") as database:
        runs = "select status, experiments.name from runs join experiments using (experiment_id)"
        assert database.execute(runs).fetchall() == [("FINISHED", "khobor-multilabel")] * 8
    assert storage.load(tmp_path / "models" / "tiny.joblib")(LAUNCH).probabilities
