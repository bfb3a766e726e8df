"""Turn labelled rows into a model version that can be trusted."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from khobor_training.labeller import Labeller, label
    from khobor_training.storage import load

__all__ = ["Labeller", "label", "load"]

_HOME = {"Labeller": "labeller", "label": "labeller", "load": "storage"}


def __getattr__(name: str) -> Any:
    # Imported when asked for: the command line must not pay for scikit-learn to print its help.
    if name in _HOME:
        return getattr(importlib.import_module(f"khobor_training.{_HOME[name]}"), name)
    raise AttributeError(f"module 'khobor_training' has no attribute '{name}'")
