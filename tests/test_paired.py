import numpy as np
from outcomes import outcome

from khobor_training import evaluate
from khobor_training.evaluate import difference


def test_the_same_answers_are_not_apart():
    told = outcome()
    assert difference(told.y, told.predicted, told.predicted, told.groups, seed=0) == (0.0, 0.0)


def test_the_interval_holds_the_difference_and_turns_its_sign():
    told = outcome(noise=0.3)
    low, high = difference(told.y, told.y, told.predicted, told.groups, seed=0)
    assert 0 < low < 1 - evaluate.macro_f1(told.y, told.predicted) < high
    assert difference(told.y, told.predicted, told.y, told.groups, seed=0) == (-high, -low)


def test_answers_that_err_alike_are_told_apart_where_two_intervals_overlap():
    told = outcome(noise=0.3)
    better = told.predicted.copy()
    better[::8] = told.y[::8]
    low, _ = difference(told.y, better, told.predicted, told.groups, seed=0)
    of_better, of_other = (
        evaluate.interval(told.y, given, told.groups, seed=0) for given in (better, told.predicted)
    )
    assert of_better[0] < of_other[1]
    assert low > 0


def test_whole_groups_are_resampled():
    told = outcome(400, noise=0.3)
    order = np.argsort((told.y != told.predicted).any(axis=1), kind="stable")
    y, given = told.y[order], told.predicted[order]
    alone = difference(y, y, given, np.arange(400), seed=0)
    together = difference(y, y, given, np.repeat(np.arange(20), 20), seed=0)
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])
