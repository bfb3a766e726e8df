"""The command ``khobor``: each subcommand imports only what it needs."""

import json
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from khobor_training import cli_assess
from khobor_training.errors import InputError
from khobor_training.files import Row, is_table, jsonl_rows, read_rows


class _Commands(click.Group):
    """Print a user's mistake as one message and exit with 2."""

    def invoke(self, ctx: click.Context) -> Any:
        # A service manager or a closed terminal must end a training as cleanly as Ctrl-C.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        try:
            return super().invoke(ctx)
        except InputError as error:
            click.echo(f"khobor: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("khobor: stopped before the end; files are as they were", err=True)
            sys.exit(130)


@click.group(cls=_Commands)
@click.version_option(package_name="khobor")
def main() -> None:
    """Label Bangla news by topic."""


_config = click.argument("config", type=click.Path(path_type=Path))
_data = click.option(
    "--data",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Not the config's files.",
)


@main.command()
@_config
@_data
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Fits at a time; the result is the same.",
)
def train(config: Path, files: tuple[Path, ...], jobs: int) -> None:
    """Train, evaluate, save and track a model."""
    from khobor_training.summary import remarks
    from khobor_training.train import train as run

    result = run(config, list(files), jobs)
    figures, articles = result.figures, result.articles
    _say_what_was_read(articles)
    click.echo(f"{'held out':<20} {'precision':>9} {'recall':>7} {'F1':>7} {'articles':>9}")
    for name, row in figures["labels"].items():
        shares = f"{row['precision']:>9.3f} {row['recall']:>7.3f} {row['f1']:>7.3f}"
        click.echo(f"{name:<20} {shares} {row['support']:>9.0f}")
    click.echo(
        f"macro-F1 {figures['macro_f1']:.3f} "
        f"(95 % interval {figures['macro_f1_low']:.3f} to {figures['macro_f1_high']:.3f}, "
        f"{figures['n_held_out']} held-out articles); majority {figures['majority_macro_f1']:.3f}"
        + (
            f"; keyword rule {figures['keyword_rule_macro_f1']:.3f}"
            if "keyword_rule_macro_f1" in figures
            else ""
        )
    )
    for line in remarks(figures, result.predictor):
        click.echo(f"note:    {line}")
    click.echo(f"figures: {result.predictor.info['figures_from']}")
    click.echo(f"model:   {result.model}")
    if result.version:
        click.echo(f"tracked: registered as version {result.version} in {result.store}")
    click.echo("next, to label an article, to see what the model is, to look at the runs:")
    click.echo(f"  {_command('predict', result.model, 'ইসরোর রকেট আজ একটি উপগ্রহ নিয়ে মহাকাশে গেছে।')}")
    click.echo(f"  {_command('info', result.model)}")
    if result.store:
        interface = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", result.store]
        click.echo(f"  {shlex.join(interface)}")


@main.command()
@_config
@_data
def check(config: Path, files: tuple[Path, ...]) -> None:
    """Check a config and its data without training."""
    from khobor_training import config as configuration
    from khobor_training.train import plan

    checked = configuration.read(config)
    planned = plan(checked, configuration.project_folder(config), list(files))
    articles = planned.articles
    counts = dict(zip(checked.data.labels, articles.y.sum(axis=0).tolist(), strict=True))
    click.echo(f"{config} is valid")
    _say_what_was_read(articles)
    click.echo(f"  held out: {len(planned.held)}")
    for name, count in counts.items():
        click.echo(f"  {name}: {count}")


def _say_what_was_read(articles: Any) -> None:
    click.echo(
        f"{len(articles.texts)} articles of {articles.n_rows} rows, "
        f"{len(set(articles.groups))} events or single articles, {articles.n_skipped} skipped"
    )
    for line in articles.problems:
        click.echo(f"  skipped: {line}", err=True)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a project folder with the configs."""
    shipped = Path(__file__).parent / "configs"
    source = shipped if shipped.is_dir() else Path(__file__).parents[2] / "configs"
    target = folder / "configs"
    if target.exists():
        raise InputError(f"{target} must not exist yet, got a folder; choose another one")
    try:
        shutil.copytree(source, target)
    except OSError as error:
        raise InputError(f"{target} must be a new folder, got {error.strerror}; choose another one") from None
    click.echo(f"made {target}; next, to train on the starter corpus:")
    click.echo(f"  {_command('train', target / 'topic.yaml')}")


def _command(*arguments: object) -> str:
    """Return a khobor command that works when pasted into the same shell."""
    return shlex.join([sys.argv[0], *map(str, arguments)])


@main.command()
@click.option("--random", "at_random", is_flag=True, help="Print an article at random.")
@click.option("--seed", type=int, help="Which one at random.")
@click.option("--show", "name", help="Print the article with this id.")
def corpus(at_random: bool, seed: int | None, name: str | None) -> None:
    """Look at the starter corpus: counts, or an article."""
    from khobor_training import starter

    wanted = at_random or seed is not None or name is not None
    for line in starter.show(name, seed) if wanted else starter.overview():
        click.echo(line)


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
def info(model: Path) -> None:
    """Tell what a saved model is: trained when, on what, with which figures."""
    from khobor_training.storage import load

    click.echo(json.dumps(load(model).info, ensure_ascii=False, indent=2))


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("article", default="-")
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv", "table"]), default="jsonl")
def predict(model: Path, article: str, kind: str) -> None:
    """Label ARTICLE: a text, a file, or standard input (-)."""
    from khobor_training.storage import load

    predictor = load(model)
    articles = _articles(article)
    try:
        rows = [prediction.to_dict() for prediction in predictor(articles)]
    except ValueError as error:
        raise InputError(str(error)) from None
    for line in _lines(rows, kind):
        click.echo(line)


def _articles(given: str) -> list[Any]:
    """Return the articles that an argument means."""
    path = Path(given)
    try:
        is_file = given != "-" and path.is_file()
    except (OSError, ValueError):  # a text too long to be a path
        is_file = False
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
        found = "a folder" if path.is_dir() else "no such file"
        raise InputError(f"{given} must be a file or an article, got {found}; check the path")
    else:
        text = given
    if text.lstrip().startswith("{"):
        return [_record(row, given) for row in jsonl_rows(text)]
    return [text]


def _looks_like_a_path(given: str) -> bool:
    """Tell a mistyped path from an article in another language, which gets an abstention."""
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
        flat.append([row["id"] or "", labels, *row["probabilities"].values(), row["reason"] or ""])
    if rows and kind == "csv":
        import csv
        import io

        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(
            [["id", "labels", *rows[0]["probabilities"], "reason"], *flat]
        )
        yield buffer.getvalue().rstrip("\n")
    elif rows:
        names = list(rows[0]["probabilities"])
        yield f"{'id':<20} " + " ".join(f"{n:>12}" for n in names) + "  labels"
        for row, cells in zip(rows, flat, strict=True):
            shares = " ".join(f"{p:>12.3f}" for p in row["probabilities"].values())
            yield f"{cells[0]!s:<20} {shares}  {cells[1] or cells[-1] or '(none)'}"


for _command_of in (cli_assess.evaluate, cli_assess.calibrate, cli_assess.compare):
    main.add_command(_command_of)

if __name__ == "__main__":
    main()
