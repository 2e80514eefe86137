"""A ledger written down by hand, for examples, documentation and tests.

It has the columns of `dalil.ledger.Ledger` that tracing reads, and nothing on
disk. Addresses are whatever words one likes; every transaction is a block of
its own, ten minutes after the last.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from dalil.ids import format_outpoint, format_txid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dalil.tracing.columns import I64

__all__ = ["HandLedger"]

_NO_ADDRESS = 0xFFFF_FFFF
_FIRST_TIME = 1_600_000_000


def _outside_txid(input_id: int) -> bytes:
    return hashlib.sha256(b"outside %d" % input_id).digest()


class HandLedger:
    """A growing ledger of literal payments.

    Attributes
    ----------
    source : str
        ``blocks``; set it otherwise to play a ledger that lacks transactions.

    Examples
    --------
    >>> ledger = HandLedger()
    >>> (coin,) = ledger.mine(("alice", 50))
    >>> paid, change = ledger.pay([coin], ("bob", 30), ("alice", 19))
    >>> ledger.output_value.tolist(), ledger.output_spent_by.tolist()
    ([50, 30, 19], [1, -1, -1])
    """

    def __init__(self) -> None:
        self.source = "blocks"
        self._next_height = 0
        self._heights: list[int] = []
        self._times: list[int] = []
        self._first_input, self._first_output = [0], [0]
        self._spends: list[int] = []
        self._values: list[int] = []
        self._addresses: list[int] = []
        self._spent_by: list[int] = []
        self._outside: list[tuple[int, int, int]] = []
        self._names: dict[str, int] = {}

    def _intern(self, name: str | None) -> int:
        return (
            _NO_ADDRESS
            if name is None
            else self._names.setdefault(name, len(self._names))
        )

    def skip_blocks(self, count: int = 1) -> None:
        """Leave out blocks: what happened in them is not in this ledger."""
        self._next_height += count

    @property
    def contiguous(self) -> bool:
        """Whether whole blocks follow one another without a gap."""
        gapless = bool(np.all(np.diff(self.block_height) == 1))
        return self.source == "blocks" and gapless

    def mine(
        self, *outputs: tuple[str | None, int], time: int | None = None
    ) -> list[int]:
        """Add a coinbase transaction; return its output ids."""
        self._spends.append(-2)
        return self._close(outputs, time)

    def pay(
        self,
        inputs: Sequence[int | tuple[str | None, int | None]],
        *outputs: tuple[str | None, int],
        time: int | None = None,
    ) -> list[int]:
        """Add a transaction; return its output ids.

        An input is an output id, or ``(address, value)`` for one whose source
        lies outside; either part may be None where it is not known.
        """
        for source in inputs:
            row = len(self._spends)
            if isinstance(source, tuple):
                name, value = source
                told = -1 if value is None else value
                self._outside.append((row, told, self._intern(name)))
                self._spends.append(-1)
            else:
                self._spent_by[source] = row
                self._spends.append(source)
        return self._close(outputs, time)

    def _close(
        self, outputs: Sequence[tuple[str | None, int]], time: int | None
    ) -> list[int]:
        first = len(self._values)
        for name, value in outputs:
            self._values.append(value)
            self._addresses.append(self._intern(name))
            self._spent_by.append(-1)
        self._first_input.append(len(self._spends))
        self._first_output.append(len(self._values))
        self._heights.append(self._next_height)
        self._next_height += 1
        last = self._times[-1] if self._times else _FIRST_TIME - 600
        self._times.append(last + 600 if time is None else time)
        return list(range(first, len(self._values)))

    block_height = property(lambda self: np.array(self._heights, dtype=np.int32))
    block_time = property(lambda self: np.array(self._times, dtype=np.uint32))
    block_first_tx = property(lambda self: np.arange(len(self._times) + 1))
    tx_first_input = property(lambda self: np.array(self._first_input))
    tx_first_output = property(lambda self: np.array(self._first_output))
    input_spends = property(lambda self: np.array(self._spends, dtype=np.int64))
    output_value = property(lambda self: np.array(self._values, dtype=np.int64))
    output_spent_by = property(lambda self: np.array(self._spent_by, dtype=np.int64))
    output_address = property(lambda self: np.array(self._addresses, dtype=np.uint32))

    def _outside_column(self, part: int) -> I64:
        return np.array([row[part] for row in self._outside], dtype=np.int64)

    outside_input = property(lambda self: self._outside_column(0))
    outside_value = property(lambda self: self._outside_column(1))

    @property
    def outside_address(self) -> NDArray[np.uint32]:
        """(n_outside,) address ids, or NO_ADDRESS."""
        return self._outside_column(2).astype(np.uint32)

    @property
    def outside_outpoint(self) -> NDArray[np.uint8]:
        """(n_outside, 36) output 0 of a transaction that is not here."""
        names = b"".join(_outside_txid(row) + bytes(4) for row, _, _ in self._outside)
        return np.frombuffer(names, dtype=np.uint8).reshape(-1, 36)

    def outputs_of_address(self, address: int, /) -> I64:
        """List the outputs to an address."""
        return np.flatnonzero(self.output_address == address)

    def outside_inputs_of_address(self, address: int, /) -> I64:
        """List the outside inputs known to spend from an address."""
        rows = [row for row, _, owner in self._outside if owner == address]
        return np.array(rows, dtype=np.int64)

    def txid(self, tx: int, /) -> str:
        """Name a transaction by the hash of its row."""
        return format_txid(hashlib.sha256(b"tx %d" % tx).digest())

    def outpoint(self, output: int, /) -> str:
        """Name an output."""
        tx = int(np.searchsorted(self.tx_first_output, output, side="right")) - 1
        return f"{self.txid(tx)}:{output - self._first_output[tx]}"

    def prevout(self, input_id: int, /) -> str | None:
        """Name what an input spends; an outside source is hash and row."""
        source = self._spends[input_id]
        if source >= 0:
            return self.outpoint(source)
        return None if source == -2 else format_outpoint(_outside_txid(input_id), 0)

    def find_outpoint(self, outpoint: str, /) -> int | None:
        """Find an output by name, the slow way."""
        rows = range(len(self._values))
        return next((row for row in rows if self.outpoint(row) == outpoint), None)

    def find_address(self, text: str, /) -> int | None:
        """Find an address by its word."""
        return self._names.get(text)

    def address_text(self, address: int, /) -> str:
        """Write an address."""
        return list(self._names)[address]
