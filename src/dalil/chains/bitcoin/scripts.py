"""The output script types Dalil tells apart, and their names on the wire."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ADDRESS_TYPES", "ScriptType"]


class ScriptType(IntEnum):
    """Type of an output script; the value is what columns store (uint8)."""

    NONSTANDARD = 0
    P2PK = 1
    P2PKH = 2
    P2SH = 3
    P2WPKH = 4
    P2WSH = 5
    P2TR = 6
    WITNESS_UNKNOWN = 7
    MULTISIG = 8
    OP_RETURN = 9
    UNKNOWN = 255
    """Not told: an input whose source lies outside, without undo data."""

    @property
    def label(self) -> str:
        """The name used in JSON, such as ``p2wpkh``."""
        return self.name.lower()


ADDRESS_TYPES = frozenset(
    {
        ScriptType.P2PK,
        ScriptType.P2PKH,
        ScriptType.P2SH,
        ScriptType.P2WPKH,
        ScriptType.P2WSH,
        ScriptType.P2TR,
        ScriptType.WITNESS_UNKNOWN,
    }
)
"""Types whose outputs belong to an interned address; P2PK by its bare key."""
