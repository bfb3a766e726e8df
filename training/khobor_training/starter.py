"""Look at the starter corpus: how many articles of what, and what one of them says."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from khobor_training.errors import InputError

FOLDER = Path(__file__).parent / "corpus"
TOPICS = ("diplomacy", "space", "military")
STANCES = ("supportive", "neutral", "critical")

N_TARGETS = 40
"""So many targets have a line of their own in the overview."""


def read(name: str) -> list[dict[str, Any]]:
    """Return the rows of one of the corpus's files."""
    # Not splitlines(): it also breaks at separators that may stand inside a JSON string.
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").split("\n") if line]


def rows() -> list[dict[str, Any]]:
    """Return the rows that have topics, one an article and target."""
    return read("articles.jsonl")


def stance_rows() -> list[dict[str, Any]]:
    """Return the rows that have a target and a stance: those of `rows`, then those without topics."""
    return [row for row in rows() if row["target"]] + read("stance.jsonl")


def articles() -> dict[str, dict[str, Any]]:
    """Return each article once, by its id."""
    unique: dict[str, dict[str, Any]] = {}
    for row in rows():
        unique.setdefault(row["id"], row)
    return unique


def n_words(row: dict[str, Any]) -> int:
    """Return how many words an article has, its title included."""
    return len(f"{row['title']} {row['body']}".split())


def overview() -> Iterator[str]:
    """Say how many articles there are of what, line by line."""
    unique = articles()
    stance = stance_rows()
    lengths = sorted(map(n_words, unique.values()))
    events = {row["event"] for row in unique.values()}
    yield f"{len(unique)} articles with topics on {len(events)} events"
    yield f"words: {lengths[0]} to {lengths[-1]}, median {lengths[len(lengths) // 2]}"
    yield ""
    for topic in TOPICS:
        yield f"{topic:<24}{sum(topic in row['topics'] for row in unique.values()):>5}"
    for pair in combinations(TOPICS, 2):
        yield f"{' and '.join(pair):<24}{sum(set(pair) <= set(row['topics']) for row in unique.values()):>5}"
    yield f"{'all three':<24}{sum(len(row['topics']) == 3 for row in unique.values()):>5}"
    yield f"{'none':<24}{sum(not row['topics'] for row in unique.values()):>5}"
    yield ""
    for name in ("genre", "outlet"):
        counts = Counter(row[name] for row in unique.values())
        yield f"{name}: " + ", ".join(f"{key} {count}" for key, count in sorted(counts.items()))
    yield ""
    targets = Counter(row["target"] for row in stance)
    yield (
        f"{len(stance)} rows with a stance, of {len({row['id'] for row in stance})} articles on "
        f"{len({row['event'] for row in stance})} events, toward {len(targets)} targets"
    )
    yield f"{'target':<24}" + "".join(f"{name:>12}" for name in STANCES)
    counts = Counter((row["target"], row["stance"]) for row in stance)
    for target, _ in targets.most_common(N_TARGETS):
        yield f"{target:<24}" + "".join(f"{counts[target, name]:>12}" for name in STANCES)
    others = [sum(n for (t, s), n in counts.items() if s == name) for name in STANCES]
    yield f"{'all of them':<24}" + "".join(f"{n:>12}" for n in others)


def show(name: str | None, seed: int | None) -> Iterator[str]:
    """Print one article: the named one, or one at random."""
    unique = articles()
    for row in stance_rows():
        unique.setdefault(row["id"], row)
    if name is None:
        name = random.Random(seed).choice(sorted(unique))
    if name not in unique:
        raise InputError(f"the article must be one of the corpus, got '{name}'; see: khobor corpus --random")
    article = unique[name]
    yield f"{name} | {article['published_at']} | {article['outlet']} | {article['genre']}"
    if "topics" in article:
        yield f"topics: {', '.join(article['topics']) or 'none'}"
    for row in stance_rows():
        if row["id"] == name:
            yield f"stance toward {row['target']}: {row['stance']}"
    yield ""
    yield article["title"]
    yield article["body"]
