"""Searches on real, small projects: what they find, what they must not see, and how they go on."""

import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import CONFIG, rows, run, write_project

from khobor_training import config as configuration
from khobor_training import cross_score, planning, train, trials
from khobor_training.candidates import candidates
from khobor_training.errors import InputError
from khobor_training.fit import Plan
from khobor_training.search import search
from khobor_training.starter import FOLDER

QUICK = CONFIG.replace("  topics: {n_topics: 5}\n", "").replace("  characters: {ngram_range: [2, 3]}\n", "")
VALUES = "classifier.C: [0.03, 10], features.words.ngram_range: [[1, 1], [1, 2]]"
N_COMBINATIONS = 4


def searching(kind="grid", values=VALUES, **more):
    options = "".join(f", {key}: {value}" for key, value in more.items())
    return f"{QUICK}search: {{kind: {kind}, values: {{{values}}}{options}}}\n"


def checked(text):
    import yaml

    return configuration.Config.model_validate(yaml.safe_load(text))


def scores(found):
    return {t.candidate.number: (t.share, t.macro_f1, t.low, t.high, t.folds) for t in found.trials}


def test_the_reported_score_is_that_of_articles_that_no_trial_saw(tmp_path):
    found = search(write_project(tmp_path, searching()), [])
    best, others = found.trials[0], found.trials[1:]
    assert len(found.trials) == N_COMBINATIONS
    assert all(best.macro_f1 >= other.macro_f1 for other in others)
    assert best.macro_f1 > min(other.macro_f1 for other in others)
    figures = found.result.figures
    assert figures["searched"]["macro_f1"] == best.macro_f1
    assert best.low < best.macro_f1 < best.high
    # The same settings, trained without a search, have the same figure.
    text = QUICK.replace(
        "logistic_regression}", f"logistic_regression, C: {best.candidate.values['classifier.C']}}}"
    )
    text = text.replace(
        "words: {}", f"words: {{ngram_range: {best.candidate.values['features.words.ngram_range']}}}"
    )
    alone = train.train(write_project(tmp_path / "alone", text), [])
    assert alone.figures["macro_f1"] == figures["macro_f1"]
    assert alone.figures["labels"] == figures["labels"]
    assert "searched" not in alone.figures
    info = found.result.predictor.info
    assert info["figures"]["searched"]["n_trials"] == N_COMBINATIONS
    assert "hold-out, 22% of 120 articles that no trial of the search saw" in info["figures_from"]


def test_labels_of_held_out_articles_change_neither_the_winner_nor_a_searched_score(tmp_path):
    text = searching(kind="halving", factor=2, smallest=0.5).replace("folds: 3", "folds: 3, kind: time")
    honest = write_project(tmp_path / "a", text)
    config = configuration.read(honest)
    planned = planning.plan(config, tmp_path / "a", [])
    held = {planned.articles.frame["id"][row] for row in planned.held}
    wrong = [
        row | {"topics": [] if row["topics"] else ["space"]} if row["id"] in held else row
        for row in rows(120)
    ]
    corrupt = write_project(tmp_path / "b", text, wrong)
    one, other = search(honest, []), search(corrupt, [])
    assert len(held) > 15
    assert scores(one) == scores(other)
    assert one.trials[0].candidate.values == other.trials[0].candidate.values
    assert other.result.figures["macro_f1"] < one.result.figures["macro_f1"] - 0.2


def test_two_jobs_find_what_one_finds(tmp_path):
    text = searching(kind="random", trials=3)
    one, two = (search(write_project(tmp_path / str(n), text), [], n) for n in (1, 2))
    assert scores(one) == scores(two)
    assert one.result.figures == two.result.figures


def test_halving_gives_more_events_to_fewer_trials(tmp_path):
    done = search(write_project(tmp_path, searching(kind="halving", factor=2, smallest=0.5)), [])
    assert [trial.share for trial in done.trials] == [1.0, 1.0, 0.5, 0.5]


@pytest.mark.parametrize("factor", [2, 3])
def test_halving_keeps_events_whole_and_the_held_out_ones_out(tmp_path, factor):
    path = write_project(tmp_path, searching(kind="halving", factor=factor, smallest=0.25), rows(200))
    config = configuration.read(path)
    planned = planning.plan(config, tmp_path, [])
    groups = planned.articles.groups
    found = trials.rungs(config, planned)
    assert [rung.share for rung in found] == ([0.25, 0.5, 1.0] if factor == 2 else [0.25, 0.75, 1.0])
    for rung in found:
        inside = set(groups[rung.rows])
        assert inside.isdisjoint(groups[planned.held])
        left = set(planned.rounds[0].rows) - set(rung.rows)
        assert inside.isdisjoint(groups[list(left)])
        for fitted, scored in rung.folds:
            assert set(groups[rung.rows[fitted]]).isdisjoint(groups[rung.rows[scored]])
        assert len(rung.rows) == pytest.approx(rung.share * len(planned.rounds[0].rows), rel=0.2)
    for smaller, larger in pairwise(found):
        assert set(smaller.rows) < set(larger.rows)


def test_a_share_that_is_too_small_to_train_on_is_named(tmp_path):
    path = write_project(tmp_path, searching(kind="halving", smallest=0.05), rows(60))
    with pytest.raises(InputError, match=r"search\.smallest must leave enough articles .*got 0\.05"):
        search(path, [])


MULTICLASS = QUICK.replace("multilabel", "multiclass").replace(
    "labels: [diplomacy", "columns: {labels: topic}, labels: [diplomacy"
)
STANCE = """
name: tiny
task: stance
data: {files: [articles.jsonl]}
split: {folds: 3}
features: {words: {}, target: {views: {article: 1.0}}}
classifier: {kind: logistic_regression}
tracking: {enabled: false}
"""


def test_a_search_works_for_one_label_an_article(tmp_path):
    table = [row | {"topic": row["topics"][0]} for row in rows(200) if len(row["topics"]) == 1]
    text = f"{MULTICLASS}search: {{kind: random, trials: 2, values: {{{VALUES}}}}}\n"
    found = search(write_project(tmp_path, text, table), [])
    assert found.result.figures["searched"]["macro_f1"] > 0.5
    assert "confusion" in found.result.figures


def test_a_search_works_for_stances(tmp_path):
    table = [json.loads(line) for line in (FOLDER / "stance.jsonl").read_text("utf-8").splitlines()][:200]
    values = "features.target.cues: [0, 0.08]"
    text = f"{STANCE}search: {{kind: grid, values: {{{values}}}}}\n"
    found = search(write_project(tmp_path, text, table), [])
    assert len({trial.macro_f1 for trial in found.trials}) == 2
    assert "stance" in found.result.figures


INVALID = {
    "a mistyped key": (
        "classifier.Cc: [1]",
        "got 1 problem:\n  classifier.Cc: unknown key; did you mean 'C'? (with classifier.Cc=1)",
    ),
    "a mistyped section": (
        "clasifier.C: [1]",
        "search.values.clasifier.C: must begin with text, features or classifier, got 'clasifier'; "
        "did you mean 'classifier'?",
    ),
    "what decides on the score": (
        "split.folds: [2, 3]",
        "search.values.split.folds: must begin with text, features or classifier, got 'split'",
    ),
    "values out of range": (
        "classifier.C: [1, -1, 0], features.words.min_df: [1, 2]",
        "got 2 problems:\n  classifier.C: must be greater than 0, got -1 (with classifier.C=-1, "
        "features.words.min_df=1, and 1 more of 6 trials)\n  classifier.C: must be greater than 0, got 0",
    ),
    "settings of another kind": (
        "classifier.kind: [linear_svm, complement_nb], classifier.C: [1, 3]",
        "got 1 problem:\n  classifier.C: unknown key (with classifier.kind=complement_nb, classifier.C=1, "
        "and 1 more of 4 trials)",
    ),
    "a key within a searched key": (
        "features.words: [{min_df: 1}], features.words.min_df: [1, 2]",
        "search.values.features.words.min_df: must not stand beside 'features.words', which holds it",
    ),
    "a key of what is off": (
        "features.topics.weight: [1]",
        "search.values.features.topics.weight: 'features.topics' must be switched on, got null",
    ),
    "a key within a value": (
        "classifier.kind.C: [1]",
        "search.values.classifier.kind.C: must be a key of the config, got one inside the value "
        "'logistic_regression'",
    ),
    "files of more text": (
        "features.topics: [{unlabelled: [more.jsonl]}]",
        "features.topics.unlabelled: must be [] as in the config, got [more.jsonl]; set it there",
    ),
    "no features at all": (
        "features.words: [null, {}]",
        "features: must switch on words, characters or topics, got none (with features.words=null",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_trials_that_are_no_valid_configs_are_all_named_before_anything_is_fitted(tmp_path, case):
    values, message = INVALID[case]
    path = write_project(tmp_path, searching(values=values))
    for command in ("search", "check"):
        done = run(command, path)
        assert done.exit_code == 2, done.output
        assert done.output.startswith("khobor: tiny: every trial of a search must be a valid config, got ")
        assert message in done.output
    assert not (tmp_path / "models").exists()


def test_a_config_without_a_search_says_how_to_write_one(tmp_path):
    done = run("search", write_project(tmp_path, QUICK))
    assert done.exit_code == 2
    assert done.output.startswith("khobor: tiny must have a section 'search', got none; add search: {kind: ")


def test_an_unknown_kind_of_search_is_named(tmp_path):
    done = run("search", write_project(tmp_path, searching(kind="bayes")))
    assert "search.kind: must be one of grid, halving, random, got 'bayes'" in done.output


@pytest.mark.parametrize("kind", ["grid", "random", "halving"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), budget=st.integers(1, 12))
def test_a_larger_budget_keeps_the_trials_of_a_smaller_one(kind, seed, budget):
    values = "classifier.C: [1, 2, 3, 3.0], features.words.min_df: [1, 2, 3]"
    small, large = (
        candidates(checked(f"seed: {seed}\n" + searching(kind=kind, values=values, trials=n)))
        for n in (budget, 12)
    )
    assert len(small) <= budget
    assert [c.values for c in large[: len(small)]] == [c.values for c in small]
    assert len({c.config.model_dump_json() for c in large}) == len(large) == 9  # 3 and 3.0 are one trial
    assert [c.number for c in large] == list(range(1, 10))


def test_a_position_of_a_vote_can_be_searched():
    text = searching(values="classifier.members.0.C: [1, 2]").replace(
        "{kind: logistic_regression}", "{kind: vote, members: [{kind: linear_svm}, {kind: complement_nb}]}"
    )
    assert [c.config.classifier.members[0].C for c in candidates(checked(text))] == [1, 2]
    with pytest.raises(InputError, match=r"members\.5: must be a position from 0 to 1, got '5'"):
        candidates(checked(text.replace("members.0.C", "members.5")))


def test_a_trial_is_known_again_by_all_that_its_score_depends_on(tmp_path):
    path = write_project(tmp_path, searching(values="classifier.C: [1, 2]"))
    config = configuration.read(path)
    planned = planning.plan(config, tmp_path, [])
    one, two = (candidate.config for candidate in candidates(config))
    (rung,) = trials.rungs(config, planned)
    on = trials.basis(planned, rung)
    assert trials.basis(planned, rung) == on
    fewer = trials.Rung(1.0, rung.rows, rung.folds[::-1], 1)
    assert trials.basis(planned, fewer) != on
    other = planned.articles.y.copy()
    other[rung.rows[0]] = 1 - other[rung.rows[0]]
    changed = Plan(dataclasses.replace(planned.articles, y=other), [], planned.rounds, planned.held)
    assert trials.basis(changed, rung) != on
    assert trials.digest(one, planned, on) != trials.digest(two, planned, on)
    renamed = one.model_copy(update={"name": "other", "keywords": {"space": ["চাঁদ"]}})
    assert trials.digest(renamed, planned, on) == trials.digest(one, planned, on)


# Tracked searches: in a store of their own, with MLflow's own dependencies left to warn.
TRACKED = pytest.mark.filterwarnings("ignore")


def tracked(text):
    return text.replace("enabled: false", "enabled: true")


def runs_of(folder):
    """Return (status, parent, tags, metrics) of the runs of a project's store, the oldest first."""
    with closing(sqlite3.connect(f"file:{folder / 'mlruns' / 'mlflow.db'}?mode=ro", uri=True)) as store:
        found = []
        for uuid, status in store.execute("select run_uuid, status from runs order by start_time, run_uuid"):
            tags = dict(store.execute("select key, value from tags where run_uuid = ?", [uuid]))
            metrics = dict(store.execute("select key, value from latest_metrics where run_uuid = ?", [uuid]))
            params = dict(store.execute("select key, value from params where run_uuid = ?", [uuid]))
            found.append((uuid, status, tags.get("mlflow.parentRunId"), tags, metrics, params))
    return found


@TRACKED
def test_every_trial_is_a_child_run_failed_ones_too_and_finished_ones_are_not_repeated(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    values = "features.words.min_df: [1, 100000], classifier.C: [1, 10, 30]"
    path = write_project(tmp_path, tracked(searching(values=values, trials=4)))
    done = run("search", path)
    assert done.exit_code == 0, done.output
    assert (
        "   4   failed  features.words.min_df=100000, classifier.C=1: min_df must leave at least"
        in done.output
    )
    assert "1 of 4 trials failed" in done.output
    assert "4 of 6 combinations" in done.output
    assert "searched 0." in done.output
    assert "registered as version 1" in done.output
    found = runs_of(tmp_path)
    (parent,) = [r for r in found if r[2] is None]
    children = [r for r in found if r[2] == parent[0]]
    assert sorted(r[1] for r in children) == ["FAILED", "FINISHED", "FINISHED", "FINISHED"]
    (failed,) = [r for r in children if r[1] == "FAILED"]
    assert "min_df must leave at least one feature" in failed[3]["error"]
    good = next(r for r in children if r[1] == "FINISHED")
    assert {f"searched.fold_{i}.macro_f1" for i in (1, 2, 3)} < set(good[4])
    assert good[4]["searched.macro_f1_low"] < good[4]["searched.macro_f1"] < good[4]["searched.macro_f1_high"]
    assert good[4]["duration_seconds"] > 0
    assert good[5]["classifier.C"] in {"1.0", "10.0", "30.0"}
    assert "macro_f1" not in good[4]  # that name is the held-out figure's
    assert parent[4]["searched.macro_f1"] == max(r[4].get("searched.macro_f1", 0) for r in children)

    # A larger budget: two new trials and the failed one are fitted, three are remembered.
    path.write_text(path.read_text("utf-8").replace("trials: 4", "trials: 6"), "utf-8")
    again = search(path, [])
    assert [t.remembered for t in again.trials if not t.error] == [True] * 3
    later = [r for r in runs_of(tmp_path) if r[0] not in {r[0] for r in found}]
    assert sorted((r[1], r[2] is None) for r in later) == [("FAILED", False)] * 3 + [("FINISHED", True)]
    assert again.trials[0].macro_f1 == parent[4]["searched.macro_f1"]
    # The first search has ended: its trials stay its own.
    assert {r[2] for r in runs_of(tmp_path) if r[0] in {c[0] for c in children}} == {parent[0]}


@TRACKED
def test_a_stopped_search_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    costs = ", ".join(str(c) for c in range(1, 31))
    text = tracked(searching(values=f"classifier.C: [{costs}]", trials=30))
    path = write_project(tmp_path, text, rows(300))
    command = [sys.executable, "-W", "ignore", "-m", "khobor_training.cli", "search", str(path)]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ))

    def finished():
        try:
            return [r for r in runs_of(tmp_path) if r[1] == "FINISHED"]
        except sqlite3.OperationalError:  # the store is not made yet
            return []

    while len(finished()) < 3 and started.poll() is None:
        time.sleep(0.05)
    started.send_signal(signal.SIGTERM)
    _, errors = started.communicate()
    assert started.returncode == 130, errors
    assert "khobor: stopped before the end; files are as they were" in errors
    assert not list(tmp_path.glob("models/*"))
    before = finished()
    assert 3 <= len(before) < 30
    assert [r[1] for r in runs_of(tmp_path) if r[2] is None] == ["KILLED"]

    found = search(path, [])
    children = [r for r in finished() if r[2] is not None]
    assert sum(trial.remembered for trial in found.trials) == len(before)
    assert len(children) == len({r[3]["trial_digest"] for r in children}) == 30
    assert len({r[2] for r in children}) == 1  # those of the stopped search went over to this one
    text = path.read_text("utf-8").replace("enabled: true", "enabled: false")
    assert scores(search(write_project(tmp_path / "at once", text, rows(300)), [])) == scores(found)


def test_a_search_of_which_every_trial_fails_says_why(tmp_path):
    path = write_project(tmp_path, searching(values="features.words.min_df: [100000, 200000]"))
    with pytest.raises(InputError, match="tiny: every trial failed, the first with: min_df must leave"):
        search(path, [])


def test_trials_that_share_their_text_share_their_tokens(tmp_path):
    values = "text.digits: [ascii, keep], text.stop_words: [false, true], classifier.C: [1, 2]"
    config = configuration.read(write_project(tmp_path, searching(values=values)))
    planned = planning.plan(config, tmp_path, [])
    known = {}
    for candidate in candidates(config):
        cross_score._model(candidate.config, planned.articles, [], known)
    assert len(known) == 2  # digits or not
