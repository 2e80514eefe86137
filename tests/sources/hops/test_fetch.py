"""Fetching around seeds: reaches what a naive walk reaches, equals the full ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.address import decode_address, script_of
from dalil.chains.bitcoin.networks import REGTEST
from dalil.errors import InputError, NotFoundError
from dalil.ids import format_txid
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.build_saved import build_from_saved
from dalil.ledger.describe import describe_tx
from dalil.sources.blockfolder import open_blocks
from dalil.sources.hops.expand import Limits
from tests.sources.hops.book import Book, reached
from tests.sources.hops.servers import Electrum, Esplora
from tests.sources.hops.world import SHOP_VISITS, Town, fetch, make_town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = {"esplora": Esplora, "electrum": Electrum}
DIRECTIONS = {"both": (True, True), "forward": (True, False), "backward": (False, True)}


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town()


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, town: Town) -> Iterator[Any]:
    with KINDS[request.param](town.book, REGTEST) as running:
        yield running


@pytest.fixture(scope="module")
def full(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("full")
    blocks = open_blocks(town.chain.write(folder / "blocks"))
    build_from_blocks(folder / "ledger", blocks)
    return Ledger.open(folder / "ledger")


def script(address: str) -> bytes:
    return script_of(*decode_address(REGTEST, address))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("hops", [0, 1, 3, 6])
def test_reaches_what_a_naive_walk_reaches(
    server: Any, town: Town, tmp_path: Path, direction: str, hops: int
) -> None:
    limits = Limits(hops, *DIRECTIONS[direction])
    seeds = [town.start, town.middle]
    found = fetch(server.source, tmp_path, seeds, limits, most=20)
    naive = reached(town.book, [script(town.start), town.middle], hops, direction, 20)
    assert found.expansion.kept == naive
    assert {format_txid(one.tx.txid) for one in found.saved.txs} == set(naive)
    assert not found.unproven
    assert not found.expansion.refused


def test_a_service_is_a_border_with_its_count(
    server: Any, town: Town, tmp_path: Path
) -> None:
    found = fetch(server.source, tmp_path, [town.middle], Limits(6), most=20)
    assert found.expansion.borders[town.shop] == SHOP_VISITS + 2
    notes = [note.problem for note in found.saved.notes]
    assert (
        f"{town.shop} not expanded: history of {SHOP_VISITS + 2} transactions" in notes
    )
    whole = fetch(server.source, tmp_path, [town.middle], Limits(6))
    assert len(whole.saved.txs) > len(found.saved.txs)
    assert town.shop not in whole.expansion.borders


def test_a_service_as_the_only_seed_says_why_nothing_came(
    server: Any, town: Town, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="not expanded: history of 32 transactions"):
        fetch(server.source, tmp_path, [town.shop], most=20)


def test_what_no_block_holds_is_left_out_and_said(
    server: Any, town: Town, tmp_path: Path
) -> None:
    found = fetch(server.source, tmp_path, [town.later, town.middle], Limits(5))
    assert found.expansion.pending == {town.later}
    assert town.later not in found.expansion.kept
    assert any(town.later in note.problem for note in found.saved.notes)


@pytest.mark.parametrize("most", [1, 9])
def test_max_tx_keeps_the_nearest_and_counts_the_rest(
    server: Any, town: Town, tmp_path: Path, most: int
) -> None:
    whole = fetch(server.source, tmp_path, [town.start], Limits(6))
    cut = fetch(server.source, tmp_path, [town.start], Limits(6, max_tx=most))
    assert list(cut.expansion.kept) == list(whole.expansion.kept)[:most]
    assert cut.expansion.beyond
    assert cut.counts()["n_beyond_max_tx"] == len(cut.expansion.beyond)


def test_equals_the_full_ledger_where_it_has_anything(
    server: Any, town: Town, full: Ledger, tmp_path: Path
) -> None:
    found = fetch(
        server.source, tmp_path / "c", [town.start], Limits(5), prove_inputs=True
    )
    build_from_saved(tmp_path / "l", found.saved)
    part = Ledger.open(tmp_path / "l")
    assert (part.source, part.contiguous) == ("transactions", False)
    assert part.n_tx == len(found.saved.txs) > 10
    for tx in range(part.n_tx):
        txid = part.txid(tx)
        same = full.find_tx(txid)
        assert same is not None
        assert within(full, same, part) == describe_tx(part, txid)
        assert part.tx_position(tx) == full.tx_position(same)
        assert part.merkle_branch(tx) == full.merkle_branch(same)
        assert part.raw_tx(tx) == full.raw_tx(same)
        blocks = (int(one.block_of_tx(row)) for one, row in ((part, tx), (full, same)))
        here, there = blocks
        assert part.block_header[here].tobytes() == full.block_header[there].tobytes()
    order = [full.find_tx(part.txid(tx)) for tx in range(part.n_tx)]
    assert order == sorted(order, key=lambda row: row or 0), "true chain order"


def within(full: Ledger, tx: int, part: Ledger) -> dict[str, Any]:
    """The full ledger's word on a transaction, as far as the part can know it."""
    told = describe_tx(full, full.txid(tx))
    for row in told["inputs"]:
        if row["source"] != "coinbase":
            inside = part.find_tx(row["outpoint"].partition(":")[0]) is not None
            row["source"] = "inside" if inside else "outside"
    for row in told["outputs"]:
        if row["spent_by"] and part.find_tx(row["spent_by"].partition(":")[0]) is None:
            row["spent_by"] = None
    return told


def test_both_kinds_of_server_give_one_ledger(town: Town, tmp_path: Path) -> None:
    manifests = set()
    for name, kind in KINDS.items():
        with kind(town.book, REGTEST) as server:
            found = fetch(
                server.source,
                tmp_path / f"{name}-cache",
                [town.start],
                Limits(3),
                prove_inputs=True,
            )
        build_from_saved(tmp_path / name, found.saved)
        manifests.add(Ledger.open(tmp_path / name).manifest_sha256)
    assert len(manifests) == 1


def test_electrum_tells_no_values_it_was_not_asked_to_prove(
    town: Town, tmp_path: Path
) -> None:
    with Electrum(town.book, REGTEST) as server:
        bare = fetch(server.source, tmp_path, [town.middle], Limits(0))
        assert bare.saved.txs[0].prevouts == (None,)
        proven = fetch(
            server.source, tmp_path, [town.middle], Limits(0), prove_inputs=True
        )
    source = town.book.txs[town.middle].inputs[0]
    true = town.book.prevout(format_txid(source.txid), source.index)
    assert proven.saved.txs[0].prevouts == (true,)


def test_a_second_run_asks_only_where_the_chain_stands(
    server: Any, town: Town, tmp_path: Path
) -> None:
    first = fetch(server.source, tmp_path, [town.start], Limits(6))
    server.forget()
    second = fetch(server.source, tmp_path, [town.start], Limits(6))
    assert second.saved.txs == first.saved.txs
    assert len(server.asked) <= 3
    server.forget()
    alone = fetch(server.source, tmp_path, [town.start], Limits(6), offline=True)
    assert alone.saved.txs == first.saved.txs
    assert server.asked == []


def test_a_new_block_is_noticed_and_old_ones_not_asked_for_again(
    town: Town, tmp_path: Path
) -> None:
    """Everything above 100 blocks deep holds; the rest is asked for anew."""
    blocks = town.chain.blocks
    seed = format_txid(_coinbase(blocks[1]))
    for kind in (Esplora, Electrum):
        cache = tmp_path / kind.__name__
        with kind(Book(blocks[:-1]), REGTEST) as server:
            early = fetch(_at(server), cache, [seed, town.start], Limits(6))
            server.book = town.book
            server.forget()
            late = fetch(_at(server), cache, [seed, town.start], Limits(6))
            again = [path for path in server.asked if "merkle" in path or "raw" in path]
            fresh = fetch(
                _at(server),
                tmp_path / f"{kind.__name__} 2",
                [seed, town.start],
                Limits(6),
            )
        assert len(late.saved.txs) > len(early.saved.txs)
        assert late.saved.txs == fresh.saved.txs
        old = {format_txid(one.tx.txid) for one in early.saved.txs}
        assert not [path for path in again if any(txid in path for txid in old)]


def _at(server: Any) -> str:
    return str(server.source)


def _coinbase(block: bytes) -> bytes:
    from dalil.chains.bitcoin.transaction import read_tx

    return read_tx(block, 81)[0].txid


def test_a_branch_that_lost_is_left(town: Town, tmp_path: Path) -> None:
    """After a reorganisation the same cache gives the new chain's ledger."""
    other = make_town(tail="other")
    for kind in (Esplora, Electrum):
        cache = tmp_path / kind.__name__
        with kind(town.book, REGTEST) as server:
            fetch(_at(server), cache, [town.start], Limits(6))
            server.book = other.book
            moved = fetch(_at(server), cache, [town.start], Limits(6))
            clean = fetch(
                _at(server), tmp_path / f"{kind.__name__} 2", [town.start], Limits(6)
            )
        assert moved.saved.txs == clean.saved.txs
        heights = {one.height: one.header for one in moved.saved.txs}
        assert all(other.book.header(h) == raw for h, raw in heights.items())


def test_offline_without_a_cache_says_so(server: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="holds nothing this server said"):
        fetch(server.source, tmp_path, ["ab" * 32], offline=True)


def test_names_itself_and_goes_slowly_through_pages(town: Town, tmp_path: Path) -> None:
    with Esplora(town.book, REGTEST) as server:
        server.page_size = 7
        found = fetch(server.source, tmp_path, [town.shop], Limits(0))
        assert all(agent.startswith("Dalil/") for agent in server.agents)
        pages = [path for path in server.asked if "/txs" in path]
    assert len(found.saved.txs) == SHOP_VISITS + 2
    assert len(pages) == 5, "32 transactions, 7 a page"


def test_a_missing_proof_is_marked_and_never_silent(
    server: Any, town: Town, tmp_path: Path
) -> None:
    lost = town.middle

    def forget(path: str, answer: Any) -> Any:
        if "merkle" in path and lost in path:
            if isinstance(answer, dict):
                return {"error": {"code": 1, "message": "not found"}}
            return answer._replace(status=404, body=b"gone")
        return answer

    server.twist = forget
    found = fetch(server.source, tmp_path / "c", [town.start], Limits(3))
    assert found.unproven == [lost]
    assert any(lost in note.problem for note in found.saved.notes)
    build_from_saved(tmp_path / "l", found.saved)
    ledger = Ledger.open(tmp_path / "l")
    tx = ledger.find_tx(lost)
    assert tx is not None
    with pytest.raises(NotFoundError, match="no Merkle proof"):
        ledger.merkle_branch(tx)
    sources = [ledger.find_tx(format_txid(i.txid)) for i in town.book.txs[lost].inputs]
    assert all(row is not None and row < tx for row in sources), "order as spends ask"


def test_unknown_seeds_are_counted(server: Any, town: Town, tmp_path: Path) -> None:
    found = fetch(server.source, tmp_path, ["ab" * 32, town.middle], Limits(0))
    assert found.expansion.missing == {"ab" * 32}
    with pytest.raises(InputError, match="no confirmed transaction"):
        fetch(server.source, tmp_path, ["ab" * 32])


def test_positions_decide_the_order_inside_a_block(town: Town, tmp_path: Path) -> None:
    from dalil.sources.saved import in_chain_order

    with Esplora(town.book, REGTEST) as server:
        found = fetch(server.source, tmp_path, [town.shop], Limits(0))
    held = {one.tx.txid: one for one in found.saved.txs}
    told = {
        txid: replace(one, position=None, branch=None) for txid, one in held.items()
    }
    some = {t: (held if n % 3 else told)[t] for n, t in enumerate(held)}
    proven = [t.tx.txid for t in in_chain_order(some) if t.position is not None]
    assert proven == [t.tx.txid for t in found.saved.txs if some[t.tx.txid].branch]
    first, second = found.saved.txs[-2:]
    wrong = {one.tx.txid: one for one in (first, second)}
    spent = {i.txid for i in second.tx.inputs}
    if first.tx.txid in spent and first.height == second.height:
        wrong[first.tx.txid] = replace(first, position=10_000)
        with pytest.raises(InputError, match="before one it spends"):
            in_chain_order(wrong)


def test_a_place_no_server_tells_is_missing_not_unconfirmed(
    town: Town, tmp_path: Path
) -> None:
    """Electrum knows places by script; where every script is too busy, it cannot say."""

    def busy(path: str, answer: Any) -> Any:
        if path.startswith("/get_history/"):
            return {"error": {"code": 1, "message": "history too large"}}
        return answer

    with Electrum(town.book, REGTEST) as server:
        server.twist = busy
        with pytest.raises(InputError, match="no confirmed transaction"):
            fetch(server.source, tmp_path, [town.middle], Limits(0))
        server.forget()
        stand = town.book.stand(town.middle)
        assert stand is not None
        deep = {"result": {"confirmations": town.book.tip - stand.height + 1}}
        server.twist = lambda path, answer: (
            deep if path == f"/get/{town.middle}/True" else busy(path, answer)
        )
        found = fetch(server.source, tmp_path, [town.middle], Limits(0))
    assert (found.saved.txs[0].height, found.unproven) == (stand.height, [])
