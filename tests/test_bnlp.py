from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

from khobor_features.bnlp import stop_words


def test_what_is_loaded_is_what_bnlp_ships():
    origin = Path(find_spec("bnlp").origin).parent / "corpus" / "_stopwords.py"
    spec = spec_from_file_location("shipped", origin)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert stop_words() == module.bengali_stopwords
