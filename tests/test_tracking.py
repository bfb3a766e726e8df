import os
import subprocess
import sys

import pytest
from samples import CONFIG, LAUNCH

from khobor_training import storage


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
