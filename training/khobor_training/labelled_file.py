"""Say how a labelled file is read where there is no config yet: for a look at data before a training."""

from pathlib import Path

from pydantic import ValidationError

from khobor_training.config import STANCES, Config, Task
from khobor_training.data import string
from khobor_training.errors import InputError
from khobor_training.files import Row, is_csv, read_rows
from khobor_training.problems import problem

TOPICS, STANCE = "topics", "stance"


def config_of(files: list[Path]) -> Config:
    """Return a config that reads `files` by the names of columns that khobor's own data has.

    A file with the columns ``target`` and ``stance`` is of stances, one with ``topics`` of topics, with
    the labels that are found in it.

    Raises
    ------
    InputError
        If there are no such columns, or no label.
    """
    table = [(row, is_csv(path)) for path in files for row in read_rows(path)]
    columns = {name for row, _ in table for name in row.values}
    if TOPICS in columns:
        labels = sorted({label for row, from_csv in table for label in _topics(row, from_csv)})
        if not labels:
            raise InputError(f"{TOPICS} must name a label in some row, got none; label articles first")
        return _config("multilabel", labels)
    if {"target", STANCE} <= columns:
        return _config("stance", list(STANCES))
    found = ", ".join(sorted(columns)) or "none"
    raise InputError(
        f"{', '.join(path.name for path in files)} must have the column {TOPICS}, or {STANCE} and target, "
        f"got {found}; name yours in a config and give it with --config"
    )


def _topics(row: Row, from_csv: bool) -> list[str]:
    value = row.values.get(TOPICS)
    if isinstance(value, str):
        return [part.strip() for part in value.split("|") if part.strip()]
    listed = [] if value is None or from_csv or not hasattr(value, "__iter__") else value
    return [named for item in listed if (named := string(item).strip())]


def reading(task: Task, labels: list[str], target: str | None = None) -> Config:
    """Return a config by which files are read and nothing is trained: bad rows are told and left out."""
    return Config.model_validate(
        {
            "name": "reading",
            "task": task,
            "data": {"labels": labels, "on_bad_row": "skip", "target": target},
            # What a config cannot be without; nothing of it is looked at to read a file.
            "features": {"words": {}},
            "classifier": {"kind": "logistic_regression"},
        }
    )


def _config(task: Task, labels: list[str]) -> Config:
    try:
        return reading(task, labels)
    except ValidationError as error:
        told = "; ".join(problem(dict(item), Config) for item in error.errors())
        raise InputError(f"{TOPICS} cannot be used as labels: {told}") from None
