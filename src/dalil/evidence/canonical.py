"""One way to write a document down, so that equal content has equal bytes."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

__all__ = ["canonical_bytes", "content_hash", "plain"]


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Turn dataclasses and tuples into the dictionaries and lists of JSON.

    Raises
    ------
    TypeError
        If a float, or anything else JSON would not give back, is inside:
        amounts are integers, other numbers are written out as text.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name.rstrip("_"): plain(getattr(value, field.name))
            for field in fields(value)
        }
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"not part of a findings document: {value!r}")


def canonical_bytes(value: object, *, indent: int | None = None) -> bytes:
    r"""Write `value` as JSON: sorted keys, UTF-8, one final newline.

    >>> canonical_bytes({"b": 1, "a": ["ا"]}).decode()
    '{"a":["ا"],"b":1}\n'
    """
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(
        plain(value),
        ensure_ascii=False,
        sort_keys=True,
        indent=indent,
        separators=separators,
        allow_nan=False,
    )
    return text.encode() + b"\n"


def content_hash(value: object) -> str:
    """SHA-256 of the canonical form, in hex; what identifiers are made of."""
    return sha256(canonical_bytes(value)).hexdigest()
