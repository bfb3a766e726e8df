import numpy as np
import pandas as pd
import pytest

from khobor_training import stance_figures
from khobor_training.evaluate import macro_f1
from khobor_training.outcome import Outcome

SUPPORTIVE, NEUTRAL, CRITICAL = np.eye(3, dtype=int)


def outcome(true, said, sure=None, **columns):
    """Return an outcome of rows by the first letters of their stances."""
    classes = {"s": 0, "n": 1, "c": 2}
    y, predicted = (np.eye(3, dtype=int)[[classes[letter] for letter in word]] for word in (true, said))
    n = len(true)
    sure = np.full(n, 0.8) if sure is None else np.array(sure)
    probabilities = np.where(predicted == 1, sure[:, None], (1 - sure[:, None]) / 2)
    frame = pd.DataFrame(
        {"id": [f"a{i}" for i in range(n)], "target": "ভারত", "genre": "report"} | columns, index=range(n)
    )
    groups = np.array([f"e{i}" for i in range(n)])
    labels = ["supportive", "neutral", "critical"]
    return Outcome(labels, True, y, probabilities, predicted, groups, [""] * n, frame)


def figures(ours, **controls):
    return stance_figures.figures(ours, controls, seed=0)


@pytest.mark.parametrize(
    ("true", "said", "rate"),
    [
        ("sscc", "sscc", 0.0),
        ("sscc", "ccss", 1.0),
        ("sscc", "snns", 0.25),
        ("sscnnnnn", "cscscscs", 1 / 3),
        ("nnnn", "scsc", 0.0),
    ],
    ids=["right", "all turned", "one of four", "neutral rows do not count", "no side"],
)
def test_a_flip_is_a_side_taken_for_the_other(true, said, rate):
    assert figures(outcome(true, said))["flip_rate"] == pytest.approx(rate)


def test_polar_f1_is_that_of_the_two_sides():
    found = figures(outcome("ssnncc", "snnncc"))
    assert found["polar_f1"] == pytest.approx((2 / 3 + 1) / 2)
    assert figures(outcome("ssnncc", "ssssss"))["polar_f1"] == pytest.approx((2 * 2 / (2 + 6) + 0) / 2)


def test_both_right_counts_articles_with_targets_of_different_stance():
    ids = ["a", "a", "b", "b", "c", "c", "d", "e", "e", "e"]
    #        right    one     same    alone  all three
    ours = outcome("scscnnnscn", "scssnnnscn", id=ids)
    found = figures(ours)["both_right"]
    assert found["n"] == 3
    assert found["share"] == pytest.approx(2 / 3)
    assert 0 <= found["low"] <= 2 / 3 <= found["high"] <= 1
    assert figures(outcome("scscnnnscn", "scssnnnscs", id=ids))["both_right"]["share"] == pytest.approx(1 / 3)


def test_without_such_articles_no_share_is_given():
    assert figures(outcome("ssc", "ssc", id=["a", "a", "b"]))["both_right"] == {"n": 0}


def test_at_less_coverage_only_the_surest_answers_count():
    sure = [0.9, 0.8, 0.7, 0.6, 0.5, 0.95, 0.85, 0.75, 0.65, 0.55]
    ours = outcome("s" * 10, "ssscccsssn", sure)
    found = figures(ours)["accuracy_at_coverage"]
    assert list(found) == ["100%", "90%", "80%", "70%", "60%", "50%"]
    order = np.argsort(sure)[::-1]
    right = np.array([letter == "s" for letter in "ssscccsssn"])[order]
    for coverage, n in zip(found, (10, 9, 8, 7, 6, 5), strict=True):
        assert found[coverage]["accuracy"] == pytest.approx(right[:n].mean())
        assert found[coverage]["min_confidence"] == pytest.approx(sorted(sure)[::-1][n - 1])
        answered = np.array(sure) >= found[coverage]["min_confidence"] - 1e-12
        assert answered.sum() == n


def test_one_row_is_answered_at_any_coverage():
    assert figures(outcome("s", "s", [0.6]))["accuracy_at_coverage"]["50%"] == {
        "accuracy": 1.0,
        "min_confidence": pytest.approx(0.6),
    }


def test_a_model_is_compared_with_its_controls():
    true = "snc" * 40
    right, blind, worse = outcome(true, true), outcome(true, "sns" * 40), outcome(true, "n" * 120)
    found = figures(right, target_blind=blind, target_name_only=worse)
    assert found["beats_controls"] is True
    for name, control in (("target_blind", blind), ("target_name_only", worse)):
        compared = found["controls"][name]
        assert compared["macro_f1"] == pytest.approx(macro_f1(control.y, control.predicted))
        assert compared["macro_f1_low"] <= compared["macro_f1"] <= compared["macro_f1_high"]
        assert compared["beaten_with_probability"] == 1.0
    assert figures(blind, target_blind=blind)["beats_controls"] is False
    assert figures(blind, target_blind=blind, target_name_only=worse)["beats_controls"] is False
    assert figures(worse, target_blind=right)["controls"]["target_blind"]["beaten_with_probability"] == 0.0


def test_figures_by_target_leave_out_those_of_few_rows_and_of_no_name():
    n = stance_figures.LEAST_ROWS
    targets = ["ভারত"] * (n + 2) + ["চীন"] * n + ["নাসা"] * (n - 1) + [""] * n
    true = ("snc" * 99)[: len(targets)]
    said = true[: n + 2] + "n" * (len(true) - n - 2)
    found = figures(outcome(true, said, target=targets))["by_target"]
    assert list(found) == ["ভারত", "চীন"]
    assert found["ভারত"] == {"macro_f1": 1.0, "macro_f1_low": 1.0, "macro_f1_high": 1.0, "n": n + 2}
    assert found["চীন"]["macro_f1"] < 0.4
