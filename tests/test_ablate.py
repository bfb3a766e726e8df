"""What feature families are worth: found where it is there, and not claimed where it is not."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest
import yaml
from samples import CONFIG, run, write_project

from khobor_features.bnlp import stop_words
from khobor_training import train
from khobor_training.ablate import ablate
from khobor_training.config import Config
from khobor_training.families import FULL, Ablation, lines, variants, verdict

WORDS_AND_CHARACTERS = CONFIG.replace("  topics: {n_topics: 5}\n", "")


def named(**sections):
    plain = {"name": "a", "data": {"labels": ["a", "b", "c"]}, "classifier": {"kind": "linear_svm"}}
    return Config.model_validate({**plain, "task": "multilabel", **sections})


FAMILIES = {
    "all on": (
        named(features={"words": {}, "characters": {}, "topics": {}}),
        ["without words", "without characters", "without topics", "with stop words removed"],
    ),
    "one on": (
        named(features={"words": {}}),
        ["with characters", "with topics", "with stop words removed"],
    ),
    "characters and stop words": (
        named(features={"words": {}, "characters": {}}, text={"stop_words": True}),
        ["without words", "without characters", "without removing stop words", "with topics"],
    ),
    "a stance": (
        named(
            task="stance",
            features={"words": {}, "target": {"views": {"article": 1, "headline": 0.5}, "cues": 0.1}},
        ),
        ["without view article", "without view headline", "without cues", "with characters",
         "with stop words removed", "with identity"],
    ),
    "a stance by its name alone": (
        named(task="stance", features={"words": {}, "target": {"views": {}, "identity": 1}}),
        ["with characters", "with stop words removed", "with cues"],
    ),
    "a stance without sight": (
        named(task="stance", features={"words": {}}),
        ["with characters", "with stop words removed", "with cues", "with identity"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAMILIES)
def test_each_family_that_is_on_is_left_out_and_each_that_could_be_on_is_put_in(case):
    config, names = FAMILIES[case]
    found = variants(config)
    assert [variant.name for variant in found] == names
    for variant in found:
        assert variant.adds == variant.name.startswith("with ")
        changed = Config.model_validate(variant.config.model_dump())
        assert changed != config
        same = {"text": config.text, "features": config.features}
        assert changed.model_copy(update=same) == config


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.05, "earns its place"),
        (-0.01, 0.05, "makes no clear difference"),
        (0.0, 0.0, "makes no clear difference"),
        (-0.05, -0.01, "harms"),
    ],
)
def test_the_verdict_is_that_of_the_interval(low, high, said):
    assert verdict(low, high) == said


def stems(n=160):
    """Return articles whose label stands in a stem that no two articles have with the same ending."""
    rng = np.random.default_rng(0)
    fill = [f"{a}{b}{c}" for a in "কখগঘচ" for b in "তথদধন" for c in "পফবভম"]
    endings = [f"{a}{b}{c}" for a in "সশষহয" for b in "রলড়ণ" for c in "টঠডঢজঝ"]
    rng.shuffle(endings)
    table = []
    for i in range(n):
        is_space = bool(i % 2)
        stem = "মহাকাশ" if is_space else "বাজার"
        words = [*rng.choice(fill, 25), stem + endings[i % len(endings)]]
        table.append({"id": str(i), "body": " ".join(words), "topics": ["space"] if is_space else []})
    return table


def test_what_carries_the_label_earns_its_place_and_noise_does_not(tmp_path):
    text = WORDS_AND_CHARACTERS.replace("[diplomacy, space, military]", "[space]")
    text = text.replace("words: {}", "words: {min_df: 2}")
    found = {record.name: record for record in ablate(write_project(tmp_path, text, stems()), [])}
    characters = found["without characters"]
    assert characters.verdict == "earns its place"
    assert characters.macro_f1 < 0.8 < found[FULL].macro_f1
    assert characters.worth == pytest.approx(found[FULL].macro_f1 - characters.macro_f1)
    assert characters.difference_low <= characters.worth <= characters.difference_high
    assert found["without words"].verdict != "earns its place"
    assert found["with stop words removed"].verdict == "makes no clear difference"


def test_what_is_put_in_is_worth_the_figure_with_it_less_the_one_without(tmp_path):
    text = CONFIG.replace("[diplomacy, space, military]", "[space]").replace(
        "words: {}", "words: {min_df: 2}"
    )
    text = text.replace("  characters: {ngram_range: [2, 3]}\n  topics: {n_topics: 5}\n", "")
    found = {record.name: record for record in ablate(write_project(tmp_path, text, stems()), [])}
    characters = found["with characters"]
    assert characters.worth == pytest.approx(characters.macro_f1 - found[FULL].macro_f1)
    assert characters.worth > 0.1
    assert characters.verdict == "earns its place"


def test_a_model_that_cannot_be_fitted_is_said_and_stops_no_other(tmp_path):
    rng = np.random.default_rng(0)
    bulk = [word for word in stop_words() if len(word) > 1]
    table = []
    for i in range(120):
        first = bulk[:40] if i % 2 else bulk[40:80]
        body = " ".join([*rng.choice(first, 8, replace=False), *rng.choice(bulk[80:], 12, replace=False)])
        table.append({"id": str(i), "body": body, "topics": ["space"] if i % 2 else []})
    text = WORDS_AND_CHARACTERS.replace("[diplomacy, space, military]", "[space]")
    text = text.replace("  characters: {ngram_range: [2, 3]}\n", "")
    found = {record.name: record for record in ablate(write_project(tmp_path, text, table), [])}
    assert found["with stop words removed"].verdict.startswith("cannot be fitted: ")
    assert found[FULL].macro_f1 > 0.7
    assert found["with characters"].macro_f1 > 0.7


def test_the_flag_of_train_tells_what_ablate_tells(tmp_path):
    path = write_project(tmp_path, WORDS_AND_CHARACTERS)
    alone = ablate(path, [], 2)
    done = run("train", path, "--ablate")
    assert done.exit_code == 0, done.output
    assert run("ablate", path).output in done.output
    assert train.train(path, [], ablate=True).ablations == alone
    assert [record.name for record in alone] == [
        FULL, "without words", "without characters", "with topics", "with stop words removed"
    ]  # fmt: skip
    assert train.train(path, []).ablations == []


def test_the_table_shows_signs_and_intervals():
    records = [
        Ablation(FULL, 0.9, 0.85, 0.95, 0.0, 0.0, 0.0, ""),
        Ablation("without words", 0.95, 0.9, 0.97, -0.05, -0.08, -0.01, "harms"),
    ]
    _, full, words = lines(records)
    assert full == "full model       0.900  0.850 to 0.950"
    assert words == "without words    0.950  0.900 to 0.970  -0.050  -0.080 to -0.010  harms"


@pytest.mark.filterwarnings("ignore")  # MLflow's own dependencies warn when they are imported
def test_a_tracked_ablation_is_in_the_run_as_metrics_and_as_a_file(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    path = write_project(tmp_path, WORDS_AND_CHARACTERS.replace("enabled: false", "enabled: true"))
    done = run("train", path, "--ablate")
    assert done.exit_code == 0, done.output
    records = ablate(path, [])
    files = sorted(tmp_path.glob("mlruns/artifacts/**/ablation.json"))
    assert len(files) == 2
    for file in files:
        assert [Ablation(**row) for row in yaml.safe_load(file.read_text("utf-8"))] == records
    with closing(sqlite3.connect(tmp_path / "mlruns" / "mlflow.db")) as store:
        key = "ablation.without characters.difference_low"
        kept = store.execute("select value from latest_metrics where key = ?", [key]).fetchall()
        assert kept == [(records[2].difference_low,)] * 2
        names = store.execute("select name, status from runs order by name").fetchall()
    assert names == [("tiny", "FINISHED"), ("tiny ablation", "FINISHED")]
