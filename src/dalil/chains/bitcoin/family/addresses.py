"""Every reading of a text as an address of Bitcoin's family; none is guessed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dalil.chains import bech32
from dalil.chains.base58 import b58check_decode
from dalil.chains.bitcoin.cashaddr import decode_cashaddr
from dalil.chains.bitcoin.networks import ALL_NETWORKS
from dalil.chains.bitcoin.scripts import ScriptType, witness_owner
from dalil.errors import AddressError

if TYPE_CHECKING:
    from dalil.chains.bitcoin.network import Network

__all__ = ["KEY_HEX", "AddressReading", "readings", "version_bytes"]

KEY_HEX = re.compile(r"0[23][0-9a-f]{64}|0[467][0-9a-f]{128}")
_HASH = 20
_HRPS = {network.hrp for network in ALL_NETWORKS if network.hrp}
_CASHADDR = tuple(network for network in ALL_NETWORKS if network.cashaddr)
_CASHADDR_BODY = re.compile(r"[qpzr][02-9ac-hj-np-z]{41,111}", re.IGNORECASE)
_KINDS = {
    (0, 20): ScriptType.P2PKH,
    (1, 20): ScriptType.P2SH,
    (1, 32): ScriptType.P2SH32,
}


class AddressReading(NamedTuple):
    """One network that a text may be an address of, and what it then says."""

    network: Network
    kind: ScriptType
    payload: bytes


def version_bytes(version: int) -> bytes:
    """Write a base58 version in the one or two bytes it takes."""
    return version.to_bytes(1 if version < 256 else 2, "big")


def readings(text: str) -> tuple[AddressReading, ...]:
    """Read a text as an address of each network that it can be of.

    Token-aware CashAddr texts are read as the script they name.

    Raises
    ------
    AddressError
        If it is an address of none of them; the message says why.

    Examples
    --------
    >>> text = "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC"
    >>> [reading.network.name for reading in readings(text)]
    ['mainnet', 'litecoin', 'bitcoin-cash']
    """
    if KEY_HEX.fullmatch(text.lower()):
        key = bytes.fromhex(text)
        return tuple(AddressReading(n, ScriptType.P2PK, key) for n in ALL_NETWORKS)
    if text.lower().rpartition("1")[0] in _HRPS:
        hrp, version, program = bech32.decode(text)
        owner = witness_owner(version, program)
        return tuple(AddressReading(n, *owner) for n in ALL_NETWORKS if n.hrp == hrp)
    if ":" in text or _CASHADDR_BODY.fullmatch(text):
        return _cashaddr(text)
    return _base58(text)


def _cashaddr(text: str) -> tuple[AddressReading, ...]:
    prefix, colon, _ = text.lower().rpartition(":")
    likely = [n for n in _CASHADDR if not colon or n.cashaddr == prefix]
    if not likely:
        raise AddressError("its prefix is not one of CashAddr's", text)
    reason: AddressError | None = None
    for network in likely:
        try:
            kind, payload = decode_cashaddr(text, network.cashaddr)
        except AddressError as error:
            reason = reason or error
            continue
        named = _KINDS.get((kind & ~2, len(payload)))
        if named is None or kind > 3:
            raise AddressError("CashAddr of a type that names no script", text)
        return (AddressReading(network, named, payload),)
    raise reason or AddressError("not a CashAddr address", text)


def _base58(text: str) -> tuple[AddressReading, ...]:
    raw = b58check_decode(text)
    if len(raw) not in (_HASH + 1, _HASH + 2):
        raise AddressError("base58check, but not of an address's length", text)
    version, payload = raw[:-_HASH], raw[-_HASH:]
    found = []
    for network in ALL_NETWORKS:
        if version == version_bytes(network.p2pkh):
            found.append(AddressReading(network, ScriptType.P2PKH, payload))
        elif version == version_bytes(network.p2sh) or version == bytes(
            [network.old_p2sh & 0xFF] if network.old_p2sh >= 0 else []
        ):
            found.append(AddressReading(network, ScriptType.P2SH, payload))
    if not found:
        raise AddressError(
            "base58check, but not a version byte of Bitcoin's or its family's", text
        )
    return tuple(found)
