"""Bitcoin Core's files, written the plain way: what the reader is held against."""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.networks import MAINNET, REGTEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def framed(blocks: Iterable[bytes], magic: bytes = REGTEST.magic) -> bytes:
    """Blocks as Core frames them."""
    return b"".join(magic + struct.pack("<I", len(raw)) + raw for raw in blocks)


def split(data: bytes) -> list[bytes]:
    """The blocks of a well-formed file, by walking its records."""
    blocks, at = [], 0
    while at + 8 <= len(data):
        size = struct.unpack("<I", data[at + 4 : at + 8])[0]
        blocks.append(data[at + 8 : at + 8 + size])
        at += 8 + size
    return blocks


def obfuscate(data: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[i % len(key)] for i, byte in enumerate(data))


def varint(n: int) -> bytes:
    """Core's base-128 VARINT."""
    out = [n & 0x7F]
    while n > 0x7F:
        n = (n >> 7) - 1
        out.append(n & 0x7F | 0x80)
    return bytes(reversed(out))


def compact(n: int) -> bytes:
    if n < 253:
        return bytes([n])
    return (
        b"\xfd" + struct.pack("<H", n)
        if n <= 0xFFFF
        else b"\xfe" + struct.pack("<I", n)
    )


def packed_amount(n: int) -> int:
    if n == 0:
        return 0
    exponent = 0
    while n % 10 == 0 and exponent < 9:
        n //= 10
        exponent += 1
    if exponent < 9:
        digit = n % 10
        return 1 + (n // 10 * 9 + digit - 1) * 10 + exponent
    return 1 + (n - 1) * 10 + 9


def packed_script(script: bytes) -> bytes:
    """Core's compressed form; uncompressed keys are left to the raw form."""
    if (
        len(script) == 25
        and script[:3] == b"\x76\xa9\x14"
        and script[23:] == b"\x88\xac"
    ):
        return b"\x00" + script[3:23]
    if len(script) == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return b"\x01" + script[2:22]
    if (
        len(script) == 35
        and script[0] == 33
        and script[1] in (2, 3)
        and script[34] == 0xAC
    ):
        return script[1:34]
    if len(script) == 67 and script[:2] == b"\x41\x04" and script[66] == 0xAC:
        return bytes([4 + script[65] % 2]) + script[2:34]
    return varint(len(script) + 6) + script


def packed_coin(value: int, script: bytes, height: int = 1) -> bytes:
    return (
        varint(2 * height)
        + b"\x00"
        + varint(packed_amount(value))
        + packed_script(script)
    )


def undo_record(
    previous: bytes, coins_per_tx: Sequence[Sequence[bytes]], magic: bytes
) -> bytes:
    """One record of a rev file: the block's spent coins and their checksum."""
    body = compact(len(coins_per_tx)) + b"".join(
        compact(len(coins)) + b"".join(coins) for coins in coins_per_tx
    )
    check = sha256(sha256(previous + body).digest()).digest()
    return magic + struct.pack("<I", len(body)) + body + check


def write_with_undo(
    folder: Path,
    raw: bytes,
    coins_per_tx: Sequence[Sequence[bytes]],
    magic: bytes = MAINNET.magic,
) -> None:
    """A blocks folder with one block and its undo data."""
    folder.mkdir(exist_ok=True)
    (folder / "blk00000.dat").write_bytes(framed([raw], magic))
    (folder / "rev00000.dat").write_bytes(undo_record(raw[4:36], coins_per_tx, magic))
