"""The commands ``khobor search`` and ``khobor ablate``: which settings are best, what features are worth."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from khobor_training.cli_train import config_argument, data_option, jobs_option

if TYPE_CHECKING:
    from khobor_training.search import Found


@click.command()
@config_argument
@data_option
@jobs_option
def search(config: Path, files: tuple[Path, ...], jobs: int) -> None:
    """Try the settings of the config's section 'search'; train the best."""
    from khobor_training.search import search as run

    for line in search_lines(run(config, list(files), jobs)):
        click.echo(line)


@click.command()
@config_argument
@data_option
@jobs_option
def ablate(config: Path, files: tuple[Path, ...], jobs: int) -> None:
    """Measure what words, characters, topics and stop words are worth."""
    from khobor_training import families
    from khobor_training.ablate import ablate as run

    for line in families.lines(run(config, list(files), jobs)):
        click.echo(line)


def search_lines(found: "Found") -> Iterator[str]:
    """Yield the trials, the best first, and the figures of the winner."""
    yield f"{'':>4} {'searched':>8}  {'95 % interval':<14}  {'events':>6}  {'seconds':>7}  trial"
    for rank, trial in enumerate(found.trials, 1):
        kept = " (kept)" if rank == 1 else ""
        known = " (from an earlier search)" if trial.remembered else ""
        if trial.error:
            yield f"{rank:>4} {'failed':>8}  {trial.candidate}: {trial.error}"
            continue
        score = f"{trial.macro_f1:>8.3f}  {trial.low:.3f} to {trial.high:.3f}"
        spent = f"{trial.share:>6.0%}  {trial.seconds:>7.1f}"
        yield f"{rank:>4} {score}  {spent}  {trial.candidate}{kept}{known}"
    n, failed = len(found.trials), sum(bool(trial.error) for trial in found.trials)
    if n < found.n_combinations:
        yield f"{n} of {found.n_combinations} combinations: search.trials allows no more, or others are equal"
    if failed:
        yield f"{failed} of {n} trials failed"
    yield from _winner(found.result)


def _winner(result: Any) -> Iterator[str]:
    from khobor_training import figure_lines

    figures, searched = result.figures, result.figures["searched"]
    yield from figure_lines.table(figures, "held-out articles that no trial saw")
    yield (
        f"searched {searched['macro_f1']:.3f}: the best of {searched['n_trials']} trials on the training "
        "part, optimistic because it is the best"
    )
    yield from figure_lines.out_of_fold(figures)
    yield from figure_lines.stance(figures)
    yield f"model:   {result.model}"
    yield f"report:  {result.report}"
    if result.version:
        yield f"tracked: registered as version {result.version} in {result.store}"
