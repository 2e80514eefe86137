"""What goes into a segment and what comes out: arrays and counts, no files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "COINBASE",
    "NO_ADDRESS",
    "NO_PREVOUTS",
    "OUTSIDE",
    "Before",
    "LongScripts",
    "Old",
    "Prevouts",
    "Resolved",
]

COINBASE = -2
"""What a coinbase's input spends."""
OUTSIDE = -1
"""What an input spends whose transaction the ledger does not have."""
NO_ADDRESS = 0xFFFF_FFFF
"""The address of an output that has none."""


class Prevouts(NamedTuple):
    """What undo data tells of each input of a batch: (n_in,) rows, or none.

    `kind` is 255 and `value` -1 where nothing is told; `key` is (n_in, 32).
    """

    value: NDArray[np.int64]
    kind: NDArray[np.uint8]
    key: NDArray[np.uint8]


NO_PREVOUTS = Prevouts(
    np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros((0, 32), np.uint8)
)


class LongScripts(NamedTuple):
    """Where the scripts lie of which a key holds but a hash.

    `data` is what `Columns.script_at` points into. `told` holds the scripts told
    for inputs, `told_at` (n_in,) and `told_size` (n_in,) where each one lies;
    all three are empty where nothing is told. Read during `take` only.
    """

    data: NDArray[np.uint8]
    told: NDArray[np.uint8] = np.zeros(0, np.uint8)
    told_at: NDArray[np.int64] = np.zeros(0, np.int64)
    told_size: NDArray[np.int32] = np.zeros(0, np.int32)


class Before(NamedTuple):
    """How many rows are committed before a segment."""

    n_tx: int
    n_input: int
    n_output: int
    n_address: int
    n_outside: int


class Old(Protocol):
    """What resolving asks of the runs before the segment, from two threads.

    A mark found in one of them is taken for the key: its 96 bits are seeded.
    """

    def find_txs(self, marks: NDArray[np.uint64], found: NDArray[np.int64], /) -> None:
        """Find txids' sorted marks (n, 2): rows into `found`, where it is -1."""

    def find_addresses(
        self, marks: NDArray[np.uint64], found: NDArray[np.int64], /
    ) -> None:
        """Find addresses' sorted marks, tagged by type, in the same way."""

    def outputs_of_tx(
        self, tx: NDArray[np.int64], /
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give first output and number of outputs; `tx` ascends, with repeats."""

    def spent(self, outputs: NDArray[np.int64], /) -> NDArray[np.bool_]:
        """Tell which outputs earlier inputs spend; `outputs` ascends, with repeats."""


class Resolved(NamedTuple):
    """A segment's links, with global ids; every array is exactly long enough.

    Arrays lie in the segment's memory, or repeat one value without memory:
    they hold until `Segment.clear`, and are not to be written to.

    Attributes
    ----------
    spends : (n_in,) int64
        Output, or `OUTSIDE`, or `COINBASE`.
    output_address : (n_out,) uint32
        Or `NO_ADDRESS`.
    address_type, address_key, address_source : (n_new,), (n_new, 32), (n_new,)
        New addresses in the order of first appearance; source is the output's
        row, or -1 - the input's row, counted from the segment's start.
    script_address, script_bytes : (n_long,) uint32, (n_long, 68) uint8
        Address ids, ascending; a length byte, then the script.
    outside_input : (n_outside,) int64
        Rows counted from the segment's start, ascending.
    outside_outpoint, outside_value, outside_address, outside_type
        (n_outside, 36), int64, uint32, uint8: what is known of each.
    tx_entries, address_entries : (n, 2) uint64
        Sorted index entries; rows count from the segment's first.
    wrong : int
        0, or 1 + the row of the first input, in the chain's order, that names
        an output its transaction lacks or one that is spent already. What else
        the result holds then means nothing, and arrays may be empty.
    """

    spends: NDArray[np.int64]
    output_address: NDArray[np.uint32]
    address_type: NDArray[np.uint8]
    address_key: NDArray[np.uint8]
    address_source: NDArray[np.int64]
    script_address: NDArray[np.uint32]
    script_bytes: NDArray[np.uint8]
    outside_input: NDArray[np.int64]
    outside_outpoint: NDArray[np.uint8]
    outside_value: NDArray[np.int64]
    outside_address: NDArray[np.uint32]
    outside_type: NDArray[np.uint8]
    tx_entries: NDArray[np.uint64]
    address_entries: NDArray[np.uint64]
    wrong: int
