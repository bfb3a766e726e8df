"""Measure khobor's features, fit and prediction beside the plain way, each in a process of its own.

    python tests/benchmarks/bench.py            # the tables of docs/benchmarks.md
    python tests/benchmarks/bench.py --guard    # one ratio within one process; exit code 1 if it fell

Data: ``--data FILE`` (title, body, section, split; gzipped JSON lines), or else the starter corpus.
Everybody gets two threads. Contenders take turns, so that a drifting machine drifts for all of them,
and the median of the rounds is shown.
"""

import argparse
import gzip
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONTENDERS = {
    "plain": "BNLP's tokenizer and two TfidfVectorizers, linear SVM",
    "default": "scikit-learn's default tokens, linear SVM",
    "fasttext": "fastText, its own tokens, word bigrams, 25 epochs",
    "fasttext-bnlp": "fastText, our tokens, word bigrams, 25 epochs",
    "khobor": "khobor, words and characters, linear SVM",
    "khobor-topics": "khobor, words, characters and 20 NMF topics, linear SVM",
}
FLOOR = 4.0  # the guard's floor for features: half of what was measured, since machines differ


def load(path, n_train=None):
    """Return train texts, train labels, test texts, test labels."""
    if path:
        rows = [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]
    else:
        from khobor_training import starter

        rows = [
            {**row, "section": "+".join(row["topics"]) or "none", "split": "test" if i % 5 == 0 else "train"}
            for i, row in enumerate(starter.articles().values())
        ]
    parts = []
    for name in ("train", "test"):
        own = [row for row in rows if (row["split"] == "train") == (name == "train")]
        own = own[:n_train] if name == "train" else own
        parts += [[f"{row['title']}\n{row['body']}" for row in own], [row["section"] for row in own]]
    return parts


def khobor(train, labels, names, topics):
    """Return the seconds of the features, the seconds of the whole fit, and a predict function."""
    import numpy as np

    from khobor_training.calibrate import Calibration
    from khobor_training.config import Config
    from khobor_training.pipeline import build
    from khobor_training.predict import Predictor

    features = {"words": {"min_df": 2}, "characters": {"min_df": 2}}
    if topics:
        features["topics"] = {"n_topics": 20}
    config = Config.model_validate(
        {
            "name": "bench",
            "task": "multiclass",
            "data": {"labels": names},
            "features": features,
            "classifier": {"kind": "linear_svm"},
        }
    )
    y = (np.array(labels)[:, None] == np.array(names)).astype(int)
    started = time.perf_counter()
    pipeline = build(config)
    X = pipeline[:-1].fit_transform(train)
    middle = time.perf_counter()
    pipeline[-1].fit(X, y)
    ended = time.perf_counter()
    calibration = Calibration(np.ones(len(names)), np.zeros(len(names)), None)
    abstain = {"min_words": 0, "min_bangla": 0, "min_confidence": 0}
    predictor = Predictor(pipeline, calibration, names, abstain, {})
    return middle - started, ended - started, lambda texts: [p.label for p in predictor(texts)], predictor


def plain(train, labels, default):
    """Return the same for plain scikit-learn."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    from khobor_features.bnlp import basic_tokenizer

    if default:
        features = TfidfVectorizer()
    else:
        words = {"tokenizer": basic_tokenizer().tokenize, "token_pattern": None}
        shared = {"lowercase": False, "min_df": 2, "sublinear_tf": True}
        features = make_union(
            TfidfVectorizer(**words, **shared),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared),
        )
    classifier = LinearSVC(random_state=7)
    started = time.perf_counter()
    X = features.fit_transform(train)
    middle = time.perf_counter()
    classifier.fit(X, labels)
    ended = time.perf_counter()
    model = make_pipeline(features, classifier)
    if not default:  # BNLP's object comes from a module that is loaded by its file and does not pickle
        features.transformer_list[0][1].set_params(tokenizer=None)
    saved = model

    def predict(texts):
        return list(model.predict(texts))

    if not default:
        tokenizer = basic_tokenizer().tokenize

        def predict(texts):
            features.transformer_list[0][1].set_params(tokenizer=tokenizer)
            answer = list(model.predict(texts))
            features.transformer_list[0][1].set_params(tokenizer=None)
            return answer

    return middle - started, ended - started, predict, saved


def fasttext_model(train, labels, ours, folder):
    """Return the same for fastText; its features are not a step of their own."""
    import fasttext

    from khobor_features.normalise import Normalizer
    from khobor_features.tokenise import Tokenizer

    tokenizer = Tokenizer(normalizer=Normalizer(digits="ascii"))

    def line(text):
        return " ".join(tokenizer.tokenise(text)) if ours else " ".join(text.split())

    started = time.perf_counter()
    path = Path(folder) / "train.txt"
    lines = (f"__label__{label} {line(text)}\n" for text, label in zip(train, labels, strict=True))
    path.write_text("".join(lines), "utf-8")
    model = fasttext.train_supervised(str(path), wordNgrams=2, epoch=25, thread=2, verbose=0)
    ended = time.perf_counter()

    def predict(texts):  # its own predict breaks on NumPy 2
        answers = (model.f.predict(line(text) + "\n", 1, 0.0, "strict") for text in texts)
        return [answer[0][1].removeprefix("__label__") for answer in answers]

    return None, ended - started, predict, model


def measure(name, path, n_train):
    """Measure one contender in this process; return plain figures."""
    from sklearn.metrics import f1_score

    train, labels, test, truth = load(path, n_train)
    names = sorted(set(labels))
    with tempfile.TemporaryDirectory() as folder:
        if name.startswith("khobor"):
            features, fit, predict, model = khobor(train, labels, names, name == "khobor-topics")
        elif name.startswith("fasttext"):
            features, fit, predict, model = fasttext_model(train, labels, name == "fasttext-bnlp", folder)
        else:
            features, fit, predict, model = plain(train, labels, name == "default")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        started = time.perf_counter()
        answer = predict(test)
        first = time.perf_counter() - started
        started = time.perf_counter()
        predict(test)
        second = time.perf_counter() - started
        single = []
        for text in test[:300]:
            started = time.perf_counter()
            predict([text])
            single.append(1e3 * (time.perf_counter() - started))
        saved = Path(folder) / "model"
        if name.startswith("fasttext"):
            model.save_model(str(saved))
            loading = None
        else:
            import joblib

            joblib.dump(model, saved)
            started = time.perf_counter()
            joblib.load(saved)
            loading = time.perf_counter() - started
        size = saved.stat().st_size / 2**20
    return {
        "features s": features,
        "fit s": fit,
        "first batch /s": len(test) / first,
        "next batch /s": len(test) / second,
        "one p50 ms": statistics.median(single),
        "one p99 ms": sorted(single)[int(0.99 * len(single))],
        "peak MB": peak,
        "model MB": size,
        "load s": loading,
        "macro-F1": f1_score(truth, answer, average="macro"),
    }


def in_process_of_its_own(name, path, n_train=None):
    """Return what `measure` finds in a fresh process with two threads."""
    environment = {**os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")}
    environment["LOKY_MAX_CPU_COUNT"] = "2"
    command = [sys.executable, "-W", "ignore", __file__, "--one", name]
    command += ["--data", str(path)] if path else []
    command += ["--n-train", str(n_train)] if n_train else []
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name}: left out ({done.stderr.strip().splitlines()[-1]})", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def table(rows, heads):
    """Print a Markdown table."""
    print("| " + " | ".join(["", *heads]) + " |")
    print("|---" * (len(heads) + 1) + "|")
    for name, row in rows.items():
        cells = [
            "–" if row[h] is None else f"{row[h]:.3g}" if row[h] < 100 else f"{row[h]:,.0f}" for h in heads
        ]
        print("| " + " | ".join([name, *cells]) + " |")
    print()


def median_rows(rounds):
    """Return for each contender the median of each figure."""
    result = {}
    for name in rounds[0]:
        found = [r[name] for r in rounds if r.get(name)]
        result[name] = {
            key: None if found[0][key] is None else statistics.median(f[key] for f in found)
            for key in found[0]
        }
    return result


def guard(path):
    """Compare features within one process; return an exit code."""
    train, labels, _, _ = load(path, 1000)
    names = sorted(set(labels))
    ratios = []
    for _ in range(3):
        ours, *_ = khobor(train, labels, names, False)
        theirs, *_ = plain(train, labels, False)
        ratios.append(theirs / ours)
    print(f"features: {statistics.median(ratios):.1f} times the plain pipeline's speed (floor {FLOOR})")
    return int(statistics.median(ratios) < FLOOR)


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--guard", action="store_true")
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--n-train", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.data, given.n_train)))
        return 0
    if given.guard:
        return guard(given.data)
    train, _, test, _ = load(given.data)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{len(train):,} training and {len(test):,} test articles, median of {given.rounds} rounds\n")
    rounds = [
        {name: in_process_of_its_own(name, given.data) for name in CONTENDERS} for _ in range(given.rounds)
    ]
    rounds = [{name: row for name, row in r.items() if row} for r in rounds]
    rows = median_rows(rounds)
    table({CONTENDERS[name]: row for name, row in rows.items()}, list(next(iter(rows.values()))))
    base = rows["plain"]
    for name in ("khobor", "khobor-topics"):
        own = rows[name]
        print(
            f"{name} against plain: features x{base['features s'] / own['features s']:.1f}, "
            f"fit x{base['fit s'] / own['fit s']:.1f}, "
            f"first batch x{own['first batch /s'] / base['first batch /s']:.1f}, "
            f"next batch x{own['next batch /s'] / base['next batch /s']:.1f}, "
            f"peak memory x{own['peak MB'] / base['peak MB']:.2f}, "
            f"model x{own['model MB'] / base['model MB']:.2f}"
        )
    print()
    sizes = [len(train) // 8, len(train) // 4, len(train) // 2, len(train)]
    growth = {}
    for n in sizes:
        for name in ("plain", "khobor"):
            row = in_process_of_its_own(name, given.data, n)
            growth[f"{name}, {n:,} articles"] = {
                k: row[k] for k in ("features s", "fit s", "peak MB", "model MB")
            }
    table(growth, ["features s", "fit s", "peak MB", "model MB"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
