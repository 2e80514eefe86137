"""The columns of a ledger that typing and clustering read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TxColumns"]


class TxColumns(Protocol):
    """What a ledger must show for its transactions to be typed and joined.

    Shapes, dtypes and sentinels are those of `dalil.ledger.Ledger`.
    """

    @property
    def tx_first_input(self) -> NDArray[np.int64]:
        """(n_tx + 1,) the first input of each transaction."""

    @property
    def tx_first_output(self) -> NDArray[np.int64]:
        """(n_tx + 1,) the first output of each transaction."""

    @property
    def input_spends(self) -> NDArray[np.int64]:
        """(n_inputs,) the output spent, -1 outside, -2 coinbase."""

    @property
    def output_value(self) -> NDArray[np.int64]:
        """(n_outputs,) satoshi."""

    @property
    def output_address(self) -> NDArray[np.uint32]:
        """(n_outputs,) address id, 0xFFFFFFFF for none."""

    @property
    def output_type(self) -> NDArray[np.uint8]:
        """(n_outputs,) `ScriptType`."""

    @property
    def outside_input(self) -> NDArray[np.int64]:
        """(n_outside,) ascending ids of inputs whose source lies outside."""

    @property
    def outside_value(self) -> NDArray[np.int64]:
        """(n_outside,) satoshi, -1 unknown."""

    @property
    def outside_address(self) -> NDArray[np.uint32]:
        """(n_outside,) address id, 0xFFFFFFFF unknown."""

    def find_address(self, text: str, /) -> int | None:
        """Return the id of an address, None if it does not occur."""
