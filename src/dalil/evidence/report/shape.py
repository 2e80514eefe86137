"""Whether a findings document has the shape its schema states.

A report may be made of findings that somebody else sends, so they are held
against `findings.schema.json` before a word is printed. This reads exactly
the keywords that the schema uses and refuses to run on any other; in one
point it is stricter than JSON Schema: a pattern must match the whole string.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from dalil.errors import InputError

__all__ = ["check_shape"]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
_NOTES = {"$defs", "$id", "$schema", "title", "description"}


class _Misshapen(Exception):  # noqa: N818 - carries a place, ends as an InputError
    def __init__(self, where: tuple[str | int, ...], why: str) -> None:
        super().__init__(why)
        self.where = where
        self.why = why


def check_shape(document: object) -> None:
    """Refuse a document that is not as the schema has it.

    Raises
    ------
    InputError
        Naming the place and what is wrong there.

    Notes
    -----
    Linear in the document. The schema bounds how deep the check descends, so
    a document nested without end is refused, not followed.
    """
    try:
        _check(_schema(), document, ())
    except _Misshapen as found:
        place = ".".join(map(str, found.where)) or "the document"
        raise InputError(
            "the findings are not as findings.schema.json has them",
            f"{place}: {found.why}",
        ) from None


@cache
def _schema() -> dict[str, Any]:
    source = files("dalil.evidence") / "findings.schema.json"
    schema: dict[str, Any] = json.loads(source.read_text("utf-8"))
    return schema


def _check(rule: dict[str, Any], value: Any, at: tuple[str | int, ...]) -> None:  # noqa: ANN401
    for keyword, wanted in rule.items():
        if keyword not in _NOTES:
            _KEYWORDS[keyword](wanted, value, at, rule)


_Place = tuple[str | int, ...]


def _ref(wanted: str, value: object, at: _Place, _: object) -> None:
    _check(_schema()["$defs"][wanted.rpartition("/")[2]], value, at)


def _type(wanted: str, value: object, at: _Place, _: object) -> None:
    fits = isinstance(value, _TYPES[wanted])
    if not fits or (wanted == "integer" and isinstance(value, bool)):
        raise _Misshapen(at, f"not of type {wanted}")


def _any_of(wanted: list[Any], value: object, at: _Place, _: object) -> None:
    """Take the first branch that fits; else blame the one that came furthest."""
    faults = []
    for branch in wanted:
        try:
            return _check(branch, value, at)
        except _Misshapen as fault:
            faults.append(fault)
    raise max(faults, key=lambda fault: len(fault.where))


def _const(wanted: object, value: object, at: _Place, _: object) -> None:
    _enum([wanted], value, at, _)


def _enum(wanted: list[Any], value: object, at: _Place, _: object) -> None:
    if value not in wanted:
        raise _Misshapen(at, f"not {' or '.join(map(repr, wanted))}")


def _pattern(wanted: str, value: object, at: _Place, _: object) -> None:
    inner = wanted.removeprefix("^").removesuffix("$")
    if isinstance(value, str) and not re.fullmatch(inner, value, re.ASCII):
        raise _Misshapen(at, f"not of the form {wanted}")


def _minimum(wanted: int, value: object, at: _Place, _: object) -> None:
    if isinstance(value, int) and value < wanted:
        raise _Misshapen(at, f"less than {wanted}")


def _required(wanted: list[str], value: object, at: _Place, _: object) -> None:
    if isinstance(value, dict) and (missing := [k for k in wanted if k not in value]):
        raise _Misshapen(at, f"lacks {', '.join(missing)}")


def _properties(wanted: dict[str, Any], value: object, at: _Place, _: object) -> None:
    if isinstance(value, dict):
        for key, rule in wanted.items():
            if key in value:
                _check(rule, value[key], (*at, key))


def _no_others(_: object, value: object, at: _Place, rule: dict[str, Any]) -> None:
    if isinstance(value, dict) and (more := value.keys() - rule["properties"].keys()):
        raise _Misshapen(at, f"has {min(more, key=str)!a}, which is not known")


def _items(wanted: object, value: object, at: _Place, rule: object) -> None:
    first = len(rule.get("prefixItems", ())) if isinstance(rule, dict) else 0
    if isinstance(value, list) and isinstance(wanted, dict):
        for i, item in enumerate(value[first:], start=first):
            _check(wanted, item, (*at, i))


def _prefix_items(wanted: list[Any], value: object, at: _Place, _: object) -> None:
    if isinstance(value, list):
        for i, (rule, item) in enumerate(zip(wanted, value, strict=False)):
            _check(rule, item, (*at, i))


def _min_items(wanted: int, value: object, at: _Place, _: object) -> None:
    if isinstance(value, list) and len(value) < wanted:
        raise _Misshapen(at, f"holds fewer than {wanted}")


def _max_items(wanted: int, value: object, at: _Place, _: object) -> None:
    if isinstance(value, list) and len(value) > wanted:
        raise _Misshapen(at, f"holds more than {wanted}")


def _unique_items(_: object, value: object, at: _Place, __: object) -> None:
    if isinstance(value, list) and len({json.dumps(v) for v in value}) < len(value):
        raise _Misshapen(at, "holds the same twice")


_KEYWORDS: dict[str, Any] = {
    "$ref": _ref,
    "type": _type,
    "anyOf": _any_of,
    "oneOf": _any_of,  # the branches exclude each other by a constant
    "const": _const,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _minimum,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _no_others,
    "items": _items,
    "prefixItems": _prefix_items,
    "minItems": _min_items,
    "maxItems": _max_items,
    "uniqueItems": _unique_items,
}
