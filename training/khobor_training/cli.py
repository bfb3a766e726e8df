"""The command ``khobor``: each subcommand imports only what it needs."""

import json
import shlex
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import click

from khobor_training.cli_assess import calibrate, compare, evaluate
from khobor_training.cli_predict import explain, label, predict
from khobor_training.cli_search import ablate, search
from khobor_training.errors import InputError


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
@click.option("--ablate", is_flag=True, help="Measure what each feature family is worth, too.")
def train(config: Path, files: tuple[Path, ...], jobs: int, ablate: bool) -> None:
    """Train, evaluate, save and track a model."""
    from khobor_training.summary import remarks
    from khobor_training.train import train as run

    result = run(config, list(files), jobs, ablate=ablate)
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
    if ablate:
        from khobor_training import families

        for line in families.lines(result.ablations):
            click.echo(line)
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
    from khobor_training.candidates import candidates
    from khobor_training.train import plan

    checked = configuration.read(config)
    if checked.search:
        candidates(checked)
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


for command in (predict, label, explain, evaluate, calibrate, compare, search, ablate):
    main.add_command(command)

if __name__ == "__main__":
    main()
