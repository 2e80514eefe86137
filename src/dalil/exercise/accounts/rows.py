"""An exercise's blocks in the forms that public tools keep them in."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from dalil.chains.accounts import NOBODY, TokenKind
from dalil.sources.accounts.shaping import (
    BlockRows,
    EventRow,
    TransferRow,
    TxRows,
    batch_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dalil.chains.accounts import AccountBatch
    from dalil.exercise.accounts.chain import Block, Tx
    from dalil.exercise.accounts.coins import Coin

__all__ = ["batches_of", "write_etl"]

_TRANSFERS = (
    *("token_address", "from_address", "to_address", "value"),
    *("transaction_hash", "log_index", "block_number"),
    *("block_timestamp", "block_hash", "transaction_index"),
)


def batches_of(
    chain: str, blocks: Sequence[Block], size: int = 500
) -> Iterator[AccountBatch]:
    """Lay blocks out as batches of `size` blocks each."""
    for first in range(0, len(blocks), size):
        part = [_rows(block) for block in blocks[first : first + size]]
        yield batch_of(chain, part, contiguous=True)


def write_etl(folder: Path, blocks: Iterable[Block], coins: Iterable[Coin]) -> None:
    """Write ``token_transfers.csv`` and ``tokens.csv`` as ethereum-etl has them.

    Addresses are in hex, TRON's too. What is no token transfer has no place in
    these files: the network's own coin, failed calls, freezes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "token_transfers.csv").open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_TRANSFERS)
        for block in blocks:
            for place, tx in enumerate(block.txs):
                writer.writerows(_transfers(block, place, tx))
    with (folder / "tokens.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("address", "symbol", "name", "decimals"))
        for coin in coins:
            name = f"EXERCISE {coin.symbol}"
            writer.writerow((_hex(coin.key), coin.symbol, name, coin.decimals))


def _transfers(block: Block, place: int, tx: Tx) -> Iterator[tuple[object, ...]]:
    for move in tx.moves:
        if move.coin.kind is TokenKind.CONTRACT:
            yield (
                *(_hex(move.coin.key), _hex(move.payer), _hex(move.payee)),
                *(move.amount, _hex(tx.hash), move.log, block.number),
                *(block.time_utc, _hex(block.hash), place),
            )


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()


def _rows(block: Block) -> BlockRows:
    txs = [_tx_rows(place, tx) for place, tx in enumerate(block.txs)]
    return BlockRows(block.number, block.hash, block.parent, block.time_utc, txs)


def _tx_rows(place: int, tx: Tx) -> TxRows:
    moves = [
        TransferRow(m.kind, m.coin.kind, m.coin.key, m.payer, m.payee, m.log, m.amount)
        for m in tx.moves
    ]
    told = [
        EventRow(
            *(e.kind, e.contract, e.subject or NOBODY, e.other or NOBODY),
            *(e.log, e.amount, e.ref),
        )
        for e in tx.told
    ]
    return TxRows(tx.hash, place, tx.status, tx.sender, moves, told)
