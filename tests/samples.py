"""Texts, rows and a small config that several test modules use."""

import json

from click.testing import CliRunner
from hypothesis import strategies as st

from khobor_training import starter
from khobor_training.cli import main

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


STANCE = """
name: tiny_stance
task: stance
data: {files: [rows.jsonl]}
split: {folds: 3}
shares: {supportive: 0.2, neutral: 0.5, critical: 0.3}
features:
  words: {min_df: 2}
  target: {views: {article: 1.0, headline: 1.0}, cues: 0.08}
classifier: {kind: logistic_regression, C: 2}
targets:
  ভারত: {aliases: [দিল্লি]}
  চীন: {aliases: [বেইজিং], exceptions: [দক্ষিণ চীন সাগর]}
  রাশিয়া: {aliases: [রুশ, মস্কো]}
  যুক্তরাষ্ট্র: {aliases: [মার্কিন]}
tracking: {enabled: false}
"""


LAUNCH = "রাশিয়া ও ভারতের পররাষ্ট্রমন্ত্রী মহাকাশে উপগ্রহ উৎক্ষেপণ নিয়ে চুক্তি করেছেন।"


GOOD = "আজ ঢাকায় একটি খবর প্রকাশিত হয়েছে।"


def rows(n=90):
    """Return corpus rows, each article once, events whole."""
    return list(starter.articles().values())[:n]


def bodies(n):
    """Return texts of corpus articles, no two of them alike."""
    return [row["body"] for row in rows(n)]


TARGETS = {"ভারত": ["দিল্লি"], "চীন": ["বেইজিং"], "উত্তর কোরিয়া": ["কিম"], "রাশিয়া": ["রুশ", "মস্কো"]}


def stance_rows(n):
    """Return rows of the corpus that have a target, in an order that no stance decides."""
    return sorted((row for row in starter.rows() if row["target"]), key=lambda row: row["event"][::-1])[:n]


def stance_pairs(n):
    """Return texts of the corpus with their targets."""
    return [(f"{row['title']}\n{row['body']}", row["target"]) for row in stance_rows(n)]


def write_project(folder, text, table=None):
    """Write a project and return its config file."""
    (folder / "configs").mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in table or rows(120)]
    (folder / "articles.jsonl").write_text("".join(lines), "utf-8")
    path = folder / "configs" / "tiny.yaml"
    path.write_text(text, "utf-8")
    return path


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


BANGLA = st.text(
    st.sampled_from("কতড়য়ািে োঁ়্ঃ।৷.\u200c\u200d\u09bc\u0985\u09be\u0981১২ \n[]বিজ্ঞাপন_:/(মন্তব্য)XTEMPDOT-‘’")
)
ANY = st.one_of(st.text(), BANGLA)
TEXTS = [
    "আমি বাংলায় গান গাই। আমি আমার আমিকে চিরদিন এই বাংলায় খুঁজে পাই।",
    "ইসরোর চন্দ্রযান-৩ চাঁদে নেমেছে, ২.৫ টন ওজন।",
    "সেনা মহড়া শুরু, সেনা প্রধান উপস্থিত।",
    "চাঁদে জল আছে কি না, তা নিয়ে সেনা নয়, বিজ্ঞানী ভাবেন।",
    "",
]
