import json
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import ANY, STANCE, run, stance_pairs, stance_rows

from khobor_features.normalise import Normalizer
from khobor_features.passages import sentences
from khobor_training import config, data, storage
from khobor_training.errors import InputError
from khobor_training.explain import contributions
from khobor_training.pipeline import build
from khobor_training.stance import StancePredictor

LABELS = ["supportive", "neutral", "critical"]
TEXT = (
    "যুদ্ধ থামাতে মস্কোয় বৈঠক\n"
    "রাশিয়াকে কঠোর ভাষায় নিন্দা করেছে জাতিসংঘ। ভারতের সাফল্যের প্রশংসা করেছে চীন। দিল্লি খুশি। বৈঠক শেষ হয়েছে।"
)


@pytest.fixture
def predict(stance_project):
    return storage.load(stance_project / "models" / "tiny_stance.joblib")


def test_a_prediction_is_what_the_contract_says(predict):
    article = {"id": 7, "title": TEXT.split("\n")[0], "body": TEXT.split("\n")[1]}
    answer = json.loads(json.dumps(predict(article, target="ভারত").to_dict()))
    assert list(answer) == ["id", "target", "label", "probabilities", "evidence", "abstained", "reason"]
    assert (answer["id"], answer["target"]) == ("7", "ভারত")
    assert (answer["abstained"], answer["reason"]) == (False, None)
    assert list(answer["probabilities"]) == LABELS
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["label"] in LABELS
    for sentence in answer["evidence"]:
        assert TEXT[sentence["start"] : sentence["end"]] == sentence["sentence"]
    assert {s["sentence"] for s in answer["evidence"]} == {"ভারতের সাফল্যের প্রশংসা করেছে চীন।", "দিল্লি খুশি।"}


def test_the_label_is_the_one_that_the_calibration_gives(predict):
    for prediction in predict(stance_rows(40)):
        p = np.array([[prediction.probabilities[name] for name in LABELS]])
        if not prediction.abstained:
            assert predict.calibration.labels(p)[0].argmax() == LABELS.index(prediction.label)
        assert (prediction.label is None) == prediction.abstained == (prediction.reason is not None)


def test_evidence_comes_with_what_speaks_most_for_the_label_first(predict):
    praise, plain, blame = "ভারতের সাফল্যের প্রশংসা।", "ভারত আজ এখানে আছে।", "ভারতকে দায়ী করে কঠোর নিন্দা।"
    for label, first, last in (("supportive", praise, blame), ("critical", blame, praise)):
        for text in (" ".join([praise, plain, blame]), " ".join([blame, plain, praise])):
            tokens = predict.pipeline[0].transform([(text, "ভারত")])
            spans = predict._sentences(text)
            evidence = predict._evidence(text, spans, tokens, 0, LABELS.index(label))
            found = [e.sentence for e in evidence]
            assert found.index(first) < found.index(last)
    long = predict(" ".join([praise, plain] * 3), target="ভারত").evidence
    assert len(long) == 3


def test_evidence_for_which_no_word_speaks_comes_in_the_order_of_the_text(predict):
    predict.pipeline.named_steps["classifier"].coef_[:] = 0
    found = [e.start for e in predict(TEXT + " ভারত এল। ভারত গেল। ভারত আবার এল।", target="ভারত").evidence]
    assert len(found) == 3
    assert found == sorted(found)
    assert found[0] == TEXT.index("ভারতের")


NOISY = (
    "\u200bভারত\u09dd এল\n\n"
    "দেশ\u09f7 \u200cরাশি\u09dfা ব\u09dc\u200d কথা বলেছে\u09f7 কথা শেষ \u09f7\u09f7\n"
    "“রাশি\u09dfা\u200bর নিন্দা হ\u09c7\u09be\u0995!” বললেন তিনি। "
    "রাশি\u09af\u09bcাও [বিজ্ঞাপন_২] সেনা ৫০০ জন? অন্য কথা।\n"
    "মন্তব্য (০)\nসূত্র: রাশিয়া"
)


def test_evidence_is_cut_from_the_text_as_it_was_given(predict):
    evidence = sorted(predict(NOISY, target="রাশিয়া").evidence, key=lambda e: e.start)
    assert [e.sentence.lstrip("\u200c") for e in evidence] == [
        "রাশি\u09dfা ব\u09dc\u200d কথা বলেছে\u09f7",
        "“রাশি\u09dfা\u200bর নিন্দা হ\u09c7\u09be\u0995!”",
        "রাশি\u09af\u09bcাও [বিজ্ঞাপন_২] সেনা ৫০০ জন?",
    ]
    for e in evidence:
        assert NOISY[e.start : e.end] == e.sentence


SIGNS = st.text(
    st.sampled_from(
        'কভারত।\u09f7?!"” \n\u200c\u200d\u09bc\u09be\u0981\u09df\u09af\u09a1\u09dc'
        "\u09c7\u09d7\u09ac\u0985[]বিজ্ঞাপন_2"
    ),
    max_size=20,
)


@given(st.one_of(ANY, SIGNS))
@settings(max_examples=300, deadline=None)
def test_every_sentence_has_its_place_in_the_original(text):
    normalizer = Normalizer(digits="ascii")
    normal = normalizer.normalise(text)
    only_normalises = SimpleNamespace(pipeline=[SimpleNamespace(normalizer=normalizer)])
    spans = StancePredictor._sentences(only_normalises, text)
    for (start, stop), (begin, end) in zip(sentences(normal), spans, strict=True):
        assert 0 <= begin < end <= len(text)
        assert text[begin:end] == text[begin:end].strip()
        again = normalizer.normalise(text[begin:end])
        assert "".join(normal[start:stop].split()) in "".join(again.split())


def test_where_the_target_is_not_mentioned_the_answer_is_withheld(predict):
    prediction = predict(TEXT, target="নাসা")
    assert (prediction.label, prediction.abstained, prediction.reason) == (None, True, "target_not_found")
    assert prediction.evidence == ()
    predict.abstain["unmentioned"] = False
    assert predict(TEXT, target="নাসা").label in LABELS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too_short"),
        ("ভারত এল", "too_short"),
        ("India said that ভারত went to the moon again", "out_of_domain"),
        ("আজ সারা দিন বৃষ্টি হয়েছে ঢাকায়", "target_not_found"),
        ("ভারত আজ সারা দিন বৃষ্টি দেখেছে", "low_confidence"),
    ],
    ids=["empty", "two words", "English", "no target", "unsure"],
)
def test_a_stance_that_cannot_be_told_is_withheld_with_its_reason(predict, text, reason):
    predict.abstain["min_confidence"] = 0.9999
    prediction = predict(text, target="ভারত")
    assert (prediction.label, prediction.abstained, prediction.reason) == (None, True, reason)
    assert sum(prediction.probabilities.values()) == pytest.approx(1)


def test_the_confidence_of_a_stance_is_the_probability_of_its_label(predict):
    answer = predict(TEXT, target="ভারত")
    own = answer.probabilities[answer.label]
    for least, reason in ((own - 1e-6, None), (own + 1e-6, "low_confidence")):
        predict.abstain["min_confidence"] = least
        assert predict(TEXT, target="ভারত").reason == reason


def test_another_name_of_a_target_gets_the_same_answer(predict):
    one, other = predict(TEXT, target="ভারত"), predict(TEXT, target="দিল্লি")
    assert other.target == "দিল্লি"
    assert (one.label, one.probabilities, one.evidence) == (other.label, other.probabilities, other.evidence)


def test_several_targets_are_answered_article_by_article(predict):
    answers = predict([TEXT, "চীন এল আজ সকালে।"], target=["চীন", "ভারত"])
    assert [a.target for a in answers] == ["চীন", "ভারত"] * 2
    assert [a.reason for a in answers] == [None, None, None, "target_not_found"]
    assert [a.target for a in predict(TEXT, target=["ভারত"])] == ["ভারত"]


def test_all_are_the_targets_of_the_table_that_an_article_mentions(predict):
    assert [a.target for a in predict(TEXT, target="all")] == predict.mentioned(TEXT)
    assert set(predict.mentioned(TEXT)) == {"ভারত", "রাশিয়া", "চীন"}
    assert predict.mentioned(TEXT)[0] in ("ভারত", "রাশিয়া")
    assert predict(["আজ বৃষ্টি", TEXT], target="all")[0].target in predict.mentioned(TEXT)
    assert predict("আজ বৃষ্টি", target="all") == []
    assert predict([], target="ভারত") == []


def test_all_may_stand_beside_names_and_no_target_comes_twice(predict):
    names = [p.target for p in predict(TEXT, target=["জাতিসংঘ", "all", "ভারত"])]
    assert names[:2] == ["জাতিসংঘ", "ভারত"]
    assert len(set(names)) == len(names)
    assert set(names) == {"জাতিসংঘ", *(p.target for p in predict(TEXT, target="all"))}


def test_many_rows_get_what_each_gets_alone(predict):
    """More rows than are worked on at a time."""
    rows = stance_rows(300) * 2
    together = predict(rows)
    for i in (0, 255, 256, 511, 512, 599):
        alone = predict(rows[i])
        assert together[i].probabilities == pytest.approx(alone.probabilities, abs=1e-9)
        assert together[i].evidence == alone.evidence
        assert together[i].id == alone.id


def test_the_target_is_the_given_one_or_the_articles_own_or_the_models(predict):
    article = {"body": TEXT, "target": "চীন"}
    assert predict(article).target == "চীন"
    assert predict(article, target="ভারত").target == "ভারত"
    predict.abstain["target"] = "রাশিয়া"
    assert predict(TEXT).target == "রাশিয়া"
    articles = [article, *({"body": TEXT, "target": missing} for missing in (" ", None, float("nan"), pd.NA))]
    assert [p.target for p in predict(articles)] == ["চীন"] + ["রাশিয়া"] * 4


@pytest.mark.parametrize("target", [None, "", " ", [], [" "]])
def test_without_a_target_there_is_no_stance(predict, target):
    with pytest.raises(ValueError, match="article 0 must have a target, got none; name one or 'all'"):
        predict([{"body": TEXT}] * 2, target=target)


def test_a_stance_does_not_depend_on_its_batch(predict):
    articles = stance_rows(20)
    for one, many in zip([predict(a) for a in articles], predict(articles), strict=True):
        assert one.probabilities == pytest.approx(many.probabilities, abs=1e-9)
        assert (one.label, one.evidence, one.reason) == (many.label, many.evidence, many.reason)


def test_an_article_without_a_title_or_a_mention_has_probabilities(predict):
    for text in ("ভারত আজ এল।", "আজ বৃষ্টি", "শিরোনাম\nআজ বৃষ্টি", "", "।"):
        assert all(math.isfinite(p) for p in predict(text, target="ভারত").probabilities.values())


def test_the_saved_stance_model_says_what_the_live_one_does(predict, tmp_path):
    storage.save(predict, tmp_path / "again.joblib")
    again = storage.load(tmp_path / "again.joblib")
    for live, saved in zip(predict(stance_rows(10)), again(stance_rows(10)), strict=True):
        assert live.probabilities == pytest.approx(saved.probabilities, abs=1e-9)
        assert (live.label, live.evidence) == (saved.label, saved.evidence)


def test_a_frame_gets_the_same_stances_under_its_own_index(predict):
    frame = pd.DataFrame(stance_rows(5)).set_index("id", drop=False)
    answers = predict.frame(frame)
    assert list(answers.index) == list(frame.index)
    assert list(answers["label"]) == [p.label for p in predict(stance_rows(5))]
    assert list(answers["target"]) == list(frame["target"])
    assert set(predict.frame(frame, "ভারত")["target"]) == {"ভারত"}
    for several in ("all", ["ভারত", "চীন"]):
        with pytest.raises(ValueError, match="target must be one name for a frame, got several"):
            predict.frame(frame, several)


def test_the_figures_of_a_stance_stand_with_the_model(predict):
    figures = predict.info["figures"]
    assert set(figures["stance"]["controls"]) == {"target_blind", "target_name_only"}
    assert figures["swap"]["n"] > 10
    assert figures["swap"]["largest_move"] < 1e-9  # names are masked
    assert figures["out_of_fold"]["n"] == 200
    assert 0 < figures["stance"]["both_right"]["n"] < 100


def checked(**changes):
    return config.Config.model_validate(yaml.safe_load(STANCE) | changes)


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_a_stance_without_a_target_is_named(tmp_path):
    rows = stance_rows(30)
    bad = [{**rows[0], "id": "x", "target": " "}, {**rows[1], "id": "y", "stance": ""}]
    path = write(tmp_path / "a.jsonl", [*rows, *bad])
    with pytest.raises(InputError) as caught:
        data.read(checked(), [path])
    assert str(caught.value) == (
        "2 of 32 rows cannot be used; mend them, or set data.on_bad_row: skip\n"
        "  a.jsonl, row 31: has a stance and no target\n  a.jsonl, row 32: not labelled"
    )


def test_rows_with_neither_target_nor_stance_are_of_another_task(tmp_path):
    rows = stance_rows(30)
    path = write(tmp_path / "a.jsonl", [*rows, {**rows[0], "id": "x", "target": "", "stance": None}])
    articles = data.read(checked(), [path])
    assert (articles.n_rows, articles.n_skipped) == (30, 0)
    assert articles.inputs(with_targets=True) == stance_pairs(30)


def test_rows_without_a_target_have_the_configs(tmp_path):
    path = write(tmp_path / "a.jsonl", [{**row, "target": ""} for row in stance_rows(40)][::2])
    articles = data.read(checked(data={"target": "সরকার"}, split={"folds": 2}), [path])
    assert set(articles.frame["target"]) == {"সরকার"}
    assert checked(data={"target": "সরকার"}).abstain_unmentioned is False
    assert checked().abstain_unmentioned is True


def test_a_command_names_the_missing_target(stance_project):
    done = run("predict", stance_project / "models" / "tiny_stance.joblib", TEXT)
    told = "article 0 must have a target, got none; name one or 'all' (--target NAME)"
    assert done.output == f"khobor: {told}\n"
    assert done.exit_code == 2


VIEWS = {
    name: 0.5 + i / 10
    for i, name in enumerate(
        ["plain", "article", "headline", "lead", "rest", "sentences", "passages", "window", "before", "after"]
    )
}
SEEN = {
    "article": {"views": {"article": 1.0}},
    "cues": {"views": {"article": 1.0, "headline": 0.5}, "cues": 0.1},
    "identity": {"views": {"article": 2.0, "window": 0.5}, "identity": 0.7, "min_rows": 3},
    "plain": {"views": {"plain": 1.5}, "identity": 0.7, "min_rows": 3},
    "everything": {"views": VIEWS, "cues": 0.1, "identity": 0.7, "min_rows": 3},
    "cues of a view": {"views": {"headline": 1.0}, "cues": 0.1},
}
CLASSIFIERS = {
    "logistic_regression": {"kind": "logistic_regression"},
    "linear_svm": {"kind": "linear_svm"},
    "complement_nb": {"kind": "complement_nb"},
    "vote": {"kind": "vote", "members": [{"kind": "linear_svm"}, {"kind": "logistic_regression"}]},
}
PAIRS = [(text[:400], target) for text, target in stance_pairs(36)]


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("view", SEEN)
def test_parts_of_a_stance_add_up_to_its_score(classifier, view):
    options = {"words": {"ngram_range": (1, 2)}, "characters": {"ngram_range": (2, 2)}, "target": SEEN[view]}
    if classifier == "complement_nb" and "cues" in SEEN[view]:
        options["target"] = {**SEEN[view], "cues": 0.0}
    model = build(checked(features=options, classifier=CLASSIFIERS[classifier]))
    y = np.eye(3, dtype=int)[np.arange(len(PAIRS)) % 3]
    fitted = model.fit(PAIRS, y)
    known = fitted["features"].targets_
    assert bool(known) == ("identity" in SEEN[view])
    target = known[0] if known else PAIRS[0][1]
    for pair in [(PAIRS[0][0] + f" অদেখাশব্দ {target}র নিন্দা।", target), ("চীন আজ", "চীন"), ("", "ক")]:
        tokens = fitted[0].transform([pair])
        for parts in contributions(fitted, tokens, LABELS).values():
            total = parts["intercept"]
            total += sum(sum(own.values()) for name, own in parts.items() if isinstance(own, dict))
            assert total == pytest.approx(parts["score"], abs=1e-6)
            assert bool(parts["target"]) == (pair[1] in known)


def test_an_explanation_names_words_cues_and_the_score_of_each_label(predict):
    explained = predict.explain({"body": TEXT, "target": "রাশিয়া"})
    assert list(explained) == LABELS
    parts = explained["critical"]
    assert {"score", "intercept", "words", "cues", "target"} == set(parts)
    assert "<T>কে" in parts["words"]
    assert parts["cues"]["blame right after target with ending"] != 0
    assert explained == predict.explain(TEXT, target="রাশিয়া")


def test_a_stance_is_explained_toward_one_target(stance_project):
    model = stance_project / "models" / "tiny_stance.joblib"
    done = run("explain", model, TEXT, "--target", "all")
    assert done.exit_code == 2
    assert "target must be one name to explain, got 'all'; mentioned: " in done.output
    with pytest.raises(ValueError, match="must be one name to explain"):
        storage.load(model).explain(TEXT, target=["ভারত", "চীন"])


def test_a_stance_model_in_the_place_of_the_topic_model_is_named(stance_project, tmp_path):
    for name in ("topic", "stance"):
        for end in (".joblib", ".joblib.manifest.json"):
            data = (stance_project / "models" / f"tiny_stance{end}").read_bytes()
            (tmp_path / f"{name}{end}").write_bytes(data)
    done = run("label", TEXT, "--models", tmp_path)
    assert done.exit_code == 2
    assert "must be a topic model, got a stance model" in done.output
