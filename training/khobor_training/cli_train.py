"""The commands that begin with data: ``train``, ``check`` and ``audit``."""

import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from khobor_training.errors import InputError

_path = click.Path(path_type=Path)
config_argument = click.argument("config", type=_path)
data_option = click.option("--data", "files", multiple=True, type=_path, help="Not the config's files.")
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Fits at a time; the result is the same.",
)


@click.command()
@config_argument
@data_option
@jobs_option
@click.option("--ablate", is_flag=True, help="Measure what each feature family is worth, too.")
def train(config: Path, files: tuple[Path, ...], jobs: int, ablate: bool) -> None:
    """Train, evaluate, save and track a model."""
    from khobor_training import families, figure_lines, findings
    from khobor_training.summary import remarks
    from khobor_training.train import train as run

    result = run(config, list(files), jobs, ablate=ablate)
    figures = result.figures
    say_what_was_read(result.articles)
    click.echo("audit of the data:")
    for line in findings.lines(result.findings):
        click.echo(f"  {line}")
    for line in figure_lines.table(figures, "held-out articles"):
        click.echo(line)
    for line in [*figure_lines.out_of_fold(figures), *figure_lines.stance(figures)]:
        click.echo(line)
    if ablate:
        for line in families.lines(result.ablations):
            click.echo(line)
    for line in remarks(figures, result.predictor):
        click.echo(f"note:    {line}")
    click.echo(f"figures: {result.predictor.info['figures_from']}")
    click.echo(f"model:   {result.model}")
    click.echo(f"report:  {result.report}")
    if result.version:
        click.echo(f"tracked: registered as version {result.version} in {result.store}")
    click.echo("next, to label an article, to read the report, to look at the runs:")
    for line in _next(result):
        click.echo(f"  {line}")


def _next(result: Any) -> list[str]:
    own_labels = "space" not in result.predictor.labels
    article = "article.txt" if own_labels else "ইসরোর রকেট আজ একটি উপগ্রহ নিয়ে মহাকাশে গেছে।"
    if "stance" in result.figures:
        article = "মস্কো হামলা বন্ধ না করায় রাশিয়ার কড়া নিন্দা করেছে ইউরোপ।"
        predict = command("predict", result.model, article, "--target", "রাশিয়া")
    else:
        predict = command("predict", result.model, article)
    lines = [predict, command("report", result.model)]
    if result.store:
        lines.append(shlex.join([sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", result.store]))
    return lines


@click.command()
@config_argument
@data_option
def check(config: Path, files: tuple[Path, ...]) -> None:
    """Check a config and its data without training."""
    from khobor_training import config as configuration
    from khobor_training.candidates import candidates
    from khobor_training.pipeline import names
    from khobor_training.planning import plan

    checked = configuration.read(config)
    if checked.search:
        candidates(checked)
    planned = plan(checked, configuration.project_folder(config), list(files))
    articles = planned.articles
    counts = dict(zip(checked.labels, articles.y.sum(axis=0).tolist(), strict=True))
    click.echo(f"{config} is valid")
    say_what_was_read(articles)
    click.echo(f"  held out: {len(planned.held)}")
    for name, count in counts.items():
        click.echo(f"  {name}: {count}")
    for line in names(checked).overlaps():
        click.echo(f"  targets: {line}")


@click.command()
@click.argument("data", nargs=-1, type=_path)
@click.option("--config", type=_path, help="How DATA is read; without DATA, whose data.")
@click.option("--rows", default=5, show_default=True, type=click.IntRange(min=1), help="Ids shown a finding.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all rows of each finding.")
def audit(data: tuple[Path, ...], config: Path | None, rows: int, as_json: bool) -> None:
    """Look for what makes labels or figures untrue in labelled files DATA.

    Without --config, columns are called as in the README, and labels are those that are found.
    """
    from khobor_training import config as configuration
    from khobor_training import findings, labelled_file
    from khobor_training.planning import look, read

    if not data and config is None:
        raise InputError("audit must be given labelled files or --config, got neither; name one")
    checked = configuration.read(config) if config else labelled_file.config_of(list(data))
    project = configuration.project_folder(config) if config else Path()
    articles = read(checked, project, list(data), to_train=False)
    found = look(checked, articles)
    if as_json:
        say_what_was_read(articles, err=True)
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return
    say_what_was_read(articles)
    for line in findings.lines(found, rows):
        click.echo(line)


def say_what_was_read(articles: Any, *, err: bool = False) -> None:
    """Print how many articles were read, and which rows were not."""
    kind = "rows with a target" if articles.frame["target"].any() else "articles"
    click.echo(
        f"{len(articles.texts)} {kind} of {articles.n_rows} rows, "
        f"{len(set(articles.groups))} events or single articles, {articles.n_skipped} skipped",
        err=err,
    )
    for line in articles.problems:
        click.echo(f"  skipped: {line}", err=True)


def command(*arguments: object) -> str:
    """Return a khobor command that works when pasted into the same shell."""
    return shlex.join([sys.argv[0], *map(str, arguments)])
