"""CashAddr, the text form of Bitcoin Cash addresses, both ways.

The checksum covers the prefix, so a text written without one still belongs to
one network only. Token-aware types say that the wallet understands tokens;
they name the same script, and reading one gives up nothing but that.

The specification is the chain's own: ``cashaddr.md`` (2018) with the types
added by CHIP-2022-02 (tokens) and CHIP-2022-05 (32-byte script hashes).
"""

from __future__ import annotations

from dalil.chains.bech32 import CHARSET
from dalil.errors import AddressError

__all__ = ["decode_cashaddr", "encode_cashaddr"]

_GENERATOR = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
_SIZES = (20, 24, 28, 32, 40, 48, 56, 64)
_VALUE = {letter: value for value, letter in enumerate(CHARSET)}
_CHECKSUM = 8
_MAX_TEXT = 128


def encode_cashaddr(
    prefix: str, kind: int, payload: bytes, *, prefixed: bool = True
) -> str:
    """Write a hash as an address.

    Parameters
    ----------
    prefix : str
        Such as ``bitcoincash``.
    kind : int
        0 key hash, 1 script hash; 2 and 3 the same for a wallet of tokens.
    payload : bytes
        20 to 64 bytes, of a length the format knows.
    prefixed : bool, optional
        Write the prefix and its colon too.

    Raises
    ------
    AddressError
        If the format has no such type or length.

    Examples
    --------
    >>> encode_cashaddr("bitcoincash", 0, bytes(20))
    'bitcoincash:qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqfnhks603'
    """
    if not 0 <= kind <= 15 or len(payload) not in _SIZES:
        raise AddressError("CashAddr has no such type or length", payload.hex())
    raw = bytes([kind << 3 | _SIZES.index(len(payload))]) + payload
    spare = -len(raw) * 8 % 5
    number, n_groups = int.from_bytes(raw, "big") << spare, (len(raw) * 8 + spare) // 5
    values = [number >> 5 * i & 31 for i in range(n_groups - 1, -1, -1)]
    rest = _polymod([*_expand(prefix), *values, *[0] * _CHECKSUM])
    values += [rest >> 5 * i & 31 for i in range(_CHECKSUM - 1, -1, -1)]
    text = "".join(CHARSET[value] for value in values)
    return f"{prefix}:{text}" if prefixed else text


def decode_cashaddr(text: str, prefix: str) -> tuple[int, bytes]:
    """Read an address of the network with this prefix into its type and hash.

    Raises
    ------
    AddressError
        If the text mixes cases, names another prefix, holds a foreign
        character, fails its checksum, or is of an unknown form.

    Examples
    --------
    >>> decode_cashaddr("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqfnhks603", "bitcoincash")[0]
    0
    """
    lower = text.lower()
    if len(text) > _MAX_TEXT or not text.isascii() or text not in (lower, text.upper()):
        raise AddressError("too long, not ASCII, or of mixed case", ascii(text[:130]))
    stated, colon, body = lower.rpartition(":")
    if colon and stated != prefix:
        raise AddressError(f"its prefix is not `{prefix}`", text)
    values = []
    for place, letter in enumerate(body):
        value = _VALUE.get(letter)
        if value is None:
            where = len(stated) + len(colon) + place + 1
            raise AddressError(
                f"`{letter}` at position {where} is not a CashAddr character", text
            )
        values.append(value)
    if len(values) <= _CHECKSUM or _polymod([*_expand(prefix), *values]):
        raise AddressError(f"the CashAddr checksum does not fit `{prefix}`", text)
    return _payload(values[:-_CHECKSUM], text)


def _payload(values: list[int], text: str) -> tuple[int, bytes]:
    number = 0
    for value in values:
        number = number << 5 | value
    n_bytes, spare = divmod(len(values) * 5, 8)
    if spare >= 5 or number & ((1 << spare) - 1):
        raise AddressError("the padding after the hash is not zero", text)
    raw = (number >> spare).to_bytes(n_bytes, "big")
    version, payload = raw[0], raw[1:]
    if version & 0x80 or _SIZES[version & 7] != len(payload):
        raise AddressError("its version does not fit its length", text)
    return version >> 3, payload


def _expand(prefix: str) -> list[int]:
    return [*(code & 31 for code in prefix.encode("ascii")), 0]


def _polymod(values: list[int]) -> int:
    rest = 1
    for value in values:
        top = rest >> 35
        rest = (rest & 0x07_FFFF_FFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                rest ^= generator
    return rest ^ 1
