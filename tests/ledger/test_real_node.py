"""A real node's own files: obfuscated blocks and undo data, every fee as it says."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from dalil.exercise import MiniChain
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.describe import describe_tx
from dalil.sources.blockfolder import open_blocks
from tests.node import RegtestNode

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.chains.bitcoin.header import Header

KINDS = ["p2wpkh", "p2pkh", "p2sh", "p2wsh", "p2tr", "p2pk"]


@pytest.fixture(scope="module")
def lived(
    node_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, int], dict[str, list[tuple[str, int]]]]:
    """A node's block folder, with the fee and prevouts it states for each payment."""
    chain = MiniChain(seed=9)
    wallets = [chain.wallet(kind, kind) for kind in KINDS]
    for wallet in wallets:
        chain.fund(wallet, 30_000_000)
    chain.mine()
    for turn in range(4):
        for payer, payee in zip(wallets, [*wallets[1:], wallets[0]], strict=True):
            payer.pays(payee, 1_000_000 + 7 * turn)
        chain.mine()
    fees: dict[str, int] = {}
    spent: dict[str, list[tuple[str, int]]] = {}
    with RegtestNode(node_program, tmp_path_factory.mktemp("node")) as node:
        for raw in chain.blocks[1:]:
            assert node.submit_block(raw) is None
        assert node.rpc("getblockcount") == chain.height
        for height in range(chain.height - 4, chain.height + 1):
            block = node.rpc("getblock", node.rpc("getblockhash", height), 3)
            for tx in block["tx"][1:]:
                fees[tx["txid"]] = round(Decimal(str(tx["fee"])) * 100_000_000)
                spent[tx["txid"]] = [
                    (
                        vin["prevout"]["scriptPubKey"]["hex"],
                        round(Decimal(str(vin["prevout"]["value"])) * 100_000_000),
                    )
                    for vin in tx["vin"]
                ]
        folder = node.blocks
        node.stop()
    return folder, fees, spent


def test_the_whole_chain_resolves_and_fees_agree(
    lived: tuple[Path, dict[str, int], object], tmp_path: Path
) -> None:
    folder, fees, _ = lived
    assert any((folder / "xor.dat").read_bytes())
    build_from_blocks(tmp_path / "ledger", open_blocks(folder))
    ledger = Ledger.open(tmp_path / "ledger")
    assert ledger.outside_input.size == 0
    assert {t: describe_tx(ledger, t)["fee_sat"] for t in fees} == fees
    assert len(fees) > 20


def test_a_part_of_the_chain_gets_its_fees_from_the_undo_data(
    lived: tuple[Path, dict[str, int], dict[str, list[tuple[str, int]]]],
    tmp_path: Path,
) -> None:
    folder, fees, spent = lived
    blocks = open_blocks(folder)
    order: dict[bytes, Header] = {r.header.hash: r.header for r in blocks.records}
    tips = set(order) - {header.previous for header in order.values()}
    (at,) = tips
    last = []
    for _ in range(4):
        last.append(at)
        at = order[at].previous
    blocks.records = [r for r in blocks.records if r.header.hash in last]
    build_from_blocks(tmp_path / "part", blocks)
    ledger = Ledger.open(tmp_path / "part")
    assert ledger.outside_input.size > 0
    here = [t for t in fees if ledger.find_tx(t) is not None]
    assert len(here) == 4 * len(KINDS)
    assert {t: describe_tx(ledger, t)["fee_sat"] for t in here} == {
        t: fees[t] for t in here
    }
    for txid in here:
        values = [value for _, value in spent[txid]]
        assert [r["value_sat"] for r in describe_tx(ledger, txid)["inputs"]] == values


def test_the_same_blocks_plain_give_the_same_ledger(
    lived: tuple[Path, object, object], tmp_path: Path
) -> None:
    folder = lived[0]
    source = open_blocks(folder)
    plain = tmp_path / "plain" / "blk00000.dat"
    plain.parent.mkdir()
    file = source.files[0]
    plain.write_bytes(file.read(0, file.size))
    build_from_blocks(tmp_path / "one", open_blocks(folder))
    build_from_blocks(tmp_path / "two", open_blocks(plain))
    one, two = (Ledger.open(tmp_path / name) for name in ("one", "two"))
    assert one.manifest_sha256 == two.manifest_sha256
