import json
import subprocess
import sys

import pandas as pd
import pytest
from samples import LAUNCH, rows

from khobor_training import storage


def test_the_saved_model_predicts_the_same_in_a_fresh_process_elsewhere(project, tmp_path):
    model = project / "models" / "tiny.joblib"
    live = storage.load(model)([LAUNCH, "ক্রিকেট ম্যাচে বাংলাদেশ জিতেছে আজ মিরপুরে।"])
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "__init__.py").write_text("raise RuntimeError")
    code = (
        "import sys, json, joblib; p = joblib.load(sys.argv[1]);"
        "r = p(sys.argv[2:]); assert not {'mlflow', 'bnlp'} & set(sys.modules), 'imported';"
        "print(json.dumps([x.probabilities for x in r]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(model), LAUNCH, "ক্রিকেট ম্যাচে বাংলাদেশ জিতেছে আজ মিরপুরে।"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for ours, theirs in zip(live, json.loads(done.stdout), strict=True):
        assert ours.probabilities == pytest.approx(theirs, abs=1e-9)


def test_a_prediction_does_not_depend_on_its_batch(project):
    predict = storage.load(project / "models" / "tiny.joblib")
    articles = rows(20)
    for one, many in zip([predict(a) for a in articles], predict(articles), strict=True):
        assert one.probabilities == pytest.approx(many.probabilities, abs=1e-9)
        assert one.labels == many.labels


def test_a_frame_and_a_list_get_the_same_labels(project):
    predict = storage.load(project / "models" / "tiny.joblib")
    frame = pd.DataFrame(rows(5)).set_index("id", drop=False)
    assert list(predict.frame(frame).labels) == [list(p.labels) for p in predict(rows(5))]
    assert list(predict.frame(frame).index) == list(frame.index)


def test_info_says_where_the_figures_come_from(project):
    info = storage.load(project / "models" / "tiny.joblib").info
    assert "before the refit" in info["figures_from"]
    assert info["versions"]["scikit-learn"]


def test_an_unsure_prediction_is_withheld_on_request(project):
    predict = storage.load(project / "models" / "tiny.joblib")
    predict.abstain["min_confidence"] = 0.999999
    prediction = predict(LAUNCH)
    assert (prediction.abstained, prediction.reason, prediction.labels) == (True, "low_confidence", ())


def test_digits_alone_are_too_short(project):
    assert storage.load(project / "models" / "tiny.joblib")("১ ২ ৩ ৪ ৫").reason == "too_short"


def test_missing_ids_are_none(project):
    predict = storage.load(project / "models" / "tiny.joblib")
    articles = [{"id": i, "body": LAUNCH} for i in (pd.NA, float("nan"), None, 7)]
    assert [p.id for p in predict(articles)] == [None, None, None, "7"]
