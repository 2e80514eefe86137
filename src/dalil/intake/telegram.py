"""Telegram Desktop exports (`result.json`): messages to passages.

Of people nothing leaves this module but keyed pseudonyms: no name, user id or
phone number is copied into a passage's facts. Attachments are listed, never
opened. `date` in an export is local time without a zone and is not used.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.intake.places import load_json, message_text
from dalil.intake.pseudonyms import pseudonym
from dalil.intake.records import Passage
from dalil.units import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TelegramExport", "read_telegram"]

_SOURCE = {"op": "telegram_text"}
_FILES = ("file", "photo", "thumbnail", "contact_vcard")
_OWN_NAME = re.compile(r"[a-z_]{1,40}/[a-z_]{1,20}_\d{1,9}@[\d_-]{1,30}\.[a-z0-9]{1,5}")
"""Names that Telegram Desktop gives by itself; others may hold a person's name."""
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,80}")
_TEXT_FIELDS = (
    "title",
    "place_name",
    "address",
    "game_title",
    "game_description",
    "game_link",
    "author_signature",
)
_LATEST = 253_402_300_799


@dataclass(slots=True)
class TelegramExport:
    """What one export holds."""

    passages: list[Passage] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    n_messages: int = 0


def read_telegram(data: bytes, key: bytes | None) -> TelegramExport | None:
    """Read an export of one chat or of a whole account.

    Parameters
    ----------
    data : bytes
        The file as captured.
    key : bytes, optional
        The case's key for pseudonyms; without it senders are left out.

    Returns
    -------
    TelegramExport or None
        None where the JSON is something else.

    Raises
    ------
    InputError
        If it is not JSON, or nested too deeply.
    """
    document = load_json(data)
    export = TelegramExport()
    chats = list(_chats(document))
    for place, messages in chats:
        _Chat(export, key, place).read(messages)
    return export if chats else None


def _chats(document: object) -> Iterator[tuple[dict[str, int], list[object]]]:
    if not isinstance(document, dict):
        return
    if isinstance(document.get("messages"), list):
        yield {}, document["messages"]
    for group, name in (("chats", "chat"), ("left_chats", "left_chat")):
        holder = document.get(group)
        chats = holder.get("list") if isinstance(holder, dict) else None
        for position, chat in enumerate(chats if isinstance(chats, list) else []):
            if isinstance(chat, dict) and isinstance(chat.get("messages"), list):
                yield {name: position}, chat["messages"]


@dataclass(slots=True)
class _Chat:
    export: TelegramExport
    key: bytes | None
    place: dict[str, int]

    def read(self, messages: list[object]) -> None:
        ids = Counter(
            m["id"]
            for m in messages
            if isinstance(m, dict) and isinstance(m.get("id"), int)
        )
        odd = 0
        for index, message in enumerate(messages):
            if not isinstance(message, dict):
                odd += 1
                continue
            number = message.get("id")
            where: dict[str, Any] = {**self.place}
            where["message"] = number if isinstance(number, int) else None
            if not isinstance(number, int) or ids[number] > 1:
                where["index"] = index
            self._message(message, where)
        if odd:
            self.export.notes.append(f"{odd} entries of `messages` are no messages")

    def _message(self, message: dict[str, Any], where: dict[str, Any]) -> None:
        facts = _facts(message, self.key)
        forwarded = "forwarded_from" in message or "saved_from" in message
        quoted = "forwarded" if forwarded else None
        self.export.n_messages += 1
        for extra, text, hidden in _texts(message):
            if text:
                place = {**where, **extra}
                self.export.passages.append(
                    Passage(
                        text,
                        _SOURCE,
                        place,
                        quoted=quoted,
                        hidden=hidden,
                        message=facts,
                    )
                )
        for name in _FILES:
            if isinstance(message.get(name), str):
                self.export.attachments.append(_attachment(message, name, where))


def _texts(message: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, bool]]:
    """Yield ``(place, text, hidden)`` of every text in a message."""
    yield {}, message_text(message), False
    seen: set[str] = set()
    for group, name in (("text_entities", "entity"), ("text", "part")):
        for position, part in enumerate(_list(message.get(group))):
            href = part.get("href") if isinstance(part, dict) else None
            if isinstance(href, str) and href not in seen:
                seen.add(href)
                yield {name: position, "field": "href"}, href, True
    for name in _TEXT_FIELDS:
        yield {"field": name}, _string(message.get(name)), False
    poll = message.get("poll")
    if isinstance(poll, dict):
        yield {"field": "poll.question"}, _string(poll.get("question")), False
        for position, answer in enumerate(_list(poll.get("answers"))):
            text = answer.get("text") if isinstance(answer, dict) else None
            yield {"field": f"poll.answers.{position}.text"}, _string(text), False
    yield from _buttons(message)


def _buttons(message: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, bool]]:
    for row, buttons in enumerate(_list(message.get("inline_bot_buttons"))):
        for column, button in enumerate(_list(buttons)):
            for name in ("text", "data") if isinstance(button, dict) else ():
                path = f"inline_bot_buttons.{row}.{column}.{name}"
                yield {"field": path}, _string(button.get(name)), name == "data"


def _facts(message: dict[str, Any], key: bytes | None) -> dict[str, Any]:
    sender = message.get("from_id", message.get("actor_id"))
    name = message.get("from", message.get("actor"))
    source = message.get("forwarded_from_id")
    source_name = message.get("forwarded_from")
    reply = message.get("reply_to_message_id")
    return {
        "time_utc": _time(message.get("date_unixtime")),
        "edited_utc": _time(message.get("edited_unixtime")),
        "service": message.get("type") == "service",
        "sender": pseudonym(key, sender, name),
        "forwarded_from": pseudonym(key, source, source_name),
        "reply_to": reply if isinstance(reply, int) else None,
    }


def _attachment(
    message: dict[str, Any], name: str, where: dict[str, Any]
) -> dict[str, Any]:
    path, kind = message[name], message.get("mime_type")
    shown = path if _OWN_NAME.fullmatch(path) else None
    told = name == "file" and isinstance(kind, str) and _MEDIA_TYPE.fullmatch(kind)
    media_type = kind if told else None
    return {"where": {**where, "field": name}, "path": shown, "media_type": media_type}


def _time(seconds: object) -> str | None:
    plain = isinstance(seconds, str | int) and re.fullmatch(
        r"[0-9]{1,12}", str(seconds)
    )
    if not plain or int(plain[0]) > _LATEST:
        return None
    return format_utc(int(plain[0]))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
