"""Ledgers of the chains that came from Bitcoin, held to what plain Python wrote."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.networks import ALL_NETWORKS, Network, network_by_name
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import BlockDataError, InputError
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.describe import describe_address, describe_ledger, describe_tx
from dalil.ledger.verifying import verify_ledger
from dalil.sources.blockfolder import open_blocks
from dalil.tracing.follow import trace
from dalil.tracing.request import Direction, TraceRequest
from tests.chains.family.mining import FamilyChain
from tests.chains.family.writer import HogEx, Tx, TxV5, coinbase, p2pkh, pushed

if TYPE_CHECKING:
    from pathlib import Path

T = ScriptType
COIN = 100_000_000
ALICE, BOB, CAROL = (p2pkh(bytes([n]) * 20) for n in (1, 2, 3))


def built(chain: FamilyChain, tmp_path: Path, network: Network | None = None) -> Ledger:
    file = tmp_path / "blk00000.dat"
    file.write_bytes(chain.framed)
    folder = open_blocks(file, network)
    build_from_blocks(tmp_path / "ledger", folder)
    assert [note.problem for note in folder.notes] == []
    assert verify_ledger(tmp_path / "ledger").ok
    return Ledger.open(tmp_path / "ledger")


def outputs_of(ledger: Ledger, tx: Tx) -> list[tuple[str, int, str | None]]:
    told = describe_tx(ledger, tx.txid[::-1].hex())
    return [(row["type"], row["value_sat"], row["spent_by"]) for row in told["outputs"]]


def spent_by(tx: Tx, index: int = 0) -> str:
    return f"{tx.txid[::-1].hex()}:{index}"


# -- Litecoin ---------------------------------------------------------------


def mweb_chain() -> tuple[FamilyChain, dict[str, Tx]]:
    """Two blocks: money goes into the extension block, and part of it comes out."""
    chain = FamilyChain(network_by_name("litecoin-regtest"))
    first = coinbase(1, 50 * COIN, ALICE)
    chain.add([first])
    pegin = Tx(
        [(first.txid, 0)], [(30 * COIN, b"\x59\x20" + b"\x07" * 32), (19 * COIN, BOB)]
    )
    hog = HogEx([(pegin.txid, 0)], [(30 * COIN, b"\x58\x20" + b"\x08" * 32)])
    chain.add([coinbase(2, 51 * COIN, BOB), pegin, hog], b"\x01" + b"hidden" * 50)
    out = HogEx(
        [(hog.txid, 0)], [(25 * COIN, b"\x58\x20" + b"\x09" * 32), (5 * COIN, CAROL)]
    )
    chain.add([coinbase(3, 50 * COIN, BOB), out], b"\x01more")
    return chain, {"first": first, "pegin": pegin, "hog": hog, "out": out}


def test_what_goes_into_litecoin_s_extension_block_is_marked(tmp_path: Path) -> None:
    chain, txs = mweb_chain()
    ledger = built(chain, tmp_path, chain.network)
    assert outputs_of(ledger, txs["pegin"]) == [
        ("mweb_pegin", 30 * COIN, spent_by(txs["hog"])),
        ("p2pkh", 19 * COIN, None),
    ]
    assert outputs_of(ledger, txs["out"]) == [
        ("mweb_hogaddr", 25 * COIN, None),
        ("p2pkh", 5 * COIN, None),
    ]
    assert ledger.raw_tx(ledger.find_tx(txs["out"].txid) or 0) == txs["out"].raw
    assert describe_ledger(ledger)["outputs_by_type"]["mweb_pegin"] == 1


@pytest.mark.parametrize("direction", list(Direction))
def test_a_trace_ends_at_the_extension_block(
    direction: Direction, tmp_path: Path
) -> None:
    chain, txs = mweb_chain()
    ledger = built(chain, tmp_path, chain.network)
    start, forward = (
        ("first", True) if direction is Direction.FORWARD else ("out", False)
    )
    outpoint = f"{txs[start].txid[::-1].hex()}:{0 if forward else 1}"
    result = trace(ledger, TraceRequest(direction, outpoints=[outpoint]))
    stops = {(stop.reason, stop.value_sat) for stop in result.stops}
    assert stops == {("border", 30 * COIN if forward else 5 * COIN)}


def test_a_trace_of_zcash_is_refused_rather_than_wrong(tmp_path: Path) -> None:
    chain = FamilyChain(network_by_name("zcash-regtest"))
    first = coinbase(1, 10 * COIN, ALICE)
    first.version = 1
    chain.add([first])
    ledger = built(chain, tmp_path)
    with pytest.raises(InputError, match="take what is shielded for fees"):
        trace(
            ledger,
            TraceRequest(Direction.FORWARD, outpoints=[f"{first.txid[::-1].hex()}:0"]),
        )


def test_bytes_behind_a_block_without_a_hogex_are_refused(tmp_path: Path) -> None:
    chain = FamilyChain(network_by_name("litecoin-regtest"))
    chain.add([coinbase(1, 50 * COIN, ALICE)])
    chain.add([coinbase(2, 50 * COIN, ALICE)], b"\x01more")
    file = tmp_path / "blk00000.dat"
    file.write_bytes(chain.framed)
    folder = open_blocks(file, chain.network)
    build_from_blocks(tmp_path / "ledger", folder)
    assert "left over" in folder.notes[0].problem
    assert Ledger.open(tmp_path / "ledger").n_blocks == 1


# -- Dogecoin ---------------------------------------------------------------


def test_dogecoin_is_read_through_its_parents_and_beyond_21_million(
    tmp_path: Path,
) -> None:
    chain = FamilyChain(network_by_name("dogecoin-regtest"))
    huge = 9_000_000_000 * COIN
    coins = [coinbase(n, huge, ALICE) for n in range(1, 25)]
    for n, tx in enumerate(coins):
        chain.add([tx], aux=n % 3 != 0)
    pays = Tx([(tx.txid, 0) for tx in coins[:2]], [(huge, BOB), (huge - 7, CAROL)])
    chain.add([coinbase(25, huge, BOB), pays], aux=True)
    ledger = built(chain, tmp_path, chain.network)
    assert ledger.n_blocks == 25
    assert describe_tx(ledger, pays.txid[::-1].hex())["fee_sat"] == 7
    text = ledger.address_text(int(ledger.output_address[0]))
    assert describe_address(ledger, text)["received_sat"] == 24 * huge > 2**63
    assert describe_address(ledger, text)["spent_sat"] == 2 * huge


def test_a_block_whose_parent_did_not_commit_is_refused(tmp_path: Path) -> None:
    chain = FamilyChain(network_by_name("dogecoin-regtest"))
    chain.add([coinbase(1, COIN, ALICE)])
    chain.add([coinbase(2, COIN, ALICE)], aux=True)
    spoilt = chain.blocks[1].replace(b"\xfa\xbemm", b"\xfa\xbenn")
    assert spoilt != chain.blocks[1]
    chain.blocks[1] = spoilt
    file = tmp_path / "blk00000.dat"
    file.write_bytes(chain.framed)
    folder = open_blocks(file, chain.network)
    assert len(folder.records) == 1
    assert "AuxPoW" in folder.notes[0].problem


# -- Bitcoin Cash -----------------------------------------------------------

TOKEN = b"\xef" + b"\x0a" * 32
TOKENS = {
    "fungible": TOKEN + b"\x10" + b"\xfd\xe8\x03",
    "the most there can be": TOKEN + b"\x10\xff" + b"\xff" * 7 + b"\x7f",
    "an immutable one": TOKEN + b"\x20",
    "one that can mint, with a note": TOKEN + b"\x62\x03abc",
    "all of it": TOKEN + b"\x71\x01x\x05",
}
NO_TOKENS = {
    "nothing held": TOKEN + b"\x00",
    "a reserved bit": TOKEN + b"\x90\x01",
    "a capability that is none": TOKEN + b"\x23",
    "a note without a token of one": TOKEN + b"\x50\x01a\x01",
    "an empty note": TOKEN + b"\x60\x00",
    "a note longer than the script": TOKEN + b"\x60\xfa",
    "an amount of nothing": TOKEN + b"\x10\x00",
    "an amount in a longer form": TOKEN + b"\x10\xfd\x05\x00",
    "a negative amount": TOKEN + b"\x10\xff" + b"\xff" * 8,
    "a category cut short": TOKEN[:20],
}


def cash() -> FamilyChain:
    return FamilyChain(network_by_name("bitcoin-cash-regtest"))


@pytest.mark.parametrize("prefix", TOKENS.values(), ids=list(TOKENS))
def test_tokens_do_not_hide_whom_an_output_pays(prefix: bytes, tmp_path: Path) -> None:
    chain = cash()
    long_hash = b"\xaa\x20" + b"\x0b" * 32 + b"\x87"
    tx = Tx(coinbase(1, 0, b"").inputs, [(1, prefix + ALICE), (2, prefix + long_hash)])
    tx.script = b"\x51\x00"
    chain.add([tx])
    ledger = built(chain, tmp_path, chain.network)
    assert [row[0] for row in outputs_of(ledger, tx)] == ["p2pkh", "p2sh32"]
    told = describe_tx(ledger, tx.txid[::-1].hex())["outputs"]
    assert told[0]["address"].startswith("bchreg:q")
    assert told[1]["address"].startswith("bchreg:p")
    assert describe_address(ledger, told[1]["address"])["received_sat"] == 2


@pytest.mark.parametrize("prefix", NO_TOKENS.values(), ids=list(NO_TOKENS))
def test_what_only_looks_like_a_token_pays_nobody(
    prefix: bytes, tmp_path: Path
) -> None:
    chain = cash()
    tx = coinbase(1, 1, prefix + ALICE)
    chain.add([tx])
    ledger = built(chain, tmp_path, chain.network)
    assert [row[0] for row in outputs_of(ledger, tx)] == ["nonstandard"]


def test_witness_programs_are_nobody_s_on_bitcoin_cash(tmp_path: Path) -> None:
    chain = cash()
    tx = coinbase(1, 1, b"\x00\x14" + bytes(20))
    chain.add([tx])
    ledger = built(chain, tmp_path, chain.network)
    assert [row[0] for row in outputs_of(ledger, tx)] == ["nonstandard"]


def sorted_block(chain: FamilyChain, first: Tx) -> list[Tx]:
    """A row of spends, each of the one before, in the order of their ids."""
    txs, of = [], (first.txid, 0)
    for n in range(40):
        txs.append(Tx([of], [(COIN - n, ALICE)], bytes([n])))
        of = (txs[-1].txid, 0)
    head = coinbase(len(chain.blocks) + 1, COIN, BOB)
    return [head, *sorted(txs, key=lambda tx: tx.txid[::-1])]


def test_a_block_s_order_by_id_links_both_ways(tmp_path: Path) -> None:
    chain = cash()
    first = coinbase(1, COIN, ALICE)
    chain.add([first])
    chain.add(sorted_block(chain, first))
    ledger = built(chain, tmp_path, chain.network)
    assert ledger.outside_input.size == 0
    told = [
        describe_tx(ledger, tx.txid[::-1].hex())
        for tx in sorted_block(chain, first)[1:]
    ]
    assert sum(row["fee_sat"] for row in told) == 39
    at = ledger.tx_of_output(ledger.input_spends[ledger.input_spends >= 0])
    by = ledger.tx_of_input((ledger.input_spends >= 0).nonzero()[0])
    assert (at > by).any(), "something is spent before it is made"


def test_on_other_chains_nothing_spends_what_comes_later(tmp_path: Path) -> None:
    chain = FamilyChain(network_by_name("litecoin-regtest"))
    first = coinbase(1, COIN, ALICE)
    chain.add([first])
    chain.add(sorted_block(chain, first))
    ledger = built(chain, tmp_path, chain.network)
    assert ledger.outside_input.size > 0


# -- Zcash ------------------------------------------------------------------

OVERWINTER = {
    "version": 0x80000003 - 2**32,
    "head": struct.pack("<I", 0x03C48270),
}
SAPLING = {"version": 0x80000004 - 2**32, "head": struct.pack("<I", 0x892F2085)}


SPROUT, SPROUT_TWICE = 70 - 20, 2 * (8 - 300)


def zcash_txs(of: tuple[bytes, int]) -> dict[str, Tx]:
    """One transaction of each version, each spending the one before."""
    txs: dict[str, Tx] = {}
    expiry = bytes(4)
    sprout = b"\x01" + struct.pack("<qq", 70, 20) + b"\x0c" * 1786 + b"\x0d" * 96
    groth = b"\x02" + 2 * (struct.pack("<qq", 8, 300) + b"\x0c" * 1682) + b"\x0d" * 96
    spends = (
        struct.pack("<q", 5) + b"\x01" + b"\x0e" * 384 + b"\x02" + b"\x0f" * 2 * 948
    )
    tails: list[tuple[str, dict[str, Any]]] = [
        ("v1", {"version": 1}),
        ("v2", {"version": 2, "tail": sprout}),
        ("v3", OVERWINTER | {"tail": expiry + sprout}),
        ("v4", SAPLING | {"tail": expiry + bytes(8) + b"\x00\x00\x00"}),
        ("v4, shielded", SAPLING | {"tail": expiry + spends + groth + b"\x10" * 64}),
    ]
    value = 10 * COIN
    for name, more in tails:
        value -= 1
        txs[name] = Tx([of], [(value, ALICE)], **more)
        of = (txs[name].txid, 0)
    txs["v5"] = TxV5([of], [(value - 1, BOB)])
    return txs


def test_every_version_of_zcash_s_transactions_is_read(tmp_path: Path) -> None:
    chain = FamilyChain(network_by_name("zcash-regtest"))
    first = coinbase(1, 10 * COIN, ALICE)
    first.version = 1
    chain.add([first])
    txs = zcash_txs((first.txid, 0))
    second = TxV5(coinbase(2, 0, b"").inputs, [(COIN, CAROL)], b"\x52\x00")
    chain.add([second, *txs.values()])
    ledger = built(chain, tmp_path)
    assert ledger.network is chain.network
    assert ledger.heights_known
    found = [describe_tx(ledger, tx.txid[::-1].hex()) for tx in txs.values()]
    pools = [0, SPROUT, SPROUT, 0, SPROUT_TWICE - 5, 0]
    assert [row["into_pools_sat"] for row in found] == pools
    assert [row["fee_sat"] for row in found] == [1 - pool for pool in pools]
    assert [row["inputs"][0]["source"] for row in found] == ["inside"] * len(txs)
    assert found[-1]["outputs"][0]["address"].startswith("tm")
    for tx in txs.values():
        assert ledger.raw_tx(ledger.find_tx(tx.txid) or 0) == tx.raw


def test_transactions_without_a_transparent_side_are_counted(tmp_path: Path) -> None:
    chain = FamilyChain(network_by_name("zcash-regtest"))
    first = coinbase(1, 10 * COIN, ALICE)
    first.version = 1
    chain.add([first])
    inward = TxV5([(first.txid, 0)], [])
    silent, outward = TxV5([], []), TxV5([], [(4, BOB)], expiry=3)
    second = TxV5(coinbase(2, 0, b"").inputs, [(COIN, CAROL)], b"\x52\x00")
    chain.add([second, silent, inward, outward])
    ledger = built(chain, tmp_path)
    assert (ledger.n_tx, ledger.n_inputs, ledger.n_outputs) == (5, 3, 3)
    assert outputs_of(ledger, first) == [("p2pkh", 10 * COIN, spent_by(inward))]
    assert outputs_of(ledger, outward) == [("p2pkh", 4, None)]
    assert describe_tx(ledger, silent.txid[::-1].hex())["inputs"] == []


# -- whose blocks they are --------------------------------------------------


def genesis_of(name: str) -> bytes:
    from tests.chains.family.test_genesis import KNOWN, first_block

    return first_block(next(it for it in KNOWN if it.network == name))


@pytest.mark.parametrize(
    "name",
    [
        "regtest",
        "litecoin-regtest",
        "dogecoin-regtest",
        "dogecoin-testnet",
        "dash-regtest",
        "litecoin",
        "dogecoin",
        "dash",
    ],
)
def test_a_folder_that_starts_with_genesis_needs_no_name(
    name: str, tmp_path: Path
) -> None:
    network = network_by_name(name)
    raw = genesis_of(name)
    file = tmp_path / "blk00000.dat"
    file.write_bytes(network.magic + struct.pack("<I", len(raw)) + raw)
    assert open_blocks(file).network is network
    build_from_blocks(tmp_path / "ledger", open_blocks(file))
    told = describe_ledger(Ledger.open(tmp_path / "ledger"))
    assert (told["network"], told["first_height"]) == (name, 0)


def test_scrypt_blocks_under_regtest_s_magic_are_litecoin_s(tmp_path: Path) -> None:
    chain, _ = mweb_chain()
    for n in range(4, 14):
        chain.add([coinbase(n, COIN, ALICE)])
    file = tmp_path / "blk00000.dat"
    file.write_bytes(chain.framed)
    folder = open_blocks(file)
    assert folder.network is chain.network
    assert len(folder.records) == 13


def forked(
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Network, Network, FamilyChain, FamilyChain]:
    """Two regtest chains with one beginning, as Bitcoin and Bitcoin Cash have."""
    old, new = FamilyChain(network_by_name("regtest")), cash()
    for n in range(1, 3):
        old.add([coinbase(n, COIN, ALICE)])
    new.blocks, new.hashes, new.tip = old.blocks[:], old.hashes[:], old.tip
    for chain, pays in ((old, BOB), (new, CAROL)):
        for n in range(3, 6):
            chain.add([coinbase(n, COIN, pays)])
    first, second = (chain.hashes[2][::-1].hex() for chain in (old, new))
    older = replace(old.network, others_blocks=(second,))
    newer = replace(new.network, others_blocks=(first,), own_blocks=(second,))
    known = [
        newer if n is new.network else older if n is old.network else n
        for n in ALL_NETWORKS
    ]
    monkeypatch.setattr("dalil.sources.blockfiles.ALL_NETWORKS", known)
    monkeypatch.setattr("dalil.sources.recognising.ALL_NETWORKS", known)
    return older, newer, old, new


def test_a_fork_s_first_block_tells_whose_blocks_these_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer, old, new = forked(monkeypatch)
    file = tmp_path / "blk00000.dat"
    file.write_bytes(new.framed)
    assert open_blocks(file).network is newer
    file.write_bytes(old.framed)
    assert open_blocks(file).network is older
    old.blocks = old.blocks[:2]
    file.write_bytes(old.framed)
    assert open_blocks(file).network is older, "before the fork it is both's"


def test_a_block_too_easy_for_the_older_chain_is_not_taken_for_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = FamilyChain(network_by_name("regtest"))
    chain.add([coinbase(1, COIN, ALICE)])
    strict = replace(chain.network, easiest_since=(1_600_000_000, 0x1D00FFFF))
    known = [strict if n is chain.network else n for n in ALL_NETWORKS]
    monkeypatch.setattr("dalil.sources.blockfiles.ALL_NETWORKS", known)
    monkeypatch.setattr("dalil.sources.recognising.ALL_NETWORKS", known)
    file = tmp_path / "blk00000.dat"
    file.write_bytes(chain.framed)
    with pytest.raises(BlockDataError, match="too easy to be regtest's"):
        open_blocks(file)
    assert len(open_blocks(file, strict).records) == 1


def test_the_other_chain_s_blocks_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer, old, new = forked(monkeypatch)
    new.blocks = old.blocks + new.blocks[2:]
    for network, chain in ((older, old), (newer, new)):
        file = tmp_path / "blk00000.dat"
        file.write_bytes(new.framed)
        folder = open_blocks(file, network)
        assert "another chain left this one" in folder.notes[0].problem
        ledger = tmp_path / network.name
        build_from_blocks(ledger, folder)
        assert Ledger.open(ledger).block_hash[-1].tobytes() == chain.hashes[-1]


def test_insisting_on_a_chain_of_another_magic_names_whose_it_is(
    tmp_path: Path,
) -> None:
    raw = genesis_of("dogecoin")
    network = network_by_name("dogecoin")
    file = tmp_path / "blk00000.dat"
    file.write_bytes(network.magic + struct.pack("<I", len(raw)) + raw + pushed(b""))
    with pytest.raises(BlockDataError, match="are dogecoin's, not litecoin's"):
        open_blocks(file, network_by_name("litecoin"))


# -- Dash -------------------------------------------------------------------


def test_dash_s_special_transactions_are_read(tmp_path: Path) -> None:
    chain = FamilyChain(network_by_name("dash-regtest"))
    first = coinbase(1, 10 * COIN, ALICE)
    chain.add([first])
    head = Tx(
        coinbase(2, 0, b"").inputs,
        [(COIN, CAROL)],
        b"\x52\x00",
        version=3 | 5 << 16,
        tail=pushed(b"\x03\x00" + bytes(68)),
    )
    quorum = Tx([], [], version=3 | 6 << 16, tail=pushed(b"q" * 300))
    locked = Tx(
        [(first.txid, 0)],
        [(4 * COIN, b"\x6a\x00"), (5 * COIN, BOB)],
        version=3 | 8 << 16,
        tail=pushed(b"credit outputs"),
    )
    fee = b"\x01" + bytes(8) + struct.pack("<I", 190)
    unlocked = Tx(
        [], [(3 * COIN, ALICE)], version=3 | 9 << 16, tail=pushed(fee + b"u" * 167)
    )
    chain.add([head, quorum, locked, unlocked])
    ledger = built(chain, tmp_path, chain.network)
    assert (ledger.n_blocks, ledger.n_tx, ledger.n_outputs) == (2, 5, 5)
    assert ledger.block_hash[-1].tobytes() == chain.hashes[-1]
    assert outputs_of(ledger, first) == [("p2pkh", 10 * COIN, spent_by(locked))]
    assert outputs_of(ledger, unlocked) == [("p2pkh", 3 * COIN, None)]
    told = [
        describe_tx(ledger, tx.txid[::-1].hex()) for tx in (quorum, locked, unlocked)
    ]
    assert told[0]["outputs"] == []
    assert [row["fee_sat"] for row in told] == [0, COIN, 190]
    assert told[2]["into_pools_sat"] == -3 * COIN - 190
    assert ledger.raw_tx(ledger.find_tx(quorum.txid) or 0) == quorum.raw
