"""The output script types Dalil tells apart, and their names on the wire."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ADDRESS_TYPES", "BORDER_TYPES", "ScriptType", "witness_owner"]


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
    P2SH32 = 10
    """Bitcoin Cash: a script by its 32-byte double SHA-256."""
    MWEB_PEGIN = 11
    """Litecoin: goes into the extension block, where amounts are hidden."""
    MWEB_HOGADDR = 12
    """Litecoin: all that lies in the extension block, as one output."""
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
        ScriptType.P2SH32,
    }
)
"""Types whose outputs belong to an interned address; P2PK by its bare key."""
BORDER_TYPES = frozenset({ScriptType.MWEB_PEGIN, ScriptType.MWEB_HOGADDR})
"""Types behind which the chain itself shows no amounts: a trace ends there."""

_WITNESS = {
    (0, 20): ScriptType.P2WPKH,
    (0, 32): ScriptType.P2WSH,
    (1, 32): ScriptType.P2TR,
}


def witness_owner(version: int, program: bytes) -> tuple[ScriptType, bytes]:
    """Tell the type of a witness program, and the payload that names its owner.

    >>> witness_owner(0, bytes(16))
    (<ScriptType.NONSTANDARD: 0>, b'')
    """
    kind = _WITNESS.get((version, len(program)))
    if kind is not None:
        return kind, program
    if version == 0:
        return ScriptType.NONSTANDARD, b""
    return ScriptType.WITNESS_UNKNOWN, bytes([version]) + program
