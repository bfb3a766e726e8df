from pathlib import Path

import pytest
from samples import CONFIG, STANCE

from khobor_training import config
from khobor_training.errors import InputError


def test_every_shipped_config_is_valid():
    files = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))
    assert len(files) >= 6
    for path in files:
        assert config.read(path).name == path.stem


def test_a_broken_residue_pattern_is_named(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIG.replace("classifier:", "text: {tail_residue: ['(']}\nclassifier:"), "utf-8")
    with pytest.raises(InputError, match="tail_residue must be regular expressions"):
        config.read(path)


STANCES_REFUSED = {
    "cues and naive Bayes": (
        ("{kind: logistic_regression, C: 2}", "{kind: complement_nb}"),
        "features.target.cues: must be 0 for complement_nb, which takes no negative features, "
        "got 0.08; take them away or choose another classifier",
    ),
    "cues and naive Bayes in a vote": (
        (
            "{kind: logistic_regression, C: 2}",
            "{kind: vote, members: [{kind: linear_svm}, {kind: complement_nb}]}",
        ),
        "features.target.cues: must be 0 for complement_nb, which takes no negative features, "
        "got 0.08; take them away or choose another classifier",
    ),
    "a blank target": (("  ভারত:", "  ' ':"), "targets. : must hold letters, got ' '"),
    "an alias of nothing": (
        ("[দিল্লি]", '["\\u200b\\u200c"]'),
        "targets.ভারত.aliases: must hold letters, got '\\u200b\\u200c'",
    ),
    "an exception of signs": (
        ("[দক্ষিণ চীন সাগর]", "['।।']"),
        "targets.চীন.exceptions: must hold letters, got '।।'",
    ),
    "a target that means all": (
        ("  ভারত:", "  all:"),
        "targets.all: must be another name; 'all' asks for every target",
    ),
    "a default target of nothing": (
        ("[rows.jsonl]", "[rows.jsonl], target: ' '"),
        "data.target: must hold letters, got ' '",
    ),
    "shares of some labels": (
        ("neutral: 0.5, critical: 0.3", "neutral: 0.8"),
        "shares: must name every label of a multiclass or stance task, "
        "got supportive, neutral for supportive, neutral, critical",
    ),
    "shares that are too much": (("neutral: 0.5", "neutral: 0.7"), "shares: must add up to 1, got 1.2"),
}


@pytest.mark.parametrize("case", STANCES_REFUSED)
def test_a_stance_that_cannot_be_trained_is_refused_before_it_is(tmp_path, case):
    change, message = STANCES_REFUSED[case]
    path = tmp_path / "tiny_stance.yaml"
    path.write_text(STANCE.replace(*change), "utf-8")
    assert path.read_text("utf-8") != STANCE
    with pytest.raises(InputError) as caught:
        config.read(path)
    assert str(caught.value) == f"{path} has 1 problem:\n  {message}"


def test_a_view_that_does_not_exist_is_named_by_its_place(tmp_path):
    path = tmp_path / "tiny_stance.yaml"
    path.write_text(STANCE.replace("headline: 1.0", "headlines: 1.0"), "utf-8")
    with pytest.raises(InputError) as caught:
        config.read(path)
    assert "[key]" not in str(caught.value)
    assert "features.target.views.headlines: must be one of " in str(caught.value)
    assert "did you mean 'headline'?" in str(caught.value)


def test_all_labels_that_are_not_the_users_are_named_and_a_section_may_be_emptied(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIG + "keywords: {a: [x], b: [y], space: [z]}\n", "utf-8")
    with pytest.raises(InputError, match=r"keywords\.a: unknown label, and so are b; take it away"):
        config.read(path)
    path.write_text(CONFIG + "keywords:\n", "utf-8")
    assert config.read(path).keywords == {}
