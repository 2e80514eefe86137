"""The columns of a snapshot, and how one table's rows lead to another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.networks import network_by_name
from dalil.ledger.layout import (
    COLUMNS,
    NO_ADDRESS,
    SIDE_COLUMNS,
    manifest_sha256,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from dalil.chains.bitcoin.networks import Network
    from dalil.ledger.store.commit import Commit

__all__ = ["COINBASE", "Columns"]

COINBASE = -2
"""In `input_spends`: the input mints and spends nothing."""


class Columns:
    """Mapped, read-only columns of one committed snapshot.

    Attributes
    ----------
    block_height, block_time, block_hash, block_header : (n_blocks, …)
        int32, uint32 Unix seconds, 32 bytes in hash order, 80 bytes.
    block_first_tx : (n_blocks + 1,) int64
        Block b holds transactions ``block_first_tx[b]`` up to the next entry.
    tx_txid : (n_tx, 32) uint8
    tx_first_input, tx_first_output : (n_tx + 1,) int64
    input_spends : (n_inputs,) int64
        The output's id; -1 outside; -2 coinbase.
    output_value : (n_outputs,) int64, satoshi
    output_address : (n_outputs,) uint32, or `NO_ADDRESS`
    output_type : (n_outputs,) uint8, `ScriptType`
    outside_input : (n_outside,) int64, ascending
    outside_outpoint : (n_outside, 36) uint8
    outside_value : (n_outside,) int64, -1 unknown
    outside_address, outside_type : (n_outside,)
    address_type, address_key : (n_addresses,), (n_addresses, 32) uint8
    """

    def __init__(self, path: Path, commit: Commit) -> None:
        self.path = path
        self._commit = commit
        manifest = commit.manifest
        self.chain: str = manifest["chain"]
        self.network: Network = network_by_name(self.chain)
        self.manifest_sha256 = manifest_sha256(manifest)
        self.source: str = manifest["source"]
        self.heights_known: bool = manifest["heights"] == "chain"
        self._mapped = {
            name: commit.read(path, name) for name in (*COLUMNS, *SIDE_COLUMNS)
        }
        read = self._mapped.__getitem__
        self.block_height: NDArray[np.int32] = read("block.height")
        self.block_time: NDArray[np.uint32] = read("block.time")
        self.block_hash: NDArray[np.uint8] = read("block.hash")
        self.block_header: NDArray[np.uint8] = read("block.header")
        self.block_first_tx: NDArray[np.int64] = read("block.first_tx")
        self.tx_txid: NDArray[np.uint8] = read("tx.txid")
        self.tx_version: NDArray[np.int32] = read("tx.version")
        self.tx_locktime: NDArray[np.uint32] = read("tx.locktime")
        self.tx_first_input: NDArray[np.int64] = read("tx.first_input")
        self.tx_first_output: NDArray[np.int64] = read("tx.first_output")
        self.input_spends: NDArray[np.int64] = read("input.spends")
        self.input_sequence: NDArray[np.uint32] = read("input.sequence")
        self.output_value: NDArray[np.int64] = read("output.value")
        self.output_address: NDArray[np.uint32] = read("output.address")
        self.output_type: NDArray[np.uint8] = read("output.type")
        self.outside_input: NDArray[np.int64] = read("outside.input")
        self.outside_outpoint: NDArray[np.uint8] = read("outside.outpoint")
        self.outside_value: NDArray[np.int64] = read("outside.value")
        self.outside_address: NDArray[np.uint32] = read("outside.address")
        self.outside_type: NDArray[np.uint8] = read("outside.type")
        self.address_type: NDArray[np.uint8] = read("address.type")
        self.address_key: NDArray[np.uint8] = read("address.key")

    def column(self, name: str) -> NDArray[Any]:
        """Give a column by its name on disk, such as ``script.bytes``; mapped."""
        return self._mapped[name]

    @property
    def commit(self) -> Commit:
        """What this snapshot is of: its manifest, and the files it is in."""
        return self._commit

    @property
    def n_blocks(self) -> int:
        """Blocks."""
        return int(self.block_height.size)

    @property
    def n_tx(self) -> int:
        """Transactions."""
        return int(self.tx_txid.shape[0])

    @property
    def n_inputs(self) -> int:
        """Inputs, coinbase inputs among them."""
        return int(self.input_spends.size)

    @property
    def n_outputs(self) -> int:
        """Outputs."""
        return int(self.output_value.size)

    @property
    def n_addresses(self) -> int:
        """Addresses; bare keys count apart from their P2PKH address."""
        return int(self.address_type.size)

    # -- relations, for one id or an array of them --------------------------

    def tx_of_output(self, outputs: ArrayLike) -> NDArray[np.int64]:
        """Transaction of each output."""
        return np.searchsorted(self.tx_first_output, outputs, side="right") - 1

    def tx_of_input(self, inputs: ArrayLike) -> NDArray[np.int64]:
        """Transaction of each input."""
        return np.searchsorted(self.tx_first_input, inputs, side="right") - 1

    def block_of_tx(self, txs: ArrayLike) -> NDArray[np.int64]:
        """Block of each transaction."""
        return np.searchsorted(self.block_first_tx, txs, side="right") - 1

    def time_of_tx(self, txs: ArrayLike) -> NDArray[np.int64]:
        """Unix seconds of each transaction's block, as its header states it."""
        return self.block_time[self.block_of_tx(txs)].astype(np.int64)

    def _outside_row(self, inputs: ArrayLike) -> NDArray[np.int64]:
        return np.searchsorted(self.outside_input, inputs)

    def input_values(self, inputs: ArrayLike) -> NDArray[np.int64]:
        """Satoshi each input spends; -1 unknown, -2 coinbase."""
        return self._of_inputs(inputs, self.output_value, self.outside_value, COINBASE)

    def input_addresses(self, inputs: ArrayLike) -> NDArray[np.uint32]:
        """Address each input spends from, or `NO_ADDRESS`."""
        found = self._of_inputs(
            inputs, self.output_address, self.outside_address, NO_ADDRESS
        )
        return found.astype(np.uint32)

    def _of_inputs(
        self,
        inputs: ArrayLike,
        inside: NDArray[Any],
        outside: NDArray[Any],
        coinbase: int,
    ) -> NDArray[np.int64]:
        ids = np.atleast_1d(np.asarray(inputs, np.int64))
        spends = self.input_spends[ids]
        found = np.full(ids.size, coinbase, np.int64)
        found[spends >= 0] = inside[spends[spends >= 0]]
        found[spends == -1] = outside[self._outside_row(ids[spends == -1])]
        return found
