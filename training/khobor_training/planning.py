"""Find out, before anything is fitted, what a training will do and what is wrong with its data."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from khobor_training import data, files, findings, split
from khobor_training.audit import audit
from khobor_training.config import Config
from khobor_training.errors import InputError
from khobor_training.findings import Finding
from khobor_training.fit import Plan, Round


def plan(config: Config, project: Path, given: list[Path]) -> Plan:
    """Read the data, split it, and check that every part can be trained on.

    Parameters
    ----------
    config : Config
    project : Path
        Where relative paths of the config start.
    given : list of Path
        Data files in place of the config's own.
    """
    articles = read(config, project, given)
    topics = config.features.topics
    unlabelled = _unlabelled(config, [project / name for name in topics.unlabelled] if topics else [])
    times = articles.frame["published_at"].to_numpy(dtype=str)
    options: dict[str, Any] = {"by_time": config.split.kind == "time", "share": config.split.held_out}
    try:
        rows, held = split.holdout(articles.y, articles.groups, times, seed=config.seed, **options)
        rounds = [
            Round(own, split.folds(articles.y[own], articles.groups[own], config.split.folds, config.seed))
            for own in ([rows, np.arange(len(times))] if config.refit_on_all else [rows])
        ]
    except ValueError as error:
        raise InputError(f"split.{error}") from None
    for own in rounds:
        for part in [own.rows, *(own.rows[train] for train, _ in own.folds)]:
            check_both_sides(config, articles.y[part])
    return Plan(articles, unlabelled, rounds, held)


def read(config: Config, project: Path, given: list[Path], *, to_train: bool = True) -> data.Articles:
    """Read files that are given, or else those of a config; see ``data.read``."""
    if config.data.corpus:
        named = data.corpus_files(config)
    else:
        named = [project / name for name in config.data.files]
    if not (given or named):
        raise InputError(f"{config.name} names no data; give it: khobor train CONFIG --data FILE")
    return data.read(config, given or named, to_train=to_train)


def look(config: Config, articles: data.Articles) -> list[Finding]:
    """Return what is wrong with the articles; their text is quoted only where reports may show it."""
    return audit(
        articles.texts,
        articles.y,
        config.labels,
        articles.frame,
        multiclass=config.multiclass,
        seed=config.seed,
        clusters=articles.clusters,
        show_text=config.report.show_text,
    )


def examine(config: Config, articles: data.Articles) -> list[Finding]:
    """Return what is wrong with the articles.

    Raises
    ------
    InputError
        If a finding is one that the config calls fatal.
    """
    found = look(config, articles)
    fatal = [f for f in found if {f.kind, f.severity} & set(config.audit.fatal)]
    if fatal:
        listed = "\n  ".join(findings.lines(fatal))
        raise InputError(f"{config.name}: audit.fatal stops at what was found in the data:\n  {listed}")
    return found


def check_both_sides(config: Config, y: NDArray[np.int_]) -> None:
    """Refuse rows of which a label holds for all or for none."""
    for label, column in zip(config.labels, y.T, strict=True):
        if column.min() == column.max():
            raise InputError(
                f"label '{label}' must hold for some and not for all articles of each training part, "
                f"got {column.sum()} of {len(y)} in one; add articles of other events or times"
            )


def _unlabelled(config: Config, paths: list[Path]) -> list[str]:
    columns, texts = config.data.columns, []
    for path in paths:
        for row in files.read_rows(path):
            body, title = (data.string(row.values.get(name)) for name in (columns.body, columns.title))
            text = data.article_text(title, body)
            if problem := row.problem or data.text_problem(body, text):
                raise InputError(f"{path.name}, row {row.number}: {problem}; mend or remove the row")
            texts.append(text)
    return texts
