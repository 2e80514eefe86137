"""From a ledger to the raw premises of findings: transactions, branches, headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.address import decode_address, script_of
from dalil.chains.bitcoin.transaction import parse_tx
from dalil.errors import DalilError, NotFoundError
from dalil.evidence.material import BlockProof, ToldPrevout
from dalil.ids import format_outpoint, format_txid
from dalil.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.chains.bitcoin.transaction import TxInput
    from dalil.evidence.material import Material
    from dalil.ledger import Ledger

__all__ = ["gather", "gather_headers"]

_LONGEST_RUN = 20_000
"""Headers put in between, at most, so that used blocks hang together."""


def gather(
    ledger: Ledger,
    txids: Iterable[str],
    material: Material,
    progress: Progress = silent,
) -> None:
    """Put transactions, what they spend, and their place in the chain in `material`.

    Parameters
    ----------
    ledger : Ledger
    txids : iterable of str
        The transactions that findings name. For each its raw bytes, its
        Merkle branch with header, and the raw transactions that made what it
        spends; where those lie outside the ledger, what undo data tell.
    material : Material
        Filled in place.

    Raises
    ------
    NotFoundError
        If a transaction is not in the ledger, or the block files are gone.

    Notes
    -----
    A transaction's source needs no branch of its own: its txid, which the
    spending transaction commits to, is the hash of its bytes.
    """
    material.chain = ledger.chain
    wanted = sorted(set(txids))
    for done, txid in enumerate(wanted):
        progress("gathering proofs", done, len(wanted))
        tx = ledger.find_tx(txid)
        if tx is None:
            raise NotFoundError(
                "a finding names a transaction outside the ledger", txid
            )
        material.transactions[txid] = ledger.raw_tx(tx)
        proof = _proof(ledger, tx)
        if proof is None:
            material.unproven.add(txid)
        else:
            material.proofs[txid] = proof
        parsed = parse_tx(material.transactions[txid])
        if parsed.is_coinbase:
            continue
        first = int(ledger.tx_first_input[tx])
        for place, spend in enumerate(parsed.inputs):
            _source(ledger, first + place, spend, material)


def _proof(ledger: Ledger, tx: int) -> BlockProof | None:
    block = int(ledger.block_of_tx(tx))
    header = ledger.block_header[block].tobytes()
    if not any(header):
        return None
    try:
        branch = ledger.merkle_branch(tx)
    except NotFoundError:  # of a single transaction no proof may have been had
        return None
    height = int(ledger.block_height[block])
    return BlockProof(height, ledger.tx_position(tx), tuple(branch), header)


def _source(ledger: Ledger, row: int, spend: TxInput, material: Material) -> None:
    txid = format_txid(spend.txid)
    if txid in material.transactions:
        return
    tx = ledger.find_tx(txid)
    if tx is not None:
        material.transactions[txid] = ledger.raw_tx(tx)
        return
    value = int(ledger.input_values([row])[0])
    if value >= 0:
        told = ToldPrevout(value, _told_script(ledger, row))
        material.prevouts[format_outpoint(spend.txid, spend.index)] = told


def _told_script(ledger: Ledger, row: int) -> bytes | None:
    address = int(ledger.input_addresses([row])[0])
    try:
        return script_of(*decode_address(ledger.network, ledger.address_text(address)))
    except (DalilError, IndexError):  # no address: a script without one, or untold
        return None


def gather_headers(ledger: Ledger, material: Material) -> None:
    """Add the headers between the lowest and the highest block used.

    They let the blocks used hang together, and in a ledger from block 0 hang
    from genesis. Left out where more than 20,000 would be needed, or where the
    ledger has none: each block then stands by its own work.
    """
    used = material.all_headers()
    if not used:
        return
    heights = ledger.block_height
    low, high = min(used), max(used)
    if int(heights[0]) == 0 and high < _LONGEST_RUN:
        low = 0
    if high - low >= _LONGEST_RUN:
        return
    for block in range(heights.size):
        if low <= heights[block] <= high:
            header = ledger.block_header[block].tobytes()
            if any(header):
                material.headers[int(heights[block])] = header
