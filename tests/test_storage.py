import os

import joblib
import pytest
from samples import LAUNCH

from khobor_training import storage


def copy_of_model(project, tmp_path):
    for name in ("tiny.joblib", "tiny.joblib.manifest.json"):
        (tmp_path / name).write_bytes((project / "models" / name).read_bytes())
    return tmp_path / "tiny.joblib"


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


def test_raw_joblib_load_gives_the_predictor(project):
    assert joblib.load(project / "models" / "tiny.joblib")(LAUNCH).probabilities


def test_the_package_itself_loads_models(project):
    import khobor_training

    assert khobor_training.load is storage.load
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = khobor_training.nothing
