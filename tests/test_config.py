from pathlib import Path

import pytest
from samples import CONFIG

from khobor_training import config
from khobor_training.errors import InputError


def test_every_shipped_config_is_valid():
    files = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))
    assert len(files) >= 6
    for path in files:
        assert config.read(path).name == path.stem


def test_a_broken_residue_pattern_is_named(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIG.replace("classifier:", "text: {tail_residue: ['(']}\nclassifier:"), "utf-8")
    with pytest.raises(InputError, match="tail_residue must be regular expressions"):
        config.read(path)
