"""What tracing reads of a ledger: columns by name, and how rows are written.

The algorithms ask for these names and nothing else, so they run on a ledger
on disk, on one written down by hand (`literal`), or on any other store that
can lay the same columns out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["I64", "LedgerColumns", "ReachColumns", "Whole", "reach_columns"]

if TYPE_CHECKING:
    I64 = NDArray[np.int64]
    """A vector of row ids, or of amounts in satoshi."""
    Whole = int | np.int64
    """A whole number, from Python or out of a column."""
else:
    I64, Whole = np.ndarray, int


class LedgerColumns(Protocol):
    """The columns and look-ups a trace uses; `dalil.ledger.Ledger` has them."""

    @property
    def contiguous(self) -> bool:
        """Whether whole blocks follow one another without a gap."""

    @property
    def source(self) -> str:
        """What it was built from; ``blocks`` where its blocks are whole."""

    @property
    def block_height(self) -> NDArray[np.int32]:
        """(n_blocks,) ascending."""

    @property
    def block_time(self) -> NDArray[np.uint32]:
        """(n_blocks,) Unix seconds, as the miner stated them."""

    @property
    def block_first_tx(self) -> I64:
        """(n_blocks + 1,) row of each block's first transaction."""

    @property
    def tx_first_input(self) -> I64:
        """(n_tx + 1,) row of each transaction's first input."""

    @property
    def tx_first_output(self) -> I64:
        """(n_tx + 1,) row of each transaction's first output."""

    @property
    def input_spends(self) -> I64:
        """(n_inputs,) the output spent; -1 outside, -2 coinbase."""

    @property
    def output_value(self) -> I64:
        """(n_outputs,) satoshi."""

    @property
    def output_address(self) -> NDArray[np.uint32]:
        """(n_outputs,) address id, or the ledger's NO_ADDRESS."""

    @property
    def output_spent_by(self) -> I64:
        """(n_outputs,) the spending input; -1 unspent here."""

    @property
    def outside_input(self) -> I64:
        """(n_outside,) inputs whose source lies outside, ascending."""

    @property
    def outside_value(self) -> I64:
        """(n_outside,) satoshi; -1 unknown."""

    @property
    def outside_address(self) -> NDArray[np.uint32]:
        """(n_outside,) address id, or NO_ADDRESS."""

    @property
    def outside_outpoint(self) -> NDArray[np.uint8]:
        """(n_outside, 36) what they spend: hash-order txid, index."""

    def outputs_of_address(self, address: int, /) -> I64:
        """List every output to an address, ascending."""

    def outside_inputs_of_address(self, address: int, /) -> I64:
        """List every outside input known to spend from an address, ascending."""

    def txid(self, tx: int, /) -> str:
        """Name a transaction."""

    def outpoint(self, output: int, /) -> str:
        """Name an output as ``txid:index``."""

    def prevout(self, input_id: int, /) -> str | None:
        """Name the output an input spends; None for a coinbase."""

    def find_outpoint(self, outpoint: str, /) -> int | None:
        """Find an output by name."""

    def find_address(self, text: str, /) -> int | None:
        """Find an address by its text."""

    def address_text(self, address: int, /) -> str:
        """Write an address."""


class ReachColumns(NamedTuple):
    """The columns as the kernels take them: plain read-only arrays."""

    block_first_tx: I64
    block_time: I64
    tx_first_input: I64
    tx_first_output: I64
    input_spends: I64
    output_value: I64
    output_address: NDArray[np.uint32]
    output_spent_by: I64
    outside_input: I64
    outside_value: I64
    outside_address: NDArray[np.uint32]


def _frozen(column: Any, dtype: type[np.generic]) -> Any:  # noqa: ANN401
    """View a column read-only, so one compiled kernel serves every store."""
    view = np.ascontiguousarray(column, dtype=dtype).view(np.ndarray)
    view.flags.writeable = False
    return view


def reach_columns(ledger: LedgerColumns) -> ReachColumns:
    """Take the arrays out of a ledger, without copying the large ones."""
    wide, narrow = np.int64, np.uint32
    dtypes: dict[str, type[np.generic]] = {
        "output_address": narrow,
        "outside_address": narrow,
    }
    return ReachColumns(
        *(
            _frozen(getattr(ledger, name), dtypes.get(name, wide))
            for name in ReachColumns._fields
        )
    )
