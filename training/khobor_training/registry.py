"""Read what runs left in the tracking store, by run or by registered version."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from khobor_training import tracking
from khobor_training.errors import InputError
from khobor_training.outcome import OUT_OF_FOLD


@dataclass(frozen=True)
class Logged:
    """What a run left in the store.

    Attributes
    ----------
    name : str
        As it was asked for.
    run_id : str
    params : dict of str to str
        The config, with dotted keys.
    texts : dict of str to str
        The artifacts that were asked for.
    """

    name: str
    run_id: str
    params: dict[str, str]
    texts: dict[str, str]


def logged(project: Path, name: str, files: list[str]) -> Logged:
    """Return what a run left in the store.

    Parameters
    ----------
    project : Path
        Whose embedded store is looked at where ``MLFLOW_TRACKING_URI`` is not set.
    name : str
        A run's id, or a registered model's version or alias: ``khobor-topic/3``, ``khobor-topic@champion``.
    files : list of str
        Names of artifacts.

    Raises
    ------
    InputError
        If the store holds no such run, version or alias, or the run has no such artifact.
    """
    embedded = project.resolve() / "mlruns" / "mlflow.db"
    if not os.environ.get("MLFLOW_TRACKING_URI") and not embedded.exists():
        raise InputError(
            f"{embedded} must be a tracking store, got none; go to the project folder, give it with "
            "--project, or train first: khobor train CONFIG"
        )
    mlflow = tracking.quiet_mlflow()
    with tracking.reachable(mlflow, "be read"):
        if not os.environ.get("MLFLOW_TRACKING_URI"):
            mlflow.set_tracking_uri(f"sqlite:///{embedded}")
        client = mlflow.MlflowClient()
        try:
            run = client.get_run(_run_id(client, name))
        except mlflow.MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            raise InputError(
                f"{name} must be a run or a model version in {mlflow.get_tracking_uri()}, got neither; give "
                "a run's id, or MODEL/VERSION or MODEL@ALIAS such as khobor-topic/3"
            ) from None
        present = {artifact.path for artifact in client.list_artifacts(run.info.run_id)}
        if missing := [file for file in files if file not in present]:
            raise InputError(
                f"{name} must have logged {', '.join(missing)}, got a run without; it ended early, was "
                "trained by an older khobor, or its folder was moved: train it again"
            )
        address = run.info.artifact_uri
        texts = {file: mlflow.artifacts.load_text(f"{address}/{file}") for file in files}
    return Logged(name, run.info.run_id, dict(run.data.params), texts)


def champion(project: Path, model: str) -> Logged | None:
    """Return what the run of a registered model's champion left, or None if there is none to compare."""
    try:
        return logged(project, f"{model}@champion", [OUT_OF_FOLD])
    except InputError:
        return None


def _run_id(client: Any, name: str) -> str:
    """Return the id of a run that is named by its id or by a version or alias of its model."""
    model, mark, which = name.partition("@") if "@" in name else name.partition("/")
    if not mark:
        return name
    by_alias = mark == "@" or not which.isdigit()
    find = client.get_model_version_by_alias if by_alias else client.get_model_version
    return str(find(model, which).run_id)
