"""What a user gets for bad input: the exact message, exit code 2, and no file changed."""

import hashlib
import json
import shutil

import pytest
from samples import CONFIG, GOOD, LAUNCH, bodies, run

from khobor_training import storage
from khobor_training.predict import FORMAT

MANY = "1 of 31 rows cannot be used; mend them, or set data.on_bad_row: skip\n  a.jsonl, row 31: "


def jsonl(table):
    return "".join(json.dumps(row) + "\n" for row in table).encode()


def good_rows(*extra):
    topics = [["space"], ["military"], ["diplomacy"]]
    table = [{"id": str(i), "body": body, "topics": topics[i % 3]} for i, body in enumerate(bodies(30))]
    return jsonl([*table, *({"id": "last", "body": GOOD, "topics": [], **row} for row in extra)])


CONFIGS = {
    "an unknown key": (
        ("classifier:", "clasifier:"),
        "{config} has 2 problems:\n  classifier: is missing; add it\n"
        "  clasifier: unknown key; did you mean 'classifier'?",
    ),
    "a number out of range": (
        ("kind: logistic_regression", "kind: logistic_regression, C: -1"),
        "{config} has 1 problem:\n  classifier.C: must be greater than 0, got -1",
    ),
    "an unknown choice": (
        ("kind: logistic_regression", "kind: logistic_regresion"),
        "{config} has 1 problem:\n  classifier.kind: must be one of complement_nb, linear_svm, "
        "logistic_regression, vote, got 'logistic_regresion'; did you mean 'logistic_regression'?",
    ),
    "a label that YAML reads as false": (
        ("military]", "no]"),
        "{config} has 1 problem:\n  data.labels.2: must be text, got False; put it in quotes",
    ),
    "another name than the file's": (
        ("name: tiny", "name: other"),
        "{config} has 1 problem:\n  name: must equal the file's stem 'tiny', got 'other'",
    ),
    "a key twice": (
        ("tracking:", "seed: 1\nseed: 2\ntracking:"),
        "{config}, line 11, must be YAML, got 'the key 'seed' twice'; mend that line",
    ),
    "a number without bounds": (
        ("kind: logistic_regression", "kind: logistic_regression, C: .inf"),
        "{config} has 1 problem:\n  classifier.C: must be a finite number, got inf",
    ),
    "a word where keys belong": (
        ("{kind: logistic_regression}", "logistic_regression"),
        "{config} has 1 problem:\n  classifier: must be keys and values, got 'logistic_regression'",
    ),
    "a corpus and files": (
        ("data: {", "data: {corpus: starter, "),
        "{config} has 1 problem:\n  data: must name a corpus or files, got both",
    ),
    "a keyword of no label": (
        ("tracking:", "keywords: {spce: [চাঁদ]}\ntracking:"),
        "{config} has 1 problem:\n  keywords.spce: unknown label; did you mean 'space'?; "
        "take it away or add it to data.labels",
    ),
    "not YAML": (
        ("{files", "files: ["),
        "{config}, line 4, must be YAML, got 'mapping values are not allowed here'; mend that line",
    ),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_a_bad_config_is_named(tmp_path, case):
    change, message = CONFIGS[case]
    config = tmp_path / "configs" / "tiny.yaml"
    config.parent.mkdir()
    config.write_text(CONFIG.replace(*change), "utf-8")
    for command in ("check", "train"):
        done = run(command, config)
        assert done.exit_code == 2
        assert done.output == f"khobor: {message.format(config=config)}\n"
    assert [p.name for p in tmp_path.iterdir()] == ["configs"]


FILES = {
    "a missing file": (None, "{data} must exist, got no such file; check the path"),
    "an unreadable file": ("folder", "{data} must be a readable file, got Is a directory; check the file"),
    "an empty file": (b"", "{data} must hold articles, got an empty file; fill it"),
    "UTF-16": ("ক".encode("utf-16"), "{data} must be UTF-8, got UTF-16; save it as UTF-8"),
    "no labels column": (
        jsonl([{"body": GOOD}]),
        "{data} must have a column 'topics', got body; name your columns under data.columns",
    ),
    "one class": (
        jsonl([{"body": body, "topics": ["space"]} for body in bodies(30)]),
        "label 'diplomacy' must hold in at least 3 events and not hold in at least 3, got 0 and 30; "
        "add articles or drop the label from data.labels",
    ),
    "one article, copied": (
        jsonl([{"body": f"{GOOD} {i}", "topics": [["space"], []][i % 2]} for i in range(30)]),
        "label 'diplomacy' must hold in at least 3 events and not hold in at least 3, got 0 and 1; "
        "copies count as one, see khobor audit; "
        "add articles or drop the label from data.labels",
    ),
    "a label typo": (
        good_rows({"topics": ["spcae"]}),
        MANY + "unknown label 'spcae', must be one of diplomacy, space, military",
    ),
    "no label": (good_rows({"topics": None}), MANY + "not labelled"),
    "a missing text": (good_rows({"body": None}), MANY + "text is missing"),
    "a NaN": (good_rows({"body": float("nan")}), MANY + "text is missing"),
    "an empty string": (good_rows({"body": ""}), MANY + "text is missing"),
    "a 5 MB article": (
        good_rows({"body": "ক" * 1_700_000}),
        MANY + "text is longer than 1,000,000 characters; is it one article?",
    ),
    "a null byte": (
        good_rows({"body": "ক\x00খ"}),
        MANY + "encoding is broken (null bytes or replacement characters)",
    ),
    "a broken byte": (
        good_rows({"body": "X"}).replace(b'"X"', b'"\xe0\xa6"'),
        MANY + "encoding is broken in column 'body'; save the file as UTF-8",
    ),
    "a broken line": (
        good_rows() + b"{\n",
        MANY + "not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))",
    ),
    "English only": (good_rows({"body": "Only English here"}), MANY + "no Bangla letters"),
    "emoji only": (good_rows({"body": "😀"}), MANY + "no Bangla letters"),
    "legacy Bijoy": (
        good_rows({"body": "Avwg evsjvq Mvb MvB"}),
        MANY + "no Bangla letters; it looks like legacy Bijoy text: convert it to Unicode",
    ),
    "an id twice": (good_rows({"id": "4"}), MANY + "id and target used before, in a.jsonl:5"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_data_file_is_named(tmp_path, project, case):
    content, message = FILES[case]
    data = tmp_path / "a.jsonl"
    if content == "folder":
        data.mkdir()
    elif content is not None:
        data.write_bytes(content)
    before = sorted(p.name for p in project.rglob("*"))
    for command in ("check", "train"):
        done = run(command, project / "configs" / "tiny.yaml", "--data", data)
        assert done.output == f"khobor: {message.format(data=data)}\n"
        assert done.exit_code == 2
    assert sorted(p.name for p in project.rglob("*")) == before


def test_rows_of_a_csv_with_a_stray_comma_are_named(tmp_path, project):
    (tmp_path / "a.csv").write_text("id,body,topics\n1,খবর, আরও খবর,space\n2,খবর\n", "utf-8")
    done = run("check", project / "configs" / "tiny.yaml", "--data", tmp_path / "a.csv")
    assert done.exit_code == 2
    hint = "fields where the header has 3; quote text that holds a comma"
    assert f"a.csv, row 1: 4 {hint}\n  a.csv, row 2: 2 {hint}\n" in done.output


TABLES = {
    "a column twice": (
        "body,topics,body\nখবর,space,x\n",
        "a.csv must name each column once, got 'body' twice; rename one",
    ),
    "semicolons": (
        "id;body;topics\n1;খবর;space\n",
        "a.csv must have fields separated by commas, got ';'; save it with commas",
    ),
    "a stray quote": (
        'body,topics\nখবর,space\n"খবর" আরও,space\nখবর,space\n',
        "a.csv, row 2: must be CSV, got a stray quote (',' expected after '\"') "
        "that hides all rows after it; mend it",
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_cannot_be_read_row_by_row_is_refused_even_where_bad_rows_are_skipped(tmp_path, case):
    content, message = TABLES[case]
    (tmp_path / "a.csv").write_text(content, "utf-8")
    config = tmp_path / "tiny.yaml"
    config.write_text(CONFIG.replace("data: {files: [articles.jsonl]", "data: {on_bad_row: skip"), "utf-8")
    done = run("check", config, "--data", tmp_path / "a.csv")
    assert done.output == f"khobor: {message}\n"
    assert done.exit_code == 2


def test_skipped_rows_are_named(tmp_path, project):
    (tmp_path / "a.jsonl").write_bytes(good_rows({"body": "Only English here"}))
    config = tmp_path / "tiny.yaml"
    config.write_text(CONFIG.replace("data: {files: [articles.jsonl]", "data: {on_bad_row: skip"), "utf-8")
    done = run("check", config, "--data", tmp_path / "a.jsonl")
    assert done.exit_code == 0
    assert "30 articles of 31 rows, 30 events or single articles, 1 skipped" in done.output
    assert "skipped: a.jsonl, row 31: no Bangla letters" in done.output


@pytest.mark.parametrize("given", ["{folder}/nope.csv", "{folder}/no pe.json", "nope.txt", "{folder}"])
def test_a_mistyped_path_is_no_article(tmp_path, project, given):
    given = given.format(folder=tmp_path)
    done = run("predict", project / "models" / "tiny.joblib", given)
    found = "a folder" if given == str(tmp_path) else "no such file"
    assert done.output == f"khobor: {given} must be a file or an article, got {found}; check the path\n"
    assert done.exit_code == 2


ARTICLES = {
    "a 5 MB article": (
        b"a" * 5_000_000,
        "article 0 must have at most 1,000,000 characters, got 5,000,000; pass several articles as a list",
    ),
    "a null byte": (b"a\x00b", "{page} must be text, got a null byte at position 1; save it as UTF-8 text"),
    "broken UTF-8": (
        b"\xe0\xa6",
        "{page} must be UTF-8, got a broken byte at position 0; save it as UTF-8 text",
    ),
}


@pytest.mark.parametrize("case", ARTICLES)
def test_a_bad_article_file_is_named(tmp_path, project, case):
    content, message = ARTICLES[case]
    page = tmp_path / "page.txt"
    page.write_bytes(content)
    done = run("predict", project / "models" / "tiny.joblib", page)
    assert done.output == f"khobor: {message.format(page=page)}\n"
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too_short"),
        ("😀 😀", "too_short"),
        ("দুই শব্দ", "too_short"),
        ("This is an English article about a rocket.", "out_of_domain"),
        ("The rocket rose. It fell on 10/12", "out_of_domain"),
    ],
    ids=["empty", "emoji", "two words", "English", "English sentences"],
)
def test_text_that_cannot_be_labelled_gets_an_abstention_with_its_reason(project, text, reason):
    done = run("predict", project / "models" / "tiny.joblib", text)
    assert done.exit_code == 0
    answer = json.loads(done.output)
    assert (answer["labels"], answer["abstained"], answer["reason"]) == ([], True, reason)


@pytest.mark.parametrize(
    ("article", "error", "message"),
    [
        (
            float("nan"),
            TypeError,
            "article 0 must be a str or a mapping with title and body, got float",
        ),
        ({"text": GOOD}, ValueError, "article 0 must have 'title' and 'body', got text"),
    ],
    ids=["NaN", "other keys"],
)
def test_a_service_is_told_what_an_article_must_be(project, article, error, message):
    with pytest.raises(error) as caught:
        storage.load(project / "models" / "tiny.joblib")([article])
    assert str(caught.value) == message


def damaged(model, predictor):
    model.write_bytes(model.read_bytes()[:-1] + b"x")


def not_a_model(model, predictor):
    model.write_bytes(b"not a joblib file")


def without_manifest(model, predictor):
    storage.manifest_path(model).unlink()


def changed_manifest(model, predictor):
    manifest = storage.manifest_path(model)
    manifest.write_text(manifest.read_text("utf-8").replace('"format": ', '"format": 9'), "utf-8")


def of_another_format(model, predictor):
    data = model.read_bytes()
    record = {"sha256": hashlib.sha256(data).hexdigest(), "format": 1, "versions": {}}
    storage.manifest_path(model).write_bytes(storage._seal([record]))


def of_another_scikit_learn(model, predictor):
    predictor.info["versions"]["scikit-learn"] = "1.2.3"
    storage.save(predictor, model)


def missing(model, predictor):
    model.unlink()


OTHER_BYTES = (
    "{model} must have the bytes that its manifest names, got others; "
    "the file is damaged or was changed: train it again or restore a copy"
)
OTHER_MANIFEST = (
    "{model}.manifest.json must be the manifest that was saved with the model, got none or a changed one; "
    "train the model again or restore both files"
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            missing,
            "{model} must be a readable model, got No such file or directory; train one: khobor train CONFIG",
        ),
        (damaged, OTHER_BYTES),
        (not_a_model, OTHER_BYTES),
        (without_manifest, OTHER_MANIFEST),
        (changed_manifest, OTHER_MANIFEST),
        (of_another_format, f"{{model}} must be of predictor format {FORMAT}, got 1; train it again"),
        (
            of_another_scikit_learn,
            "{model} must be of scikit-learn {here}, got 1.2.3; "
            "train it again or run: pip install scikit-learn==1.2.3",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_model_that_cannot_be_trusted_is_refused(project, tmp_path, change, message):
    import sklearn

    for name in ("tiny.joblib", "tiny.joblib.manifest.json"):
        shutil.copy(project / "models" / name, tmp_path)
    model = tmp_path / "tiny.joblib"
    change(model, storage.load(model))
    done = run("predict", model, LAUNCH)
    here = ".".join(sklearn.__version__.split(".")[:2])
    assert done.output == f"khobor: {message.format(model=model, here=here)}\n"
    assert done.exit_code == 2


def test_the_good_rows_of_these_tables_train(tmp_path, project):
    (tmp_path / "a.jsonl").write_bytes(good_rows())
    done = run("check", project / "configs" / "tiny.yaml", "--data", tmp_path / "a.jsonl")
    assert done.exit_code == 0, done.output
