"""Write out the configs that a search may try, and check each of them before anything is fitted."""

import copy
import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from pydantic import BaseModel, ValidationError

from khobor_training.config import Config, Search
from khobor_training.errors import InputError
from khobor_training.problems import nearest, problem

SECTIONS = ("text", "features", "classifier")
"""What may be searched: everything else decides on which articles and by which folds trials are scored."""


@dataclass(frozen=True)
class Candidate:
    """A config that a search may try.

    Attributes
    ----------
    number : int
        From 1 on, in the order in which they are tried.
    values : dict of str to value
        What it sets, by dotted key.
    config : Config
        With those values, and without the search.
    """

    number: int
    values: dict[str, Any]
    config: Config

    def __str__(self) -> str:
        return ", ".join(f"{key}={plain(value)}" for key, value in self.values.items())


def plain(value: Any) -> str:
    """Write a value about as it stands in a config file."""
    return json.dumps(value, ensure_ascii=False, default=str).replace('"', "")


def n_combinations(search: Search) -> int:
    """Return how many combinations the values have."""
    return math.prod(len(listed) for listed in search.values.values())


def candidates(config: Config) -> list[Candidate]:
    """Return the configs that a search tries: at most as many as its budget, no two alike.

    A larger budget keeps those of a smaller one and adds to them.

    Raises
    ------
    InputError
        With every key that cannot be searched and every combination that is no valid config.
    """
    search = config.search
    if search is None:
        raise InputError(
            f"{config.name} must have a section 'search', got none; add search: "
            "{kind: random, trials: 20, values: {classifier.C: [1, 3, 10, 30]}}"
        )
    wrong = [f"search.values.{reason}" for key in search.values if (reason := _key_problem(config, key))]
    if wrong:
        raise _refused(config, wrong)
    raw = config.model_dump(mode="json", exclude_unset=True, exclude={"search"})
    invalid: dict[str, list[str]] = {}
    found: dict[str, Candidate] = {}
    for number, values in enumerate(_combinations(search, config.seed), 1):
        trial = copy.deepcopy(raw)
        for key, value in values.items():
            _put(trial, key, copy.deepcopy(value))
        try:
            checked = Config.model_validate(trial)
        except ValidationError as error:
            for item in error.errors():
                own = str(Candidate(number, values, config))
                invalid.setdefault(problem(item, Config), []).append(own)
            continue
        if reason := _unlabelled_problem(config, checked):
            invalid.setdefault(reason, []).append(str(Candidate(number, values, config)))
        found.setdefault(checked.model_dump_json(), Candidate(len(found) + 1, values, checked))
    if invalid:
        n = min(search.trials, n_combinations(search))
        raise _refused(config, [f"{text} ({_which(own, n)})" for text, own in invalid.items()])
    return list(found.values())


def _refused(config: Config, problems: list[str]) -> InputError:
    head = f"{config.name}: every trial of a search must be a valid config, got"
    return InputError("\n  ".join([f"{head} {len(problems)} problem{'s'[: len(problems) > 1]}:", *problems]))


def _which(own: list[str], n: int) -> str:
    if len(own) == n > 1:
        return "all trials"
    return f"with {own[0]}" + (f", and {len(own) - 1} more of {n} trials" if len(own) > 1 else "")


def _combinations(search: Search, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the combinations of the values, as many as the budget allows."""
    values, lists = search.values, list(search.values.values())
    n = n_combinations(search)
    if search.kind == "grid":
        for row in itertools.islice(itertools.product(*lists), search.trials):
            yield dict(zip(values, row, strict=True))
        return
    random, drawn = Random(seed), set[int]()
    while len(drawn) < min(search.trials, n):
        index = random.randrange(n)
        if index not in drawn:
            drawn.add(index)
            yield {
                key: listed[_digit(index, lists, i)] for i, (key, listed) in enumerate(search.values.items())
            }


def _digit(index: int, lists: list[list[Any]], i: int) -> int:
    return index // math.prod(len(listed) for listed in lists[i + 1 :]) % len(lists[i])


def _key_problem(config: Config, key: str) -> str:
    """Return why a key cannot be searched, or an empty string."""
    first, *_ = parts = key.split(".")
    if first not in SECTIONS:
        hint = nearest(first, set(SECTIONS))
        return f"{key}: must begin with {', '.join(SECTIONS[:-1])} or {SECTIONS[-1]}, got '{first}'{hint}"
    assert config.search is not None
    if outer := next((other for other in config.search.values if key.startswith(f"{other}.")), None):
        return f"{key}: must not stand beside '{outer}', which holds it; set it in the values of '{outer}'"
    at: Any = config
    for i, part in enumerate(parts[:-1], 1):
        known, at = _inner(at, part)
        if not known:
            return ""  # the check of the config names it
        if at is None:
            off = ".".join(parts[:i])
            return f"{key}: '{off}' must be switched on, got null; set it, or search '{off}' as a whole"
    if not isinstance(at, BaseModel | dict | list):
        return f"{key}: must be a key of the config, got one inside the value {at!r}; take it away"
    if isinstance(at, list) and not _inner(at, parts[-1])[0]:
        return f"{key}: must be a position from 0 to {len(at) - 1}, got '{parts[-1]}'; mend it"
    return ""


def _inner(at: Any, part: str) -> tuple[bool, Any]:
    """Return whether a section has a key, and what it holds."""
    if isinstance(at, list):
        known = part.isdecimal() and int(part) < len(at)
        return known, at[int(part)] if known else None
    if isinstance(at, dict):
        return part in at, at.get(part)
    return part in getattr(type(at), "model_fields", ()), getattr(at, part, None)


def _put(section: Any, key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for part in parents:
        section = section[int(part)] if isinstance(section, list) else section.setdefault(part, {})
    section[int(last) if isinstance(section, list) else last] = value


def _unlabelled_problem(config: Config, trial: Config) -> str:
    """Return why a trial's unlabelled files are not at hand, or an empty string."""
    own, wanted = (c.features.topics.unlabelled if c.features.topics else [] for c in (config, trial))
    if wanted in ([], own):
        return ""
    files = f"must be {plain(own)} as in the config, got {plain(wanted)}"
    return f"features.topics.unlabelled: {files}; set it there"
