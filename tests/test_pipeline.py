from khobor_training import config
from khobor_training.pipeline import build


def test_patterns_of_the_config_come_on_top_of_our_own():
    text = config.Text(tail_residue=["আমাদের পাতা"])
    checked = config.Config.model_validate(
        {
            "name": "a",
            "task": "multilabel",
            "text": text,
            "data": {"labels": ["a", "b"]},
            "features": {"words": {}},
            "classifier": {"kind": "linear_svm"},
        }
    )
    normalise = build(checked)[0].normalizer
    assert normalise.normalise("খবর।\nআমাদের পাতা\nমন্তব্য (0)") == "খবর।"
