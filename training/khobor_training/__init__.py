"""Turn labelled rows into a model version that can be trusted."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from khobor_training.storage import load

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: the command line must not pay for scikit-learn to print its help.
    if name == "load":
        from khobor_training.storage import load

        return load
    raise AttributeError(f"module 'khobor_training' has no attribute '{name}'")
