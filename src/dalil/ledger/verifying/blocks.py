"""A block read again from its file, by the plain reader, against the columns."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.address import classify_script
from dalil.chains.bitcoin.forms import HEADER_BYTES
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES
from dalil.chains.bitcoin.transaction import parse_tx
from dalil.errors import DalilError, NotFoundError, StoreError
from dalil.ids import format_outpoint, format_txid
from dalil.ledger.layout import NO_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.chains.bitcoin.transaction import Transaction, TxOutput
    from dalil.ledger.reader import Ledger

__all__ = ["check_block", "check_proofs"]


def check_block(ledger: Ledger, block: int) -> None:
    """Compare a block's header, and every field of its transactions, with its bytes.

    Raises
    ------
    StoreError
        If the raw bytes are gone, or say something else; the value is the
        transaction's id, or the block's.
    """
    if ledger.source == "blocks":
        _check_header(ledger, block)
    first, last = ledger.block_first_tx[block : block + 2].tolist()
    for tx in range(first, last):
        try:
            plain = parse_tx(ledger.raw_tx(tx))
        except DalilError as error:
            raise StoreError(
                f"cannot be read again: {error}", ledger.txid(tx)
            ) from None
        wrong = _wrong_field(ledger, tx, plain)
        if wrong:
            raise StoreError(f"its {wrong} is not what the block says", ledger.txid(tx))


def _check_header(ledger: Ledger, block: int) -> None:
    name = format_txid(ledger.block_hash[block].tobytes())
    try:
        raw = ledger.raw_block(block)
    except DalilError as error:
        raise StoreError(f"a block cannot be read again: {error}", name) from None
    if raw[:HEADER_BYTES] != ledger.block_header[block].tobytes():
        raise StoreError("the block file holds another block now", name)


def check_proofs(ledger: Ledger) -> Iterator[int]:
    """Fold each kept Merkle proof up to its block's header; counts those there are.

    Raises
    ------
    StoreError
        If one does not lead there.
    """
    if ledger.source == "blocks":
        return
    for tx in range(ledger.n_tx):
        with suppress(NotFoundError):
            ledger.merkle_branch(tx)
            yield 1


def _wrong_field(ledger: Ledger, tx: int, plain: Transaction) -> str:
    first_in, last_in = ledger.tx_first_input[tx : tx + 2].tolist()
    first_out, last_out = ledger.tx_first_output[tx : tx + 2].tolist()
    if plain.version != ledger.tx_version[tx]:
        return "version"
    if plain.lock_time != ledger.tx_locktime[tx]:
        return "lock time"
    if len(plain.inputs) != last_in - first_in:
        return "number of inputs"
    if len(plain.outputs) != last_out - first_out:
        return "number of outputs"
    for row, entry in enumerate(plain.inputs, first_in):
        spent = ledger.prevout(row)
        if spent != _outpoint(entry.txid, entry.index):
            return f"input {row - first_in}"
        if entry.sequence != ledger.input_sequence[row]:
            return f"sequence of input {row - first_in}"
    for row, output in enumerate(plain.outputs, first_out):
        wrong = _wrong_output(ledger, row, output)
        if wrong:
            return f"{wrong} of output {row - first_out}"
    return ""


def _wrong_output(ledger: Ledger, row: int, output: TxOutput) -> str:
    kind, payload = classify_script(output.script)
    if output.value != ledger.output_value[row]:
        return "value"
    if int(kind) != ledger.output_type[row]:
        return "type"
    address = int(ledger.output_address[row])
    if (address == NO_ADDRESS) == (kind in ADDRESS_TYPES):
        return "address"
    if address != NO_ADDRESS and ledger.address_payload(address) != payload:
        return "address"
    return ""


def _outpoint(txid: bytes, index: int) -> str | None:
    coinbase = index == 0xFFFF_FFFF and not any(txid)
    return None if coinbase else format_outpoint(txid, index)
