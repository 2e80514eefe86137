"""The judge itself: a real node starts, answers, and leaves its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.node import NodeError, RegtestNode

if TYPE_CHECKING:
    from pathlib import Path


def test_mines_and_serves_the_same_block_twice(regtest_node: RegtestNode) -> None:
    [block] = regtest_node.mine(1)
    by_rest = regtest_node.rest(f"block/{block}.bin")
    assert by_rest.hex() == regtest_node.rpc("getblock", block, 0)


def test_leaves_obfuscated_blocks_with_their_undo(
    node_program: Path, tmp_path: Path
) -> None:
    with RegtestNode(node_program, tmp_path) as node:
        node.mine(3)
        blocks = node.blocks
    assert any((blocks / "xor.dat").read_bytes())
    assert (blocks / "blk00000.dat").stat().st_size > 0
    assert (blocks / "rev00000.dat").stat().st_size > 0


def test_says_why_a_block_is_refused(regtest_node: RegtestNode) -> None:
    [block] = regtest_node.mine(1)
    raw = bytearray(regtest_node.rest(f"block/{block}.bin"))
    assert regtest_node.submit_block(bytes(raw)) == "duplicate"
    raw[40] ^= 1  # a byte of the header's Merkle root
    assert regtest_node.submit_block(bytes(raw)) in {"high-hash", "bad-txnmrklroot"}
    with pytest.raises(NodeError, match="decode failed"):
        regtest_node.submit_block(b"not a block")


def test_ends_exactly_the_process_it_started(
    node_program: Path, tmp_path: Path
) -> None:
    with RegtestNode(node_program, tmp_path) as node:
        node.stop()
        (tmp_path / "regtest" / ".cookie").write_text("any:thing")
        with pytest.raises(ConnectionRefusedError):
            node.rpc("getblockcount")
