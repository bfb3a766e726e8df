import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from khobor_training import calibrate, refit


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


def classes(seed=0, n=600, shares=(0.3, 0.35, 0.35), lift=1.2, shift=(0.4, -0.2, 0.0)):
    """Return scores, and one of three classes for each row."""
    rng = np.random.default_rng(seed)
    y = np.eye(3, dtype=int)[rng.choice(3, n, p=shares)]
    return lift * y + rng.normal(size=y.shape) + np.array(shift), y


def expected_f1(y, labels, shares):
    """Return the macro-F1 where classes have these shares."""
    true = y.argmax(axis=1)
    weight = (np.array(shares) / y.mean(axis=0))[true]
    return f1_score(true, labels.argmax(axis=1), average="macro", sample_weight=weight)


SHARES = [(0.15, 0.6, 0.25), (0.05, 0.9, 0.05), (1 / 3, 1 / 3, 1 / 3), (0.8, 0.1, 0.1)]


@pytest.mark.parametrize("shares", SHARES)
@pytest.mark.parametrize("shift", [(0.4, -0.2, 0.0), (-2.0, 3.0, 0.0)], ids=["fair scores", "leaning scores"])
def test_probabilities_follow_the_shares_that_classes_will_have(shares, shift):
    scores, y = classes(n=3000, shift=shift)
    fitted = calibrate.fit_to_shares(scores, y, np.array(shares), seed=0)
    new, y_new = classes(seed=1, n=6000, shares=shares, shift=shift)
    p = fitted.probabilities(new)
    assert p.sum(axis=1) == pytest.approx(1)
    np.testing.assert_allclose(p.mean(axis=0), shares, atol=0.03)
    # And not as a mean alone: of rows that get 0.6 to 0.8, about seven in ten are so.
    for label in range(3):
        rows = (p[:, label] > 0.6) & (p[:, label] < 0.8)
        if rows.sum() > 300:
            assert y_new[rows, label].mean() == pytest.approx(p[rows, label].mean(), abs=0.07)


def test_shares_that_are_those_of_the_rows_move_nothing():
    scores, y = classes(n=2000)
    fitted = calibrate.fit_to_shares(scores, y, y.mean(axis=0), seed=0)
    np.testing.assert_allclose(fitted.probabilities(scores).mean(axis=0), y.mean(axis=0), atol=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_bars_pay_where_classes_are_of_unequal_size(seed):
    shares = (0.06, 0.8, 0.14)
    scores, y = classes(seed=seed, n=900)
    fitted = calibrate.fit_to_shares(scores, y, np.array(shares), seed=0)
    new, y_new = classes(seed=50 + seed, n=8000)
    p = fitted.probabilities(new)
    equal = np.eye(3, dtype=int)[p.argmax(axis=1)]
    assert expected_f1(y_new, fitted.labels(p), shares) > expected_f1(y_new, equal, shares) + 0.03
    assert fitted.bar[0] < fitted.bar[2] < fitted.bar[1] == 1  # a rare class needs less


def test_of_classes_the_label_is_the_one_that_passes_its_bar_by_most():
    fitted = calibrate.Calibration(np.ones(3), np.zeros(3), None, np.array([0.5, 1.0, 1.0]))
    p = np.array([[0.3, 0.5, 0.2], [0.2, 0.5, 0.3], [0.26, 0.5, 0.24]])
    assert fitted.labels(p).tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]


@given(st.integers(0, 50), st.permutations(range(3)), st.sampled_from([(0.15, 0.6, 0.25), (0.3, 0.3, 0.4)]))
@settings(max_examples=15, deadline=None)
def test_the_order_of_classes_never_matters(seed, order, shares):
    scores, y = classes(seed=seed, n=200)
    one = calibrate.fit_to_shares(scores, y, np.array(shares), seed=0)
    other = calibrate.fit_to_shares(scores[:, order], y[:, order], np.array(shares)[order], seed=0)
    p = one.probabilities(scores)
    q = other.probabilities(scores[:, order])
    np.testing.assert_allclose(q, p[:, order], atol=1e-4)
    np.testing.assert_allclose(other.bar, one.bar[list(order)], rtol=0.02)
    assert (one.labels(p)[:, order] == other.labels(q)).all(axis=1).mean() > 0.98


@given(st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_moves_no_probability(seed):
    scores, y = classes(seed=seed, n=100)
    rows = np.random.default_rng(seed).permutation(100)
    shares = np.array([0.2, 0.5, 0.3])
    one, other = (calibrate.fit_to_shares(scores[i], y[i], shares, seed=0) for i in (np.arange(100), rows))
    np.testing.assert_allclose(one.probabilities(scores), other.probabilities(scores), atol=1e-4)


def test_scores_that_part_classes_perfectly_make_no_certainty():
    y = np.eye(3, dtype=int)[np.arange(30) % 3]
    fitted = calibrate.fit_to_shares(10.0 * y, y, np.array([0.2, 0.5, 0.3]), seed=0)
    p = fitted.probabilities(10.0 * y)
    assert ((p > 1e-7) & (p < 1 - 1e-7)).all()  # thirty rows do not make a certainty
    assert (fitted.labels(p) == y).all()
    same = calibrate.fit_to_shares(np.zeros((30, 3)), y, np.array([0.2, 0.5, 0.3]), seed=0)
    np.testing.assert_allclose(same.probabilities(np.zeros((1, 3)))[0], [0.2, 0.5, 0.3], atol=0.01)


PROBABILITIES = st.lists(
    st.tuples(st.one_of(st.sampled_from([0.0, 0.2, 0.9, 1.0]), st.floats(0, 1)), st.integers(0, 1)),
    min_size=1,
    max_size=60,
)


@given(PROBABILITIES, st.sampled_from([0.5, 0.8, 0.9, 0.95]))
@settings(max_examples=60, deadline=None)
def test_a_threshold_for_a_precision_keeps_it_on_its_rows_or_is_above_all(rows, precision):
    p, y = (np.array(part) for part in zip(*rows, strict=True))
    threshold = calibrate.precise_threshold(p, y, precision, 0, n_resamples=20)
    has_it = p >= threshold
    if threshold == calibrate.NEVER:
        assert not has_it.any()
    else:
        assert has_it.sum() >= 1 / (1 - precision) - 1e-9
        assert y[has_it].mean() >= precision - 1e-9


@pytest.mark.parametrize("precision", [0.6, 0.75, 0.9])
def test_a_steady_threshold_never_falls_below_the_precision(precision):
    rng = np.random.default_rng(0)
    for _ in range(30):
        y = (rng.random(120) < 0.4).astype(int)
        p = np.clip(0.5 * y + 0.6 * rng.random(120), 0, 1)
        threshold = calibrate.precise_threshold(p, y, precision, 0, n_resamples=30)
        if threshold != calibrate.NEVER:
            assert y[p >= threshold].mean() >= precision


def test_a_higher_precision_costs_recall_and_no_more_than_it_must():
    rng = np.random.default_rng(0)
    y = (rng.random((2000, 1)) < 0.3).astype(int)
    scores = 2 * y + rng.normal(size=y.shape)
    new = 2 * (fresh := (rng.random((2000, 1)) < 0.3).astype(int)) + rng.normal(size=y.shape)
    recalls = []
    for precision in (0.7, 0.8, 0.9):
        fitted = calibrate.fit(scores, y, multiclass=False, seed=0, precision=precision)
        said = fitted.labels(fitted.probabilities(new))
        right = (said & fresh).sum()
        assert right / said.sum() == pytest.approx(precision, abs=0.04)  # on rows it was not fitted on
        recalls.append(right / fresh.sum())
    assert recalls[0] > recalls[1] > recalls[2] > 0.4


def test_a_precision_that_scores_cannot_reach_is_not_promised():
    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.3).astype(int)
    assert calibrate.precise_threshold(rng.random(300), y, 0.9, 0) == calibrate.NEVER
    surest = np.where(np.arange(300) == 0, 1.0, 0.5 * rng.random(300))
    y[0] = 1  # one right article is no proof of nine in ten
    assert calibrate.precise_threshold(surest, y, 0.9, 0) == calibrate.NEVER


def desk(n, *, seed=0, share=0.15, shift=0.0):
    """Return scores and labels of three labels that are rarer than where the calibration is from."""
    rng = np.random.default_rng(seed)
    y = (rng.random((n, 3)) < share).astype(int)
    return 2 * y - 1 + shift + rng.normal(size=y.shape), y


def test_a_refit_of_few_rows_stays_near_and_one_of_many_goes_where_rows_say():
    old = calibrate.fit(*desk(4000, seed=1, share=0.5), multiclass=False, seed=0)
    few, many = (refit.refit(old, *desk(n, seed=2), seed=0) for n in (30, 4000))
    free = calibrate.fit(*desk(4000, seed=3), multiclass=False, seed=0)
    assert np.abs(many.intercept - free.intercept).max() < 0.4
    assert np.abs(many.thresholds - free.thresholds).max() < 0.1
    moved = [np.abs(c.intercept - old.intercept).mean() for c in (few, many)]
    assert 0 < moved[0] < 0.8 * moved[1]


@pytest.mark.parametrize(("share", "rival"), [(0.15, "old"), (0.5, "free")], ids=["rarer", "as before"])
def test_a_refit_of_few_rows_helps_where_shares_differ_and_harms_less_than_a_free_fit_elsewhere(share, rival):
    old = calibrate.fit(*desk(4000, seed=1, share=0.5), multiclass=False, seed=0)
    scores, y = desk(4000, seed=9, share=share)
    wins = []
    for seed in range(10, 40):
        own = desk(30, seed=seed, share=share)
        if own[1].sum(axis=0).min() < 2:
            continue
        near = refit.refit(old, *own, seed=0)
        other = old if rival == "old" else calibrate.fit(*own, multiclass=False, seed=0)
        brier, of_rival = (((c.probabilities(scores) - y) ** 2).mean() for c in (near, other))
        wins.append(brier < of_rival)
    assert len(wins) >= 10
    assert np.mean(wins) >= 0.9


def test_classes_are_recalibrated_to_the_shares_of_the_file():
    rng = np.random.default_rng(0)

    def rows(n, shares):
        y = np.eye(3, dtype=int)[rng.choice(3, n, p=shares)]
        return 2 * y + rng.normal(size=y.shape), y

    old = calibrate.fit_to_shares(*rows(3000, [1 / 3] * 3), np.full(3, 1 / 3), seed=0)
    new = refit.refit(old, *rows(400, [0.7, 0.2, 0.1]), seed=0)
    scores, y = rows(3000, [0.7, 0.2, 0.1])
    off = [np.abs(c.probabilities(scores).mean(axis=0) - y.mean(axis=0)).max() for c in (old, new)]
    assert off[1] < 0.05
    assert off[1] < off[0] / 2
    assert (new.labels(new.probabilities(scores)).sum(axis=1) == 1).all()


def test_a_refit_of_hardly_any_rows_changes_hardly_any_answer():
    old = calibrate.fit(*desk(4000, seed=1, share=0.5), multiclass=False, seed=0)
    scores, _ = desk(4000, seed=9)
    new = refit.refit(old, *desk(20, seed=3), seed=0)
    answers = [c.labels(c.probabilities(scores)) for c in (old, new)]
    assert np.abs(old.probabilities(scores) - new.probabilities(scores)).mean() > 0.03
    assert (answers[0] != answers[1]).mean() < 0.03


def test_a_refit_of_hardly_any_rows_changes_hardly_any_class():
    rng = np.random.default_rng(0)
    y = np.eye(3, dtype=int)[rng.integers(0, 3, 3000)]
    scores = y + rng.normal(size=y.shape)
    old = calibrate.fit_to_shares(scores, y, np.array([0.5, 0.3, 0.2]), seed=0)
    few = np.flatnonzero((y[:, 0] == 1) | (rng.random(3000) < 0.1))[:30]  # nearly all of the first class
    new = refit.refit(old, scores[few], y[few], seed=0)
    probabilities = [c.probabilities(scores) for c in (old, new)]
    assert np.abs(probabilities[0] - probabilities[1]).mean() > 0.05
    answers = [c.labels(p) for c, p in zip((old, new), probabilities, strict=True)]
    assert (answers[0] != answers[1]).any(axis=1).mean() < 0.04
