"""A world's files, read by Dalil's own sources, are the world; its proofs hold."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.chains.accounts import AccountBatch, TokenKind
from dalil.chains.evm.plain import recover_signer
from dalil.chains.tron.block import header_raw
from dalil.exercise.accounts.coins import CHAIN
from dalil.exercise.accounts.tronjson import ANSWERS
from dalil.ledger.accounts import AccountLedger, build_accounts
from dalil.progress import silent
from dalil.sources.accounts import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.exercise.accounts import AccountWorld

PART = ("block_first_tx", "tx_first_transfer", "tx_first_event")


def joined(batches: list[AccountBatch], column: str) -> bytes:
    parts = [getattr(batch, column) for batch in batches]
    if column in PART:
        parts = [np.diff(part) for part in parts]
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


@pytest.mark.parametrize("column", AccountBatch._fields[1:-1])
def test_a_nodes_answers_read_back_are_the_chain(
    meant: list[AccountBatch], read: list[AccountBatch], column: str
) -> None:
    assert joined(read, column) == joined(meant, column)


@pytest.fixture(scope="module")
def meant(world: AccountWorld) -> list[AccountBatch]:
    return list(world.source.batches(None, lambda _: None, silent))


@pytest.fixture(scope="module")
def read(folder: Path) -> list[AccountBatch]:
    source = open_source(f"tron-json:{folder / 'tron'}", chain=CHAIN)
    batches = list(source.batches(None, lambda _: None, silent))
    assert not source.report.notes
    assert not source.report.gaps
    return batches


def test_the_csv_gives_the_same_token_transfers(
    world: AccountWorld, folder: Path, tmp_path: Path
) -> None:
    spec = f"csv:{folder / 'etl' / 'token_transfers.csv'}"
    build_accounts(tmp_path / "csv", open_source(spec, chain=CHAIN), silent)
    build_accounts(tmp_path / "whole", world.source, silent)
    lists, whole = (AccountLedger.open(tmp_path / name) for name in ("csv", "whole"))

    def rows(ledger: AccountLedger) -> list[tuple[str, str, str, str, int]]:
        kinds = np.asarray(ledger.token_kind)
        tokens = np.asarray(ledger.transfer_token)
        mine = np.flatnonzero(
            (kinds[tokens] == TokenKind.CONTRACT)
            & (np.asarray(ledger.transfer_log) >= 0)
        )
        ends = zip(
            mine.tolist(),
            ledger.tx_of_transfer(mine).tolist(),
            ledger.amounts(mine),
            strict=True,
        )
        return [
            (
                ledger.txid(tx),
                ledger.token_name(int(tokens[row])),
                ledger.address_text(int(ledger.transfer_from[row])),
                ledger.address_text(int(ledger.transfer_to[row])),
                amount,
            )
            for row, tx, amount in ends
        ]

    assert rows(lists) == rows(whole)


def test_every_block_is_signed_by_its_producer(folder: Path) -> None:
    with (folder / "tron" / ANSWERS).open() as file:
        blocks = [json.loads(line) for line in file][::2]
    signers = {
        recover_signer(
            sha256(header_raw(block)).digest(),
            bytes.fromhex(block["block_header"]["witness_signature"]),
        ).hex()
        for block in blocks[::100]
    }
    assert {"41" + signer for signer in signers} == {
        block["block_header"]["raw_data"]["witness_address"] for block in blocks
    }
