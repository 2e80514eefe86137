"""What a candidate string is: the registry's answer, in intake's words.

The registry reads any text that could be an address. Here the question is
narrower: does a string *found in running text* have the shape of an address
so plainly that a failed checksum is worth reporting? Random tokens must not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dalil.chains import bech32, tron
from dalil.chains.base58 import ALPHABET, b58check_decode
from dalil.chains.bitcoin.networks import MAINNET, NETWORKS
from dalil.chains.evm import eip55_verdict
from dalil.chains.registry import read_address
from dalil.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BASE58_LENGTHS", "HRPS", "MIXED", "Shape", "Verdict", "shape_of", "verdict"]

HRPS = ("bcrt", "bc", "tb")
BASE58_LENGTHS = {
    "1": range(26, 35),
    "3": range(34, 35),
    "T": range(34, 35),
    "m": range(34, 35),
    "n": range(34, 35),
    "2": range(35, 36),
}
"""Lengths a 21-byte payload can have, by its first character."""

_TRON_VERSION = 0x41
_VERSIONS = {_TRON_VERSION} | {v for n in NETWORKS for v in (n.p2pkh, n.p2sh)}
_USUAL_LENGTHS = {**BASE58_LENGTHS, "1": range(32, 35)}
MIXED = re.compile(r"(?=\D*[0-9])(?=[^a-z]*[a-z])[^A-Z]*[A-Z]")
"""A digit, a small letter and a capital: what base58 text of this length holds
but for one in several hundred, and what plain words and hex do not."""
_HEX = "0123456789abcdefABCDEF"
_CHAIN_OF_PREFIX = {"1": MAINNET.caip2, "3": MAINNET.caip2, "T": tron.CAIP2}
_SEGWIT_LETTERS = bech32.CHARSET + "b1"
_SHORTEST_SEGWIT = 30
_MOST_SLIPS = 2
"""Foreign characters that a mistyped bech32 address may hold; hex holds more."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the registry says of one string."""

    value: str
    chain: str | None
    chains: tuple[str, ...]
    form: str
    checksum: str
    key: str
    """Equal for two spellings of one address."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The family a string looks like, and how its checksum is asked."""

    family: str
    alphabet: str
    passes: Callable[[str], bool]
    plain: bool
    """So plainly an address that failing its checksum is worth a report."""


def shape_of(text: str) -> Shape | None:
    """Tell which family of addresses an ASCII `text` has the shape of, if any.

    Characters that the family's alphabet lacks are let through, so that a
    mistaken or foreign letter does not hide an address.
    """
    start = text[:2].lower()
    if start == "0x":
        if len(text) == 42:
            return Shape("evm", _HEX + "xX", _evm_passes, plain=_is_hex(text[2:]))
        return None
    if _segwit_hrp(text):
        body = text.lower().partition("1")[2]
        n_foreign = sum(letter not in bech32.CHARSET for letter in body)
        plain = _SHORTEST_SEGWIT <= len(text) <= 90 and n_foreign <= _MOST_SLIPS
        letters = _SEGWIT_LETTERS
        letters = letters.upper() if text.isupper() else letters
        return Shape("bech32", letters, _segwit_passes, plain=plain)
    lengths = BASE58_LENGTHS.get(text[:1])
    if lengths is None or len(text) not in lengths:
        return None
    plain = len(text) in _USUAL_LENGTHS[text[0]] and bool(MIXED.match(text))
    return Shape("base58", ALPHABET, _base58_passes, plain=plain)


@lru_cache(maxsize=4096)
def verdict(text: str) -> Verdict | None:
    """Read one ASCII string; None where it is not plainly an address.

    The value is `text` itself, in lower case for bech32: nothing is repaired.
    """
    shape = shape_of(text)
    if shape is None:
        return None
    passes = shape.passes(text)
    if not passes and not shape.plain:
        return None
    value = text.lower() if shape.family == "bech32" else text
    for reading in read_address(text) if passes or shape.family == "evm" else ():
        if reading.checksum != "invalid":
            key = reading.canonical
            chain, chains = reading.chain, reading.chains
            return Verdict(value, chain, chains, reading.form, reading.checksum, key)
    chain = _chain_by_prefix(value)
    chains = (chain,) if chain else _chains_by_prefix(value)
    return Verdict(text, chain, chains, shape.family, "invalid", text)


def _chain_by_prefix(text: str) -> str | None:
    hrp = _segwit_hrp(text)
    if hrp:
        found = [n.caip2 for n in NETWORKS if n.hrp == hrp]
        return found[0] if len(found) == 1 else None
    return _CHAIN_OF_PREFIX.get(text[:1])


def _chains_by_prefix(text: str) -> tuple[str, ...]:
    if text[:2].lower() == "0x":
        return ("eip155:*",)
    hrp = _segwit_hrp(text)
    networks = [n for n in NETWORKS if n is not MAINNET]
    return tuple(n.caip2 for n in networks if not hrp or n.hrp == hrp)


def _segwit_hrp(text: str) -> str | None:
    lower = text[:5].lower()
    return next((hrp for hrp in HRPS if lower.startswith(hrp + "1")), None)


def _is_hex(text: str) -> bool:
    return all(letter in _HEX for letter in text)


def _base58_passes(text: str) -> bool:
    try:
        payload = b58check_decode(text)
    except AddressError:
        return False
    return len(payload) == 21 and payload[0] in _VERSIONS


def _segwit_passes(text: str) -> bool:
    try:
        hrp, _, _ = bech32.decode(text)
    except AddressError:
        return False
    return hrp in HRPS


def _evm_passes(text: str) -> bool:
    return _is_hex(text[2:]) and eip55_verdict(text) == "valid"
