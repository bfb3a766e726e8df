import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcomes import outcome
from samples import CONFIG, rows, run
from test_report import Structure

from khobor_training import assess, config, evaluate, promise, refit, split, storage, train
from khobor_training.card import card
from khobor_training.errors import InputError
from khobor_training.record import measure
from khobor_training.report import page
from khobor_training.verdict import verdict


def write(path, table):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table), "utf-8")
    return path


@pytest.fixture(scope="module")
def model(project):
    return project / "models" / "tiny.joblib"


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Return a file of articles that the model of `project` was not trained on."""
    return write(tmp_path_factory.mktemp("desk") / "desk.jsonl", rows(400)[200:])


SHARE = st.floats(0.01, 0.99)


@given(SHARE, SHARE, SHARE)
def test_f1_at_a_share_is_that_of_articles_with_this_share(share, found, false_alarms):
    n = 1_000_000
    hits, wrong = share * n * found, (1 - share) * n * false_alarms
    precision, recall = hits / (hits + wrong), found
    expected = 2 * precision * recall / (precision + recall)
    assert promise.f1_at(share, found, false_alarms) == pytest.approx(expected)


@pytest.mark.parametrize("multiclass", [False, True])
def test_the_promise_at_the_training_shares_is_the_training_figure(multiclass):
    told = outcome(multiclass=multiclass)
    known = promise.rates(told)
    own = promise.macro(promise.promised(known, known["shares"]))
    assert own == pytest.approx(evaluate.macro_f1(told.y, told.predicted))


@pytest.mark.parametrize("multiclass", [False, True])
def test_the_promise_holds_where_only_shares_differ(multiclass):
    known = promise.rates(outcome(20_000, multiclass=multiclass))
    desk = outcome(60_000, multiclass=multiclass, seed=1)
    keep = np.random.default_rng(0).random(len(desk)) < np.where(desk.y[:, 0] == 1, 0.1, 1)
    y, predicted = desk.y[keep], desk.predicted[keep]
    shares = dict(zip(desk.labels, y.mean(axis=0).tolist(), strict=True))
    told = promise.macro(promise.promised(known, shares))
    assert told == pytest.approx(evaluate.macro_f1(y, predicted), abs=0.01)
    assert abs(told - promise.macro(promise.promised(known, known["shares"]))) > 0.03


def test_a_label_that_no_article_of_the_file_has_promises_nothing():
    known = promise.rates(outcome())
    assert set(promise.promised(known, known["shares"] | {"space": 0.0})) == {"diplomacy", "military"}


def test_a_file_is_evaluated_as_the_predictor_answers_it(model, others, tmp_path):
    done = run("evaluate", model, others, "--out", tmp_path / "report.html", "--no-text")
    assert done.exit_code == 0, done.output
    predictor = storage.load(model)
    table = [json.loads(line) for line in others.read_text("utf-8").splitlines()]
    y = np.array([[int(name in row["topics"]) for name in predictor.labels] for row in table])
    answers = predictor(table)
    said = np.array([[int(name in answer.labels) for name in predictor.labels] for answer in answers])
    macro = evaluate.macro_f1(y, said)
    assert 0.6 < macro < 1
    assert f"macro-F1 {macro:.3f} (95 % interval" in done.output
    assert "200 articles of 200 rows" in done.output
    assert "no answer was withheld" in done.output
    share = f"share of space: here {y[:, 1].mean():.1%}, in training "
    assert share in done.output
    promised = float(re.search(r"promises a macro-F1 of ([\d.]+); here it is", done.output).group(1))
    known = predictor.info["out_of_fold"]
    here = dict(zip(predictor.labels, y.mean(axis=0).tolist(), strict=True))
    assert promised == pytest.approx(promise.macro(promise.promised(known, here)), abs=6e-4)

    text = (tmp_path / "report.html").read_text("utf-8")
    shown = " ".join(Structure(text).text)
    assert "report of an evaluation" in shown
    assert "200 articles of desk.jsonl" in shown
    assert "held-out articles" not in shown
    assert "held out" not in shown
    assert "out of fold" not in shown
    assert not any(row["title"] in text for row in table)
    told = (tmp_path / "report.card.md").read_text("utf-8")
    assert "held-out articles" not in told
    assert "out of fold" not in told
    assert "desk.jsonl" in told


def test_the_report_shows_the_worst_errors_where_text_may_be_shown(model, others, tmp_path):
    assert run("evaluate", model, others, "--out", tmp_path / "r.html").exit_code == 0
    titles = [json.loads(line)["title"] for line in others.read_text("utf-8").splitlines()]
    assert any(title in (tmp_path / "r.html").read_text("utf-8") for title in titles)


def test_abstentions_are_counted_as_no_label_and_said(model, tmp_path):
    good = rows(260)[200:]
    poor = [
        {"id": f"x{i}", "body": "The minister spoke today, he said once more খবর", "topics": ["space"]}
        for i in range(5)
    ]
    done = run("evaluate", model, write(tmp_path / "mixed.jsonl", [*good, *poor]))
    assert done.exit_code == 0, done.output
    assert "5 answers were withheld (out_of_domain 5) and count as no label" in done.output
    predictor = storage.load(model)
    told = assess.assess(predictor, assess.read(predictor, tmp_path / "mixed.jsonl"))
    assert told.figures["labels"]["space"]["false_negative"] >= 5
    assert told.figures["answered"]["n"] == 60
    assert told.figures["answered"]["macro_f1"] > told.figures["macro_f1"]


def test_the_training_file_is_recognised(model, project):
    done = run("evaluate", model, project / "articles.jsonl")
    assert "so these figures praise its memory" in done.output


def test_bad_rows_are_named_and_can_be_left_out(model, tmp_path):
    bad = [{"id": "b", "body": "আজ ঢাকায় একটি খবর।", "topics": ["sport"]}, {"id": "c", "body": "খবর"}]
    path = write(tmp_path / "bad.jsonl", [*rows(230)[200:], *bad])
    done = run("evaluate", model, path)
    assert done.exit_code == 2
    assert "2 of 32 rows cannot be used; mend them, or leave them out with --skip-bad-rows" in done.output
    assert "bad.jsonl, row 31: unknown label 'sport', must be one of diplomacy, space" in done.output
    assert "bad.jsonl, row 32: not labelled" in done.output
    done = run("evaluate", model, path, "--skip-bad-rows")
    assert done.exit_code == 0
    assert "2 skipped" in done.output


def test_columns_are_called_as_in_the_training_data(tmp_path):
    named = [
        {"id": r["id"], "head": r["title"], "text": r["body"], "kinds": r["topics"], "story": r["event"]}
        for r in rows(150)
    ]
    write(tmp_path / "named.jsonl", named)
    columns = "columns: {title: head, body: text, labels: kinds, event: story}"
    text = CONFIG.replace("{files: [articles.jsonl],", f"{{files: [named.jsonl], {columns},")
    (tmp_path / "tiny.yaml").write_text(text.replace("  topics: {n_topics: 5}\n", ""), "utf-8")
    made = train.train(tmp_path / "tiny.yaml", []).model
    fewer = [{key: row[key] for key in ("id", "head", "text", "kinds")} for row in named[:40]]
    done = run("evaluate", made, write(tmp_path / "fewer.jsonl", fewer))
    assert done.exit_code == 0, done.output
    assert "40 articles of 40 rows" in done.output
    done = run("evaluate", made, write(tmp_path / "other.jsonl", rows(20)))
    assert done.exit_code == 2
    assert "must have a column 'text', got" in done.output
    assert "call your columns as the model's training data did" in done.output


def test_one_of_several_classes_is_evaluated_too(tmp_path):
    table = [{**row, "section": row["topics"][0]} for row in rows(600) if row["topics"]]
    write(tmp_path / "articles.jsonl", table[:200])
    text = CONFIG.replace("task: multilabel", "task: multiclass").replace(
        "labels: [dip", "columns: {labels: section}, labels: [dip"
    )
    (tmp_path / "tiny.yaml").write_text(text.replace("  topics: {n_topics: 5}\n", ""), "utf-8")
    made = train.train(tmp_path / "tiny.yaml", []).model
    mixed = [*table[200:260], {"id": "x", "body": "A line of English খবর and more of it", "section": "space"}]
    done = run("evaluate", made, write(tmp_path / "desk.jsonl", mixed), "--out", tmp_path / "r.html")
    assert done.exit_code == 0, done.output
    assert "1 answers were withheld (out_of_domain 1)" in done.output
    assert "at these shares the training promises" in done.output
    done = run("calibrate", made, write(tmp_path / "desk.jsonl", table[200:300]))
    assert done.exit_code == 0, done.output
    probabilities = storage.load(tmp_path / "models" / "tiny_calibrated.joblib")(table[0]).probabilities
    assert sum(probabilities.values()) == pytest.approx(1)


def test_a_report_is_refused_before_the_work_where_it_cannot_be_written(model, others, tmp_path):
    for out, words in [("r.txt", "--out must be named .html"), ("none/r.html", "in a folder that exists")]:
        done = run("evaluate", model, others, "--out", tmp_path / out)
        assert done.exit_code == 2
        assert words in done.output


def test_calibrate_saves_another_model_that_says_what_it_was_calibrated_on(model, tmp_path):
    desk = [row for i, row in enumerate(rows(600)[200:]) if not row["topics"] or i % 4 == 0]
    path, out = write(tmp_path / "desk.jsonl", desk), tmp_path / "own.joblib"
    before = model.read_bytes()
    done = run("calibrate", model, path, "--out", out)
    assert done.exit_code == 0, done.output
    assert model.read_bytes() == before
    assert re.search(r"macro-F1: [\d.]+ \([\d.]+ to [\d.]+\) -> [\d.]+ \(", done.output)
    assert re.search(r"space: Brier score [\d.]+ \([\d.]+ to [\d.]+\) -> ", done.output)
    old, new = storage.load(model), storage.load(out)
    told = new.info["calibrated_on"]
    assert told["n_articles"] == len(desk)
    assert len(told["data_sha256"]) == 64
    assert told["from"]["trained_at"] == old.info["trained_at"]
    assert told["after"]["macro_f1"] > 0.5
    assert "calibrated_on" not in old.info
    share = np.mean([["military" in row["topics"]] for row in desk])
    off = [abs(np.mean([p.probabilities["military"] for p in m(desk)]) - share) for m in (old, new)]
    assert off[1] < 0.03
    assert off[1] < off[0]
    again = run("evaluate", out, path)
    assert "the model was calibrated on this very file" in again.output


def test_figures_after_calibration_are_of_rows_that_it_was_not_fitted_on(model, others):
    predictor = storage.load(model)
    articles = assess.read(predictor, others)
    old, scores = predictor.calibration, assess.scores(predictor, articles)
    crossed = refit.cross_fitted(old, scores, articles, seed=7)
    whole = refit.refit(old, scores, articles.y, seed=7)
    assert np.abs(crossed.probabilities - whole.probabilities(scores)).max() > 1e-3
    for train_rows, test in split.folds(articles.y, articles.groups, 5, 7):
        assert not set(articles.groups[train_rows]) & set(articles.groups[test])
        own = refit.refit(old, scores[train_rows], articles.y[train_rows], seed=7)
        assert np.allclose(own.probabilities(scores[test]), crossed.probabilities[test])
        assert np.array_equal(own.labels(own.probabilities(scores[test])), crossed.predicted[test])


def test_too_few_articles_of_a_label_are_refused_with_their_number(model, tmp_path):
    few = [row for row in rows(400)[200:] if "space" not in row["topics"]][:40]
    path = write(tmp_path / "few.jsonl", few)
    done = run("calibrate", model, path)
    assert done.exit_code == 2
    assert (
        "few.jsonl: label 'space' must hold in at least 5 events or single articles and not hold in at "
        "least 5, got 0 and " in done.output
    )
    assert "label more articles, or use the model as it is" in done.output
    assert not model.with_name("tiny_calibrated.joblib").exists()


def test_scores_of_an_evaluation_are_those_that_answers_come_from(model, others):
    predictor = storage.load(model)
    articles = assess.read(predictor, others)
    probabilities = predictor.calibration.probabilities(assess.scores(predictor, articles))
    told = assess.assess(predictor, articles).outcome.probabilities
    assert np.abs(probabilities - told).max() < 1e-9


def permuted(tmp_path, table, *, shuffle):
    if shuffle:
        events = sorted({row["event"] for row in table})
        of = dict(zip(events, np.random.default_rng(0).permutation(events), strict=True))
        labels = {row["event"]: row["topics"] for row in table}
        table = [{**row, "topics": labels[of[row["event"]]]} for row in table]
    write(tmp_path / "articles.jsonl", table)
    (tmp_path / "tiny.yaml").write_text(CONFIG.replace("  topics: {n_topics: 5}\n", ""), "utf-8")
    return train.train(tmp_path / "tiny.yaml", [])


def test_a_run_on_permuted_labels_is_no_better_than_chance_and_the_report_says_so(tmp_path):
    done = permuted(tmp_path, rows(300), shuffle=True)
    figures = done.figures
    assert figures["chance"]["low"] <= figures["macro_f1"] <= figures["chance"]["high"]
    assert train.summary.verdicts(figures)["beats_chance"] == "false"
    printed = run("train", tmp_path / "tiny.yaml").output
    assert "no better than chance: labels dealt out at random reach a macro-F1 of up to" in printed
    articles = assess.read(done.predictor, write(tmp_path / "desk.jsonl", rows(500)[300:]))
    told = assess.assess(done.predictor, articles)
    record = assess.report(done.predictor, articles, told, "desk.jsonl", show_text=False)
    said = verdict(record, measure(record))
    assert said.summary.startswith("No better than chance: what it learnt from the labels does not hold")
    assert not any("chance" in line for line in said.good)
    assert "No better than chance" in page(record)
    assert "No better than chance" in card(record)


def test_a_run_on_true_labels_is_better_than_chance(tmp_path):
    figures = permuted(tmp_path, rows(300), shuffle=False).figures
    assert figures["macro_f1"] > figures["chance"]["high"] + 0.2
    assert train.summary.verdicts(figures)["beats_chance"] == "true"
    for own in figures["calibration"].values():
        assert 0 <= own["ece_low"] <= own["ece"] <= own["ece_high"] <= 1
        assert own["brier_low"] <= own["brier"] <= own["brier_high"]


def test_the_band_of_chance_is_that_of_labels_that_say_nothing():
    inside = []
    for seed in range(100):
        told, other = outcome(seed=seed, noise=0.0), outcome(seed=1000 + seed, noise=0.0)
        low, high = evaluate.permutation_band(told.y, other.predicted, told.groups, seed=0, n=100)
        inside.append(low <= evaluate.macro_f1(told.y, other.predicted) <= high)
    assert 0.8 <= np.mean(inside) <= 0.98


def test_the_band_of_chance_is_wider_where_events_are_large():
    rng = np.random.default_rng(0)
    of_event = (rng.random((24, 3)) < 0.4).astype(int)
    groups = np.repeat(np.arange(24), rng.integers(5, 15, 24))
    y, predicted = of_event[groups], of_event[rng.permutation(24)][groups]
    wide, narrow = (
        np.ptp(evaluate.permutation_band(y, predicted, own, seed=0)) for own in (groups, np.arange(len(y)))
    )
    assert wide > 1.5 * narrow


def test_one_answer_for_all_is_never_better_than_chance():
    y = outcome().y
    always = np.ones_like(y)
    low, high = evaluate.permutation_band(y, always, outcome().groups, seed=0, n=50)
    assert low == high == pytest.approx(evaluate.macro_f1(y, always))


def test_the_verdict_says_how_far_above_chance(model, others):
    predictor = storage.load(model)
    articles = assess.read(predictor, others)
    told = assess.assess(predictor, articles)
    record = assess.report(predictor, articles, told, "desk.jsonl", show_text=False)
    good = verdict(record, measure(record)).good
    high = told.figures["chance"]["high"]
    assert any(line.startswith("Better than chance") and f"{high:.3f}" in line for line in good)


THRESHOLDS = "thresholds: {aim: precision, at_least: %s}\n"


def test_a_precision_can_be_asked_for_and_what_cannot_be_kept_is_said(tmp_path, project):
    (tmp_path / "articles.jsonl").write_bytes((project / "articles.jsonl").read_bytes())
    text = CONFIG.replace("  topics: {n_topics: 5}\n", "")
    (tmp_path / "tiny.yaml").write_text(text + THRESHOLDS % 0.99, "utf-8")
    done = run("train", tmp_path / "tiny.yaml")
    assert done.exit_code == 0, done.output
    said = re.findall(r"note:    '(\w+)' is never given: no threshold keeps a precision of 0.99", done.output)
    predictor = storage.load(tmp_path / "models" / "tiny.joblib")
    cuts = dict(zip(predictor.labels, predictor.calibration.thresholds, strict=True))
    assert said == [name for name, cut in cuts.items() if cut > 1]
    assert said  # of 150 articles, no label has the hundred rows that 0.99 takes
    answers = predictor(rows(150))
    assert not any(set(said) & set(answer.labels) for answer in answers)
    json.dumps([answer.to_dict() for answer in answers], allow_nan=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CONFIG + "thresholds: {aim: precision}\n", "thresholds: at_least is missing; aim: precision needs"),
        (CONFIG + "thresholds: {at_least: 0.9}\n", "thresholds: at_least must stand beside aim: precision"),
        (CONFIG + THRESHOLDS % 1.5, "thresholds.at_least: must be less than 1, got 1.5"),
        (
            CONFIG.replace("multilabel", "multiclass") + THRESHOLDS % 0.9,
            "thresholds: must stand in a config of task multilabel, got task multiclass",
        ),
    ],
    ids=["no precision", "no aim", "above one", "multiclass"],
)
def test_an_aim_that_makes_no_sense_is_refused(tmp_path, text, words):
    path = tmp_path / "tiny.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=re.escape(words)):
        config.read(path)


def test_a_new_calibration_never_replaces_labelled_rows(project, tmp_path):
    data = (project / "articles.jsonl").read_bytes()
    (tmp_path / "mine.jsonl").write_bytes(data)
    model = project / "models" / "tiny.joblib"
    done = run("calibrate", model, tmp_path / "mine.jsonl", "--out", tmp_path / "mine.jsonl")
    assert done.exit_code == 2
    assert "--out must be named .joblib" in done.output
    assert (tmp_path / "mine.jsonl").read_bytes() == data


def test_a_report_replaces_no_page_of_the_users(project, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "x.card.md").mkdir()
    data = project / "articles.jsonl"
    model = project / "models" / "tiny.joblib"
    assert run("evaluate", model, data, "--out", tmp_path / "README.html").exit_code == 0
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / "README.card.md").read_text("utf-8").startswith("# Model card")
    done = run("evaluate", model, data, "--out", tmp_path / "x.html")
    assert done.exit_code == 2
    assert "must be a file in a folder that exists" in done.output
    assert not (tmp_path / "x.html").exists()


def test_articles_that_the_model_was_trained_on_are_counted_whatever_file_they_come_in(project, tmp_path):
    given = [json.loads(line) for line in (project / "articles.jsonl").read_text("utf-8").splitlines()]
    new = {**given[0], "id": "new", "body": "নতুন একটি লেখা, যা মডেল দেখেনি। আজ ঢাকায় বৃষ্টি হয়েছে।"}
    lines = "".join(json.dumps(row) + "\n" for row in [*given[:40], new])
    (tmp_path / "some.jsonl").write_text(lines, "utf-8")
    done = run("evaluate", project / "models" / "tiny.joblib", tmp_path / "some.jsonl")
    assert done.exit_code == 0, done.output
    assert "note: the model was trained on 40 of these 41, so these figures praise its memory" in done.output
    assert "seen" not in json.loads(run("info", project / "models" / "tiny.joblib").output)
