"""What a node says was spent, into undo data: held against the node's own files."""

from __future__ import annotations

import json
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.bitcoin.undo import decode_undo
from dalil.errors import NodeError
from dalil.sources.blockfiles import BlockFile, xor_key
from dalil.sources.node.spent import (
    Spent,
    from_prevouts,
    from_spent_outputs,
    undo_bytes,
)
from tests.ledger.core_files import compact, packed_coin, undo_record
from tests.ledger.followed import lived_chain
from tests.node import RegtestNode

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"\xfa\xbf\xb5\xda"
P2PKH = b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"
P2SH = b"\xa9\x14" + bytes(20) + b"\x87"
P2PK = b"\x21\x02" + bytes(32) + b"\xac"
scripts = st.one_of(
    st.sampled_from([P2PKH, P2SH, P2PK, b"\x41\x04" + b"\x01" * 64 + b"\xac"]),
    st.binary(max_size=300),
)
coins = st.builds(
    Spent, st.integers(0, 21_000_000 * 100_000_000), scripts, st.just(0), st.just(False)
)


def block_of(n_tx: int) -> bytes:
    """As much of a block as undo data depend on."""
    return bytes(4) + b"p" * 32 + bytes(44) + compact(n_tx)


def told(spent: list[list[Spent]]) -> bytes:
    """REST's form, written the plain way."""
    return compact(len(spent)) + b"".join(
        compact(len(each))
        + b"".join(
            struct.pack("<q", coin.value) + compact(len(coin.script)) + coin.script
            for coin in each
        )
        for each in spent
    )


@settings(deadline=None)
@given(st.lists(st.lists(coins, max_size=4), max_size=5))
def test_whatever_is_told_comes_out_of_the_undo_data(spent: list[list[Spent]]) -> None:
    spent = [[], *spent]
    raw = undo_bytes(block_of(len(spent)), from_spent_outputs(told(spent)))
    decoded = decode_undo(np.frombuffer(raw[:-32], np.uint8))
    flat = [coin for each in spent for coin in each]
    assert decoded.counts.tolist() == [len(each) for each in spent[1:]]
    assert decoded.value.tolist() == [coin.value for coin in flat]
    assert decoded.scripts.tobytes() == b"".join(coin.script for coin in flat)


@settings(deadline=None)
@given(st.lists(coins, min_size=1, max_size=5), st.integers(1, 900_000))
def test_written_as_the_plain_way_writes(spent: list[Spent], height: int) -> None:
    spent = [coin._replace(height=height) for coin in spent if len(coin.script) != 67]
    plain = [packed_coin(coin.value, coin.script, height) for coin in spent]
    record = undo_record(b"p" * 32, [plain], MAGIC)
    assert undo_bytes(block_of(2), [[], spent]) == record[8:]


def test_equals_the_nodes_own_undo_files(node_program: Path, tmp_path: Path) -> None:
    with RegtestNode(node_program, tmp_path / "node") as node:
        for raw in lived_chain(4)[1:]:
            assert node.submit_block(raw) is None
        tip = node.rpc("getblockcount")
        answers = []
        for height in range(1, tip + 1):
            name = node.rpc("getblockhash", height)
            raw = node.rest(f"block/{name}.bin")
            prevouts = json.loads(
                json.dumps(node.rpc("getblock", name, 3)), parse_float=Decimal
            )
            answers.append((raw, node.rest(f"spenttxouts/{name}.bin"), prevouts))
        folder = node.blocks
        node.stop()
    path = folder / "rev00000.dat"
    file = BlockFile(path, xor_key(path))
    own = file.read(0, file.size)
    for raw, binary, prevouts in answers:
        by_prevouts = from_prevouts(prevouts)
        record = undo_bytes(raw, by_prevouts)
        assert MAGIC + struct.pack("<I", len(record) - 32) + record in own
        by_rest = from_spent_outputs(binary)
        assert [[c[:2] for c in each] for each in by_rest] == [
            [c[:2] for c in each] for each in by_prevouts
        ]
    assert sum(len(each) for _, b, _ in answers for each in from_spent_outputs(b)) > 10


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x01", id="a count without its list"),
        pytest.param(b"\x01\x01" + bytes(7), id="half an amount"),
        pytest.param(b"\x01\x01" + bytes(8) + b"\x05ab", id="half a script"),
        pytest.param(b"\x01\x01" + b"\xff" * 8 + b"\x00", id="more than all money"),
        pytest.param(b"\x01\x00\x00", id="bytes left over"),
        pytest.param(b"\xff" + b"\xff" * 8, id="more transactions than bytes"),
        pytest.param(b"\x01\xfe\xff\xff\xff\xff", id="more outputs than bytes"),
    ],
)
def test_damaged_binary_is_refused(raw: bytes) -> None:
    with pytest.raises(NodeError) as refusal:
        from_spent_outputs(raw)
    assert refusal.value.kind == "bad_answer"


def spend(**changes: Any) -> dict[str, Any]:
    prevout = {"value": Decimal("0.5"), "scriptPubKey": {"hex": "51"}, "height": 3}
    return {"tx": [{"vin": [{"prevout": prevout | changes}]}]}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([], id="a list"),
        pytest.param({"tx": None}, id="no transactions"),
        pytest.param({"tx": [{"vin": [{}]}]}, id="an input without its prevout"),
        pytest.param(spend(value="x"), id="no amount"),
        pytest.param(spend(value=Decimal("1E+999999")), id="an endless amount"),
        pytest.param(spend(value=Decimal("0.000000001")), id="less than a satoshi"),
        pytest.param(spend(value=-1), id="less than nothing"),
        pytest.param(spend(value=22_000_000), id="more than all money"),
        pytest.param(spend(scriptPubKey={"hex": "5"}), id="half a byte"),
        pytest.param(spend(height="3"), id="a height in words"),
    ],
)
def test_damaged_prevouts_are_refused(answer: Any) -> None:
    with pytest.raises(NodeError) as refusal:
        from_prevouts(answer)
    assert refusal.value.kind == "bad_answer"


def test_another_blocks_undo_is_refused() -> None:
    with pytest.raises(NodeError, match="2 transactions, the block has 3"):
        undo_bytes(block_of(3), [[], []])
    with pytest.raises(NodeError):
        undo_bytes(block_of(1), [[Spent(1, b"")]])
