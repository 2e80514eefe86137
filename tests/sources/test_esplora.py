"""Saved explorer answers: put back into bytes, hashed, refused where they lie."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.address import classify_script, encode_address
from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES
from dalil.chains.bitcoin.transaction import Transaction, TxOutput, read_tx
from dalil.errors import InputError
from dalil.exercise import MiniChain
from dalil.ids import format_txid
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.build_saved import build_from_saved
from dalil.ledger.describe import describe_tx
from dalil.sources.blockfolder import open_blocks
from dalil.sources.esplora import read_esplora

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def output_json(output: TxOutput) -> dict[str, Any]:
    kind, payload = classify_script(output.script)
    stated = {}
    if kind in ADDRESS_TYPES:
        stated["scriptpubkey_address"] = encode_address(REGTEST, kind, payload)
    return {"scriptpubkey": output.script.hex(), "value": output.value, **stated}


def esplora(
    tx: Transaction, made: dict[bytes, Transaction], height: int
) -> dict[str, Any]:
    """A transaction as an explorer's API gives it."""
    return {
        "txid": format_txid(tx.txid),
        "version": tx.version,
        "locktime": tx.lock_time,
        "vin": [
            {
                "txid": format_txid(spend.txid),
                "vout": spend.index,
                "prevout": output_json(made[spend.txid].outputs[spend.index])
                if spend.txid in made
                else None,
                "scriptsig": spend.script.hex(),
                "witness": [item.hex() for item in spend.witness],
                "sequence": spend.sequence,
            }
            for spend in tx.inputs
        ],
        "vout": [output_json(output) for output in tx.outputs],
        "status": {
            "confirmed": True,
            "block_height": height,
            "block_hash": f"{height:064x}",
            "block_time": 1_700_000_000 + height,
        },
    }


@pytest.fixture(scope="module")
def saved() -> tuple[MiniChain, list[dict[str, Any]]]:
    """All payments of a small chain as saved answers, coinbases left out."""
    chain = MiniChain(seed=6)
    a, b = chain.wallet("a"), chain.wallet("b", "p2pkh")
    chain.fund(a, 5_000_000)
    chain.mine()
    for value in (1_000_000, 300_000, 200_000):
        a.pays(b, value)
    b.pays(a, 250_000)
    chain.mine()
    rows, made = [], dict[bytes, Transaction]()
    for height, raw in enumerate(chain.blocks):
        at = 81
        while at < len(raw):
            tx, at = read_tx(raw, at)
            made[tx.txid] = tx
            if not tx.is_coinbase:
                rows.append(esplora(tx, made, height))
    return chain, rows


def write(path: Path, rows: object) -> Path:
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def test_transactions_tell_what_the_whole_chain_tells(
    saved: tuple[MiniChain, list[dict[str, Any]]], tmp_path: Path
) -> None:
    chain, rows = saved
    file = write(tmp_path / "txs.json", rows[::-1])
    build_from_saved(tmp_path / "part", read_esplora([file]))
    chain.write(tmp_path / "blocks")
    build_from_blocks(tmp_path / "whole", open_blocks(tmp_path / "blocks"))
    part, whole = Ledger.open(tmp_path / "part"), Ledger.open(tmp_path / "whole")
    assert not part.contiguous
    assert part.network is REGTEST
    for row in rows:
        here, there = (describe_tx(x, row["txid"]) for x in (part, whole))
        for name in ("fee_sat", "height", "outputs"):
            assert here[name] == there[name]
        for one, other in zip(here["inputs"], there["inputs"], strict=True):
            assert {**one, "source": 0} == {**other, "source": 0}
        found = part.find_tx(row["txid"])
        assert found is not None
        assert part.raw_tx(found) == whole.raw_tx(whole.find_tx(row["txid"]) or 0)


FORMS: list[tuple[str, Callable[[list[dict[str, Any]]], str]]] = [
    ("one list", json.dumps),
    ("one object a line", lambda rows: "\n".join(map(json.dumps, rows))),
    ("with a byte order mark", lambda rows: "\ufeff" + json.dumps(rows)),
    ("every transaction twice", lambda rows: json.dumps(rows + rows)),
]


@pytest.mark.parametrize(("why", "form"), FORMS, ids=[why for why, _ in FORMS])
def test_files_come_in_several_forms(
    saved: tuple[MiniChain, list[dict[str, Any]]],
    tmp_path: Path,
    why: str,
    form: Callable[[list[dict[str, Any]]], str],
) -> None:
    del why
    file = tmp_path / "txs.json"
    file.write_text(form(saved[1]), encoding="utf-8")
    assert len(read_esplora([file]).txs) == len(saved[1])


@dataclass(frozen=True)
class Lie:
    why: str
    change: Callable[[dict[str, Any]], object]
    says: str


LIES = [
    Lie("another amount", lambda tx: tx["vout"][0].update(value=1), "do not hash"),
    Lie("another txid", lambda tx: tx.update(txid="00" * 32), "do not hash"),
    Lie("another sequence", lambda tx: tx["vin"][0].update(sequence=1), "do not hash"),
    Lie(
        "a script that is no hex",
        lambda tx: tx["vout"][0].update(scriptpubkey="zz"),
        "hex",
    ),
    Lie("a negative amount", lambda tx: tx["vout"][0].update(value=-1), "out of range"),
    Lie(
        "an amount that is text",
        lambda tx: tx["vout"][0].update(value="9"),
        "out of range",
    ),
    Lie("no inputs at all", lambda tx: tx.pop("vin"), "not an Esplora"),
    Lie("an input that is a number", lambda tx: tx.update(vin=[5]), "not an Esplora"),
    Lie(
        "a block hash that is none",
        lambda tx: tx["status"].update(block_hash="x"),
        "txid",
    ),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.why)
def test_what_cannot_be_so_is_refused_and_named(
    saved: tuple[MiniChain, list[dict[str, Any]]], tmp_path: Path, lie: Lie
) -> None:
    rows = copy.deepcopy(saved[1])
    lie.change(rows[1])
    found = read_esplora([write(tmp_path / "txs.json", rows)])
    assert len(found.txs) == len(rows) - 1
    assert lie.says in found.notes[0].problem


def test_unconfirmed_transactions_are_left_out_and_named(
    saved: tuple[MiniChain, list[dict[str, Any]]], tmp_path: Path
) -> None:
    rows = copy.deepcopy(saved[1])
    rows[0]["status"] = {"confirmed": False}
    found = read_esplora([write(tmp_path / "txs.json", rows)])
    assert "not in a block yet" in found.notes[0].problem


REFUSED = [
    ("nothing in it", "[]", "no confirmed transaction"),
    ("no JSON", "{nonsense", "not JSON"),
    ("nesting without end", "[" * 200_000, "not JSON|nested"),
]


@pytest.mark.parametrize(("why", "text", "says"), REFUSED, ids=[r[0] for r in REFUSED])
def test_files_without_transactions_are_refused(
    tmp_path: Path, why: str, text: str, says: str
) -> None:
    del why
    file = tmp_path / "txs.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read_esplora([file])


def test_two_blocks_at_one_height_are_refused(
    saved: tuple[MiniChain, list[dict[str, Any]]], tmp_path: Path
) -> None:
    rows = copy.deepcopy(saved[1])
    rows[-1]["status"]["block_hash"] = "ff" * 32
    with pytest.raises(InputError, match="two blocks"):
        read_esplora([write(tmp_path / "txs.json", rows)])


def test_real_saved_answers(real_data: Path, tmp_path: Path) -> None:
    found = read_esplora([real_data / "bitcoin/esplora"])
    build_from_saved(tmp_path / "ledger", found)
    ledger = Ledger.open(tmp_path / "ledger")
    assert ledger.n_tx == len(found.txs) == 57
    fees = [describe_tx(ledger, ledger.txid(tx))["fee_sat"] for tx in range(57)]
    stated = {}
    for path in sorted((real_data / "bitcoin/esplora").glob("*.json")):
        value = json.loads(path.read_text())
        for row in value if isinstance(value, list) else [value]:
            if "txid" in row:
                stated[row["txid"]] = row["fee"]
    assert fees == [stated[ledger.txid(tx)] for tx in range(57)]
