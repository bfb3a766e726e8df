from dataclasses import replace

import numpy as np
import pytest
from outcomes import outcome
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, precision_score, recall_score

from khobor_training import curves


def draws(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    probability = rng.random(n)
    return (rng.random(n) < probability).astype(int), probability


def reliability(y, probability, groups=None, **options):
    groups = np.arange(len(y)) if groups is None else groups
    return curves.reliability("a", y, probability, groups, **{"seed": 0, **options})


def test_bins_are_those_of_scikit_learns_quantile_strategy():
    y, probability = draws()
    share, promised = calibration_curve(y, probability, n_bins=10, strategy="quantile")
    found = reliability(y, probability)
    assert [b.share for b in found.bins] == pytest.approx(share)
    assert [b.probability for b in found.bins] == pytest.approx(promised)
    assert [b.n for b in found.bins] == [200] * 10


def test_the_calibration_error_is_the_mean_over_rows_of_a_bins_distance():
    y, probability = np.array([0, 0, 1, 1] * 10), np.array([0.2, 0.2, 0.7, 0.7] * 10)
    assert reliability(y, probability).error == pytest.approx((0.2 + 0.3) / 2)


def test_the_brier_score_is_the_mean_squared_distance():
    y, probability = draws()
    found = reliability(y, probability)
    assert found.brier == pytest.approx(np.mean((y - probability) ** 2))
    assert found.brier_low < found.brier < found.brier_high
    assert found.brier_of_base_rate == pytest.approx(np.mean((y - y.mean()) ** 2))


def test_equal_probabilities_are_never_parted_and_no_bin_is_empty():
    y, probability = np.array([0, 1] * 50), np.full(100, 0.4)
    (only,) = reliability(y, probability).bins
    assert (only.n, only.share) == (100, 0.5)


def test_perfect_probabilities_stay_under_chance_about_95_times_in_100():
    found = [reliability(*draws(2000, seed), n=50) for seed in range(100)]
    assert 88 <= sum(r.error <= r.error_of_chance for r in found) < 100
    apart = np.quantile([r.error for r in found], 0.95)
    assert np.mean([r.error_of_chance for r in found]) == pytest.approx(apart, rel=0.15)


def test_probabilities_that_promise_too_much_are_above_chance_and_biased_upwards():
    y, probability = draws()
    found = reliability(y, np.sqrt(probability))
    assert found.error_low > found.error_of_chance
    assert found.bias > 0.1


def test_the_interval_resamples_whole_groups_and_follows_the_seed():
    y, probability = draws(400)
    order = np.argsort(y - probability)
    y, probability = y[order], probability[order] ** 2
    alone = reliability(y, probability)
    together = reliability(y, probability, np.repeat(np.arange(20), 20))
    assert together.brier_high - together.brier_low > 1.5 * (alone.brier_high - alone.brier_low)
    assert together.error_high - together.error_low > 1.5 * (alone.error_high - alone.error_low)
    assert reliability(y, probability) == alone != reliability(y, probability, seed=1)


def test_a_multiclass_task_has_each_class_and_the_label_given():
    told = outcome(multiclass=True)
    found = {r.label: r for r in curves.reliabilities(told, seed=0, n=20)}
    assert list(found) == [*told.labels, curves.TOP_LABEL]
    (only,) = found[curves.TOP_LABEL].bins
    assert only.probability == pytest.approx(0.8)
    assert only.share == pytest.approx((told.y * told.predicted).sum() / len(told))


def test_rows_count_by_the_shares_that_probabilities_are_meant_for():
    """Half of the rows have the label; on the days that are expected a tenth will."""
    rng = np.random.default_rng(0)
    told = outcome(multiclass=True, n=4000)
    a, b = told.labels[:2]
    score = rng.normal(size=4000)
    held = rng.random(4000) < 1 / (1 + np.exp(-3 * score))
    told.y[:] = 0
    told.y[held, 0] = told.y[~held, 1] = 1
    odds = np.exp(3 * score) * (0.1 / 0.9) * ((1 - held.mean()) / held.mean())
    told.probabilities[:] = 0
    told.probabilities[:, 0] = odds / (1 + odds)
    told.probabilities[:, 1] = 1 / (1 + odds)
    shares = {a: 0.1, b: 0.9, **dict.fromkeys(told.labels[2:], 0.0)}
    meant = curves.reliabilities(replace(told, shares=shares), seed=0, n=20)[0]
    taken_as_they_are = curves.reliabilities(told, seed=0, n=20)[0]
    assert meant.error < 0.03 < 0.2 < taken_as_they_are.error
    assert meant.brier_of_base_rate == pytest.approx(0.09, abs=0.001)
    assert abs(meant.bias) < 0.02


def test_precision_and_recall_are_scikit_learns():
    told = outcome()
    for i, curve in enumerate(curves.precision_recall(told)):
        y, given = told.y[:, i], told.predicted[:, i]
        assert curve.average_precision == average_precision_score(y, told.probabilities[:, i])
        assert curve.operating_point == (precision_score(y, given), recall_score(y, given))
        assert curve.base_rate == y.mean()
        assert (curve.recall[0], curve.recall[-1], curve.precision[-1]) == (1, 0, 1)


def test_a_label_that_no_row_has_has_no_curve():
    told = outcome()
    told.y[:, 1] = 0
    curve = curves.precision_recall(told)[1]
    assert not curve.recall.size
    assert np.isnan(curve.average_precision)


def test_wilsons_interval_stays_within_0_and_1():
    low, high = curves.wilson([0, 5, 10], [10, 10, 10])
    assert low == pytest.approx([0, 0.2366, 0.7225], abs=1e-4)
    assert high == pytest.approx([0.2775, 0.7634, 1], abs=1e-4)
