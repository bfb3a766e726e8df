"""Read labelled articles, and name every row that cannot be used.

Nothing is dropped silently: a bad row stops the run, or is counted where the config
says ``on_bad_row: skip``.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khobor_features.letters import bangla_share, is_legacy_bijoy
from khobor_training.config import Config
from khobor_training.duplicates import merge_groups, near_duplicates
from khobor_training.errors import InputError
from khobor_training.files import Row, is_csv, read_rows
from khobor_training.starter import FOLDER

CORPUS = FOLDER / "articles.jsonl"
STANCE_CORPUS = FOLDER / "stance.jsonl"
MAX_CHARACTERS = 1_000_000
MAX_PROBLEMS = 200
FRAME = ("id", "event", "published_at", "outlet", "genre", "target")


@dataclass(frozen=True)
class Articles:
    """Articles with their labels, each article once; of a stance, each article and target once.

    Attributes
    ----------
    texts : list of str
        Title, newline, body.
    y : ndarray of int of shape (n_samples, n_labels)
        1 where the label holds.
    frame : DataFrame
        ``id, event, published_at, outlet, genre, target``, an empty string where a file says nothing.
    groups : ndarray of str of shape (n_samples,)
        What never stands on both sides of a split: the event, or the article itself, and its copies.
    clusters : ndarray of int of shape (n_samples,)
        Articles with the same number are copies of each other.
    sha256 : str
        Digest of the files' bytes.
    n_rows, n_skipped : int
        Rows read, and rows skipped as bad.
    problems : list of str
        Which rows were skipped, and why.
    """

    texts: list[str]
    y: NDArray[np.int_]
    frame: pd.DataFrame
    groups: NDArray[np.str_]
    clusters: NDArray[np.intp]
    sha256: str
    n_rows: int
    n_skipped: int
    problems: list[str]

    def inputs(self, *, with_targets: bool) -> list[Any]:
        """Return what a pipeline takes: texts, or pairs of text and target."""
        return list(zip(self.texts, self.frame["target"], strict=True)) if with_targets else self.texts


def corpus_files(config: Config) -> list[Path]:
    """Return the files of the starter corpus that a task trains on."""
    return [CORPUS, STANCE_CORPUS] if config.task == "stance" else [CORPUS]


def article_text(title: str, body: str) -> str:
    """Return the text of an article: title, newline, body."""
    return f"{title}\n{body}" if title else body


def read(config: Config, files: list[Path], *, to_train: bool = True) -> Articles:
    """Read and check `files` by the config.

    Parameters
    ----------
    config : Config
    files : list of Path
    to_train : bool, default=True
        Whether each label must hold, and not hold, in enough events to be learnt.

    Raises
    ------
    InputError
        Naming every bad row by file and row number (the first article is row 1).
    """
    digest = hashlib.sha256()
    seen: dict[tuple[str, str], str] = {}
    articles_of: dict[str, dict[str, Any]] = {}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    stance = config.task == "stance"
    bad: dict[tuple[str, str], list[int]] = defaultdict(list)
    n_rows = 0
    names = [path.name for path in files]
    for path in files:
        name = path.name if names.count(path.name) == 1 else str(path)
        table = read_rows(path, digest)
        _check_columns(path, table, config)
        for row in table:
            values = row.values
            if not row.problem and any(
                string(values.get(c)) not in kept for c, kept in config.data.where.items()
            ):
                continue
            if stance and not row.problem and _says_no_stance(values, config):
                continue
            n_rows += 1
            article, problem = _article(row, config, name, is_csv(path))
            if not problem:
                key = (article["id"], article["target"])
                first = articles_of.get(article["id"])
                same = ("text",) if stance else ("text", "labels")
                if key in seen:
                    problem = f"id and target used before, in {seen[key]}"
                elif first and any(first[part] != article[part] for part in same):
                    problem = f"{' or '.join(same)} differ from the same id in {first['where']}"
                else:
                    seen[key] = article["where"]
                    articles_of.setdefault(article["id"], article)
                    rows.setdefault(key if stance else (article["id"], ""), article)
            if problem:
                bad[name, problem].append(row.number)
    n_bad = sum(map(len, bad.values()))
    lines = [f"{name}, row {_ranges(numbers)}: {problem}" for (name, problem), numbers in bad.items()]
    if len(lines) > MAX_PROBLEMS:
        lines[MAX_PROBLEMS:] = [f"… and {len(lines) - MAX_PROBLEMS} more problems"]
    if bad and config.data.on_bad_row == "fail":
        raise InputError(
            f"{n_bad} of {n_rows} rows cannot be used; mend them, or set data.on_bad_row: skip\n  "
            + "\n  ".join(lines)
        )
    if bad and not rows:
        listed = "\n  ".join(lines)
        raise InputError(f"{n_bad} of {n_rows} rows cannot be used, and none is left; mend them\n  {listed}")
    if not rows:
        raise InputError(f"{', '.join(map(str, files))} must leave articles, got none; check data.where")
    articles = list(rows.values())
    texts = [a["text"] for a in articles]
    y = np.array([[int(label in a["labels"]) for label in config.labels] for a in articles])
    frame = pd.DataFrame(articles, columns=list(FRAME))
    if not stance:
        frame["target"] = ""  # topics are of the article as a whole
    # Where no event is named, the article is its own group, and so are its copies.
    groups = np.array([a["event"] or f"id:{a['id']}" for a in articles])
    if config.split.kind == "random":
        groups = np.array([f"id:{a['id']}" for a in articles])
    clusters = near_duplicates(texts)
    named, groups = groups, merge_groups(groups, clusters)
    if to_train:
        joined = len(set(named)) > len(set(groups))
        _check_labels(config, y, groups, "; copies count as one, see khobor audit" if joined else "")
    return Articles(texts, y, frame, groups, clusters, digest.hexdigest(), n_rows, n_bad, lines)


def _says_no_stance(values: dict[str, Any], config: Config) -> bool:
    """Tell whether a row names neither a target nor a stance, as an article without a target does."""
    named = [values.get(config.data.columns.target), values.get(config.label_column)]
    return config.data.target is None and not any(string(value).strip() for value in named if _is_cell(value))


def _check_columns(path: Path, table: list[Row], config: Config) -> None:
    """Require the columns that cannot be missing, and those that the config names itself."""
    columns = config.data.columns
    present = {name for row in table for name in row.values}
    named = [name for field in sorted(columns.model_fields_set) if (name := getattr(columns, field))]
    targets = [columns.target] if config.task == "stance" and config.data.target is None else []
    for column in [columns.body, config.label_column, *targets, *named, *config.data.where]:
        if present and column not in present:
            raise InputError(
                f"{path} must have a column '{column}', got {', '.join(sorted(filter(None, present)))}; "
                "name your columns under data.columns"
            )


def _check_labels(config: Config, y: NDArray[np.int_], groups: NDArray[np.str_], hint: str) -> None:
    """Require enough groups with and without each label to hold some out and cross-validate."""
    least = config.split.folds
    unit = "articles" if config.split.kind == "random" else "events"
    for label, column in zip(config.labels, y.T, strict=True):
        with_it, without = (len(set(groups[column == value])) for value in (1, 0))
        if min(with_it, without) < least:
            raise InputError(
                f"label '{label}' must hold in at least {least} {unit} and not hold in at least {least}, "
                f"got {with_it} and {without}{hint}; add articles or drop the label from data.labels"
            )


def string(value: Any) -> str:
    """Return a cell as text; a missing one is an empty string."""
    return "" if value is None or (_is_cell(value) and pd.isna(value)) else str(value)


def _is_cell(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value))


def _article(row: Row, config: Config, name: str, from_csv: bool) -> tuple[dict[str, Any], str]:
    """Return the article of a row and what is wrong with it, or an empty string."""
    columns, values, where = config.data.columns, row.values, f"{name}:{row.number}"
    body, title = string(values.get(columns.body)), string(values.get(columns.title))
    text = article_text(title, body)
    article = {
        "id": string(values.get(columns.id)) or where,
        "text": text,
        "where": where,
    } | {name: string(values.get(getattr(columns, name))).strip() for name in FRAME[1:]}
    article["target"] = article["target"] or config.data.target or ""
    kept = (columns.title, columns.body, *(getattr(columns, name) for name in FRAME))
    listed = [c for c in kept if not _is_cell(values.get(c))]
    if listed:
        return article, f"column '{listed[0]}' must be text, got {type(values[listed[0]]).__name__}"
    problem = row.problem or text_problem(body, text)
    if problem:
        return article, problem
    if config.split.kind == "time":
        time = pd.to_datetime(article["published_at"], errors="coerce", utc=True, format="ISO8601")
        if pd.isna(time):
            return article, (
                f"{columns.published_at} must be a date such as 2025-12-31, got '{article['published_at']}'"
            )
        article["published_at"] = time.isoformat()
    labels = _labels(values.get(config.label_column), config, from_csv)
    if labels is None:
        return article, "not labelled"
    for label in labels:
        if label not in config.labels:
            return article, f"unknown label '{label[:40]}', must be one of {', '.join(config.labels)}"
    if config.task == "stance" and not article["target"]:
        return article, "has a stance and no target"
    return {**article, "labels": tuple(sorted(set(labels)))}, ""


def text_digest(text: str) -> str:
    """Return what a model keeps of a text that it was trained on: enough to know it again."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def text_problem(body: str, text: str) -> str:
    """Return why a text cannot be an article of a training set, or an empty string."""
    if not body.strip():
        return "text is missing"
    if "\x00" in text or "\ufffd" in text:
        return "encoding is broken (null bytes or replacement characters)"
    if len(text) > MAX_CHARACTERS:
        return f"text is longer than {MAX_CHARACTERS:,} characters; is it one article?"
    if bangla_share(text) == 0:
        hint = "; it looks like legacy Bijoy text: convert it to Unicode" if is_legacy_bijoy(text) else ""
        return f"no Bangla letters{hint}"
    return ""


def _labels(value: Any, config: Config, from_csv: bool) -> list[str] | None:
    """Return the labels that a cell names, or None where it says nothing."""
    if config.multiclass:
        one = value if isinstance(value, list | np.ndarray) else [value]
        return [string(one[0]).strip()] if len(one) == 1 and string(one[0]).strip() else None
    if isinstance(value, str):
        parts = [part.strip() for part in value.split("|")]
        # In CSV an empty cell is an empty list: it cannot say 'not labelled'.
        return [part for part in parts if part] if from_csv or any(parts) else None
    return [str(label) for label in value] if isinstance(value, list | np.ndarray) else None


def _ranges(numbers: list[int]) -> str:
    """Write row numbers shortly: 1, 4-6."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)
