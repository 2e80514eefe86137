"""Exercise addresses, the disguises they wear, and the texts that carry them.

Everything is made here from fixed bytes: EXERCISE / تمرين. No address belongs
to anybody, and regtest or invented ones stand for every chain.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from dalil.chains import bech32, evm, tron
from dalil.chains.base58 import b58check_encode

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ADDRESSES", "CARRIERS", "DISGUISES", "HOMOGLYPHS", "chunked", "negatives"]


def _bytes(seed: int, size: int = 20) -> bytes:
    return random.Random(seed).randbytes(size)


ADDRESSES = {
    "regtest bech32": bech32.encode("bcrt", 0, _bytes(1)),
    "regtest taproot": bech32.encode("bcrt", 1, _bytes(2, 32)),
    "testnet bech32": bech32.encode("tb", 0, _bytes(3)),
    "testnet P2PKH": b58check_encode(b"\x6f" + _bytes(4)),
    "testnet P2SH": b58check_encode(b"\xc4" + _bytes(5)),
    "mainnet P2PKH": b58check_encode(b"\x00" + _bytes(6)),
    "mainnet P2SH": b58check_encode(b"\x05" + _bytes(7)),
    "mainnet bech32": bech32.encode("bc", 0, _bytes(8)),
    "mainnet P2WSH": bech32.encode("bc", 0, _bytes(9, 32)),
    "TRON": tron.encode_address(_bytes(10)),
    "EVM mixed case": evm.encode_address(_bytes(11)),
    "EVM lower case": evm.encode_address(_bytes(12)).lower(),
}

CARRIERS = {
    "English": "EXERCISE. Send to {} before Friday, says the invented house.",
    "Arabic": "تمرين. أرسلوا إلى {} قبل الجمعة، تقول الدار المتخيلة.",
    "glued to Arabic": "تمرين أرسلوا إلى{}قبل الجمعة",
    "mixed": "EXERCISE تمرين (USDT) \u2067العنوان: {}\u2069 — thanks شكرا",
    "alone on its line": "تمرين\n{}\nEXERCISE",
}

HOMOGLYPHS = str.maketrans(
    {"a": "а", "e": "е", "c": "с", "p": "р", "x": "х", "T": "Т", "A": "Α", "B": "Β",
     "H": "Н", "K": "Κ", "M": "М", "y": "у", "s": "ѕ", "j": "ј", "u": "υ", "v": "ν"}
)  # fmt: skip


def chunked(text: str, size: int, gap: str) -> str:
    return gap.join(text[i : i + size] for i in range(0, len(text), size))


def _math(text: str) -> str:
    def styled(c: str) -> str:
        if c.isdigit():
            return chr(0x1D7CE + int(c))
        return chr((0x1D400 if c.isupper() else 0x1D41A) + ord(c.lower()) - ord("a"))

    return "".join(map(styled, text))


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": lambda a: a,
    "zero-width spaces": lambda a: "\u200b".join(a),
    "bidi marks": lambda a: "\u202d" + chunked(a, 7, "\u200f") + "\u202c",
    "soft hyphens": lambda a: chunked(a, 5, "\u00ad"),
    "tatweel": lambda a: chunked(a, 9, "ـ"),
    "full-width": lambda a: "".join(chr(ord(c) + 0xFEE0) for c in a),
    "mathematical": _math,
    "Arabic-Indic digits": lambda a: a.translate(
        str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    ),
    "Persian digits": lambda a: a.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
    "spaces every four": lambda a: chunked(a, 4, " "),
    "a space between all": lambda a: chunked(a, 1, " "),
    "wrapped over lines": lambda a: chunked(a, 20, "\n"),
    "hyphenated over lines": lambda a: chunked(a, 20, "-\r\n"),
    "dots between chunks": lambda a: chunked(a, 6, "·"),
    "emoji between chunks": lambda a: chunked(a, 8, "🔥"),
    "no-break spaces": lambda a: chunked(a, 5, "\u00a0"),
    "backwards": lambda a: a[::-1],
    "combining marks": lambda a: chunked(a, 3, "\u0301"),
}


def negatives(seed: int, n: int) -> list[str]:
    """Random tokens of the kinds that fill captured files and are no address."""
    rng = random.Random(seed)
    b58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    made = []
    for _ in range(n):
        hexes = rng.randbytes(32).hex()
        uuid = (
            f"{hexes[:8]}-{hexes[8:12]}-4{hexes[13:16]}-a{hexes[17:20]}-{hexes[20:32]}"
        )
        made += [
            "".join(rng.choices(b58, k=rng.randint(20, 60))),
            "".join(rng.choices(b58 + "0OIl-_", k=rng.randint(20, 60))),
            hexes,
            hexes[:40],
            hexes[:32].upper(),
            uuid,
            uuid.replace("-", ""),
            "0x" + hexes,
            f"https://files.example/{hexes}/{rng.randint(1, 9**9)}?t={hexes[:12]}",
        ]
    return made
