"""The command ``khobor``: each subcommand imports only what it needs."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from khobor_training import stopping
from khobor_training.cli_assess import calibrate, compare, evaluate, report
from khobor_training.cli_predict import explain, label, predict
from khobor_training.cli_search import ablate, search
from khobor_training.cli_train import audit, check, command, train
from khobor_training.errors import InputError


class _Commands(click.Group):
    """Print a user's mistake as one message and exit with 2."""

    def invoke(self, ctx: click.Context) -> Any:
        stopping.listen()
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
    """Label Bangla news by topic, and by stance toward a target."""


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
    click.echo(f"  {command('train', target / 'topic.yaml')}")


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

    told = {key: value for key, value in load(model).info.items() if key != "seen"}
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


for _command in (
    *(train, check, audit, search, ablate),
    *(predict, label, explain),
    *(evaluate, calibrate, compare, report),
):
    main.add_command(_command)

if __name__ == "__main__":
    main()
