"""Write each run to MLflow: the only module that imports it to track.

Without ``MLFLOW_TRACKING_URI`` runs go to an embedded store, ``mlruns/`` in the
project folder; where the variable is set it is used untouched.
"""

import fcntl
import importlib.metadata
import io
import json
import logging
import os
import re
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from khobor_training.errors import InputError
from khobor_training.predict import Predictor

PACKAGES = ("khobor", "scikit-learn", "pandas", "bnlp-toolkit", "joblib", "mlflow", "numpy", "scipy")


def versions() -> dict[str, str]:
    """Return the versions of the libraries that a figure depends on."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested mappings and lists as one mapping with dotted keys."""
    if isinstance(value, dict) and value:
        items = value.items()
    elif isinstance(value, list) and any(isinstance(v, dict) for v in value):
        items = {str(i): v for i, v in enumerate(value)}.items()
    else:
        return {prefix: value}
    result: dict[str, Any] = {}
    for key, inner in items:
        result |= flatten(inner, f"{prefix}.{key}" if prefix else str(key))
    return result


def metric_name(name: str) -> str:
    """Return a name that MLflow accepts: what it refuses, Bangla's signs among it, is written in hex."""
    return re.sub(r"[^\w\-. :/]", lambda match: f"_{ord(match.group()):x}_", name)


@contextmanager
def run(project: Path, experiment: str, name: str) -> Iterator[Callable[..., tuple[str, str]]]:
    """Open a run around training; yields the function that records its result.

    That function returns the registered version and the address of the store.

    A run that ends by Ctrl-C is marked KILLED, one that ends by an error FAILED, with the
    message as the tag ``error``.
    """
    mlflow = _mlflow()
    with _reachable(mlflow):
        client, experiment_id = _open(mlflow, project, experiment)
        active = mlflow.start_run(experiment_id=experiment_id, run_name=name)
    started = time.monotonic()
    with active:
        run_id = active.info.run_id

        def record(
            config: dict[str, Any],
            config_file: Path,
            facts: dict[str, Any],
            figures: dict[str, Any],
            predictor: Predictor,
            model: Path,
            texts: dict[str, str],
        ) -> tuple[str, str]:
            metrics = flatten({key: value for key, value in figures.items() if key != "confusion"})
            with _reachable(mlflow):
                mlflow.log_params({metric_name(k): str(v)[:6000] for k, v in flatten(config).items()})
                mlflow.set_tags({**facts, **versions(), "git_commit": _git_commit(project)})
                named = {metric_name(name): float(value) for name, value in metrics.items()}
                mlflow.log_metrics({**named, "duration_seconds": time.monotonic() - started})
                mlflow.log_artifact(str(config_file))
                mlflow.log_text(json.dumps(figures, ensure_ascii=False, indent=2), "figures.json")
                for file, text in texts.items():
                    mlflow.log_text(text, file)
                version = _register(mlflow, predictor, model, f"khobor-{name}")
                return version, mlflow.get_tracking_uri()

        try:
            yield record
        except KeyboardInterrupt:
            mlflow.end_run("KILLED")
            raise
        except BaseException as error:
            with suppress(mlflow.MlflowException):  # the store itself may be what failed
                client.set_tag(run_id, "error", str(error)[:5000])
                mlflow.end_run("FAILED")
            raise


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
    mlflow = _mlflow()
    with _reachable(mlflow, "be read"):
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


def _run_id(client: Any, name: str) -> str:
    """Return the id of a run that is named by its id or by a version or alias of its model."""
    model, mark, which = name.partition("@") if "@" in name else name.partition("/")
    if not mark:
        return name
    by_alias = mark == "@" or not which.isdigit()
    find = client.get_model_version_by_alias if by_alias else client.get_model_version
    return str(find(model, which).run_id)


def _mlflow() -> Any:
    """Import MLflow so that it neither phones home, nor waits for minutes, nor chats."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    for noisy in ("mlflow", "alembic"):  # their progress is not the user's news
        logging.getLogger(noisy).setLevel(logging.WARNING)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    import mlflow

    return mlflow


@contextmanager
def _reachable(mlflow: Any, rule: str = "take the run") -> Iterator[None]:
    """Turn a store that does not answer into a message that says what it means."""
    import sqlalchemy.exc  # what MLflow's embedded store is built on

    try:
        yield
    except (mlflow.MlflowException, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        reason = str(error).split("\n")[0][:300]
        raise InputError(
            f"the tracking store {mlflow.get_tracking_uri()} must {rule}, got '{reason}'; "
            "start the store, or unset MLFLOW_TRACKING_URI to use mlruns/, and "
            + ("train again" if rule == "take the run" else "try again")
        ) from None


def _open(mlflow: Any, project: Path, experiment: str) -> tuple[Any, str]:
    """Return a client and the experiment's id, made under a lock: migrations collide."""
    embedded = not os.environ.get("MLFLOW_TRACKING_URI")
    store = project.resolve() / "mlruns"
    location = None
    if embedded:
        (store / "artifacts").mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(f"sqlite:///{store / 'mlflow.db'}")
        location = (store / "artifacts").as_uri()
    lock = store / ".lock" if embedded else Path(tempfile.gettempdir()) / f"khobor-mlflow-{os.getuid()}.lock"
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        client = mlflow.MlflowClient()
        found = client.get_experiment_by_name(experiment)
        if found is None:
            return client, client.create_experiment(experiment, artifact_location=location)
        return client, found.experiment_id


def _register(mlflow: Any, predictor: Predictor, model: Path, name: str) -> str:
    """Log the predictor with khobor's own code as a new version; return the version."""
    import pandas as pd

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    example = pd.DataFrame({"title": ["শিরোনাম"], "body": ["খবরের পুরো লেখা"]})
    answer = pd.DataFrame([{"labels": "", **dict.fromkeys(predictor.labels, 0.5)}])
    here = Path(__file__).parent
    import khobor_features

    with tempfile.TemporaryDirectory() as folder:
        code = []
        for package in (here, Path(str(khobor_features.__file__)).parent):
            target = Path(folder) / package.name
            target.mkdir()
            for source in package.glob("*.py"):
                shutil.copy(source, target)
            code.append(str(target))
        # khobor itself travels as code.
        pinned = [f"{p}=={v}" for p, v in versions().items() if p != "khobor"]
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            # It asks for an input example, but the signature is given and tested; and it
            # prints what the summary says anyway.
            warnings.simplefilter("ignore", UserWarning)
            logged = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(here / "serving.py"),
                artifacts={"predictor": str(model)},
                code_paths=code,
                signature=mlflow.models.infer_signature(example, answer),
                pip_requirements=pinned,
                registered_model_name=name,
            )
    return str(logged.registered_model_version)


def _git_commit(folder: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"
