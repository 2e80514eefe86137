"""An independent judge: redo an indicator from `docs/intake.md`, stdlib only.

Nothing here imports Dalil, so what it agrees with could be checked by anyone
who holds the exhibit and the page that states the steps.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_DROPPED = {
    "strip_bidi": {
        0x061C,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    },
    "strip_zero_width": {
        *(0x034F, 0x180E, 0x200B, 0x200C, 0x200D, 0xFEFF),
        *range(0x2060, 0x2065),
        *range(0xFE00, 0xFE10),
    },
    "strip_soft": {0x00AD, 0x0640},
    "remove_whitespace": {
        *range(0x09, 0x0E),
        *(0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
        *range(0x2000, 0x200B),
    },
}
_B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_B32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def text_of(data: bytes, source: dict[str, Any], where: dict[str, Any]) -> str:
    """The text an indicator's span refers to."""
    if source["op"] == "decode":
        return data.decode(source["encoding"], source["errors"])
    assert source["op"] == "telegram_text"
    chat = json.loads(data.decode("utf-8-sig"))
    if "chat" in where:
        chat = chat["chats"]["list"][where["chat"]]
    messages = chat["messages"]
    if "index" in where:
        message = messages[where["index"]]
    else:
        message = next(
            m
            for m in messages
            if isinstance(m, dict) and m.get("id") == where["message"]
        )
    if "entity" in where:
        return str(message["text_entities"][where["entity"]][where["field"]])
    if "part" in where:
        return str(message["text"][where["part"]][where["field"]])
    if "field" in where:
        found: Any = message
        for key in where["field"].split("."):
            found = found[int(key)] if isinstance(found, list) else found[key]
        return str(found)
    parts = message["text"] if "text" in message else message["text_entities"]
    if isinstance(parts, str):
        return parts
    return "".join(p if isinstance(p, str) else p["text"] for p in parts)


def stepped(text: str, step: dict[str, Any]) -> str:
    """One step, as the page words it."""
    op = step["op"]
    if op in _DROPPED:
        return "".join(c for c in text if ord(c) not in _DROPPED[op])
    if op == "remove":
        return "".join(c for c in text if c not in step["chars"])
    if op == "homoglyphs":
        table = dict(zip(step["from"], step["to"], strict=True))
        return "".join(table.get(c, c) for c in text)
    if op == "fold_digits":
        arabic = "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"
        for digits in arabic:
            text = "".join(str(digits.index(c)) if c in digits else c for c in text)
        return text
    if op == "uri_scheme":
        scheme, _, rest = text.partition(":")
        assert scheme.lower() == step["scheme"]
        rest = re.sub(r"^(//)?(pay-)?", "", rest, flags=re.IGNORECASE)
        return re.split("[@?/&#]", rest)[0]
    if op == "remove_tags":
        text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
        text = re.sub(
            r"<(script|style)\b.*?</\1\s*>", "", text, flags=re.DOTALL | re.IGNORECASE
        )
        return re.sub(r"</?[A-Za-z!?](\"[^\"]*\"|'[^']*'|[^>\"'])*>", "", text)
    if op == "refang":
        text = re.sub(r"^h(xx|\*\*)p", "http", text, flags=re.IGNORECASE)
        text = text.replace("[://]", "://").replace("[:]", ":")
        text = re.sub(
            r"\[ ?(\.|dot) ?\]|\( ?(\.|dot) ?\)|\{ ?(\.|dot) ?\}", ".", text, flags=re.I
        )
        return re.sub(r"[\[({] ?(@|at) ?[\])}]", "@", text, flags=re.I)
    if op == "telegram_name":
        if text.startswith("@"):
            return text.lower()
        name = re.split(
            r"t\.me/|telegram\.(?:me|dog)/|domain=|invite=", text, flags=re.I
        )[1]
        if name.lower().startswith(("joinchat/", "+")) or "invite=" in text.lower():
            name = re.sub(r"^(joinchat/|\+)", "", name, flags=re.I)
            return "+" + re.split("[^A-Za-z0-9_-]", name)[0]
        name = re.sub("^s/", "", name, flags=re.I)
        return "@" + re.split("[^A-Za-z0-9_]", name)[0].lower()
    if op == "lowercase_host":
        head, slashes, rest = text.partition("://")
        host, slash, path = rest.partition("/")
        return head.lower() + slashes + host.lower() + slash + path
    plain: dict[str, Callable[[str], str]] = {
        "nfkc": lambda t: unicodedata.normalize("NFKC", t),
        "unescape_entities": html.unescape,
        "reverse": lambda t: t[::-1],
        "lowercase": str.lower,
        "add_scheme": lambda t: step["scheme"] + "://" + t,
    }
    return plain[op](text)


def redo(data: bytes, found: dict[str, Any], page: str | None = None) -> str:
    """Check the span law and the steps of an indicator; its value.

    `page` is the kept text of a PDF's page, which bytes alone do not give.
    """
    source, *steps = found["steps"]
    text = text_of(data, source, found["where"]) if page is None else page
    raw = text[found["start"] : found["end"]]
    assert raw == found["raw"], "the span does not hold the raw form"
    for step in steps:
        raw = stepped(raw, step)
    assert raw == found["value"], "the steps do not lead to the value"
    if found["kind"] == "address":
        assert_checksum(found)
    return raw


def assert_checksum(found: dict[str, Any]) -> None:
    """Recompute what standard Python can: all but EIP-55, which needs Keccak."""
    value, said = found["value"], found["checksum"]
    if value[:2].lower() == "0x":
        return
    fits = (
        _bech32_fits(value)
        if re.match("(bc|tb|bcrt)1", value, re.I)
        else _base58_fits(value)
    )
    assert fits == (said in ("valid", "repaired")), f"the checksum is not {said}"
    repaired = any(step["op"] == "homoglyphs" for step in found["steps"])
    assert repaired == (said == "repaired")


def _base58_fits(value: str) -> bool:
    if any(c not in _B58 for c in value):
        return False
    number = 0
    for c in value:
        number = number * 58 + _B58.index(c)
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _bech32_fits(value: str) -> bool:
    if value not in (value.lower(), value.upper()):
        return False
    hrp, _, data = value.lower().partition("1")
    if any(c not in _B32 for c in data):
        return False
    rest = 1
    for v in [
        *(ord(c) >> 5 for c in hrp),
        0,
        *(ord(c) & 31 for c in hrp),
        *map(_B32.index, data),
    ]:
        top, rest = rest >> 25, (rest & 0x1FFFFFF) << 5 ^ v
        for i, g in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            rest ^= g if top >> i & 1 else 0
    return rest == (1 if data[0] == "q" else 0x2BC830A3)


def onion_of(key: bytes) -> str:
    """A version 3 onion host for a key, by the specification."""
    check = hashlib.sha3_256(b".onion checksum" + key + b"\x03").digest()[:2]
    return base64.b32encode(key + check + b"\x03").decode().lower() + ".onion"
