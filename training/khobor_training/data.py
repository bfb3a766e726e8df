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

from khobor_features.normalise import bangla_share, is_legacy_bijoy
from khobor_training.config import Config
from khobor_training.errors import InputError

CORPUS = Path(__file__).parent / "corpus" / "articles.jsonl"
MAX_CHARACTERS = 1_000_000


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
    sha256 : str
        Digest of the files' bytes.
    n_rows, n_skipped : int
        Rows read, and rows skipped as bad.
    """

    texts: list[str]
    y: NDArray[np.int_]
    frame: pd.DataFrame
    sha256: str
    n_rows: int
    n_skipped: int


def article_text(title: str, body: str) -> str:
    """Return the text of an article: title, newline, body."""
    return f"{title}\n{body}" if title else body


def read_frame(path: Path) -> pd.DataFrame:
    """Read a CSV, JSONL or Parquet file.

    Raises
    ------
    InputError
        If the file is missing, unreadable, empty, or of another kind.
    """
    name = path.name.removesuffix(".gz")
    try:
        if name.endswith(".csv"):
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        elif name.endswith(".jsonl"):
            frame = pd.read_json(path, lines=True, dtype=False)
        elif name.endswith(".parquet"):
            frame = pd.read_parquet(path)
        else:
            raise InputError(f"{path} must end in .csv, .jsonl or .parquet; rename or convert it")
    except FileNotFoundError:
        raise InputError(f"{path} must exist, got no such file; check the path") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path} must hold articles, got an empty file; fill it") from None
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} must be UTF-8, got a broken byte at position {error.start}; save it as UTF-8"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} must be a readable file, got {error}; check the file") from None
    if frame.empty:
        raise InputError(f"{path} must hold articles, got an empty file; fill it")
    return frame


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
    for path in files:
        frame = read_frame(path)
        digest.update(path.read_bytes())
        columns = config.data.columns
        for column in [columns.body, columns.labels, *config.data.where]:
            if column not in frame:
                raise InputError(
                    f"{path} must have a column '{column}', got {', '.join(map(str, frame))}; "
                    "name your columns under data.columns"
                )
        for number, row in enumerate(frame.to_dict("records"), start=1):
            if any(str(row[c]) not in allowed for c, allowed in config.data.where.items()):
                continue
            n_rows += 1
            article, problem = _article(row, config, f"{path.name}:{number}")
            if not problem:
                key = (article["id"], _string(row.get("target")))
                first = rows.get(article["id"])
                if key in seen:
                    problem = f"id and target used before, in {seen[key]}"
                elif first and (first["text"], first["labels"]) != (
                    article["text"],
                    article["labels"],
                ):
                    problem = f"text or labels differ from the same id in {first['where']}"
                else:
                    seen[key] = article["where"]
                    rows.setdefault(article["id"], article)
            if problem:
                bad[path.name, problem].append(number)
    n_bad = sum(map(len, bad.values()))
    if bad and config.data.on_bad_row == "fail":
        lines = [f"{name}, row {_ranges(numbers)}: {problem}" for (name, problem), numbers in bad.items()]
        raise InputError(
            f"{n_bad} of {n_rows} rows cannot be used; mend them, or set data.on_bad_row: skip\n  "
            + "\n  ".join(lines)
        )
    if not rows:
        raise InputError(f"{', '.join(map(str, files))} must leave articles, got none; check data.where")
    articles = list(rows.values())
    y = np.array([[int(label in a["labels"]) for label in config.data.labels] for a in articles])
    for label, count in zip(config.data.labels, y.sum(axis=0), strict=True):
        if not config.split.folds <= count <= len(y) - config.split.folds:
            raise InputError(
                f"label '{label}' must hold for at least {config.split.folds} articles and not for at "
                f"least {config.split.folds}, got {count} of {len(y)}; add articles or drop the label"
            )
    frame = pd.DataFrame(articles, columns=["id", "event", "published_at"])
    return Articles([a["text"] for a in articles], y, frame, digest.hexdigest(), n_rows, n_bad)


def _string(value: Any) -> str:
    return "" if value is None or (not isinstance(value, list) and pd.isna(value)) else str(value)


def _article(row: dict[str, Any], config: Config, where: str) -> tuple[dict[str, Any], str]:
    """Return the article of a row and what is wrong with it, or an empty string."""
    columns = config.data.columns
    body, title = _string(row[columns.body]), _string(row.get(columns.title))
    text = article_text(title, body)
    article = {
        "id": _string(row.get(columns.id)) or where,
        "text": text,
        "event": _string(row.get(columns.event)) or where,
        "published_at": _string(row.get(columns.published_at)),
        "where": where,
    }
    if not body.strip():
        return article, "text is missing"
    if "\x00" in text or "\ufffd" in text or any("\ud800" <= c <= "\udfff" for c in text):
        return article, "encoding is broken (null bytes or replacement characters)"
    if len(text) > MAX_CHARACTERS:
        return article, f"text is longer than {MAX_CHARACTERS:,} characters; is it one article?"
    if bangla_share(text) == 0:
        hint = "; it looks like legacy Bijoy text: convert it to Unicode" if is_legacy_bijoy(text) else ""
        return article, f"no Bangla letters{hint}"
    raw = row[columns.labels]
    if config.task == "multiclass":
        labels = [_string(raw)]
    elif hasattr(raw, "__iter__") and not isinstance(raw, str):
        labels = [str(label) for label in raw]
    elif isinstance(raw, str):
        labels = [part.strip() for part in raw.split("|") if part.strip()]
    elif columns.labels in row and config.data.columns.labels and where and _is_csv(where):
        labels = []
    else:
        return article, "not labelled"
    for label in labels:
        if label not in config.data.labels:
            return (
                article,
                f"unknown label '{label}', must be one of {', '.join(config.data.labels)}",
            )
    return {**article, "labels": tuple(sorted(set(labels)))}, ""


def _is_csv(where: str) -> bool:
    # In CSV an empty cell is an empty list: it cannot say 'not labelled'.
    return where.rsplit(":", 1)[0].removesuffix(".gz").endswith(".csv")


def _ranges(numbers: list[int]) -> str:
    """Write row numbers shortly: 1, 4-6."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)
