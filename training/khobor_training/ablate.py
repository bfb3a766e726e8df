"""Measure what each feature family of a config is worth, without training a model to keep."""

from pathlib import Path

from khobor_training import config as configuration
from khobor_training import families
from khobor_training.families import Ablation
from khobor_training.planning import examine, plan
from khobor_training.train import tracked


def ablate(config_file: Path, given: list[Path], n_jobs: int = 1) -> list[Ablation]:
    """Return the full model and one record for each family, out of fold over all articles.

    Parameters
    ----------
    config_file : Path
    given : list of Path
        Data files in place of the config's own.
    n_jobs : int
        Fits at a time; the result does not depend on it.
    """
    config = configuration.read(config_file)
    project = configuration.project_folder(config_file)
    with tracked(config, project, f"{config.name} ablation") as record:
        planned = plan(config, project, given)
        examine(config, planned.articles)
        records = families.ablations(config, planned, n_jobs)
        if record:
            families.log(records)
    return records
