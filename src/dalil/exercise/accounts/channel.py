"""The captured channel of an account exercise: an address a turn, disguised."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dalil.exercise.exhibits.disguise import (
    direction_marks,
    full_width,
    glued,
    soft_hyphens,
    spaced,
    split_lines,
    zero_width,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dalil.exercise.accounts.stage import Posting

__all__ = ["write_channel"]

_LOCAL = timedelta(hours=3)
_DISGUISES = (
    str,
    zero_width,
    split_lines,
    glued,
    direction_marks,
    soft_hyphens,
    spaced,
    full_width,
)
_OPENING = (
    "EXERCISE: this channel belongs to an invented organisation, and its addresses "
    "to a test network.\nتمرين: هذه القناة لمنظمة غير حقيقية."
)
_ASK = "EXERCISE: this turn's address, XUSD.\nتمرين: عنوان هذه الفترة:\n"


def write_channel(postings: Sequence[Posting], text: Callable[[bytes], str]) -> bytes:
    """Write a channel's export as Telegram Desktop does, as JSON.

    Message 1 opens the channel; message ``i + 2`` names the address of posting
    ``i`` and no other.
    """
    first = postings[0].time_utc
    messages = [_message(1, first - 3600, _OPENING)]
    for i, posting in enumerate(postings):
        shown = _DISGUISES[i % len(_DISGUISES)](text(posting.address))
        messages.append(_message(i + 2, posting.time_utc, _ASK + shown))
    export = {
        "name": "EXERCISE Zinnia / تمرين",
        "type": "private_supergroup",
        "id": 9000000018,
        "messages": messages,
    }
    return json.dumps(export, ensure_ascii=False, indent=1).encode()


def _message(number: int, time_utc: int, text: str) -> dict[str, Any]:
    local = datetime.fromtimestamp(time_utc, UTC) + _LOCAL
    return {
        "id": number,
        "type": "message",
        "date": local.strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(time_utc),
        "from": "EXERCISE admin",
        "from_id": "user900000001",
        "text": text,
        "text_entities": [{"type": "plain", "text": text}],
    }
