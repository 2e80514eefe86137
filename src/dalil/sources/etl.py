"""Transactions from files of the public `crypto_bitcoin` schema.

That is what bitcoin-etl writes and BigQuery's public data sets serve.

Only what can be checked is taken. Each transaction is put back into bytes and
must hash to its stated txid, which needs every script: rows without are left
out and counted. Where the table of blocks is there too, headers are rebuilt
(each but the first, for the schema does not name a block's predecessor) and
must hash to the block's stated hash; where a block is whole and its txids, in
the files' order, come to the Merkle root, their places are proven. What the
files say of outputs spent elsewhere (value, address) is their word.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.address import decode_anywhere
from dalil.chains.bitcoin.transaction import double_sha256
from dalil.errors import DalilError, InputError, LimitError
from dalil.ids import parse_txid
from dalil.sources.blockfiles import Note
from dalil.sources.etlfiles import coinbases_of, files_of, rows_of, table_of
from dalil.sources.etlrows import (
    header_of,
    in_index_order,
    second_of,
    told_prevout,
    transaction_of_row,
    whole,
)
from dalil.sources.saved import SavedTx, SavedTxs, in_chain_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.chains.bitcoin.networks import Network

__all__ = ["MAX_TXS", "read_public"]

MAX_TXS = 2_000_000
"""Transactions taken in one go: each is some 3 KB of memory while it waits."""
_MAX_HEIGHT = 1 << 31


@dataclass(slots=True)
class _Block:
    """What the files tell of one block."""

    row: dict[str, Any] | None = None
    coinbase_sequence: int | None = None
    txids: list[bytes] = field(default_factory=list)
    header: bytes | None = None
    branches: list[tuple[bytes, ...]] = field(default_factory=list)


def read_public(paths: Sequence[Path], network: Network | None = None) -> SavedTxs:
    """Read transactions from files of the public schema.

    Parameters
    ----------
    paths : sequence of Path
        Files or folders of ``.parquet``, ``.json`` (one object a line) or
        ``.csv``, gzipped or not; of the tables ``transactions`` and
        ``blocks``, told apart by their fields. Other tables are passed over.
    network : Network, optional
        By default the addresses written decide, where only one of Bitcoin's
        networks writes them so; else it must be given.

    Raises
    ------
    InputError
        If a file is damaged, no transaction could be checked, or nothing tells
        the network.
    LimitError
        If there are more than `MAX_TXS`: give fewer months.
    """
    files = files_of(paths)
    blocks = _block_rows(files, coinbases_of(paths))
    notes: list[Note] = []
    found: dict[bytes, SavedTx] = {}
    chosen = network
    for path in files:
        refused: Counter[str] = Counter()
        for row in rows_of(path):
            if table_of(row) != "transactions":
                continue
            try:
                saved = _saved(row, blocks)
            except DalilError as error:
                refused[error.message] += 1
                continue
            chosen = chosen or _network_of(row)
            if saved.tx.txid not in found:
                blocks[saved.block_hash].txids.append(saved.tx.txid)
            found.setdefault(saved.tx.txid, saved)
            if len(found) > MAX_TXS:
                raise LimitError("too many transactions; give fewer months", MAX_TXS)
        notes += [
            Note(path.name, 0, f"{n} transactions left out: {why}")
            for why, n in sorted(refused.items())
        ]
    if not found:
        words = "; ".join(note.problem for note in notes)
        raise InputError(f"no transaction here could be checked ({words})", paths[0])
    notes += _prove(blocks)
    if chosen is None:
        raise InputError(
            "no address here tells the network; give it (--network)", paths[0]
        )
    return SavedTxs(chosen, in_chain_order(_proven(found, blocks)), notes)


def _block_rows(
    files: Sequence[Path], sequences: dict[str, int]
) -> dict[bytes, _Block]:
    """Read the table of blocks first: coinbase scripts are there."""
    blocks: dict[bytes, _Block] = {}
    for path in files:
        for row in rows_of(path):
            kind = table_of(row)
            if kind == "transactions":
                break
            if kind == "blocks":
                name = str(row.get("hash"))
                blocks[parse_txid(name)] = _Block(row, sequences.get(name))
    return blocks


def _saved(row: dict[str, Any], blocks: dict[bytes, _Block]) -> SavedTx:
    block_hash = parse_txid(str(row.get("block_hash")))
    block = blocks.setdefault(block_hash, _Block())
    param = block.row.get("coinbase_param") if block.row else None
    tx = transaction_of_row(row, param, block.coinbase_sequence)
    items = in_index_order(row.get("inputs") or [])
    told = tuple(told_prevout(item) for item in items) if items else (None,)
    return SavedTx(
        tx,
        whole(row.get("block_number"), _MAX_HEIGHT),
        block_hash,
        second_of(row.get("block_timestamp")),
        told,
    )


def _network_of(row: dict[str, Any]) -> Network | None:
    """Tell the network by an address, if only one network writes it so."""
    for item in row.get("outputs") or []:
        for text in item.get("addresses") or []:
            try:
                networks, _, _ = decode_anywhere(str(text))
            except DalilError:
                continue
            if len(networks) == 1:
                return networks[0]
    return None


def _prove(blocks: dict[bytes, _Block]) -> list[Note]:
    """Rebuild headers and Merkle branches where the files hold enough."""
    by_number = {
        whole(block.row.get("number"), _MAX_HEIGHT): hash_
        for hash_, block in blocks.items()
        if block.row
    }
    headers = whole_blocks = 0
    for block in blocks.values():
        if block.row is None or not block.txids:
            continue
        number = whole(block.row.get("number"), _MAX_HEIGHT)
        previous = bytes(32) if number == 0 else by_number.get(number - 1)
        if previous is not None:
            try:
                block.header = header_of(block.row, previous)
            except (ValueError, OverflowError, InputError):
                block.header = None
        headers += block.header is not None
        if str(block.row.get("transaction_count")) == str(len(block.txids)):
            levels = _levels(block.txids)
            if levels[-1][0] == parse_txid(str(block.row.get("merkle_root"))):
                block.branches = [_branch(levels, i) for i in range(len(block.txids))]
                whole_blocks += 1
    filled = sum(bool(block.txids) for block in blocks.values())
    said = (
        f"{headers} of {filled} headers rebuilt and hashed; "
        f"{whole_blocks} blocks whole by their Merkle root; no witness is here"
    )
    return [Note("blocks", 0, said)]


def _levels(txids: Sequence[bytes]) -> list[list[bytes]]:
    levels = [list(txids)]
    while len(levels[-1]) > 1:
        row = levels[-1]
        if len(row) % 2:
            row.append(row[-1])
        levels.append(
            [double_sha256(row[i] + row[i + 1]) for i in range(0, len(row), 2)]
        )
    return levels


def _branch(levels: list[list[bytes]], position: int) -> tuple[bytes, ...]:
    return tuple(
        level[(position >> height) ^ 1] for height, level in enumerate(levels[:-1])
    )


def _proven(
    found: dict[bytes, SavedTx], blocks: dict[bytes, _Block]
) -> dict[bytes, SavedTx]:
    """Add header, place and branch to what they are known of."""
    place = {
        txid: (i, block)
        for block in blocks.values()
        for i, txid in enumerate(block.txids)
    }
    proven = {}
    for txid, saved in found.items():
        position, block = place[txid]
        branch = block.branches[position] if block.branches else None
        proven[txid] = SavedTx(
            saved.tx,
            saved.height,
            saved.block_hash,
            saved.time,
            saved.prevouts,
            block.header,
            position if block.branches else None,
            branch,
        )
    return proven
