"""Take BNLP's tokenizer and stop words without running the rest of BNLP.

Any ``import bnlp…`` runs the whole package: seconds of time, prints on standard
output and a download attempt. The two modules that are needed here are plain
Python files, so they are found by their place on disk and loaded alone. Nothing
of BNLP's is ever stored in a model.
"""

from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any


@cache
def _load(relative: str) -> ModuleType:
    package = find_spec("bnlp")  # finds the package, executes nothing
    if package is None or package.origin is None:
        raise ImportError(
            "bnlp-toolkit must be installed, got no package 'bnlp'; run: pip install bnlp-toolkit"
        )
    path = Path(package.origin).parent / relative
    name = "khobor_features._bnlp_" + path.stem
    spec: ModuleSpec | None = spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ImportError(
            f"bnlp-toolkit must ship {relative}, got none in {path.parent}; "
            "reinstall it at the version in constraints.txt"
        )
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def basic_tokenizer() -> Any:
    """Return an instance of ``bnlp.BasicTokenizer``."""
    return _load("tokenizer/basic.py").BasicTokenizer()


def stop_words() -> list[str]:
    """Return BNLP's Bangla stop words, spelt as BNLP ships them."""
    return list(_load("corpus/_stopwords.py").bengali_stopwords)
