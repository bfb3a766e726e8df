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
from pathlib import Path
from typing import Any

from khobor_training import stopping
from khobor_training.errors import InputError
from khobor_training.predict import Predictor
from khobor_training.stance import StancePredictor

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
    mlflow = quiet_mlflow()
    with reachable(mlflow):
        client, experiment_id = _open(mlflow, project, experiment)
        with stopping.held():  # a run that began, but was not given to us, would never end
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
            told = flatten({key: value for key, value in figures.items() if key != "confusion"})
            metrics = {key: value for key, value in told.items() if not isinstance(value, dict)}
            with reachable(mlflow):
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
            stopping.check()
            yield record
        except KeyboardInterrupt:
            mlflow.end_run("KILLED")
            raise
        except BaseException as error:
            with suppress(mlflow.MlflowException):  # the store itself may be what failed
                client.set_tag(run_id, "error", str(error)[:5000])
                mlflow.end_run("FAILED")
            raise


def add(*, metrics: dict[str, float], files: dict[str, str], tags: dict[str, str] | None = None) -> None:
    """Write metrics, text files and tags to the run that is open."""
    import mlflow

    with reachable(mlflow):
        mlflow.log_metrics({metric_name(name): float(value) for name, value in metrics.items()})
        mlflow.set_tags(tags or {})
        for name, text in files.items():
            mlflow.log_text(text, name)


def finished_trials(basis: str) -> dict[str, dict[str, float]]:
    """Return the metrics of the finished trials on a basis, by their digest.

    Trials of a search that was stopped or failed become children of the run that is open, which
    goes on with it.
    """
    import mlflow

    client, own = mlflow.MlflowClient(), mlflow.active_run().info
    asked = f"tags.trial_basis = '{basis}' and attributes.status = 'FINISHED'"
    found: dict[str, dict[str, float]] = {}
    with reachable(mlflow):
        runs = client.search_runs([own.experiment_id], asked, max_results=50_000)
        parent_of = {run.info.run_id: run.data.tags["mlflow.parentRunId"] for run in runs}
        ended = {p: client.get_run(p).info.status in ("KILLED", "FAILED") for p in set(parent_of.values())}
        for run in runs:
            if ended[parent_of[run.info.run_id]]:
                client.set_tag(run.info.run_id, "mlflow.parentRunId", own.run_id)
            found[run.data.tags["trial_digest"]] = run.data.metrics
    return found


def log_trial(
    name: str, tags: dict[str, str], params: dict[str, Any], metrics: dict[str, float], error: str
) -> None:
    """Write a trial of a search as a child of the run that is open; with an error it is a failed run."""
    import mlflow
    from mlflow.entities import Metric, Param

    client, own = mlflow.MlflowClient(), mlflow.active_run().info
    now = int(time.time() * 1000)
    begun = now - int(1000 * metrics["duration_seconds"])
    tags = {**tags, **versions(), "mlflow.parentRunId": own.run_id}
    if error:
        tags["error"] = error[:5000]
    with reachable(mlflow):
        # Written when it has ended: a search that is stopped leaves no half-written trial.
        child = client.create_run(own.experiment_id, begun, tags, name).info.run_id
        client.log_batch(
            child,
            metrics=[Metric(metric_name(key), float(value), now, 0) for key, value in metrics.items()],
            params=[Param(metric_name(key), str(value)[:6000]) for key, value in flatten(params).items()],
        )
        client.set_terminated(child, "FAILED" if error else "FINISHED", now)


def quiet_mlflow() -> Any:
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
def reachable(mlflow: Any, rule: str = "take the run") -> Iterator[None]:
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
    given = {"title": "শিরোনাম", "body": "খবরের পুরো লেখা"}
    said: dict[str, Any] = {"labels": "", **dict.fromkeys(predictor.labels, 0.5), "reason": ""}
    if isinstance(predictor, StancePredictor):
        given["target"], said["evidence"] = "ভারত", "[]"
    example, answer = pd.DataFrame([given]), pd.DataFrame([said])
    signature = mlflow.models.infer_signature(example, answer)
    columns = [mlflow.types.ColSpec("string", name, required=name != "title") for name in given]
    signature.inputs = mlflow.types.Schema(columns)
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
                signature=signature,
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
