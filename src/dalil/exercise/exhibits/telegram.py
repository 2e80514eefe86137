"""A channel's export as Telegram Desktop writes it, disguises and all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dalil.exercise.exhibits.disguise import DISGUISES, misspelt, split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.exercise.campaign import Posting
    from dalil.exercise.exhibits.expected import CaseFiles

__all__ = ["write_channel"]

FILE = "telegram/result.json"
_LOCAL = timedelta(hours=3)
_ADMIN = {"from": "EXERCISE admin", "from_id": "user900000001"}
_MEMBER = {"from": "EXERCISE member Basil", "from_id": "user900000002"}
_ASK = {
    "P1": "EXERCISE: donations are accepted at the address below.\n",
    "P2": "EXERCISE: this week's address.\nتمرين: عنوان هذا الأسبوع:\n",
    "P4": "EXERCISE: or from account to account at Exercise Exchange Amber "
    "(account no. EX-00417).\nتمرين: أو من حساب إلى حساب:\n",
}

Text = str | list[str | dict[str, str]]


class _Channel:
    """Numbers messages as they are added, in the order of time."""

    def __init__(self, files: CaseFiles) -> None:
        self.messages: list[dict[str, Any]] = []
        self._files = files

    def add(self, time_utc: int, text: Text, **more: str) -> int:
        number = len(self.messages) + 1
        local = datetime.fromtimestamp(time_utc, UTC) + _LOCAL
        message: dict[str, Any] = {
            "id": number,
            "type": "message",
            "date": local.strftime("%Y-%m-%dT%H:%M:%S"),
            "date_unixtime": str(time_utc),
            **(_ADMIN | more),
        }
        message["text"] = text
        message["text_entities"] = _entities(text)
        self.messages.append(message)
        return number

    def post(self, posting: Posting, text: Text, **more: str) -> None:
        number = self.add(posting.time_utc, text, **more)
        self._files.mention(FILE, posting.address, message=number)


def write_channel(files: CaseFiles, postings: Sequence[Posting]) -> None:
    """Write ``telegram/result.json`` from what the campaign posted.

    The channel names the static address, every address of the pool and the
    account at the exchange; addresses minted per visitor are not in it.
    """
    channel = _Channel(files)
    nth = 0
    for posting in sorted(postings, key=lambda p: (p.time_utc, p.route)):
        if posting.route == "P1":
            _post_static(channel, posting)
        elif posting.route == "P2":
            _post_pool(channel, files, posting, nth)
            nth += 1
        elif posting.route == "P4":
            channel.post(posting, [_ASK["P4"], _entity("code", posting.address)])
    last = max(posting.time_utc for posting in postings)
    channel.add(
        last + 60,
        "EXERCISE: a page with another address is going round. It is not ours.\n"
        "تمرين: هناك صفحة أخرى بعنوان آخر، وهي ليست لنا.",
    )
    export = {
        "name": "EXERCISE Zinnia / تمرين",
        "type": "public_channel",
        "id": 9000000017,
        "messages": channel.messages,
    }
    data = json.dumps(export, ensure_ascii=False, indent=1).encode()
    files.write(FILE, data, "appeal")


def _post_static(channel: _Channel, posting: Posting) -> None:
    channel.add(
        posting.time_utc - 3600,
        "EXERCISE: this channel belongs to an invented organisation.\n"
        "تمرين: هذه القناة لمنظمة غير حقيقية.",
    )
    channel.post(posting, [_ASK["P1"], _entity("code", posting.address)])
    channel.add(
        posting.time_utc + 900,
        ["EXERCISE question, call me: ", _entity("phone", "+1 555 0100")],
        **_MEMBER,
    )


def _post_pool(channel: _Channel, files: CaseFiles, posting: Posting, nth: int) -> None:
    """Post one address of the pool; each in another of the ways channels use."""
    address, ask = posting.address, _ASK["P2"]
    if nth % 12 == 9:
        halves: list[str | dict[str, str]] = [
            _entity("code", half) for half in split_lines(address).split("\n")
        ]
        channel.post(posting, [ask, *halves])
    elif nth % 12 == 10:
        link = _entity("text_link", "here / هنا") | {"href": f"bitcoin:{address}"}
        channel.post(posting, [ask, link])
    elif nth % 12 == 11:
        _post_typo(channel, files, posting)
    else:
        text = ask + DISGUISES[nth % 12](address)
        more: dict[str, str] = {}
        if nth == 4:
            edited = posting.time_utc + 7200
            local = datetime.fromtimestamp(edited, UTC) + _LOCAL
            more["edited"] = local.strftime("%Y-%m-%dT%H:%M:%S")
            more["edited_unixtime"] = str(edited)
        if nth in (5, 12):
            more["forwarded_from"] = "EXERCISE mirror channel"
        channel.post(posting, text, **more)


def _post_typo(channel: _Channel, files: CaseFiles, posting: Posting) -> None:
    """Misspell the address first, then correct it."""
    wrong = misspelt(posting.address)
    number = channel.add(posting.time_utc - 300, _ASK["P2"] + wrong)
    files.misspelling(FILE, wrong, posting.address, message=number)
    channel.post(posting, "EXERCISE correction / تمرين تصحيح:\n" + posting.address)


def _entity(kind: str, text: str) -> dict[str, str]:
    return {"type": kind, "text": text}


def _entities(text: Text) -> list[dict[str, str]]:
    parts = [text] if isinstance(text, str) else text
    return [_entity("plain", p) if isinstance(p, str) else p for p in parts]
