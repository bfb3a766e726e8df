import numpy as np
import pytest
from sklearn.metrics import f1_score

from khobor_training import evaluate


def random_labels(n, seed):
    rng = np.random.default_rng(seed)
    y = (rng.random((n, 3)) < [0.5, 0.3, 0.1]).astype(int)
    return y, np.where(rng.random(y.shape) < 0.2, 1 - y, y)


def test_macro_f1_equals_scikit_learns():
    y, predicted = random_labels(200, 0)
    assert evaluate.macro_f1(y, predicted) == pytest.approx(f1_score(y, predicted, average="macro"))


def test_the_figures_of_one_label_are_those_of_the_label():
    y, predicted = (part[:, :1] for part in random_labels(200, 1))
    names = {"multiclass": False, "seed": 0}
    figures = evaluate.figures(y, predicted, y, np.arange(200), ["space"], **names)
    assert figures["macro_f1"] == pytest.approx(f1_score(y[:, 0], predicted[:, 0]))
    assert figures["labels"]["space"]["f1"] == figures["macro_f1"]
    assert "confusion" not in figures


def test_a_label_that_is_nowhere_says_nothing_neither_in_the_figure_nor_in_the_interval():
    y = np.array([[1, 0], [0, 0]] * 20)
    assert evaluate.macro_f1(y, y) == 1.0
    assert evaluate.interval(y, y, np.arange(40), seed=0) == (1.0, 1.0)


def test_the_interval_resamples_whole_groups():
    y, predicted = random_labels(400, 2)
    groups = np.repeat(np.arange(20), 20)
    order = np.argsort((y != predicted).any(axis=1), kind="stable")  # errors go together
    alone = evaluate.interval(y[order], predicted[order], np.arange(400), seed=0)
    together = evaluate.interval(y[order], predicted[order], groups, seed=0)
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])
    assert together[0] < evaluate.macro_f1(y, predicted) < together[1]


@pytest.mark.parametrize(
    ("train", "multiclass", "answer"),
    [
        ([[1, 0, 0]] * 6 + [[0, 0, 1]] * 4, False, [1, 0, 0]),
        ([[1, 0, 0]] * 4 + [[0, 0, 1]] * 6, True, [0, 0, 1]),
        ([[1, 0, 0]] * 4 + [[0, 0, 0]] * 6, False, [0, 0, 0]),
    ],
)
def test_the_majority_is_the_most_frequent_answer(train, multiclass, answer):
    given = evaluate.majority(np.zeros((2, 3), int), np.array(train), multiclass)
    assert given.tolist() == [answer, answer]


def test_a_multiclass_task_has_a_confusion_matrix():
    y, predicted = np.eye(2, dtype=int)[[0, 0, 1]], np.eye(2, dtype=int)[[0, 1, 1]]
    figures = evaluate.figures(y, predicted, y, np.arange(3), ["a", "b"], multiclass=True, seed=0)
    assert figures["confusion"] == {"a": {"a": 1, "b": 1}, "b": {"a": 0, "b": 1}}
