import numpy as np
import pytest
from sklearn.metrics import f1_score

from khobor_training import calibrate


def test_the_threshold_is_that_of_best_f1():
    rng = np.random.default_rng(0)
    y = (rng.random(200) < 0.3).astype(int)
    p = np.clip(0.3 * y + 0.5 * rng.random(200), 0, 1)
    best = calibrate.best_threshold(p, y)
    f1 = [f1_score(y, p >= t) for t in np.linspace(0, 1, 500)]
    assert f1_score(y, p >= best) >= max(f1) - 1e-9


@pytest.mark.parametrize("multiclass", [False, True])
def test_calibrated_probabilities_are_probabilities(multiclass):
    rng = np.random.default_rng(0)
    y = np.eye(3, dtype=int)[rng.integers(0, 3, 300)]
    scores = y + rng.normal(size=(300, 3))
    fitted = calibrate.fit(scores, y, multiclass=multiclass, seed=0)
    p = fitted.probabilities(scores)
    assert ((p >= 0) & (p <= 1)).all()
    assert np.abs(p.mean(axis=0) - y.mean(axis=0)).max() < 0.05
    if multiclass:
        assert (fitted.labels(p).sum(axis=1) == 1).all()


def test_a_label_is_given_from_its_threshold_on():
    fitted = calibrate.Calibration(np.ones(2), np.zeros(2), np.array([0.2, 0.7]))
    assert fitted.labels(np.array([[0.2, 0.69], [0.19, 0.7]])).tolist() == [[1, 0], [0, 1]]


def test_thresholds_are_those_that_pay_and_not_one_half():
    rng = np.random.default_rng(0)
    y = (rng.random((2000, 1)) < 0.1).astype(int)
    scores = 1.5 * y + rng.normal(size=y.shape)
    fitted = calibrate.fit(scores, y, multiclass=False, seed=0)
    p = fitted.probabilities(scores)
    assert 0.1 < fitted.thresholds[0] < 0.4
    assert f1_score(y, fitted.labels(p)) > f1_score(y, p >= 0.5) + 0.05


def test_scores_that_are_all_equal_say_nothing_and_do_no_harm():
    y = np.array([[0], [1]] * 10)
    fitted = calibrate.fit(np.zeros((20, 1)), y, multiclass=False, seed=0)
    assert fitted.probabilities(np.zeros((1, 1)))[0, 0] == pytest.approx(0.5)
