"""Sanctioned addresses as a third party ships them in JSON.

One object: `metadata`, and `addresses` from address to its entries (`entity`,
`program`, `uid`, `akas`, `type`). The known publisher of this shape lowers
every address, which destroys those in base58: they are refused one by one,
each with a suggestion where the intact address is known.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dalil.attribution.contents import Contents, Gatherer
from dalil.attribution.source_text import day_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dalil.attribution.source_text import ImportOptions, SourceText

__all__ = ["read_json_file"]

_KEY = re.compile(r'^\s*"((?:[^"\\]|\\.)+)"\s*:\s*\{')
_TICKER = re.compile(r"Digital Currency Address - (\w+)")


def read_json_file(source: SourceText, options: ImportOptions) -> Contents:
    """Read a list of sanctioned addresses.

    Raises
    ------
    InputError
        If it is not JSON, breaks off, nests too deep, holds a key twice, or
        has another shape: the file is refused whole, with its line.
    """
    document = _load(source)
    addresses = document.get("addresses") if isinstance(document, dict) else None
    if not isinstance(addresses, dict):
        raise source.refuse(1, "not a list of addresses (no object `addresses`)")
    metadata = document.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise source.refuse(1, "`metadata` is no object")
    list_name = text_of(metadata.get("source"))
    header = dict(metadata) | {"source": list_name, "concepts": ["sanction"]}
    if list_name and "OFAC" in list_name:
        header["confidence"] = "authority_data"
    said = metadata.get("retrieved") or metadata.get("lastUpdated")
    gather = Gatherer(source, "list-json", header, options.retrieved or day_of(said))
    lines = _lines(source.text)
    for address, about in addresses.items():
        line = lines.get(address, 1)
        for entry in _entries(source, line, about):
            gather.add(line, _fields(address, entry, list_name))
    return gather.contents


def _load(source: SourceText) -> Any:  # noqa: ANN401 - as wide as JSON
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice in one object")
        return found

    try:
        return json.loads(source.text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise source.refuse(error.lineno, f"not JSON ({error.msg})") from None
    except RecursionError:
        raise source.refuse(1, "nested too deep") from None
    except ValueError as error:
        raise source.refuse(1, str(error)) from None


def _entries(source: SourceText, line: int, about: object) -> list[Mapping[str, Any]]:
    entries = about.get("entries") if isinstance(about, dict) else None
    if not isinstance(entries, list) or not entries:
        raise source.refuse(line, "an address without `entries`")
    for entry in entries:
        if not isinstance(entry, dict):
            raise source.refuse(line, "an entry that is no object")
    return entries


def _fields(
    address: str, entry: Mapping[str, Any], list_name: str | None
) -> dict[str, Any]:
    own = {str(k): v for k, v in entry.items()}
    entity = text_of(entry.get("entity"))
    ticker = _TICKER.fullmatch(text_of(entry.get("type")) or "")
    own |= {"address": address, "actor": entity, "label": entity}
    own["currency"] = ticker[1] if ticker else None
    if list_name and (uid := text_of(entry.get("uid"))):
        own["source"] = f"{list_name}, entry {uid}"
    return own


def _lines(text: str) -> dict[str, int]:
    """Tell on which line each object's key stands (the first, where several)."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _KEY.match(line)
        if match:
            lines.setdefault(match[1], number)
    return lines
