"""What a ledger, a transaction, an address look like on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.family.pools import has_pools, into_pools
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import NotFoundError, StoreError
from dalil.ledger.analysis.sums import exact_sum
from dalil.ledger.layout import NO_ADDRESS
from dalil.ledger.store.mapping import pieces
from dalil.units import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.reader import Ledger

__all__ = [
    "describe_address",
    "describe_history",
    "describe_ledger",
    "describe_tx",
    "dump",
]

_SOURCES = {-2: "coinbase", -1: "outside"}


def _height(ledger: Ledger, block: int) -> int | None:
    return int(ledger.block_height[block]) if ledger.heights_known else None


def _count(column: NDArray[Any], *values: int) -> list[int]:
    """Count how often each value occurs."""
    found = [0] * len(values)
    for part in pieces(column):
        for i, value in enumerate(values):
            found[i] += int(np.count_nonzero(part == value))
    return found


def describe_ledger(ledger: Ledger) -> dict[str, Any]:
    """Count what a ledger holds; heights are null where no block states them.

    Cost: a pass over three columns, in memory that does not grow with them.
    """
    n_coinbase, n_outside = _count(ledger.input_spends, -2, -1)
    types = np.zeros(256, np.int64)
    for part in pieces(ledger.output_type):
        types += np.bincount(part, minlength=256)
    (n_bare,) = _count(ledger.address_type, ScriptType.P2PK)
    return {
        "chain": ledger.chain,
        "network": ledger.network.name,
        "first_height": _height(ledger, 0),
        "tip_height": _height(ledger, -1),
        "tip_hash": ledger.block_hash[-1].tobytes()[::-1].hex(),
        "contiguous": ledger.contiguous,
        "n_blocks": ledger.n_blocks,
        "n_tx": ledger.n_tx,
        "n_inputs": ledger.n_inputs,
        "n_coinbase_inputs": n_coinbase,
        "n_inputs_resolved": ledger.n_inputs - n_coinbase - n_outside,
        "n_inputs_outside": n_outside,
        "n_outputs": ledger.n_outputs,
        "outputs_by_type": {
            kind.label: int(types[kind]) for kind in ScriptType if types[kind]
        },
        "n_addresses": ledger.n_addresses,
        "n_bare_keys": n_bare,
        "manifest_sha256": ledger.manifest_sha256,
    }


def _address(ledger: Ledger, address: int) -> str | None:
    return None if address == NO_ADDRESS else ledger.address_text(address)


def _inputs(ledger: Ledger, tx: int) -> list[dict[str, Any]]:
    first, last = (int(n) for n in ledger.tx_first_input[tx : tx + 2])
    ids = np.arange(first, last)
    values, addresses = ledger.input_values(ids), ledger.input_addresses(ids)
    return [
        {
            "outpoint": ledger.prevout(i),
            "address": _address(ledger, int(address)),
            "value_sat": int(value) if value >= 0 else None,
            "source": _SOURCES.get(int(ledger.input_spends[i]), "inside"),
        }
        for i, value, address in zip(range(first, last), values, addresses, strict=True)
    ]


def _spender(ledger: Ledger, input_: int) -> str | None:
    if input_ < 0:
        return None
    tx = int(ledger.tx_of_input(input_))
    return f"{ledger.txid(tx)}:{input_ - int(ledger.tx_first_input[tx])}"


def _outputs(ledger: Ledger, tx: int) -> list[dict[str, Any]]:
    first, last = (int(n) for n in ledger.tx_first_output[tx : tx + 2])
    rows = []
    spenders = ledger.spenders(np.arange(first, last)).tolist()
    for output, spender in zip(range(first, last), spenders, strict=True):
        rows.append(
            {
                "n": output - first,
                "address": _address(ledger, int(ledger.output_address[output])),
                "type": ScriptType(int(ledger.output_type[output])).label,
                "value_sat": int(ledger.output_value[output]),
                "spent_by": _spender(ledger, spender),
            }
        )
    return rows


def _into_pools(ledger: Ledger, tx: int) -> int | None:
    try:
        return into_pools(ledger.raw_tx(tx), ledger.network.form)
    except (NotFoundError, StoreError):
        return None


def describe_tx(ledger: Ledger, txid: str) -> dict[str, Any]:
    """Tell all a ledger knows of a transaction; unknown values are null.

    `spent_by` names the input that spends an output, as txid:index of the
    spending transaction's input. Where a chain can move value out of plain
    sight, `into_pools_sat` is what the transaction's own bytes say of it: null,
    and the fee with it, where they are not at hand.

    Raises
    ------
    NotFoundError
        If the ledger does not hold it.
    """
    tx = ledger.find_tx(txid)
    if tx is None:
        raise NotFoundError("this ledger does not hold the transaction", txid)
    block = int(ledger.block_of_tx(tx))
    inputs, outputs = _inputs(ledger, tx), _outputs(ledger, tx)
    paid = sum(row["value_sat"] for row in outputs)
    known = [row["value_sat"] for row in inputs]
    hides = has_pools(ledger.network.form)
    pool = _into_pools(ledger, tx) if hides else None
    unknown = None in known or (hides and pool is None)
    return {
        "txid": ledger.txid(tx),
        "height": _height(ledger, block),
        "block_hash": ledger.block_hash[block].tobytes()[::-1].hex(),
        "time_utc": format_utc(int(ledger.block_time[block])),
        "fee_sat": None if unknown else sum(known) - paid - (pool or 0),
        **({"into_pools_sat": pool} if hides else {}),
        "inputs": inputs,
        "outputs": outputs,
    }


def describe_address(ledger: Ledger, text: str) -> dict[str, Any]:
    """Sum an address up; one the ledger has not seen gives zeros.

    `spent_sat` counts what is known: inputs whose source lies outside and of
    unknown value are counted in `n_spent_unknown`.

    Raises
    ------
    AddressError
        If the text is no address of the ledger's network.
    """
    address = ledger.find_address(text)
    empty = np.zeros(0, np.int64)
    outputs = empty if address is None else ledger.outputs_of_address(address)
    outside = empty if address is None else ledger.outside_inputs_of_address(address)
    spenders = ledger.spenders(outputs)
    spent = spenders >= 0
    outside_values = ledger.input_values(outside)
    txs = np.unique(
        np.concatenate(
            (
                ledger.tx_of_output(outputs),
                ledger.tx_of_input(np.concatenate((spenders[spent], outside))),
            )
        )
    )
    values = ledger.output_value[outputs]
    heights = ledger.block_height[ledger.block_of_tx(txs)]
    seen = bool(txs.size) and ledger.heights_known
    return {
        "address": text,
        "received_sat": exact_sum(values),
        "spent_sat": exact_sum(values[spent])
        + exact_sum(outside_values[outside_values >= 0]),
        "n_spent_unknown": int(np.count_nonzero(outside_values < 0)),
        "n_tx": int(txs.size),
        "n_outputs": int(outputs.size),
        "first_height": int(heights[0]) if seen else None,
        "last_height": int(heights[-1]) if seen else None,
    }


def describe_history(
    ledger: Ledger, text: str, start: int = 0, limit: int = 100
) -> dict[str, Any]:
    """List what was paid to an address, oldest first, one page of it.

    `next` is where the next page starts, null behind the last. A position in
    the history stays what it is as blocks are added; a reorg may change the
    last of them. Cost: the page, however long the history.

    Raises
    ------
    AddressError
        If the text is no address of the ledger's network.
    """
    address = ledger.find_address(text)
    total = 0 if address is None else ledger.n_outputs_of_address(address)
    stop = min(total, start + limit)
    outputs = np.zeros(0, np.int64)
    if address is not None and start < stop:
        outputs = ledger.outputs_of_address(address, start, stop)
    blocks = ledger.block_of_tx(ledger.tx_of_output(outputs))
    rows = [
        {
            "n": start + i,
            "outpoint": ledger.outpoint(output),
            "height": _height(ledger, block),
            "time_utc": format_utc(int(ledger.block_time[block])),
            "value_sat": int(ledger.output_value[output]),
            "spent_by": _spender(ledger, spender),
        }
        for i, (output, block, spender) in enumerate(
            zip(
                outputs.tolist(),
                blocks.tolist(),
                ledger.spenders(outputs).tolist(),
                strict=True,
            )
        )
    ]
    return {
        "address": text,
        "n_outputs": total,
        "outputs": rows,
        "next": stop if stop < total else None,
    }


def dump(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Give every transaction in chain order: the canonical form of a ledger.

    Two ledgers of one chain dump the same, byte for byte in canonical JSON,
    however they were built.
    """
    for tx in range(ledger.n_tx):
        yield describe_tx(ledger, ledger.txid(tx))
