"""Real Ethereum, blocks 15000000-15000004, beside an independent implementation.

The sample is MIT (graphsense-lib): its raw tables, and what that project's own
transformation made of them: transfers of USDT, addresses, relations. Ours is
compared row by row; each difference is one of those named here:

* a relation of theirs also counts calls that moved nothing, and static and
  delegate calls, which cannot move anything: these have no transfer of ours;
* their relations hold three tokens (USDT, USDC, WETH), ours all;
* six rows of the table of transactions name block 15000004 and the hash of
  another block: ours leaves them out, by name;
* an address of theirs is listed where its transaction is in the table of
  transactions, which is cut down: 782 of the 2,075 that their traces name.
"""

from __future__ import annotations

import base64
import csv
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from dalil.chains.accounts import TransferKind, whole
from dalil.progress import silent
from dalil.sources.accounts import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.sources.accounts.report import SourceReport

SYMBOLS = {
    "dac17f958d2ee523a2206206994597c13d831ec7": "USDT",
    "a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48": "USDC",
    "c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2": "WETH",
}
TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


class Moved(NamedTuple):
    block: int
    tx: str
    place: int
    log: int
    kind: int
    token: str
    source: str
    to: str
    amount: int


class Ours(NamedTuple):
    rows: list[Moved]
    report: SourceReport


@pytest.fixture(scope="module")
def tables(real_data: Path) -> Path:
    return real_data / "evm_tron" / "ethereum_15000000_15000004" / "tokens"


@pytest.fixture(scope="module")
def ours(tables: Path) -> Ours:
    source = open_source(f"csv:{tables}", str(tables / "logs.json"))
    rows = []
    for b in source.batches(None, lambda _: None, silent):
        amounts = whole(b.transfer_amount)
        keys = [
            [key.tobytes().hex() for key in column]
            for column in (b.transfer_token, b.transfer_from, b.transfer_to)
        ]
        tx = 0
        block = 0
        for i, amount in enumerate(amounts):
            while b.tx_first_transfer[tx + 1] <= i:
                tx += 1
            while b.block_first_tx[block + 1] <= tx:
                block += 1
            rows.append(
                Moved(
                    int(b.block_number[block]),
                    b.tx_hash[tx].tobytes().hex(),
                    int(b.tx_place[tx]),
                    int(b.transfer_log[i]),
                    int(b.transfer_kind[i]),
                    keys[0][i],
                    keys[1][i],
                    keys[2][i],
                    amount,
                )
            )
    return Ours(rows, source.report)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def plain(text: str) -> str:
    return base64.b64decode(text).hex()


def test_143_usdt_transfers_are_theirs_row_by_row(tables: Path, ours: Ours) -> None:
    theirs = [
        (
            r["blockId"],
            plain(r["txHash"]),
            r["transactionIndex"],
            r["logIndex"],
            plain(r["tokenAddress"]),
            plain(r["from"]),
            plain(r["to"]),
            r["value"],
        )
        for r in lines(tables / "reference" / "USDT_token_transfers.json")
    ]
    found = [
        (m.block, m.tx, m.place, m.log, m.token, m.source, m.to, m.amount)
        for m in ours.rows
        if SYMBOLS.get(m.token) == "USDT"
    ]
    assert found == sorted(theirs, key=lambda row: (row[0], row[3]))
    assert len(found) == 143


def traces(tables: Path) -> list[dict[str, str]]:
    with (tables / "traces.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def ids(tables: Path) -> dict[int, str]:
    """Number addresses as theirs does: by block, traces before logs, to before from."""
    seen: list[tuple[int, int, int, int, str]] = []
    for t in traces(tables):
        if t["status"] == "1":
            at = int(t["blockId"]), 0, int(t["traceIndex"])
            ends = t["toAddress"], t["fromAddress"]
            seen += [(*at, i, each[2:]) for i, each in enumerate(ends) if each]
    for g in lines(tables / "logs.json"):
        if g["address"][2:] in SYMBOLS and g["topics"][:1] == [TOPIC]:
            at = g["blockId"], 1, g["logIndex"]
            ends = g["topics"][2], g["topics"][1]
            seen += [(*at, i, each[26:]) for i, each in enumerate(ends)]
    order = dict.fromkeys(row[4] for row in sorted(seen, key=lambda row: row[:4]))
    return dict(enumerate(order))


def test_782_addresses_are_theirs_and_each_is_explained(
    tables: Path, ours: Ours
) -> None:
    theirs = lines(tables / "reference" / "addresses.json")
    number = ids(tables)
    assert len(theirs) == 782
    assert all(number[a["addressId"]] == plain(a["address"]) for a in theirs)
    with (tables / "transactions.csv").open(newline="") as file:
        listed = {row["txHash"][2:] for row in csv.DictReader(file)}
    named = {
        end[2:]
        for t in traces(tables)
        if t["status"] == "1" and t["txHash"][2:] in listed
        for end in (t["fromAddress"], t["toAddress"])
        if end
    }
    moved = {
        end
        for m in ours.rows
        if m.tx in listed and (m.token in SYMBOLS or m.kind != TransferKind.TOKEN)
        for end in (m.source, m.to)
    }
    assert named | moved == {plain(a["address"]) for a in theirs}


def test_2454_relations_are_theirs_and_each_is_explained(
    tables: Path, ours: Ours
) -> None:
    theirs = lines(tables / "reference" / "address_relations.json")
    number = ids(tables)
    assert len(theirs) == 2454
    tokens: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    coins: dict[tuple[str, str], int] = defaultdict(int)
    for m in ours.rows:
        pair = m.source, m.to
        if m.kind == TransferKind.TOKEN and (symbol := SYMBOLS.get(m.token)):
            tokens[pair][symbol] = tokens[pair].get(symbol, 0) + m.amount
        elif m.kind in (TransferKind.NATIVE, TransferKind.INTERNAL):
            coins[pair] += m.amount
    calls: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for t in traces(tables):
        if t["status"] == "1":
            calls[t["fromAddress"][2:], t["toAddress"][2:]].append(t)
    exact = without = 0
    for r in theirs:
        pair = number[r["srcAddressId"]], number[r["dstAddressId"]]
        values = {k: v["value"] for k, v in (r.get("tokenValues") or {}).items()}
        assert tokens.pop(pair, {}) == values
        mine = coins.pop(pair, 0)
        rest = r["value"]["value"] - mine
        exact += rest == 0 and (mine > 0 or bool(values))
        without += rest == 0 and mine == 0 and not values
        if rest:
            # What ours has not, only calls that cannot move anything account for.
            borne = [
                t
                for t in calls[pair]
                if t["callType"] in ("delegatecall", "staticcall")
            ]
            assert rest == sum(int(t["value"]) for t in borne)
        if mine == 0 and not values:
            assert calls[pair], pair
    assert not tokens
    assert {pair for pair, amount in coins.items() if amount} == set()
    assert (exact, without, len(theirs) - exact - without) == (1046, 1365, 43)


def test_six_rows_that_contradict_their_block_are_named(ours: Ours) -> None:
    notes = ours.report.notes
    strays = [note for note in notes if "another's hash" in note.problem]
    assert len(strays) == 6
    assert all("block 15000004" in note.problem for note in strays)
    assert ours.report.gaps == [(46231, 14999999)]
    short = [note.problem for note in notes if "are here" in note.problem]
    assert short[0] == "87 of its 348 transactions are here"
    assert ours.report.n_not_fungible == 505


def test_two_whole_blocks_agree_with_their_own_table_of_transfers(
    real_data: Path,
) -> None:
    """All 291 of theirs: 282 amounts, and 9 of single pieces that are no amounts."""
    folder = real_data / "evm_tron" / "blocks_17173049_17173050"
    source = open_source(f"jsonl:{folder}")
    [batch] = source.batches(None, lambda _: None, silent)
    assert batch.contiguous
    token = batch.transfer_kind == TransferKind.TOKEN
    logs = batch.transfer_log[token].tolist()
    blocks = {}
    theirs = lines(folder / "expected_token_transfers.json")
    for g in lines(folder / "expected_logs.json"):
        blocks[g["block_number"], g["log_index"]] = g
    amounts = [a for a, t in zip(whole(batch.transfer_amount), token, strict=True) if t]
    kept = [
        r
        for r in theirs
        if len(blocks[r["block_number"], r["log_index"]]["topics"]) == 3
    ]
    kept.sort(key=lambda r: (r["block_number"], r["log_index"]))
    assert [(r["log_index"], r["value"]) for r in kept] == list(
        zip(logs, amounts, strict=True)
    )
    left = [r for r in theirs if r not in kept]
    assert all(
        len(blocks[r["block_number"], r["log_index"]]["topics"]) == 4 for r in left
    )
    assert (len(kept), len(left)) == (282, 9)
    assert source.report.n_failed == 9
