"""Read a table of articles, row by row, and say of each row whether it could be read.

A broken row must not hide the others: it is passed on with what is wrong with it,
so that whoever reads can name it, stop at it, or skip and count it.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from khobor_training.errors import InputError

KINDS = (".csv", ".jsonl", ".parquet")
MAX_FIELD = 2**31 - 1


class Digest(Protocol):
    """What `hashlib` makes: it takes bytes in."""

    def update(self, data: bytes, /) -> None:
        """Take bytes in."""


@dataclass(frozen=True)
class Row:
    """One row of a file.

    Attributes
    ----------
    number : int
        The first row of the data is 1; in JSONL it is the number of the line.
    values : dict
        Column name to value.
    problem : str
        Why the row could not be read, or an empty string.
    """

    number: int
    values: dict[str, Any]
    problem: str = ""


def is_table(path: Path) -> bool:
    """Tell whether a file's name is that of a table."""
    return _stem(path).endswith(KINDS) and not path.name.lower().endswith(".parquet.gz")


def is_csv(path: Path) -> bool:
    """Tell whether a file's name is that of a CSV table, in which an empty cell is all there is."""
    return _stem(path).endswith(".csv")


def _stem(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")


def read_rows(path: Path, digest: Digest | None = None) -> list[Row]:
    """Read a CSV, JSONL (both also as ``.gz``) or Parquet file.

    Parameters
    ----------
    path : Path
    digest : hash object or None
        Updated with the very bytes that the rows come from.

    Raises
    ------
    InputError
        If the file is missing, unreadable, empty, of another kind, or not UTF-8 at all.
    """
    if not is_table(path):
        raise InputError(f"{path} must end in .csv, .jsonl or .parquet; rename or convert it")
    try:
        data = path.read_bytes()
        if digest is not None:
            digest.update(data)
        if path.suffix.lower() == ".gz":
            data = gzip.decompress(data)
    except FileNotFoundError:
        raise InputError(f"{path} must exist, got no such file; check the path") from None
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} must be a readable file, got {reason}; check the file") from None
    rows = list(_parquet(path, data) if path.suffix.lower() == ".parquet" else _text(path, data))
    if not rows:
        raise InputError(f"{path} must hold articles, got an empty file; fill it")
    return rows


def _text(path: Path, data: bytes) -> Iterator[Row]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{path} must be UTF-8, got UTF-16; save it as UTF-8")
    # Broken bytes become lone surrogates, which the check of each row finds and names.
    text = data.decode("utf-8-sig", errors="surrogateescape")
    return _csv(text, path.name) if is_csv(path) else jsonl_rows(text)


def _csv(text: str, name: str) -> Iterator[Row]:
    csv.field_size_limit(MAX_FIELD)  # the default refuses an article of 131,072 characters
    lines = io.StringIO(text, newline="")
    heads = [head.strip() for head in next(csv.reader(lines, strict=True), [])]
    if twice := sorted({head for head in heads if head and heads.count(head) > 1}):
        raise InputError(f"{name} must name each column once, got '{twice[0]}' twice; rename one")
    if len(heads) == 1 and (mark := next((m for m in ";\t" if m in heads[0]), "")):
        raise InputError(f"{name} must have fields separated by commas, got {mark!r}; save it with commas")
    reader = csv.DictReader(lines, fieldnames=heads, strict=True)
    number = 0
    while True:
        number += 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # A quote that is never closed swallows all that follows: no row can be skipped.
            raise InputError(
                f"{name}, row {number}: must be CSV, got a stray quote ({error}) "
                "that hides all rows after it; mend it"
            ) from None
        wanted = len(reader.fieldnames or ())
        problem = _broken(values)
        more = values.pop(None, ())  # where DictReader puts what is too much
        if more or None in values.values():
            found = sum(value is not None for value in values.values()) + len(more)
            problem = f"{found} fields where the header has {wanted}; quote text that holds a comma"
        values.pop("", None)  # the nameless column that pandas writes for its index
        yield Row(number, values, problem)


def jsonl_rows(text: str) -> Iterator[Row]:
    """Read JSON lines from text."""
    # Not splitlines(): it also breaks at separators that may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Row(number, {}, f"not JSON ({error})")
            continue
        if isinstance(values, dict):
            yield Row(number, values, _broken(values))
        else:
            yield Row(number, {}, f"not a JSON object but {type(values).__name__}")


def _broken(values: dict[str, Any]) -> str:
    """Return which column holds bytes that are not UTF-8, or an empty string."""
    for name, value in values.items():
        if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
            return f"encoding is broken in column '{name}'; save the file as UTF-8"
    return ""


def _parquet(path: Path, data: bytes) -> Iterator[Row]:
    import pandas as pd

    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} must be a Parquet file, got {error}; write it again") from None
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    for number, values in enumerate(frame.to_dict("records"), start=1):
        yield Row(number, {str(name): value for name, value in values.items()})
