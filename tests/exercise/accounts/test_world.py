"""An account world: what is planted is there, and nothing else accuses anybody."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains import tron
from dalil.chains.accounts import NOBODY, EventKind, TxStatus, whole
from dalil.chains.registry import read_one
from dalil.errors import InputError
from dalil.exercise.accounts import AccountWorld, Size, make_account_world
from dalil.exercise.accounts.coins import COINS, DOLLAR
from dalil.exercise.accounts.poisoner import FAKES
from tests.exercise.accounts.conftest import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.exercise.accounts.chain import Move


def moves(world: AccountWorld) -> Iterator[tuple[int, str, Move]]:
    for block in world.blocks:
        for tx in block.txs:
            for move in tx.moves:
                yield block.number, tx.hash.hex(), move


def paid(world: AccountWorld, payer: str, payee: str) -> int:
    pair = (tron.decode_address(payer), tron.decode_address(payee))
    return sum(
        m.amount
        for _, _, m in moves(world)
        if m.coin == DOLLAR and (m.payer, m.payee) == pair
    )


def of_kind(world: AccountWorld, kind: str) -> list[dict[str, Any]]:
    return [actor for actor in world.truth["actors"] if actor["kind"] == kind]


def test_the_same_seed_gives_the_same_bytes(
    world: AccountWorld, folder: Path, tmp_path: Path
) -> None:
    make_account_world(7, tmp_path / "again", SMALL)
    files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert len(files) == 9
    for file in files:
        assert (tmp_path / "again" / file).read_bytes() == (folder / file).read_bytes()
    other = make_account_world(8, None, SMALL)
    assert other.truth["blocks"]["tip_hash"] != world.truth["blocks"]["tip_hash"]


def test_nobody_pays_more_of_a_real_coin_than_he_holds(world: AccountWorld) -> None:
    held: defaultdict[tuple[bytes, bytes], int] = defaultdict(int)
    for _, _, move in moves(world):
        held[move.coin.key, move.payer] -= move.amount
        held[move.coin.key, move.payee] += move.amount
        real = move.coin in COINS and move.payer != NOBODY
        assert not real or held[move.coin.key, move.payer] >= 0
    assert {move.coin for _, _, move in moves(world)} >= {DOLLAR, *FAKES}


def test_what_failed_moved_nothing(world: AccountWorld) -> None:
    failed = [tx for b in world.blocks for tx in b.txs if tx.status is TxStatus.FAILED]
    assert len(failed) == world.truth["blocks"]["n_failed"] > 10
    assert not any(tx.moves or tx.told for tx in failed)


def test_seventeen_addresses_are_emptied_into_one_collector(
    world: AccountWorld,
) -> None:
    pattern, *charities = world.truth["patterns"]
    assert pattern["actor"] == "campaign_zinnia"
    assert len(set(pattern["pool"])) == 17
    assert [p["address"] for p in world.truth["postings"]] == pattern["pool"]
    given = Counter[str]()
    for donation in world.truth["donations"]:
        given[donation["to"]] += int(donation["amount"])
    for address in pattern["pool"]:
        assert paid(world, address, pattern["collector"]) == given[address] > 0
    # a charity has the very same shape
    assert len(charities[0]["pool"]) == 17


def test_true_flows_conserve_value(world: AccountWorld) -> None:
    given = sum(int(d["amount"]) for d in world.truth["donations"])
    flows = world.truth["flows"]
    assert {flow["actor"] for flow in flows} == {
        *("broker_elm", "broker_oak", "exchange_birch", "listed_moth")
    }
    assert 0 < sum(int(flow["amount"]) for flow in flows) <= given
    collector = world.truth["patterns"][0]["collector"]
    for flow in flows:
        assert int(flow["amount"]) <= int(flow["direct"])
        assert paid(world, collector, flow["to"]) == int(flow["direct"])


def test_brokers_serve_many_and_the_campaign_is_a_small_part(
    world: AccountWorld,
) -> None:
    collector = tron.decode_address(world.truth["patterns"][0]["collector"])
    for broker in of_kind(world, "broker"):
        desk = tron.decode_address(broker["accounts"]["desk"][0])
        payers = {m.payer for _, _, m in moves(world) if m.payee == desk and m.amount}
        assert collector in payers
        assert len(payers) > 12


def test_82_million_in_and_450_thousand_to_the_listed_wallet(
    world: AccountWorld,
) -> None:
    said = world.truth["service_wallet"]
    wallet = tron.decode_address(said["address"])
    taken = sum(
        m.amount
        for _, _, m in moves(world)
        if m.payee == wallet and m.coin == DOLLAR and m.amount >= 10**6
    )
    assert taken == int(said["taken_in"]) == 82_000_000 * 10**6
    assert paid(world, said["address"], said["listed"]) == 450_000 * 10**6


def test_every_deposit_goes_to_its_exchanges_hot_wallet_alone(
    world: AccountWorld,
) -> None:
    hot = {a["id"]: a["accounts"]["hot"][0] for a in of_kind(world, "exchange")}
    deposits = {tron.decode_address(k): v for k, v in world.truth["deposits"].items()}
    seen = set()
    for _, _, move in moves(world):
        if move.payer in deposits and move.amount and move.coin == DOLLAR:
            assert move.payee == tron.decode_address(hot[deposits[move.payer]])
            seen.add(move.payer)
    assert len(seen) > 30


def test_the_rental_lends_to_everybody(world: AccountWorld) -> None:
    pool = tron.decode_address(world.truth["rental"]["pool"])
    lent = {
        event.subject
        for block in world.blocks
        for tx in block.txs
        for event in tx.told
        if event.kind is EventKind.DELEGATION and event.other == pool
    }
    assert len(lent) == world.truth["rental"]["n_children"] > SMALL.n_children
    for pattern in world.truth["patterns"]:
        assert {tron.decode_address(a) for a in pattern["pool"]} <= lent


def test_traps_look_like_what_they_imitate_and_get_nothing(world: AccountWorld) -> None:
    traps = world.truth["poisoning"]["traps"]
    noise = set(world.truth["poisoning"]["txids"])
    assert len(traps) > 30
    for trap in traps:
        made, meant = trap["address"], trap["imitates"]
        assert made != meant
        assert made[:4] == meant[:4]
        assert made[-2:] == meant[-2:]
        one, other = tron.decode_address(made), tron.decode_address(meant)
        assert (one[:4], one[-2:]) == (other[:4], other[-2:])
    keys = {tron.decode_address(trap["address"]) for trap in traps}
    for _, name, move in moves(world):
        if keys & {move.payer, move.payee}:
            assert name in noise
            assert move.coin in FAKES or move.amount <= 1_000


def test_freezes_take_two_steps_and_only_some_run(world: AccountWorld) -> None:
    freezes = world.truth["freezes"]
    assert len(freezes) == 6
    assert 0 < sum(bool(freeze["outflow"]) for freeze in freezes) < 6
    assert {freeze["then"] for freeze in freezes} == {"stays", "lifted", "destroyed"}
    for freeze in freezes:
        account = tron.decode_address(freeze["account"])
        window = range(freeze["submitted"], freeze["executed"])
        out = [
            (name, m.amount)
            for number, name, m in moves(world)
            if m.payer == account and number in window and m.amount
        ]
        assert [name for name, _ in out] == freeze["outflow"]
        assert sum(amount for _, amount in out) == int(freeze["outflow_amount"])
        after = [
            m
            for number, _, m in moves(world)
            if m.payer == account
            and m.coin == DOLLAR
            and number >= freeze["executed"]
            and m.amount
        ]
        assert len(after) == (freeze["then"] == "destroyed")


def test_batches_are_the_chain(world: AccountWorld) -> None:
    batches = list(world.source.batches(None, lambda _: None, lambda *_: None))
    told = [amount for batch in batches for amount in whole(batch.transfer_amount)]
    assert told == [move.amount for _, _, move in moves(world)]
    said = world.truth["blocks"]
    assert sum(b.tx_hash.shape[0] for b in batches) == said["n_tx"]
    assert sum(b.event_kind.size for b in batches) == said["n_events"]
    assert batches[-1].block_hash[-1].tobytes().hex() == said["tip_hash"]


def test_a_source_gives_no_block_twice(world: AccountWorld) -> None:
    hashes = {block.number: block.hash for block in world.blocks}
    tip = len(world.blocks) - 1
    assert not list(world.source.batches(tip, hashes.get, lambda *_: None))
    again = list(world.source.batches(tip, lambda _: bytes(32), lambda *_: None))
    assert again[0].block_number[0] == 0


def test_the_csv_holds_the_token_transfers(world: AccountWorld, folder: Path) -> None:
    with (folder / "etl" / "token_transfers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    meant = [(n, m) for n, _, m in moves(world) if m.log >= 0]
    assert [(int(r["block_number"]), int(r["value"])) for r in rows] == [
        (n, m.amount) for n, m in meant
    ]
    assert {r["token_address"] for r in rows} == {
        "0x" + m.coin.key.hex() for _, m in meant
    }


def test_the_captured_channel_names_each_address_once(
    world: AccountWorld, folder: Path
) -> None:
    export = json.loads(
        (folder / "case" / "telegram" / "result.json").read_text("utf-8")
    )
    opening, *asks = export["messages"]
    assert "EXERCISE" in export["name"]
    assert all(
        "EXERCISE" in m["text"] and "تمرين" in m["text"] for m in [opening, *asks]
    )
    assert asks[0]["text"].splitlines()[-1] == world.truth["postings"][0]["address"]
    assert len(asks) == 17


def test_tags_are_right_and_never_name_the_campaign(world: AccountWorld) -> None:
    owner = {
        address: actor["id"]
        for actor in world.truth["actors"]
        for addresses in actor["accounts"].values()
        for address in addresses
    }
    assert all(
        owner[address] == actor for address, actor in world.truth["tagged"].items()
    )
    assert "campaign_zinnia" not in world.truth["tagged"].values()
    for address in owner:
        assert tron.CAIP2 != world.truth["chain"] in read_one(address).chains


@pytest.mark.parametrize(
    "size", [Size(days=19), Size(n_people=0)], ids=["short", "empty"]
)
def test_refuses_a_size_the_plot_does_not_fit(size: Size) -> None:
    with pytest.raises(InputError, match="20 days"):
        make_account_world(1, None, size)


def test_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="not empty"):
        make_account_world(1, tmp_path)
