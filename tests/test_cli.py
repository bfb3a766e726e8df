import json
import subprocess
import sys

from click.testing import CliRunner
from samples import LAUNCH, run

from khobor_training.cli import main


def test_init_makes_a_project_that_trains(tmp_path):
    assert run("init", tmp_path / "new").exit_code == 0
    assert run("check", tmp_path / "new" / "configs" / "topic.yaml").exit_code == 0
    again = run("init", tmp_path / "new")
    assert again.exit_code == 2
    assert "must not exist yet" in again.output


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


def test_a_folder_and_a_file_that_is_not_there_are_no_articles(project, tmp_path):
    model = project / "models" / "tiny.joblib"
    for given, found in ((tmp_path, "got a folder"), ("প্রতিবেদন.txt", "got no such file")):
        done = run("predict", model, given)
        assert done.exit_code == 2
        assert found in done.output


def test_the_command_line_starts_without_the_heavy_libraries():
    heavy = "{'numpy', 'scipy', 'pandas', 'sklearn', 'mlflow'}"
    code = f"import sys, khobor_training.cli; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
