"""The wheel, installed in an environment that has no checkout of khobor."""

import json
import os
import subprocess

from samples import CONFIG, LAUNCH, STANCE, rows, stance_rows


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


def test_the_wheel_tells_topics_and_stances_of_an_article_from_anywhere(elsewhere, tmp_path):
    khobor = elsewhere[1] / "bin" / "khobor"
    project, away = tmp_path / "a project", tmp_path / "away"
    away.mkdir()
    project.mkdir()
    stances = stance_rows(150)
    configs = {"topic": (CONFIG, "articles.jsonl", rows(90)), "stance": (STANCE, "rows.jsonl", stances)}
    for name, (config, file, given) in configs.items():
        text = config.replace("name: tiny_stance", "name: stance").replace("name: tiny", "name: topic")
        (project / f"{name}.yaml").write_text(text, "utf-8")
        (project / file).write_text("".join(json.dumps(row) + "\n" for row in given), "utf-8")
        done = run(elsewhere, khobor, "train", project / f"{name}.yaml", cwd=away)
        assert done.returncode == 0, done.stderr
    article = stance_rows(1)[0]
    text = f"{article['title']}\n{article['body']}"
    (away / "page.txt").write_text(text, "utf-8")

    stance = project / "models" / "stance.joblib"
    targets = ["--target", article["target"], "--target", "মঙ্গোলিয়া"]
    done = run(elsewhere, khobor, "predict", stance, "page.txt", *targets, cwd=away)
    own, other = map(json.loads, done.stdout.splitlines())
    assert own["label"] in ("supportive", "neutral", "critical")
    assert own["evidence"]
    assert all(text[e["start"] : e["end"]] == e["sentence"] for e in own["evidence"])
    assert (other["label"], other["reason"]) == (None, "target_not_found")

    done = run(elsewhere, khobor, "label", "page.txt", "--models", project / "models", "--json", cwd=away)
    answer = json.loads(done.stdout)
    assert set(answer["topics"]["probabilities"]) == {"diplomacy", "space", "military"}
    done = run(elsewhere, khobor, "predict", stance, "page.txt", "--targets", "all", cwd=away)
    assert [json.loads(line) for line in done.stdout.splitlines()] == answer["stances"]
    assert (project / "models" / "stance.report.html").is_file()
    assert run(elsewhere, khobor, "corpus", cwd=away).stdout.count("rows with a stance") == 1
