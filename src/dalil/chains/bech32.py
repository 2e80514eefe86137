"""Bech32 and bech32m, the text form of witness programs (BIP 173, BIP 350).

Version 0 uses bech32, versions 1 to 16 bech32m. The checksum finds any error
in up to four characters.
"""

from __future__ import annotations

from dalil.errors import AddressError

__all__ = ["CHARSET", "decode", "encode"]

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

_MAX_TEXT = 90
_BECH32 = 1
_BECH32M = 0x2BC830A3
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_VALUE = {letter: value for value, letter in enumerate(CHARSET)}


def _syndromes() -> tuple[int, ...]:
    table = []
    for top in range(32):
        mix = 0
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                mix ^= generator
        table.append(mix)
    return tuple(table)


_MIX = _syndromes()


def encode(hrp: str, version: int, program: bytes) -> str:
    """Write a witness program as an address.

    Parameters
    ----------
    hrp : str
        The human-readable part, such as ``bc``; lower case.
    version : int
        Witness version, 0 to 16.
    program : bytes
        2 to 40 bytes; 20 or 32 for version 0.

    Raises
    ------
    AddressError
        If version or length is not one that BIP 141 allows.

    Examples
    --------
    >>> encode("bcrt", 0, bytes(20))
    'bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202'
    """
    _check_program(version, program, program.hex())
    values = [version, *_to_5_bits(program)]
    target = _BECH32 if version == 0 else _BECH32M
    rest = _polymod([*_expand(hrp), *values, 0, 0, 0, 0, 0, 0]) ^ target
    values.extend(rest >> 5 * (5 - i) & 31 for i in range(6))
    return hrp + "1" + "".join([CHARSET[value] for value in values])


def decode(text: str) -> tuple[str, int, bytes]:
    """Read an address into its human-readable part, version and program.

    Raises
    ------
    AddressError
        If the text mixes cases, has no separator, holds a foreign character,
        fails its checksum, or uses the encoding of the other versions; the
        message says which.

    Examples
    --------
    >>> hrp, version, program = decode("BCRT1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQDKU202")
    >>> hrp, version, len(program)
    ('bcrt', 0, 20)
    """
    lower = _one_case(text)
    hrp, separator, data = lower.rpartition("1")
    if not separator or not hrp or len(data) < 7:
        raise AddressError("no human-readable part before a `1`, or too short", text)
    if not hrp.isprintable() or " " in hrp:
        raise AddressError("the human-readable part is not printable ASCII", text)
    values = _values(data, offset=len(hrp) + 1, text=text)
    rest = _polymod([*_expand(hrp), *values])
    if rest not in (_BECH32, _BECH32M):
        raise AddressError("the bech32 checksum does not fit", text)
    version, program = values[0], _to_8_bits(values[1:-6], text)
    _check_program(version, program, text)
    if rest != (_BECH32 if version == 0 else _BECH32M):
        wanted = "bech32" if version == 0 else "bech32m"
        raise AddressError(
            f"witness version {version} must be written in {wanted}", text
        )
    return hrp, version, program


def _one_case(text: str) -> str:
    if len(text) > _MAX_TEXT:
        raise AddressError(f"longer than {_MAX_TEXT} characters", text[:40] + "…")
    if not text.isascii():  # Unicode lower-cases the Kelvin sign to a plain k
        raise AddressError("a bech32 address is plain ASCII", ascii(text))
    lower = text.lower()
    if text not in (lower, text.upper()):
        raise AddressError("a bech32 address must not mix upper and lower case", text)
    return lower


def _values(data: str, *, offset: int, text: str) -> list[int]:
    values = []
    for place, letter in enumerate(data):
        value = _VALUE.get(letter)
        if value is None:
            raise AddressError(
                f"`{letter}` at position {offset + place + 1} "
                "is not a bech32 character",
                text,
            )
        values.append(value)
    return values


def _check_program(version: int, program: bytes, text: str) -> None:
    if not 0 <= version <= 16:
        raise AddressError(f"witness version {version} does not exist (0 to 16)", text)
    length = len(program)
    if not 2 <= length <= 40 or (version == 0 and length not in (20, 32)):
        raise AddressError(
            f"a witness program of version {version} cannot have {length} bytes", text
        )


def _expand(hrp: str) -> list[int]:
    codes = hrp.encode("ascii")
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(values: list[int]) -> int:
    rest = 1
    for value in values:
        rest = (rest & 0x1FFFFFF) << 5 ^ value ^ _MIX[rest >> 25]
    return rest


def _to_5_bits(raw: bytes) -> list[int]:
    spare = -len(raw) * 8 % 5
    number, groups = int.from_bytes(raw, "big") << spare, (len(raw) * 8 + spare) // 5
    return [number >> 5 * i & 31 for i in range(groups - 1, -1, -1)]


def _to_8_bits(values: list[int], text: str) -> bytes:
    number = 0
    for value in values:
        number = number << 5 | value
    length, spare = divmod(len(values) * 5, 8)
    if spare >= 5 or number & ((1 << spare) - 1):
        raise AddressError("the padding after the witness program is not zero", text)
    return (number >> spare).to_bytes(length, "big")
