"""The wheel, installed in an environment that has no checkout of khobor."""

import json
import os
import subprocess

from samples import CONFIG, LAUNCH, rows


def run(elsewhere, *arguments, cwd):
    python, site = elsewhere
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "PYTHON"))}
    environment["PYTHONPATH"] = str(site)
    command = [str(python), "-W", "ignore", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_makes_a_project_trains_and_predicts_from_anywhere(elsewhere, tmp_path):
    khobor = elsewhere[1] / "bin" / "khobor"
    done = run(elsewhere, "-c", "import khobor_training; print(khobor_training.__file__)", cwd=tmp_path)
    assert str(elsewhere[1]) in done.stdout
    assert run(elsewhere, khobor, "init", "my project", cwd=tmp_path).returncode == 0
    project = tmp_path / "my project"
    assert run(elsewhere, khobor, "check", "my project/configs/topic.yaml", cwd=tmp_path).returncode == 0
    (project / "configs" / "tiny.yaml").write_text(CONFIG.replace("enabled: false", "enabled: true"), "utf-8")
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows(60)]
    (project / "articles.jsonl").write_text("".join(lines), "utf-8")
    (tmp_path / "away").mkdir()
    trained = run(elsewhere, khobor, "train", project / "configs" / "tiny.yaml", cwd=tmp_path / "away")
    assert trained.returncode == 0, trained.stderr
    assert "registered as version 1" in trained.stdout
    model = project / "models" / "tiny.joblib"
    done = run(elsewhere, khobor, "predict", model, LAUNCH, cwd=tmp_path / "away")
    assert set(json.loads(done.stdout)["probabilities"]) == {"diplomacy", "space", "military"}
    assert list((tmp_path / "away").iterdir()) == []
