import pytest
from click.testing import CliRunner
from samples import rows

from khobor_training import storage
from khobor_training.cli import main


@pytest.mark.slow
def test_two_jobs_give_what_one_gives(project):
    model = project / "models" / "tiny.joblib"
    one = storage.load(model)(rows(30))
    done = CliRunner().invoke(main, ["train", str(project / "configs" / "tiny.yaml"), "--jobs", "2"])
    assert done.exit_code == 0, done.output
    for a, b in zip(one, storage.load(model)(rows(30)), strict=True):
        assert a.probabilities == pytest.approx(b.probabilities, abs=1e-9)
        assert a.labels == b.labels
