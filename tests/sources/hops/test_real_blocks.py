"""Hops through 25 real blocks: the partial ledger is the full one, seen from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.address import decode_address, script_of
from dalil.chains.bitcoin.networks import MAINNET
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.build_saved import build_from_saved
from dalil.ledger.describe import describe_tx
from dalil.sources.blockfolder import open_blocks
from dalil.sources.hops.expand import Limits
from tests.sources.hops.book import LedgerBook
from tests.sources.hops.servers import Electrum, Esplora
from tests.sources.hops.world import fetch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST, HOPS = 40, 2


@pytest.fixture(scope="module")
def book(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> LedgerBook:
    folder = tmp_path_factory.mktemp("real")
    blocks = open_blocks(real_data / "bitcoin" / "range_560062_560086")
    build_from_blocks(folder / "ledger", blocks)
    first = real_data / "bitcoin" / "genesis_0_4312" / "blk00000.dat"
    with first.open("rb") as file:
        genesis = file.read(88)[8:]
    return LedgerBook(Ledger.open(folder / "ledger"), genesis)


def seeds_of(ledger: Ledger) -> list[str]:
    """Transactions whose inputs and outputs are linked inside the range, spread out."""
    found = []
    for tx in range(2_000, ledger.n_tx, ledger.n_tx // 3):
        at = tx
        while not _linked(ledger, at):
            at += 1
        found.append(ledger.txid(at))
    return found


def _linked(ledger: Ledger, tx: int) -> bool:
    ins = slice(*(int(n) for n in ledger.tx_first_input[tx : tx + 2]))
    outs = slice(*(int(n) for n in ledger.tx_first_output[tx : tx + 2]))
    inside = bool((ledger.input_spends[ins] >= 0).all())
    return inside and bool((ledger.output_spent_by[outs] >= 0).any())


def walk(ledger: Ledger, seeds: Sequence[str], hops: int) -> set[str]:
    """Every transaction within so many hops, by the full ledger's own links."""
    level = {row for seed in seeds if (row := ledger.find_tx(seed)) is not None}
    found = set(level)
    for _ in range(hops):
        near: set[int] = set()
        for tx in level:
            for output in range(*(int(n) for n in ledger.tx_first_output[tx : tx + 2])):
                by = int(ledger.output_spent_by[output])
                if by >= 0 and short(ledger, output):
                    near.add(int(ledger.tx_of_input(by)))
            for row in range(*(int(n) for n in ledger.tx_first_input[tx : tx + 2])):
                source = int(ledger.input_spends[row])
                if source >= 0 and short(ledger, source):
                    near.add(int(ledger.tx_of_output(source)))
        level = near - found
        found |= level
    return {ledger.txid(tx) for tx in found}


def short(ledger: Ledger, output: int) -> bool:
    address = int(ledger.output_address[output])
    if address >= ledger.n_addresses:
        return True
    outputs = ledger.outputs_of_address(address)
    if outputs.size > 10 * MOST:
        return False
    spends = ledger.output_spent_by[outputs]
    rows = {int(n) for n in ledger.tx_of_output(outputs)}
    rows |= {int(ledger.tx_of_input(int(n))) for n in spends[spends >= 0]}
    outside = ledger.outside_inputs_of_address(address)
    rows |= {int(ledger.tx_of_input(int(n))) for n in outside}
    return len(rows) <= MOST


@pytest.mark.parametrize("kind", [Esplora, Electrum])
def test_the_part_is_the_whole_seen_from_seeds(
    kind: Any, book: LedgerBook, tmp_path: Path
) -> None:
    full = book.ledger
    seeds = seeds_of(full)
    expected = walk(full, seeds, HOPS)
    book.learn_around(sorted(walk(full, seeds, HOPS + 1)))
    with kind(book, MAINNET) as server:
        found = fetch(
            server.source,
            tmp_path / "c",
            seeds,
            Limits(HOPS),
            most=MOST,
            network=MAINNET,
        )
    assert set(found.expansion.kept) == expected
    assert len(expected) > 20
    assert not found.unproven
    assert not found.expansion.refused
    build_from_saved(tmp_path / "l", found.saved)
    part = Ledger.open(tmp_path / "l")
    for tx in range(part.n_tx):
        txid = part.txid(tx)
        same = full.find_tx(txid)
        assert same is not None
        here, there = describe_tx(part, txid), describe_tx(full, txid)
        for key in ("height", "block_hash", "time_utc"):
            assert here[key] == there[key]
        for mine, true in zip(here["outputs"], there["outputs"], strict=True):
            by = true["spent_by"]
            held = by and part.find_tx(by.partition(":")[0]) is not None
            assert mine == true | {"spent_by": by if held else None}
        for mine, true in zip(here["inputs"], there["inputs"], strict=True):
            assert mine["outpoint"] == true["outpoint"]
            if mine["source"] == "inside" or mine["value_sat"] is not None:
                assert mine["value_sat"] == true["value_sat"]
                assert mine["address"] == true["address"]
        assert part.tx_position(tx) == full.tx_position(same)
        assert part.merkle_branch(tx) == full.merkle_branch(same)
    order = [full.find_tx(part.txid(tx)) for tx in range(part.n_tx)]
    assert order == sorted(order, key=lambda row: row or 0), "true chain order"


def test_a_busy_address_s_whole_history_comes_in_pages(
    book: LedgerBook, tmp_path: Path
) -> None:
    """An address paid all over the range: every transaction of it, proven."""
    full = book.ledger
    counts = [full.outputs_of_address(a).size for a in range(3_000)]
    address = max(range(3_000), key=lambda a: (90 < counts[a] < 400, counts[a]))
    text = full.address_text(address)
    script = script_of(*decode_address(MAINNET, text))
    book.learn(script, text)
    with Esplora(book, MAINNET) as server:
        found = fetch(server.source, tmp_path, [text], Limits(0), network=MAINNET)
        pages = [path for path in server.asked if "/txs" in path]
    from hashlib import sha256

    true = book.history(sha256(script).digest())
    assert {one.tx.txid[::-1].hex() for one in found.saved.txs} == set(true)
    assert len(pages) == -(-len(true) // 25)
    assert not found.unproven
