"""From an exhibit's bytes to the text that `where` means: standard library only.

A verifier mirrors this module as it does `steps`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["load_json", "message_text", "text_at"]

_CHAT_LISTS = {"chat": "chats", "left_chat": "left_chats"}


def text_at(data: bytes, source: Mapping[str, Any], where: Mapping[str, Any]) -> str:
    """Make the text again that an indicator's `start` and `end` refer to.

    Parameters
    ----------
    data : bytes
        The exhibit.
    source : mapping
        The indicator's first step.
    where : mapping
        The indicator's place.

    Raises
    ------
    InputError
        If the source step is of a kind that the standard library cannot redo
        (`pdf_text`), or `where` leads nowhere.

    Examples
    --------
    >>> step = {"op": "decode", "encoding": "utf-8", "errors": "strict"}
    >>> text_at("دليل".encode(), step, {})
    'دليل'
    """
    if source.get("op") == "decode":
        return data.decode(source["encoding"], source["errors"])
    if source.get("op") == "telegram_text":
        return _telegram_text(load_json(data), where)
    raise InputError("this text cannot be made again from bytes", source.get("op"))


def load_json(data: bytes) -> Any:  # noqa: ANN401 - whatever the file holds
    """Read JSON as exports are written: UTF-8, with or without a byte-order mark.

    Raises
    ------
    InputError
        If it is not JSON, or nested deeper than about a thousand levels.
    """
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        message = "JSON nested deeper than its reader goes (about 1,000 levels)"
        raise InputError(message) from None
    except ValueError as error:
        raise InputError("not JSON", str(error)[:200]) from error


def message_text(message: Mapping[str, Any]) -> str:
    """Return a Telegram message's text, all its parts joined.

    >>> message_text({"text": ["to ", {"type": "bold", "text": "all"}]})
    'to all'
    """
    parts = message.get("text")
    if parts is None:
        parts = message.get("text_entities")
    if isinstance(parts, str):
        return parts
    return "".join(map(_part_text, parts)) if isinstance(parts, list) else ""


def _part_text(part: object) -> str:
    text = part.get("text") if isinstance(part, dict) else part
    return text if isinstance(text, str) else ""


def _telegram_text(document: object, where: Mapping[str, Any]) -> str:
    message = _message(document, where)
    if "entity" in where:
        found = _walk(message, ["text_entities", where["entity"], where["field"]])
    elif "part" in where:
        found = _walk(message, ["text", where["part"], where["field"]])
    elif "field" in where:
        found = _walk(message, str(where["field"]).split("."))
    else:
        return message_text(message)
    if not isinstance(found, str):
        raise InputError("no text at this place of the export", dict(where))
    return found


def _message(document: object, where: Mapping[str, Any]) -> dict[str, Any]:
    chat = document
    for key, group in _CHAT_LISTS.items():
        if key in where:
            chat = _walk(document, [group, "list", where[key]])
    messages = _walk(chat, ["messages"])
    number, index = where["message"], where.get("index")
    if isinstance(messages, list):
        for message in messages if index is None else messages[index : index + 1]:
            if isinstance(message, dict) and number in (message.get("id"), None):
                return message
    raise InputError("no such message in the export", dict(where))


def _walk(document: object, path: Sequence[str | int]) -> object:
    for key in path:
        if isinstance(document, dict):
            document = document.get(str(key))
        elif isinstance(document, list) and str(key).isdecimal():
            document = document[int(key)] if int(key) < len(document) else None
        else:
            return None
    return document
