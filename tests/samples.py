"""Texts, rows and a small config that several test modules use."""

import json

from click.testing import CliRunner

from khobor_training.cli import main
from khobor_training.data import CORPUS

CONFIG = """
name: tiny
task: multilabel
data: {files: [articles.jsonl], labels: [diplomacy, space, military]}
split: {folds: 3}
features:
  words: {}
  characters: {ngram_range: [2, 3]}
  topics: {n_topics: 5}
classifier: {kind: logistic_regression}
tracking: {enabled: false}
"""


LAUNCH = "রাশিয়া ও ভারতের পররাষ্ট্রমন্ত্রী মহাকাশে উপগ্রহ উৎক্ষেপণ নিয়ে চুক্তি করেছেন।"


GOOD = "আজ ঢাকায় একটি খবর প্রকাশিত হয়েছে।"


def rows(n=90):
    """Return corpus rows, each article once, events whole."""
    unique = {}
    for line in CORPUS.read_text("utf-8").splitlines():
        row = json.loads(line)
        unique.setdefault(row["id"], row)
    return list(unique.values())[:n]


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])
