"""Which outputs a trace starts from.

Seeds given by address are every output to one of the addresses in a
transaction that spends none of theirs: change that comes back is not money
received. Seeds given by outpoint are just those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import InputError, NotFoundError
from dalil.ids import parse_outpoint
from dalil.tracing.request import Direction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import I64, LedgerColumns, ReachColumns
    from dalil.tracing.request import TraceRequest

__all__ = ["Seeds", "find_seeds"]


@dataclass(frozen=True, slots=True, eq=False)
class Seeds:
    """Where a trace starts, and what it leaves out.

    Attributes
    ----------
    outputs : (n,) int64
        Output ids, ascending.
    inputs : (m,) int64
        Outside inputs named as seeds by their outpoint, ascending.
    n_change : int
        Outputs to the addresses that are change, so no seeds.
    n_outside, outside_sat : int
        Outputs to the addresses from outside the ledger that were spent
        inside: no seeds, since what paid them is not to be seen.
    n_outside_window : int
        Seeds left out because they arose outside the limits of time.
    n_unsure : int
        Seeds whose transaction has an input of unknown owner: if that was
        one of the addresses, the seed is change.
    """

    outputs: I64
    inputs: I64
    n_change: int = 0
    n_outside: int = 0
    outside_sat: int = 0
    n_outside_window: int = 0
    n_unsure: int = 0


def _rows_of(first: I64, tx: I64) -> I64:
    parts = [np.arange(first[t], first[t + 1]) for t in tx.tolist()]
    return np.concatenate([*parts, np.zeros(0, dtype=np.int64)])


def _owners(columns: ReachColumns, rows: I64) -> I64:
    """Address of each input's source; -1 where it is not known."""
    source = columns.input_spends[rows]
    inside = source >= 0
    owner = np.full(rows.size, -1, dtype=np.int64)
    owner[inside] = columns.output_address[source[inside]]
    outside = source == -1
    at = np.searchsorted(columns.outside_input, rows[outside])
    told = columns.outside_address[at].astype(np.int64)
    told[columns.outside_value[at] < 0] = -1
    owner[outside] = told
    return owner


def _received(
    ledger: LedgerColumns, columns: ReachColumns, request: TraceRequest
) -> Seeds:
    none = np.zeros(0, dtype=np.int64)
    addresses = np.unique(np.array(list(request.addresses), dtype=np.int64))
    parts = [ledger.outputs_of_address(a) for a in addresses.tolist()]
    found = np.unique(np.concatenate([none, *parts]).astype(np.int64))
    tx = np.searchsorted(columns.tx_first_output, found, side="right") - 1
    makers = np.unique(tx)
    rows = _rows_of(columns.tx_first_input, makers)
    payer = np.searchsorted(columns.tx_first_input, rows, side="right") - 1
    owner = _owners(columns, rows)
    spending = np.unique(payer[np.isin(owner, addresses)])
    unknown = np.unique(payer[(owner < 0) & (columns.input_spends[rows] == -1)])
    change = np.isin(tx, spending)
    outside = [ledger.outside_inputs_of_address(a) for a in addresses.tolist()]
    strangers = np.unique(np.concatenate([none, *outside]).astype(np.int64))
    at = np.searchsorted(columns.outside_input, strangers)
    return Seeds(
        found[~change],
        none,
        n_change=int(change.sum()),
        n_outside=strangers.size,
        outside_sat=sum(v for v in columns.outside_value[at].tolist() if v > 0),
        n_unsure=int((np.isin(tx, unknown) & ~change).sum()),
    )


def _outside_spender(ledger: LedgerColumns, outpoint: str) -> int | None:
    """Find the input that spends an output which lies outside."""
    txid, index = parse_outpoint(outpoint)
    key = txid + index.to_bytes(4, "little")
    names = ledger.outside_outpoint
    rows = np.flatnonzero(names[:, 0] == key[0])
    for place in range(1, len(key)):
        rows = rows[names[rows, place] == key[place]]
    return int(ledger.outside_input[rows[0]]) if rows.size else None


def _named(
    ledger: LedgerColumns, columns: ReachColumns, request: TraceRequest
) -> tuple[list[int], list[int]]:
    """Find outputs by name; those outside by the input that spends them."""
    outputs: list[int] = []
    inputs: list[int] = []
    for text in request.outpoints:
        parse_outpoint(text)
        output = ledger.find_outpoint(text.lower())
        if output is not None:
            outputs.append(output)
            continue
        spender = _outside_spender(ledger, text)
        if spender is None or request.direction is Direction.BACKWARD:
            raise NotFoundError("no such output in this ledger", text)
        at = np.searchsorted(columns.outside_input, spender)
        if columns.outside_value[at] < 0:
            raise InputError(
                "the value of this output is not known here; build the ledger with "
                "undo data (rev*.dat), or with the block that holds it",
                text,
            )
        inputs.append(spender)
    return outputs, inputs


def _in_window(
    columns: ReachColumns, tx: I64, request: TraceRequest
) -> NDArray[np.bool_]:
    block = np.searchsorted(columns.block_first_tx, tx, side="right") - 1
    time = columns.block_time[block]
    limits = request.limits
    inside: NDArray[np.bool_] = (time >= limits.not_before) & (time <= limits.not_after)
    return inside


def find_seeds(
    ledger: LedgerColumns, columns: ReachColumns, request: TraceRequest
) -> Seeds:
    """Find the outputs to start from.

    Raises
    ------
    InputError
        If an outpoint is malformed, or its value is not known.
    NotFoundError
        If an outpoint does not occur in the ledger.
    """
    by_address = _received(ledger, columns, request)
    outputs, inputs = _named(ledger, columns, request)
    both = np.unique(np.concatenate([by_address.outputs, np.array(outputs, np.int64)]))
    tx = np.searchsorted(columns.tx_first_output, both, side="right") - 1
    inside = _in_window(columns, tx, request)
    return Seeds(
        both[inside],
        np.unique(np.array(inputs, dtype=np.int64)),
        n_change=by_address.n_change,
        n_outside=by_address.n_outside,
        outside_sat=by_address.outside_sat,
        n_outside_window=int((~inside).sum()),
        n_unsure=by_address.n_unsure,
    )
