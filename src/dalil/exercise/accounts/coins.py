"""The coins of account exercises: a made-up dollar, its rivals, the network's own."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from dalil.chains.accounts import TokenKind

__all__ = [
    "CHAIN",
    "COINS",
    "DOLLAR",
    "EVM_CHAIN",
    "NATIVE",
    "OTHER_DOLLAR",
    "WIDE",
    "Coin",
    "exercise_key",
]

CHAIN = "tron:0xcd8690dc"
"""TRON's Nile test network: nothing there is worth anything."""

EVM_CHAIN = "eip155:31337"
"""What development nodes such as Anvil call themselves."""


class Coin(NamedTuple):
    """A token of the exercise."""

    symbol: str
    decimals: int
    kind: TokenKind
    key: bytes
    """20 bytes: its contract, or zeros for the network's own coin."""


def exercise_key(name: str) -> bytes:
    """Name 20 bytes that nobody holds the private key of.

    >>> exercise_key("someone").hex()[:8]
    '92aab375'
    """
    return sha256(f"EXERCISE {name}".encode()).digest()[:20]


DOLLAR = Coin("XUSD", 6, TokenKind.CONTRACT, exercise_key("dollar"))
"""Stands for the dollar everyone uses, under a name of its own: whatever bears
a real dollar's name on a test network is a look-alike."""

OTHER_DOLLAR = Coin("XUSC", 6, TokenKind.CONTRACT, exercise_key("other dollar"))

NATIVE = Coin("TRX", 6, TokenKind.NATIVE, bytes(20))

WIDE = Coin("XWIDE", 18, TokenKind.CONTRACT, exercise_key("wide"))
"""Eighteen decimals: its amounts do not fit into 64 bits."""

COINS = (DOLLAR, OTHER_DOLLAR, NATIVE, WIDE)
"""In the order of their numbers in bulk-made transfers."""
