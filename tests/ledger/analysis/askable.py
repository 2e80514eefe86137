"""A small ledger with every kind of row in it, and its rows the plain way."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from dalil.exercise import MiniChain
from dalil.ledger import Ledger
from dalil.ledger.analysis.tables import Tables
from dalil.ledger.build import build_from_blocks
from dalil.ledger.describe import dump
from dalil.sources.blockfolder import open_blocks
from tests.ledger.core_files import framed

if TYPE_CHECKING:
    from pathlib import Path


class Askable(Ledger, Tables):
    """A ledger that is sure to have the tables a query begins at."""


def exercise_blocks(seed: int = 7, n_blocks: int = 6) -> list[bytes]:
    """Wallets of several script types pay one another; invented, EXERCISE."""
    chain = MiniChain(seed=seed)
    kinds = ("p2wpkh", "p2pkh", "p2sh", "p2tr", "p2pk")
    wallets = [chain.wallet(f"EXERCISE {kind}", kind) for kind in kinds]
    for wallet in wallets:
        chain.fund(wallet, 50_000_000)
    chain.mine()
    dice = random.Random(seed)
    for _ in range(n_blocks):
        for _ in range(5):
            payer, payee = dice.sample(wallets, 2)
            if payer.balance > 2_000_000:
                payer.pays(payee, dice.randrange(10_000, 1_000_000))
        chain.mine()
    return chain.blocks


def build(folder: Path, blocks: list[bytes]) -> Askable:
    """Build a ledger of blocks; without the first ones it is a partial one."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "blk00000.dat"
    file.write_bytes(framed(blocks))
    build_from_blocks(folder / "ledger", open_blocks(file))
    opened = Askable.open(folder / "ledger")
    assert isinstance(opened, Askable)
    return opened


def plain_rows(ledger: Ledger) -> dict[str, list[dict[str, Any]]]:
    """Every row of the four tables, told by `describe_tx` and simple counting."""
    tables: dict[str, list[dict[str, Any]]] = {"txs": [], "inputs": [], "outputs": []}
    for told in dump(ledger):
        tx = len(tables["txs"])
        at = {"height": told["height"], "time_utc": told["time_utc"]}
        minted = told["inputs"][0]["source"] == "coinbase"
        fee = 0 if minted else told["fee_sat"]
        counts = {"n_inputs": len(told["inputs"]), "n_outputs": len(told["outputs"])}
        tables["txs"].append({**at, **counts, "txid": told["txid"], "fee_sat": fee})
        for side in ("inputs", "outputs"):
            tables[side] += [
                {**row, **at, "tx": tx, "index": i} for i, row in enumerate(told[side])
            ]
    return tables
