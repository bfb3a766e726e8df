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
from khobor_training.errors import InputError
from khobor_training.files import Row, is_csv, read_rows
from khobor_training.starter import FOLDER

CORPUS = FOLDER / "articles.jsonl"
MAX_CHARACTERS = 1_000_000
MAX_PROBLEMS = 200


@dataclass(frozen=True)
class Articles:
    """Articles with their labels, each article once.

    Attributes
    ----------
    texts : list of str
        Title, newline, body.
    y : ndarray of int of shape (n_samples, n_labels)
        1 where the label holds.
    frame : DataFrame
        ``id, event, published_at``, a row an article.
    groups : ndarray of str of shape (n_samples,)
        What never stands on both sides of a split: the event, or the article itself.
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
    sha256: str
    n_rows: int
    n_skipped: int
    problems: list[str]


def article_text(title: str, body: str) -> str:
    """Return the text of an article: title, newline, body."""
    return f"{title}\n{body}" if title else body


def read(config: Config, files: list[Path]) -> Articles:
    """Read and check `files` by the config.

    Raises
    ------
    InputError
        Naming every bad row by file and row number (the first article is row 1).
    """
    digest = hashlib.sha256()
    seen: dict[tuple[str, str], str] = {}
    rows: dict[str, dict[str, Any]] = {}
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
            n_rows += 1
            article, problem = _article(row, config, name, is_csv(path))
            if not problem:
                key = (article["id"], string(values.get("target")))
                first = rows.get(article["id"])
                if key in seen:
                    problem = f"id and target used before, in {seen[key]}"
                elif first and (first["text"], first["labels"]) != (article["text"], article["labels"]):
                    problem = f"text or labels differ from the same id in {first['where']}"
                else:
                    seen[key] = article["where"]
                    rows.setdefault(article["id"], article)
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
    if not rows:
        raise InputError(f"{', '.join(map(str, files))} must leave articles, got none; check data.where")
    articles = list(rows.values())
    y = np.array([[int(label in a["labels"]) for label in config.data.labels] for a in articles])
    frame = pd.DataFrame(articles, columns=["id", "event", "published_at"])
    groups = frame["event"].to_numpy(dtype=str)
    if config.split.kind == "random":  # each article by itself, but the same text never on both sides
        _, same = np.unique(np.array([a["text"] for a in articles]), return_inverse=True)
        groups = same.astype(str)
    _check_labels(config, y, groups)
    return Articles([a["text"] for a in articles], y, frame, groups, digest.hexdigest(), n_rows, n_bad, lines)


def _check_columns(path: Path, table: list[Row], config: Config) -> None:
    """Require the columns that cannot be missing, and those that the config names itself."""
    columns = config.data.columns
    present = {name for row in table for name in row.values}
    named = [getattr(columns, field) for field in sorted(columns.model_fields_set)]
    for column in [columns.body, columns.labels, *named, *config.data.where]:
        if present and column not in present:
            raise InputError(
                f"{path} must have a column '{column}', got {', '.join(sorted(filter(None, present)))}; "
                "name your columns under data.columns"
            )


def _check_labels(config: Config, y: NDArray[np.int_], groups: NDArray[np.str_]) -> None:
    """Require enough groups with and without each label to hold some out and cross-validate."""
    least = config.split.folds
    unit = "articles" if config.split.kind == "random" else "events"
    for label, column in zip(config.data.labels, y.T, strict=True):
        with_it, without = (len(set(groups[column == value])) for value in (1, 0))
        if min(with_it, without) < least:
            raise InputError(
                f"label '{label}' must hold in at least {least} {unit} and not hold in at least {least}, "
                f"got {with_it} and {without}; add articles or drop the label from data.labels"
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
        # Where no event is named, at least the same text never stands on both sides of a split.
        "event": string(values.get(columns.event))
        or f"text:{hashlib.sha1(text.encode(errors='replace')).hexdigest()}",
        "published_at": string(values.get(columns.published_at)),
        "where": where,
    }
    listed = [
        c for c in (columns.id, columns.title, columns.body, columns.event) if not _is_cell(values.get(c))
    ]
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
    labels = _labels(values.get(columns.labels), config, from_csv)
    if labels is None:
        return article, "not labelled"
    for label in labels:
        if label not in config.data.labels:
            return article, f"unknown label '{label[:40]}', must be one of {', '.join(config.data.labels)}"
    return {**article, "labels": tuple(sorted(set(labels)))}, ""


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
    if config.task == "multiclass":
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
