import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from click.testing import CliRunner
from samples import CONFIG, STANCE, rows, stance_rows

from khobor_training.cli import main


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a project")
    (folder / "configs").mkdir()
    (folder / "configs" / "tiny.yaml").write_text(CONFIG, "utf-8")
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows(150)]
    (folder / "articles.jsonl").write_text("".join(lines), "utf-8")
    done = CliRunner().invoke(main, ["train", str(folder / "configs" / "tiny.yaml")])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="session")
def stance_project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a stance")
    (folder / "tiny_stance.yaml").write_text(STANCE, "utf-8")
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in stance_rows(200)]
    (folder / "rows.jsonl").write_text("".join(lines), "utf-8")
    done = CliRunner().invoke(main, ["train", str(folder / "tiny_stance.yaml")])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """Return the python of an environment with our dependencies in which khobor is not installed."""
    folder = tmp_path_factory.mktemp("bare") / "an env"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    show = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.check_output(show, text=True).strip()
    ours = subprocess.check_output([sys.executable, *show[1:]], text=True).strip()
    # A path in a .pth gives the dependencies, and not what their own .pth files point to.
    (Path(site) / "dependencies.pth").write_text(ours + "\n")
    return python


@pytest.fixture(scope="session")
def elsewhere(bare, tmp_path_factory):
    """Return the python of such an environment into which the wheel was then installed."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    root = str(Path(__file__).parents[1])
    offline = ["--no-deps", "--no-index"]
    subprocess.run([*pip, "wheel", *offline, "--no-build-isolation", "-w", str(folder), root], check=True)
    (wheel,) = folder.glob("khobor-*.whl")
    target = folder / "site"
    subprocess.run([*pip, "install", *offline, "--target", str(target), str(wheel)], check=True)
    return bare, target
