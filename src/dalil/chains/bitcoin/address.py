"""Output scripts and their addresses: bytes to type and payload to text, and back.

A script paying to a bare public key has no address of its own. Here its text
is the key in lower-case hex; it is never folded into the P2PKH address of the
same key, because the chain does not say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains import bech32
from dalil.chains.base58 import b58check_decode, b58check_encode
from dalil.chains.bitcoin.cashaddr import encode_cashaddr
from dalil.chains.bitcoin.family.addresses import KEY_HEX, readings, version_bytes
from dalil.chains.bitcoin.networks import NETWORKS
from dalil.chains.bitcoin.scripts import ScriptType, witness_owner
from dalil.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dalil.chains.bitcoin.networks import Network

__all__ = [
    "classify_script",
    "decode_address",
    "decode_anywhere",
    "encode_address",
    "encode_many",
    "script_of",
]

_VERSION = {ScriptType.P2WPKH: 0, ScriptType.P2WSH: 0, ScriptType.P2TR: 1}
_LENGTH = {
    ScriptType.P2PKH: 20,
    ScriptType.P2SH: 20,
    ScriptType.P2WPKH: 20,
    ScriptType.P2WSH: 32,
    ScriptType.P2TR: 32,
    ScriptType.P2SH32: 32,
}
_CASHADDR = {ScriptType.P2PKH: 0, ScriptType.P2SH: 1, ScriptType.P2SH32: 1}
_HRPS = {network.hrp for network in NETWORKS}


def classify_script(script: bytes) -> tuple[ScriptType, bytes]:
    """Tell the type of an output script, and the payload that names its owner.

    Returns
    -------
    ScriptType
        ``NONSTANDARD`` where no template fits; version 0 programs of another
        length than 20 or 32 belong there, since nobody can spend them.
    bytes
        The public key (P2PK, 33 or 65 bytes), the hash or program (20 or 32
        bytes), the version byte and the program (WITNESS_UNKNOWN); empty for
        every type without an address.

    Examples
    --------
    >>> kind, payload = classify_script(bytes.fromhex("0014" + "00" * 20))
    >>> kind.label, len(payload)
    ('p2wpkh', 20)
    """
    size = len(script)
    if size == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return ScriptType.P2PKH, script[3:23]
    if size == 23 and script[:2] == b"\xa9\x14" and script[22] == 0x87:
        return ScriptType.P2SH, script[2:22]
    if 4 <= size <= 42 and script[1] == size - 2:
        version = script[0] - 0x50 if script[0] else 0
        if 0 <= version <= 16 and script[0] != 0x50:
            return witness_owner(version, script[2:])
    if size in (35, 67) and script[0] == size - 2 and script[-1] == 0xAC:
        key = script[1:-1]
        if _is_key(key):
            return ScriptType.P2PK, key
    if size and script[0] == 0x6A:
        return ScriptType.OP_RETURN, b""
    if _is_multisig(script):
        return ScriptType.MULTISIG, b""
    return ScriptType.NONSTANDARD, b""


def script_of(kind: ScriptType, payload: bytes) -> bytes:
    """Write the output script for a type and its payload.

    Raises
    ------
    AddressError
        If the type has no address, or the payload is not one of that type.
    """
    _check(kind, payload)
    if kind is ScriptType.P2PKH:
        return b"\x76\xa9\x14" + payload + b"\x88\xac"
    if kind is ScriptType.P2SH:
        return b"\xa9\x14" + payload + b"\x87"
    if kind is ScriptType.P2SH32:
        return b"\xaa\x20" + payload + b"\x87"
    if kind is ScriptType.P2PK:
        return bytes([len(payload)]) + payload + b"\xac"
    version, program = _program(kind, payload)
    return bytes([version and version + 0x50, len(program)]) + program


def encode_address(network: Network, kind: ScriptType, payload: bytes) -> str:
    """Write the address of a type and payload on one network.

    Raises
    ------
    AddressError
        If the type has no address, or the payload is not one of that type.

    Examples
    --------
    >>> from dalil.chains.bitcoin.networks import MAINNET
    >>> encode_address(MAINNET, ScriptType.P2PKH, bytes(20))
    '1111111111111111111114oLvT2'
    """
    _check(kind, payload)
    if kind is ScriptType.P2PK:
        return payload.hex()
    if network.cashaddr and kind in _CASHADDR:
        return encode_cashaddr(network.cashaddr, _CASHADDR[kind], payload)
    if kind is ScriptType.P2PKH:
        return b58check_encode(version_bytes(network.p2pkh) + payload)
    if kind is ScriptType.P2SH:
        return b58check_encode(version_bytes(network.p2sh) + payload)
    if not network.hrp or kind not in (*_VERSION, ScriptType.WITNESS_UNKNOWN):
        raise AddressError(f"{network.symbol} has no address of the type", kind.label)
    return bech32.encode(network.hrp, *_program(kind, payload))


def encode_many(
    network: Network, kinds: NDArray[np.uint8], payloads: Sequence[bytes]
) -> list[str]:
    """Write many addresses; ``""`` where the type has none.

    Takes about 5 µs an address, two thirds of it base58 or bech32 arithmetic.
    """
    named = {int(kind): kind for kind in ScriptType}
    return [
        encode_address(network, named[kind], payload) if payload else ""
        for kind, payload in zip(kinds.tolist(), payloads, strict=True)
    ]


def decode_address(network: Network, text: str) -> tuple[ScriptType, bytes]:
    """Read an address of `network` into its type and payload.

    Bare keys are read from hex; bech32 may be upper case as in a QR code. Some
    texts are addresses of several chains (``3…`` of Bitcoin, Litecoin and
    Bitcoin Cash): which one is meant is for the caller to know.

    Raises
    ------
    AddressError
        If the text has no known form, mixes cases, fails its checksum, or
        belongs to other networks; the message says to which.

    Examples
    --------
    >>> from dalil.chains.bitcoin.networks import REGTEST
    >>> text = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"
    >>> decode_address(REGTEST, text)[0].label
    'p2wpkh'
    """
    found = readings(text)
    for reading in found:
        if reading.network is network:
            return reading.kind, reading.payload
    names = " or ".join(reading.network.name for reading in found)
    raise AddressError(
        f"not an address of {network.name} (an address of {names})", text
    )


def decode_anywhere(text: str) -> tuple[tuple[Network, ...], ScriptType, bytes]:
    """Read an address of any Bitcoin network.

    Returns
    -------
    tuple of Network
        Those it may be of: testnets and signet share their prefixes, and a
        bare key is of all networks.
    ScriptType
    bytes
        The payload, as `classify_script` gives it.

    Raises
    ------
    AddressError
        If the text is an address of none of them; the message says why.
    """
    if KEY_HEX.fullmatch(text.lower()):
        return NETWORKS, ScriptType.P2PK, bytes.fromhex(text)
    if text.lower().rpartition("1")[0] in _HRPS:
        hrp, version, program = bech32.decode(text)
        return tuple(n for n in NETWORKS if n.hrp == hrp), *witness_owner(
            version, program
        )
    payload = b58check_decode(text)
    if len(payload) != 21:
        raise AddressError("base58check, but not of an address's length", text)
    for kind, name in ((ScriptType.P2PKH, "p2pkh"), (ScriptType.P2SH, "p2sh")):
        networks = tuple(n for n in NETWORKS if getattr(n, name) == payload[0])
        if networks:
            return networks, kind, payload[1:]
    raise AddressError("base58check, but not a version byte of Bitcoin's", text)


def _is_key(key: bytes) -> bool:
    return key[0] in ((2, 3) if len(key) == 33 else (4, 6, 7)) and len(key) in (33, 65)


def _program(kind: ScriptType, payload: bytes) -> tuple[int, bytes]:
    if kind is ScriptType.WITNESS_UNKNOWN:
        return payload[0], payload[1:]
    return _VERSION[kind], payload


def _check(kind: ScriptType, payload: bytes) -> None:
    if kind is ScriptType.P2PK:
        fits = len(payload) in (33, 65) and _is_key(payload)
    elif kind is ScriptType.WITNESS_UNKNOWN:
        fits = (
            3 <= len(payload) <= 41
            and witness_owner(payload[0], payload[1:])[0] is kind
        )
        fits = fits and payload[0] <= 16
    else:
        length = _LENGTH.get(kind)
        if length is None:
            raise AddressError("a script of this type has no address", kind.label)
        fits = len(payload) == length
    if not fits:
        raise AddressError(f"not the payload of a {kind.label} output", payload.hex())


def _is_multisig(script: bytes) -> bool:
    """Tell ``m <key>… n OP_CHECKMULTISIG`` with keys of 33 or 65 bytes."""
    if len(script) < 3 or script[-1] != 0xAE:
        return False
    needed, total = script[0] - 0x50, script[-2] - 0x50
    if not 1 <= needed <= total <= 16:
        return False
    place, n_keys = 1, 0
    while place < len(script) - 2:
        if script[place] not in (33, 65):
            return False
        place += 1 + script[place]
        n_keys += 1
    return place == len(script) - 2 and n_keys == total
