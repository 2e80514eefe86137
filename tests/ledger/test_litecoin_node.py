"""A Litecoin node's own files, in and out of its extension block, as it tells them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.describe import describe_address, describe_tx
from dalil.ledger.following.follow import Follower
from dalil.sources.blockfolder import open_blocks
from tests.ledger.followed import node_of as followed_node
from tests.node import RegtestNode

if TYPE_CHECKING:
    from pathlib import Path

ACTIVATION = 432
"""The first block with an extension, on Litecoin's regtest."""
TYPES = {
    "pubkey": "p2pk",
    "pubkeyhash": "p2pkh",
    "scripthash": "p2sh",
    "witness_v0_keyhash": "p2wpkh",
    "witness_v0_scripthash": "p2wsh",
    "witness_mweb_pegin": "mweb_pegin",
    "witness_mweb_hogaddr": "mweb_hogaddr",
    "nulldata": "op_return",
}


def sat(value: object) -> int:
    return round(Decimal(str(value)) * 100_000_000)


@pytest.fixture(scope="module")
def lived(
    litecoin_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[dict[str, Any]], Path]:
    """A node's folder, its blocks as it tells them, and the ledger built of them."""
    folder = tmp_path_factory.mktemp("litecoin")
    with RegtestNode(litecoin_program, folder / "node") as node:
        node.rpc("createwallet", "w")
        miner = node.rpc("getnewaddress")
        node.mine(ACTIVATION - 1, miner)
        node.rpc("sendtoaddress", node.rpc("getnewaddress", "", "mweb"), 10)
        node.mine(1, miner)
        for kind in ("legacy", "p2sh-segwit", "bech32"):
            node.rpc("sendtoaddress", node.rpc("getnewaddress", "", kind), 2)
            node.mine(1, miner)
        seen = [c for c in node.rpc("listunspent") if "vout" in c]
        coins = [{"txid": c["txid"], "vout": c["vout"]} for c in seen]
        node.rpc("lockunspent", False, coins)
        node.rpc("sendtoaddress", node.rpc("getnewaddress", "", "legacy"), 3)
        node.mine(2, miner)
        told = [
            node.rpc("getblock", node.rpc("getblockhash", height), 2)
            for height in range(ACTIVATION - 3, node.rpc("getblockcount") + 1)
        ]
        blocks = node.blocks
        with Follower(folder / "followed", followed_node(node)) as follower:
            assert list(follower.catch_up())
    build_from_blocks(folder / "ledger", open_blocks(blocks))
    return blocks, told, folder / "ledger"


def expected(told: dict[str, Any]) -> dict[str, Any]:
    outputs = []
    for out in told["vout"]:
        script = out["scriptPubKey"]
        kind = TYPES[script["type"]]
        [address] = script.get("addresses", [None])
        if kind.startswith("mweb"):
            address = None
        outputs.append((kind, address, sat(out["value"])))
    inputs = [
        None if "coinbase" in spend else f"{spend['txid']}:{spend['vout']}"
        for spend in told["vin"]
    ]
    return {"inputs": inputs, "outputs": outputs}


def found(ledger: Ledger, txid: str) -> dict[str, Any]:
    told = describe_tx(ledger, txid)
    return {
        "inputs": [
            None if row["source"] == "coinbase" else row["outpoint"]
            for row in told["inputs"]
        ],
        "outputs": [
            (row["type"], row["address"], row["value_sat"]) for row in told["outputs"]
        ],
    }


def test_every_transaction_is_as_the_node_tells_it(
    lived: tuple[Path, list[dict[str, Any]], Path],
) -> None:
    _, told, path = lived
    ledger = Ledger.open(path)
    assert ledger.network.name == "litecoin-regtest"
    assert ledger.outside_input.size == 0
    txs = [tx for block in told for tx in block["tx"]]
    assert {tx["txid"]: found(ledger, tx["txid"]) for tx in txs} == {
        tx["txid"]: expected(tx) for tx in txs
    }
    for block in told:
        first = describe_tx(ledger, block["tx"][0]["txid"])
        assert first["height"] == block["height"]
        assert first["block_hash"] == block["hash"]


def test_following_the_node_gives_the_same_ledger(
    lived: tuple[Path, list[dict[str, Any]], Path],
) -> None:
    followed = Ledger.open(lived[2].with_name("followed"))
    assert followed.manifest_sha256 == Ledger.open(lived[2]).manifest_sha256


def test_the_chain_went_in_and_out_of_its_extension_block(
    lived: tuple[Path, list[dict[str, Any]], Path],
) -> None:
    ledger = Ledger.open(lived[2])
    kinds = [expected(tx)["outputs"] for block in lived[1] for tx in block["tx"]]
    assert any(out[0] == "mweb_pegin" for outs in kinds for out in outs)
    out = [outs for outs in kinds if outs[0][0] == "mweb_hogaddr" and len(outs) > 1]
    assert out, "a peg-out"
    assert describe_address(ledger, out[0][1][1])["received_sat"] == 300_000_000


def test_the_last_blocks_alone_get_their_sources_from_the_undo_data(
    lived: tuple[Path, list[dict[str, Any]], Path], tmp_path: Path
) -> None:
    folder = open_blocks(lived[0])
    last = {block["hash"] for block in lived[1][-3:]}
    folder.records = [r for r in folder.records if r.header.hash[::-1].hex() in last]
    build_from_blocks(tmp_path / "part", folder)
    whole, part = Ledger.open(lived[2]), Ledger.open(tmp_path / "part")
    for block in lived[1][-3:]:
        for tx in block["tx"]:
            a, b = (describe_tx(one, tx["txid"])["inputs"] for one in (whole, part))
            assert [(r["address"], r["value_sat"]) for r in a] == [
                (r["address"], r["value_sat"]) for r in b
            ]
