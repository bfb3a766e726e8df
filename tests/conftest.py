import json

import pytest
from click.testing import CliRunner
from samples import CONFIG, rows

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
