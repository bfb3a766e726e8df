"""Save a predictor with a manifest, and load it only if both agree.

The manifest lies beside the model and holds the SHA-256 of the model's bytes and
of itself. While a model is replaced the manifest names the old bytes and the new,
so a kill at any moment leaves a pair that loads. It does not stop someone who can
rewrite both files: a joblib file is a pickle, and a pickle runs code.
"""

import fcntl
import hashlib
import io
import json
import os
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import joblib
import sklearn

from khobor_training.errors import InputError
from khobor_training.predict import FORMAT, Predictor


def manifest_path(path: Path) -> Path:
    """Return where the manifest of a model lies."""
    return path.with_name(path.name + ".manifest.json")


def save(predictor: Predictor, path: Path) -> None:
    """Write the predictor and its manifest; readers see the old pair or the new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f".{path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # trainings may end at the same time
            _save(predictor, path)
    except OSError as error:
        raise _unwritable(path, error.strerror) from None


def check_writable(path: Path) -> None:
    """Find out before a long training whether a model can be saved at `path`; write nothing.

    Raises
    ------
    InputError
        If the folder, or the nearest one above that exists, is no folder or not writable.
    """
    if path.is_dir():
        raise _unwritable(path, "a folder of that name")
    folder = next(above for above in path.absolute().parents if above.exists())
    if not folder.is_dir():
        raise _unwritable(path, f"the file {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(path, f"no right to write in {folder}")


def _unwritable(path: Path, reason: str | None) -> InputError:
    return InputError(f"{path} must be writable, got {reason}; make room for it or change the rights")


def _save(predictor: Predictor, path: Path) -> None:
    buffer = io.BytesIO()
    joblib.dump(predictor, buffer)
    data = buffer.getvalue()
    new = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "format": FORMAT,
        "versions": predictor.info.get("versions", {}),
    }
    old = []
    if path.exists() and manifest_path(path).exists():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with suppress(InputError):  # an old pair that does not load is not worth keeping
            old = [m for m in _manifest(path) if m["sha256"] == digest]
    _replace(manifest_path(path), _seal([new, *old]))
    _replace(path, data)
    _replace(manifest_path(path), _seal([new]))


def load(path: str | Path) -> Predictor:
    """Load a predictor after checking it against its manifest.

    Raises
    ------
    InputError
        If a file is missing, the bytes differ from the manifest, or the model was saved in
        another format or by another scikit-learn minor version.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} must be a readable model, got {error.strerror}; train one: khobor train CONFIG"
        ) from None
    digest = hashlib.sha256(data).hexdigest()
    record = next((m for m in _manifest(path) if m["sha256"] == digest), None)
    if record is None:
        raise InputError(
            f"{path} must have the bytes that its manifest names, got others; "
            "the file is damaged or was changed: train it again or restore a copy"
        )
    if record["format"] != FORMAT:
        raise InputError(
            f"{path} must be of predictor format {FORMAT}, got {record['format']}; train it again"
        )
    saved, here = record["versions"].get("scikit-learn", ""), sklearn.__version__
    if saved.split(".")[:2] != here.split(".")[:2]:
        raise InputError(
            f"{path} must be of scikit-learn {'.'.join(here.split('.')[:2])}, got {saved}; "
            f"train it again or run: pip install scikit-learn=={saved}"
        )
    if saved != here:
        warnings.warn(f"{path} was saved by scikit-learn {saved}, this is {here}", stacklevel=2)
    predictor = joblib.load(io.BytesIO(data))
    if not isinstance(predictor, Predictor):
        raise InputError(f"{path} must hold a khobor predictor, got {type(predictor).__name__}")
    return predictor


def write(path: Path, data: bytes) -> None:
    """Write a file as a whole; readers see the old one or the new one.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
    except OSError as error:
        raise _unwritable(path, error.strerror) from None


def _seal(models: list[dict[str, Any]]) -> bytes:
    body = json.dumps(models, sort_keys=True)
    manifest = {"models": models, "digest": hashlib.sha256(body.encode()).hexdigest()}
    return json.dumps(manifest, indent=2).encode()


def _manifest(path: Path) -> list[dict[str, Any]]:
    beside = manifest_path(path)
    try:
        manifest = json.loads(beside.read_bytes())
        if _seal(manifest["models"]) != _seal_of(manifest):
            raise KeyError
        models: list[dict[str, Any]] = manifest["models"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"{beside} must be the manifest that was saved with the model, got none or a changed one; "
            "train the model again or restore both files"
        ) from None
    return models


def _seal_of(manifest: dict[str, Any]) -> bytes:
    return json.dumps({"models": manifest["models"], "digest": manifest["digest"]}, indent=2).encode()


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)  # as any other file; mkstemp makes it private
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
