import numpy as np
import pytest
from outcomes import outcome

from khobor_training import evaluate
from khobor_training.per_label import mistakes, per_label, together, worst
from khobor_training.slices import Flips, flips, slices


def by_name(told):
    return {(one.by, one.value): one for one in slices(told, seed=0)}


def test_a_slice_has_the_figures_of_its_rows():
    told = outcome()
    found = by_name(told)["outlet", "desk-b"]
    rows = np.arange(len(told)) % 2 == 1
    y, predicted = told.y[rows], told.predicted[rows]
    assert found.n == 120
    assert found.macro_f1 == evaluate.macro_f1(y, predicted)
    assert (found.low, found.high) == evaluate.interval(y, predicted, told.groups[rows], seed=0)
    assert found.exact == np.mean((y == predicted).all(axis=1))
    assert found.exact_low < found.exact < found.exact_high


def test_articles_are_sliced_by_outlet_month_length_and_number_of_labels():
    assert {by for by, _ in by_name(outcome())} == {"outlet", "month", "length", "number of labels"}


def test_a_column_with_one_value_or_none_makes_no_slice():
    assert not {"genre", "target"} & {by for by, _ in by_name(outcome())}


def test_many_months_are_shown_by_year_as_well():
    days = [f"{2020 + i % 3}-{1 + i // 3 % 12:02}-01" for i in range(240)]
    found = [value for by, value in by_name(outcome(published_at=days)) if by == "year"]
    assert found == ["2020", "2021", "2022"]


def test_length_is_in_three_parts_of_about_as_many_articles():
    parts = [one.n for (by, _), one in by_name(outcome(270)).items() if by == "length"]
    assert sum(parts) == 270
    assert max(parts) - min(parts) <= 9


@pytest.mark.parametrize("n", [4, 12], ids=["few rows", "few events"])
def test_a_small_slice_has_no_figure(n):
    outlets = ["small"] * n + ["large"] * (240 - n)
    found = by_name(outcome(outlet=outlets))["outlet", "small"]
    assert (found.n, found.n_groups) == (n, n // 4)
    assert found.macro_f1 is found.exact is None
    assert not found.weak


def test_a_slice_that_is_worse_is_marked_and_others_are_not():
    told = outcome(noise=0.05)
    bad = np.arange(len(told)) % 2 == 1
    flipped = bad & (np.arange(len(told)) % 3 == 0)
    told.predicted[flipped] = 1 - told.y[flipped]
    found = by_name(told)
    assert found["outlet", "desk-b"].weak
    assert not found["outlet", "desk-a"].weak


def test_chance_marks_about_one_slice_in_forty():
    n = weak = 0
    for seed in range(40):
        outlets = np.random.default_rng(seed).permutation(np.repeat(np.arange(60), 4)) % 12
        found = slices(outcome(seed=seed, noise=0.3, outlet=outlets.astype(str)), seed=seed)
        weak += sum(one.weak for one in found if one.by == "outlet")
        n += sum(one.macro_f1 is not None for one in found if one.by == "outlet")
    assert n == 480
    assert 1 <= weak <= 26


def test_rows_without_labels_are_judged_by_how_many_are_all_right():
    found = by_name(outcome())["number of labels", "no label"]
    assert found.macro_f1 is None
    assert 0 < found.exact < 1


def test_flips_are_pairs_of_one_article_whose_labels_differ():
    told = outcome(8, multiclass=True, id=["a", "a", "b", "b", "c", "c", "d", "e"])
    a, b = np.eye(3, dtype=int)[:2]
    told.y[:] = [a, b, a, b, a, a, a, b]
    told.predicted[:] = [a, b, a, a, a, b, a, a]
    assert flips(told) == Flips(2, 1, 1)
    assert flips(outcome(multiclass=True)) is None


def test_figures_of_a_label_are_those_of_evaluate_with_intervals_around_them():
    told = outcome()
    groups, names = told.groups, told.labels
    figures = evaluate.figures(told.y, told.predicted, told.y, groups, names, multiclass=False, seed=0)[
        "labels"
    ]
    for found in per_label(told, seed=0):
        known = figures[found.label]
        counts = (found.support, found.hits, found.wrong, found.missed)
        keys = ("support", "true_positive", "false_positive", "false_negative")
        assert counts == tuple(known[key] for key in keys)
        for key in ("precision", "recall", "f1"):
            value, low, high = getattr(found, key)
            assert value == pytest.approx(known[key])
            assert low < value < high


def test_labels_that_stand_together_are_counted_and_alone_on_the_diagonal():
    labels = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 0]])
    assert together(labels).tolist() == [[1, 2, 1], [2, 0, 1], [1, 1, 0]]


def test_mistakes_say_what_was_taken_for_what():
    told = outcome(4)
    told.y[:] = [[1, 1, 0], [1, 1, 0], [0, 0, 0], [1, 0, 0]]
    told.predicted[:] = [[1, 0, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert mistakes(told) == [(["diplomacy", "space"], ["diplomacy"], 2), ([], ["military"], 1)]


def test_the_worst_errors_are_the_surest():
    told = outcome(3)
    told.y[:] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    told.predicted[:] = [[0, 0, 0], [0, 1, 0], [0, 1, 1]]
    told.probabilities[:] = [[0.3, 0.1, 0.1], [0.4, 0.6, 0], [0.1, 0.95, 0.9]]
    assert worst(told, 5) == [(2, 1), (0, 0)]
