"""Block folders that are odd, broken or hostile: never silent, never a traceback."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dalil.chains.bitcoin.networks import MAINNET, NETWORKS, REGTEST
from dalil.errors import BlockDataError
from dalil.exercise import MiniChain
from dalil.sources.blockfolder import open_blocks
from tests.ledger.core_files import framed, obfuscate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = bytes.fromhex("0123456789abcdef")


@pytest.fixture(scope="module")
def blocks() -> list[bytes]:
    return MiniChain(seed=3, warm_up=4).blocks


@dataclass(frozen=True)
class Refused:
    why: str
    content: Callable[[bytes], bytes]
    says: str


REFUSED = [
    Refused("an empty file", lambda _: b"", "empty"),
    Refused("nothing but padding", lambda _: bytes(5000), "no block found"),
    Refused("text instead of blocks", lambda _: b"hello " * 99, "no network's magic"),
    Refused(
        "obfuscated, and its key not there",
        lambda good: obfuscate(good, KEY),
        "obfuscates its files, put its xor.dat",
    ),
    Refused(
        "regtest blocks under mainnet's magic",
        lambda good: good.replace(REGTEST.magic, MAINNET.magic),
        "mainnet's work",
    ),
    Refused(
        "a record that claims two gigabytes",
        lambda good: good[:4] + struct.pack("<I", 2**31) + good[8:200],
        "no block found",
    ),
    Refused(
        "a record that claims to be empty",
        lambda good: good[:4] + struct.pack("<I", 0),
        "no block found",
    ),
    Refused("a magic and nothing else", lambda good: good[:4], "no block found"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.why)
def test_says_why_there_is_no_block(
    case: Refused, blocks: list[bytes], tmp_path: Path
) -> None:
    file = tmp_path / "blk00000.dat"
    file.write_bytes(case.content(framed(blocks)))
    with pytest.raises(BlockDataError, match=case.says):
        open_blocks(file)


def test_says_that_a_folder_holds_no_block_files(tmp_path: Path) -> None:
    with pytest.raises(BlockDataError, match=r"no blk\*\.dat"):
        open_blocks(tmp_path)


def test_says_that_the_key_is_not_this_folders(
    blocks: list[bytes], tmp_path: Path
) -> None:
    (tmp_path / "blk00000.dat").write_bytes(obfuscate(framed(blocks), KEY))
    (tmp_path / "xor.dat").write_bytes(KEY[::-1])
    with pytest.raises(BlockDataError, match="is it this folder's key"):
        open_blocks(tmp_path)


@pytest.mark.parametrize("size", [0, 7, 9, 500])
def test_refuses_a_key_of_another_size(
    blocks: list[bytes], tmp_path: Path, size: int
) -> None:
    (tmp_path / "blk00000.dat").write_bytes(framed(blocks))
    (tmp_path / "xor.dat").write_bytes(bytes(range(1, 1 + min(size, 200))))
    with pytest.raises(BlockDataError, match="8 bytes"):
        open_blocks(tmp_path)


def test_an_all_zero_key_means_plain(blocks: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "blk00000.dat").write_bytes(framed(blocks))
    (tmp_path / "xor.dat").write_bytes(bytes(8))
    assert len(open_blocks(tmp_path).records) == len(blocks)


@pytest.mark.parametrize("network", NETWORKS[:-1], ids=lambda n: n.name)
def test_insisting_on_another_network_names_both(
    blocks: list[bytes], tmp_path: Path, network: object
) -> None:
    file = tmp_path / "blk00000.dat"
    file.write_bytes(framed(blocks))
    with pytest.raises(BlockDataError, match="regtest's, not"):
        open_blocks(file, network)  # type: ignore[arg-type]


def test_junk_between_records_is_noted_and_skipped(
    blocks: list[bytes], tmp_path: Path
) -> None:
    file = tmp_path / "blk00000.dat"
    junk = b"\x01" * 77
    file.write_bytes(framed(blocks[:2]) + junk + framed(blocks[2:]) + bytes(4096))
    folder = open_blocks(file)
    assert len(folder.records) == len(blocks)
    assert [note.problem for note in folder.notes] == ["77 bytes are no block record"]


def test_a_header_without_its_work_is_refused_and_named(
    blocks: list[bytes], tmp_path: Path
) -> None:
    weak = bytearray(blocks[-1])
    while weak[:4] == blocks[-1][:4] or _meets(bytes(weak[:80])):
        weak[76] = (weak[76] + 1) % 256
        weak[0] = 2
    file = tmp_path / "blk00000.dat"
    file.write_bytes(framed([*blocks[:-1], bytes(weak)]))
    folder = open_blocks(file)
    assert len(folder.records) == len(blocks) - 1
    assert "refused" in folder.notes[0].problem


def _meets(header: bytes) -> bool:
    from hashlib import sha256

    return sha256(sha256(header).digest()).digest()[31] < 0x80


def test_a_file_without_blocks_among_others_is_named(
    blocks: list[bytes], tmp_path: Path
) -> None:
    (tmp_path / "blk00000.dat").write_bytes(framed(blocks))
    (tmp_path / "blk00001.dat").write_bytes(b"not blocks at all " * 20)
    notes = open_blocks(tmp_path).notes
    assert ("blk00001.dat", "no block in this file") in [
        (note.file, note.problem) for note in notes
    ]
