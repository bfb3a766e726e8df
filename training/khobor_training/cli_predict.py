"""Commands that answer with a saved model: ``predict``, ``label`` and ``explain``."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from khobor_training.errors import InputError
from khobor_training.files import Row, is_table, jsonl_rows, read_rows

_article = click.argument("article", default="-")
_format = click.option("--format", "kind", type=click.Choice(["jsonl", "csv", "table"]), default="jsonl")
_path = click.Path(path_type=Path)


@click.command()
@click.argument("model", type=_path)
@_article
@click.option(
    "--target", "--targets", "targets", multiple=True, help="Of a stance; several times, or 'all' configured."
)
@_format
def predict(model: Path, article: str, targets: tuple[str, ...], kind: str) -> None:
    """Label ARTICLE: a text, a file, or standard input (-)."""
    from khobor_training.stance import StancePredictor
    from khobor_training.storage import load

    predictor = load(model)
    found = articles(article)
    try:
        if isinstance(predictor, StancePredictor):
            given = predictor(found, _targets(targets))
            if not given:
                click.echo("khobor: the article mentions none of the model's targets", err=True)
        elif targets:
            raise InputError(f"--target must go with a stance model, got {model}; leave it out")
        else:
            given = predictor(found)
    except ValueError as error:
        raise InputError(str(error)) from None
    for line in _lines([prediction.to_dict() for prediction in given], kind):
        click.echo(line)


def _targets(given: tuple[str, ...]) -> Any:
    """Return what a stance predictor takes for the options given."""
    return list(given) if len(given) > 1 else (given[0] if given else None)


@click.command()
@_article
@click.option("--models", type=_path, default=Path("models"), show_default=True, help="Their folder.")
@click.option("--target", "targets", multiple=True, help="Instead of all configured targets; several times.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines in place of a table.")
def label(article: str, models: Path, targets: tuple[str, ...], as_json: bool) -> None:
    """Give topics and the stance toward each target of ARTICLE: a text, a file, or standard input (-)."""
    from khobor_training.labeller import Labeller

    if not models.is_dir():
        raise InputError(f"{models} must be a folder of models, got none; name it with --models, or train")
    labeller = Labeller.load(models)
    found = articles(article)
    for number, given in enumerate(found, 1):
        try:
            answer = labeller(given, list(targets) or None)
        except ValueError as error:
            raise InputError(str(error)) from None
        if as_json:
            click.echo(json.dumps(answer.to_dict(), ensure_ascii=False))
        else:
            if len(found) > 1:
                click.echo(f"article {answer.topics.id or number}")
            click.echo("\n".join(answer.lines()))


@click.command()
@click.argument("model", type=_path)
@_article
@click.option("--label", "name", help="Only this label; otherwise those given.")
@click.option("--target", help="Of a stance.")
@click.option("--html", "out", type=_path, help="Write a page instead.")
def explain(model: Path, article: str, name: str | None, target: str | None, out: Path | None) -> None:
    """Mark in ARTICLE the words that spoke for a label and against it."""
    from khobor_training.explanation import Explanation
    from khobor_training.storage import load, write

    predictor = load(model)
    found = articles(article)
    if len(found) != 1:
        raise InputError(f"explain takes one article, got {len(found)}; give one of them")
    try:
        explained = Explanation.of(predictor, found[0], name, target)
    except ValueError as error:
        raise InputError(str(error)) from None
    if out:
        write(out, explained.page().encode())
        click.echo(f"wrote {out}")
    else:
        click.echo("\n".join(explained.lines()))


def articles(given: str) -> list[Any]:
    """Return the articles that an argument means."""
    path = Path(given)
    try:
        is_file, is_folder = given != "-" and path.is_file(), bool(given) and path.is_dir()
    except (OSError, ValueError):  # a text too long to be a path
        is_file = is_folder = False
    if is_folder:
        raise InputError(f"{given} must be a file or an article, got a folder; check the path")
    if given == "-":
        text = _decode(sys.stdin.buffer.read(), "standard input")
    elif is_file and is_table(path):
        return [_record(row, path) for row in read_rows(path)]
    elif is_file:
        try:
            text = _decode(path.read_bytes(), str(path))
        except OSError as error:
            raise InputError(f"{path} must be readable, got {error.strerror}; check its rights") from None
    elif _looks_like_a_path(given):
        raise InputError(f"{given} must be a file or an article, got no such file; check the path")
    else:
        text = given
    if text.lstrip().startswith("{"):
        return [_record(row, given) for row in jsonl_rows(text)]
    return [text]


def _looks_like_a_path(given: str) -> bool:
    """Tell a mistyped path from an article in another language, which gets an abstention."""
    if re.fullmatch(r"\S+\.(txt|csv|jsonl|parquet)(\.gz)?", given):
        return True
    if re.search("[\u0980-\u09ff]", Path(given).name):
        return False
    return bool(re.search(r"\.\w{1,8}$", given)) or ("/" in given and not re.search(r"\s", given))


def _record(row: Row, name: object) -> dict[str, Any]:
    if row.problem:
        raise InputError(f"{name}, row {row.number}: {row.problem}; mend or remove the row")
    if "body" not in row.values:
        raise InputError(
            f"{name}, row {row.number}: must have 'body', got {', '.join(sorted(row.values))}; rename yours"
        )
    return row.values


def _decode(data: bytes, name: str) -> str:
    if (position := data.find(b"\x00")) >= 0:
        raise InputError(
            f"{name} must be text, got a null byte at position {position}; save it as UTF-8 text"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} must be UTF-8, got a broken byte at position {error.start}; save it as UTF-8 text"
        ) from None


def _lines(rows: list[dict[str, Any]], kind: str) -> Iterator[str]:
    if kind == "jsonl":
        for row in rows:
            yield json.dumps(row, ensure_ascii=False)
        return
    flat = []
    for row in rows:
        labels = "|".join(row["labels"]) if "labels" in row else row["label"] or ""
        own = [row["target"]] if "target" in row else []
        flat.append([row["id"] or "", *own, labels, *row["probabilities"].values(), row["reason"] or ""])
    if not rows:
        return
    names, targets = list(rows[0]["probabilities"]), ["target"] if "target" in rows[0] else []
    if kind == "csv":
        buffer = io.StringIO()
        head = ["id", *targets, "labels", *names, "reason"]
        csv.writer(buffer, lineterminator="\n").writerows([head, *flat])
        yield buffer.getvalue().rstrip("\n")
        return
    yield " ".join([*(f"{head:<20}" for head in ("id", *targets)), *(f"{n:>12}" for n in names), " labels"])
    for row, cells in zip(rows, flat, strict=True):
        shares = " ".join(f"{p:>12.3f}" for p in row["probabilities"].values())
        heads = " ".join(f"{cell!s:<20}" for cell in cells[: 1 + len(targets)])
        yield f"{heads} {shares}  {cells[1 + len(targets)] or cells[-1] or '(none)'}"
