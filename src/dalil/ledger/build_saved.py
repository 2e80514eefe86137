"""Building a partial ledger from single transactions, hops around seeds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.parse import Columns, fill_txs
from dalil.chains.bitcoin.undo import SpentOutputs
from dalil.errors import InputError
from dalil.ids import format_txid
from dalil.ledger.build import BuildReport
from dalil.ledger.building.taking import BlockRows
from dalil.ledger.building.undo import ScriptsTold, long_scripts
from dalil.ledger.building.writer import ContradictionError, LedgerWriter
from dalil.ledger.proofs import write_proofs
from dalil.ledger.store.commit import Commit, has_ledger
from dalil.ledger.store.housekeeping import remove_unnamed
from dalil.ledger.store.opening import writing
from dalil.ledger.store.tables import Tables
from dalil.settings import DEFAULT_MEMORY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.sources.saved import SavedTx, SavedTxs

__all__ = ["build_from_saved"]


def build_from_saved(ledger: Path, saved: SavedTxs) -> BuildReport:
    """Build a partial ledger from saved transactions.

    Where a transaction brings its block's header and a Merkle branch, both are
    kept and can be shown; without them blocks are as the explorer names them.
    What is not among the transactions is unknown either way.

    Raises
    ------
    InputError
        If a ledger is already there, or the transactions contradict one
        another.
    """
    with writing(ledger):
        if has_ledger(ledger):
            raise InputError("a ledger is already here; build another", ledger)
        base = Commit()
        remove_unnamed(ledger, base)
        tables = Tables(ledger, base)
        with ThreadPoolExecutor(2) as threads:
            writer = LedgerWriter(ledger, base, tables, DEFAULT_MEMORY, threads)
            try:
                _write(ledger, writer, saved)
            finally:
                writer.close()
    n_blocks = len({tx.height for tx in saved.txs})
    return BuildReport(added=n_blocks, notes=saved.notes)


def _write(ledger: Path, writer: LedgerWriter, saved: SavedTxs) -> None:
    raw = [item.tx.serialise() for item in saved.txs]
    data = np.frombuffer(b"".join(raw), np.uint8)
    sizes = np.array([len(piece) for piece in raw], np.int64)
    ends = np.cumsum(sizes)
    columns = _columns(saved.txs)
    fill_txs(data, ends - sizes, ends, columns)
    told = _told(saved.txs)
    writer.append_side("raw.tx", data)
    writer.append_side("raw.tx_end", ends)
    (ledger / "raw").mkdir(exist_ok=True)
    write_proofs(ledger / "raw", [_proof(item) for item in saved.txs])
    scripts = long_scripts(columns, data, told)
    writer.open.take(_blocks(saved.txs), columns, told.prevouts, scripts)
    last = saved.txs[-1]
    facts = {
        "chain": saved.network.caip2,
        "shape": "utxo",
        "source": "transactions",
        "heights": "chain",
        "tip": {"height": last.height, "hash": format_txid(last.block_hash)},
    }
    try:
        writer.commit(facts, [])
    except ContradictionError as error:
        raise InputError(
            "a transaction spends an output that is not there to spend", error.txid
        ) from None


def _proof(item: SavedTx) -> tuple[int, tuple[bytes, ...]] | None:
    if item.position is None or item.branch is None or item.header is None:
        return None
    return item.position, item.branch


def _columns(txs: Sequence[SavedTx]) -> Columns:
    n_in = sum(len(item.tx.inputs) for item in txs)
    n_out = sum(len(item.tx.outputs) for item in txs)
    columns = Columns.empty(len(txs), n_in, n_out)
    columns.first_input[-1], columns.first_output[-1] = n_in, n_out
    return columns


def _told(txs: Sequence[SavedTx]) -> ScriptsTold:
    prevouts = [prevout for item in txs for prevout in item.prevouts]
    told = ScriptsTold(len(prevouts))
    scripts = [prevout.script if prevout else b"" for prevout in prevouts]
    spent = SpentOutputs(
        np.zeros(0, np.int64),
        np.array([prevout.value if prevout else -1 for prevout in prevouts], np.int64),
        np.frombuffer(b"".join(scripts), np.uint8),
        np.cumsum([len(script) for script in scripts]).astype(np.int64),
    )
    told.take(0, spent)
    told.kind[np.array([prevout is None for prevout in prevouts], np.bool_)] = 255
    return told


def _blocks(txs: Sequence[SavedTx]) -> BlockRows:
    groups = [list(group) for _, group in groupby(txs, lambda item: item.height)]
    hashes = b"".join(group[0].block_hash for group in groups)
    headers = b"".join(group[0].header or bytes(80) for group in groups)
    return BlockRows(
        np.array([group[0].height for group in groups], np.int32),
        np.array([group[0].time for group in groups], np.uint32),
        np.frombuffer(hashes, np.uint8).reshape(-1, 32),
        np.frombuffer(headers, np.uint8).reshape(-1, 80),
        np.cumsum([len(group) for group in groups]).astype(np.int64),
    )
