"""Say what is wrong with a config in words that name the remedy."""

import difflib
import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel


def problem(item: Mapping[str, Any], root: type[BaseModel]) -> str:
    """Write one of pydantic's errors as path, rule, value found and nearest valid name.

    Parameters
    ----------
    item : mapping
        One of ``ValidationError.errors()``.
    root : type
        The model that was validated.
    """
    *parents, last = item["loc"] or ("",)
    sections, tags = _sections(root, parents)
    where = ".".join(str(part) for part in item["loc"] if part not in (*tags, "[key]"))
    value, message = item["input"], str(item["msg"]).removeprefix("Value error, ")
    match item["type"]:
        case "extra_forbidden":
            valid = {name for section in sections for name in section.model_fields}
            return f"{where}: unknown key{nearest(last, valid)}"
        case "invalid_key":
            return f"{where}: keys must be text, got {last!r}; put it in quotes"
        case "missing":
            return f"{where}: is missing; add it"
        case "union_tag_invalid" | "literal_error":
            found = item["ctx"].get("tag", value)
            expected = item["ctx"].get("expected_tags") or item["ctx"]["expected"]
            where += ".kind" if item["type"] == "union_tag_invalid" else ""
            valid = set(re.findall(r"'([^']*)'", expected))
            return f"{where}: must be one of {', '.join(sorted(valid))}, got {found!r}{nearest(found, valid)}"
        case "union_tag_not_found":
            return f"{where}.kind: is missing; add it"
        case "string_type" if isinstance(value, bool | int | float):
            return f"{where}: must be text, got {value!r}; put it in quotes"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{where}: must be keys and values, got {_found(value)}"
        case "tuple_type" | "list_type":
            return f"{where}: must be a list, got {_found(value)}"
        case "value_error":
            return f"{where}: {message}" if where else message
    rule = message.removeprefix("Input should be ")
    return f"{where}: must be {rule[0].lower()}{rule[1:]}, got {_found(value)}"


def _found(value: Any) -> str:
    return type(value).__name__ if isinstance(value, dict | list) else repr(value)


def nearest(name: object, valid: set[str]) -> str:
    """Return a hint at the valid name that is nearest, or an empty string."""
    near = difflib.get_close_matches(str(name), sorted(valid), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _kind(section: type[BaseModel]) -> str | None:
    kind = section.model_fields.get("kind")
    return get_args(kind.annotation)[0] if kind else None


def _sections(root: type[BaseModel], path: list[Any]) -> tuple[list[type[BaseModel]], set[Any]]:
    """Return the sections that a path may lead to, and which of its parts are no keys but kinds."""
    found, kinds = [root], set()
    for part in path:
        if any(_kind(section) == part for section in found):
            kinds.add(part)
            found = [section for section in found if _kind(section) == part]
        elif isinstance(part, str):
            fields = [s.model_fields[part].annotation for s in found if part in s.model_fields]
            found = [section for annotation in fields for section in _inner(annotation)]
    return found, kinds


def _inner(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in _inner(part)]
