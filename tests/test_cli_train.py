"""What a training says, writes and refuses, and the audit of data alone."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from samples import CONFIG, STANCE, rows, run, stance_rows

KHOBOR = [sys.executable, "-W", "ignore", "-m", "khobor_training.cli"]


def lay(folder, articles, config=CONFIG):
    (folder / "articles.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in articles), "utf-8"
    )
    path = folder / "tiny.yaml"
    path.write_text(config, "utf-8")
    return path


def written(folder):
    models = folder / "models"
    return [(models / name).read_text("utf-8") for name in ("tiny.report.html", "tiny.card.md")]


def test_a_training_says_what_a_random_split_would_have_claimed_and_writes_report_and_card(tmp_path):
    done = run("train", lay(tmp_path, rows(150)))
    assert done.exit_code == 0, done.output
    said = next(line for line in done.output.splitlines() if "a random split would have claimed" in line)
    claimed = said.split()[-2]
    assert "expected calibration error, out of fold: diplomacy 0." in done.output
    assert f"report:  {tmp_path / 'models' / 'tiny.report.html'}" in done.output
    for page in written(tmp_path):
        assert claimed in page
        assert "random split" in page
    html = written(tmp_path)[0]
    for heading in ("Label by label", "What is taken for what", "Learning", "What the audit of the data"):
        assert heading in html


def test_a_run_on_permuted_labels_says_that_it_is_no_better_than_chance(tmp_path):
    articles = rows(150)
    labels = [row["topics"] for row in articles]
    random.Random(3).shuffle(labels)
    articles = [{**row, "topics": own} for row, own in zip(articles, labels, strict=True)]
    done = run("train", lay(tmp_path, articles))
    assert done.exit_code == 0, done.output
    assert "no better than chance" in done.output
    assert all("No better than chance" in page for page in written(tmp_path))


def test_articles_text_can_be_left_out_of_all_that_a_training_writes(tmp_path):
    articles = rows(150)
    config = lay(tmp_path, articles, CONFIG + "report: {show_text: false}\n")
    assert run("train", config).exit_code == 0
    for page in written(tmp_path):
        assert not any(row["title"] in page for row in articles)
    config.write_text(CONFIG, "utf-8")
    assert run("train", config).exit_code == 0
    assert any(row["title"] in written(tmp_path)[0] for row in articles)


def faults(articles):
    """Plant a copy in another event, an outlet that gives a label away, and a leak in the residue."""
    faulty = [dict(row) for row in articles]
    for row in faulty:
        row["outlet"] = "desk-space" if "space" in row["topics"] else row["outlet"]
        if "military" in row["topics"]:
            row["body"] += "\nপ্রতিরক্ষা ডেস্ক থেকে পাঠানো বিশেষ প্রতিবেদন"
    copy = {**faulty[0], "id": "copy", "event": "another-2020", "title": faulty[0]["title"] + " (হালনাগাদ)"}
    return [*faulty, copy], faulty[0]["id"]


def test_planted_faults_are_found_and_named_and_can_be_fatal(tmp_path):
    articles, copied = faults(rows(150))
    config = lay(tmp_path, articles)
    done = run("audit", tmp_path / "articles.jsonl")
    assert done.exit_code == 0, done.output
    assert "duplicates_across_events" in done.output
    assert "outlet_predicts_label" in done.output
    assert "desk-space" in done.output
    assert "প্রতিরক্ষা ডেস্ক থেকে পাঠানো বিশেষ প্রতিবেদন" in done.output
    told = json.loads(run("audit", tmp_path / "articles.jsonl", "--json").stdout)
    copies = next(one for one in told if one["kind"] == "duplicates_across_events")
    assert {"copy", copied} <= set(copies["rows"])
    assert run("audit", "--config", config).output == run("audit", tmp_path / "articles.jsonl").output

    trained = run("train", config)
    assert trained.exit_code == 0, trained.output
    assert "outlet_predicts_label" in trained.output
    assert "desk-space" in written(tmp_path)[0]

    for fatal in ("serious", "outlet_predicts_label"):
        (tmp_path / "models" / "tiny.joblib").unlink(missing_ok=True)
        config.write_text(CONFIG + f"audit: {{fatal: [{fatal}]}}\n", "utf-8")
        stopped = run("train", config)
        assert stopped.exit_code == 2
        assert "audit.fatal stops at what was found" in stopped.output
        assert not (tmp_path / "models" / "tiny.joblib").exists()


def test_a_near_copy_never_stands_on_both_sides_of_a_split(tmp_path):
    from khobor_training import config as configuration
    from khobor_training.planning import plan

    articles, copied = faults(rows(150))
    path = lay(tmp_path, articles)
    planned = plan(configuration.read(path), tmp_path, [])
    ids = planned.articles.frame["id"].tolist()
    groups = planned.articles.groups
    assert groups[ids.index("copy")] == groups[ids.index(copied)]


def test_audit_reads_stances_and_tables_and_refuses_what_has_no_labels(tmp_path):
    stances = [{key: value for key, value in row.items() if key != "topics"} for row in stance_rows(60)]
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in stances), "utf-8")
    done = run("audit", tmp_path / "s.jsonl", "--rows", "1")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("60 rows with a target of 60 rows")
    (tmp_path / "t.csv").write_text("id,body,topics\n1,আজ ঢাকায় বৃষ্টি হয়েছে।,space|diplomacy\n", "utf-8")
    done = run("audit", tmp_path / "t.csv")
    assert done.exit_code == 0, done.output
    refused = {"id,body\n1,আজ বৃষ্টি\n": "must have the column topics", "id,body,topics\n1,আজ,\n": "got none"}
    for text, named in refused.items():
        (tmp_path / "t.csv").write_text(text, "utf-8")
        done = run("audit", tmp_path / "t.csv")
        assert done.exit_code == 2
        assert named in done.output
    assert "got neither" in run("audit").output


def test_check_names_the_overlaps_of_targets(tmp_path):
    path = tmp_path / "tiny_stance.yaml"
    path.write_text(STANCE.replace("[মার্কিন]", "[মার্কিন, মস্কো]"), "utf-8")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in stance_rows(200)), "utf-8")
    done = run("check", path)
    assert done.exit_code == 0, done.output
    assert "'মস্কো' names রাশিয়া and যুক্তরাষ্ট্র; it counts for রাশিয়া" in done.output


def test_the_summary_of_a_stance_shows_controls_pairs_swaps_and_coverage(stance_project):
    done = run("train", stance_project / "tiny_stance.yaml")
    assert done.exit_code == 0, done.output
    for said in (
        "control target-blind: ",
        "control target-name-only: ",
        "targets of different stance in one article: all right in ",
        "another target's name put in ",
        "accuracy of the surest answers: 100%",
        "at the shares that the config expects the out-of-fold figure is ",
    ):
        assert said in done.output
    figures = json.loads(run("info", stance_project / "models" / "tiny_stance.joblib").output)["figures"]
    beaten = figures["stance"]["beats_controls"]
    assert beaten == ("it does not beat" not in done.output)
    html = (stance_project / "models" / "tiny_stance.report.html").read_text("utf-8")
    assert "target-blind" in html


CHAMPION = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
client.set_registered_model_alias("khobor-tiny", "champion", "1")
"""


def test_report_opens_the_page_of_a_model_a_version_and_a_run(tmp_path):
    """A browser is anything that takes an address: here a script that notes it."""
    config = lay(tmp_path, rows(150), CONFIG.replace("enabled: false", "enabled: true"))
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/opened"\n')
    browser.chmod(0o755)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}
    environment |= {"BROWSER": f"{browser} %s", "TMPDIR": str(tmp_path)}

    def khobor(*arguments):
        command = [*KHOBOR, *map(str, arguments)]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    store = f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    assert khobor("train", config).returncode == 0
    subprocess.run([sys.executable, "-W", "ignore", "-c", CHAMPION, store], env=environment, check=True)
    assert khobor("train", config).returncode == 0
    page = written(tmp_path)[0]
    assert "champion (khobor-tiny@champion)" in page

    for name in ("models/tiny.joblib", "khobor-tiny/2", "khobor-tiny@champion"):
        done = khobor("report", name)
        assert done.returncode == 0, done.stderr
    opened = (tmp_path / "opened").read_text().split()
    assert len(opened) == 3
    assert opened[0] == (tmp_path / "models" / "tiny.report.html").as_uri()
    from_store = Path(url2pathname(urlparse(opened[1]).path)).read_text("utf-8")
    assert from_store == page
    assert "champion (" not in Path(url2pathname(urlparse(opened[2]).path)).read_text("utf-8")

    done = khobor("report", "khobor-tiny/2", "--out", "here.html")
    assert done.returncode == 0
    assert (tmp_path / "here.html").read_text("utf-8") == page
    assert len((tmp_path / "opened").read_text().split()) == 3
    for wrong in ("models/other.joblib", "khobor-tiny/9"):
        assert khobor("report", wrong).returncode == 2


def test_a_champion_that_was_tested_on_other_articles_is_not_compared(tmp_path):
    config = lay(tmp_path, rows(150), CONFIG.replace("enabled: false", "enabled: true"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}
    train = [*KHOBOR, "train", str(config)]
    subprocess.run(train, env=environment, check=True, capture_output=True)
    store = f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    subprocess.run([sys.executable, "-W", "ignore", "-c", CHAMPION, store], env=environment, check=True)
    lay(tmp_path, rows(149), config.read_text("utf-8"))
    subprocess.run(train, env=environment, check=True, capture_output=True)
    page = written(tmp_path)[0]
    assert "tested on other articles" in page
    assert "champion (khobor-tiny@champion)" not in page


def test_no_line_of_an_article_stands_in_what_is_written_where_text_is_left_out(tmp_path):
    articles, _ = faults(rows(150))
    line = "প্রতিরক্ষা ডেস্ক থেকে পাঠানো"
    config = lay(tmp_path, articles, CONFIG + "report: {show_text: false}\n")
    done = run("train", config)
    assert done.exit_code == 0, done.output
    assert "the repeated line number " in done.output
    for page in [done.output, *written(tmp_path)]:
        assert line not in page
        assert not any(row["title"] in page for row in articles)
    wrong = [row["id"] for row in articles if f"<b>{row['id']}</b>" in written(tmp_path)[0]]
    assert wrong  # the worst errors are named by their ids
    config.write_text(CONFIG + "report: {show_text: false}\naudit: {fatal: [serious]}\n", "utf-8")
    stopped = run("train", config)
    assert stopped.exit_code == 2
    assert line not in stopped.output


def test_a_file_of_which_no_row_can_be_used_has_its_rows_named(project, tmp_path):
    row = {"body": "আজ ঢাকায় বৃষ্টি।", "topics": ["rain"]}
    (tmp_path / "wrong.jsonl").write_text(json.dumps(row), "utf-8")
    done = run("evaluate", project / "models" / "tiny.joblib", tmp_path / "wrong.jsonl")
    assert done.exit_code == 2
    assert "1 of 1 rows cannot be used, and none is left" in done.output
    assert "row 1: unknown label 'rain', must be one of diplomacy, space, military" in done.output


def test_audit_names_labels_that_cannot_be_used_and_lists_all_where_some_are_fatal(tmp_path):
    row = {"body": "আজ ঢাকায় বৃষ্টি।", "topics": ["a|b", "", None]}
    (tmp_path / "odd.jsonl").write_text(json.dumps(row), "utf-8")
    done = run("audit", tmp_path / "odd.jsonl")
    assert done.exit_code == 2
    assert "topics cannot be used as labels: data.labels: must be distinct, not blank" in done.output
    articles, _ = faults(rows(150))
    config = lay(tmp_path, articles, CONFIG + "audit: {fatal: [serious]}\n")
    done = run("audit", "--config", config)
    assert done.exit_code == 0
    assert "outlet_predicts_label" in done.output


def test_a_searched_model_says_in_its_report_which_settings_it_has(tmp_path):
    search = "search: {kind: grid, values: {classifier.C: [0.5, 77]}}\n"
    done = run("search", lay(tmp_path, rows(150), CONFIG + search))
    assert done.exit_code == 0, done.output
    for page in written(tmp_path):
        assert "classifier.C 77" in page or "classifier.C 0.5" in page
        assert "optimistic because it is the best" in page


def test_a_tracked_stance_of_few_rows_a_target_and_no_genre_trains(tmp_path):
    """Figures by target and by genre are empty then."""
    columns = ("id", "title", "body", "target", "stance", "event")
    given = [{key: row[key] for key in columns} for row in stance_rows(80)]
    given = [{**row, "target": f"{row['target']} {i}"} for i, row in enumerate(given)]
    path = tmp_path / "tiny_stance.yaml"
    path.write_text(STANCE.replace("enabled: false", "enabled: true"), "utf-8")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in given), "utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}
    done = subprocess.run(
        [*KHOBOR, "train", str(path)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "models" / "tiny_stance.joblib").exists()
    assert "registered as version 1" in done.stdout
