"""Rows of the public schema, made of a stretch of blocks at a time, by columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.extras import needs
from dalil.ledger.analysis.derived import (
    UNKNOWN_FEE,
    fee_of_tx,
    input_types,
    owner_of,
    sums_between,
)
from dalil.ledger.analysis.publicschema import TYPE_NAMES, schema
from dalil.ledger.layout import NO_ADDRESS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.extras import Foreign
    from dalil.ledger.analysis.exportraw import RawFields
    from dalil.ledger.reader import Ledger

__all__ = ["Stretch"]


class Stretch:
    """The rows of blocks ``[first, last)``, in every table of the public schema.

    Memory follows the rows of the stretch; each address in it is put in
    letters once (about 8 µs).

    Parameters
    ----------
    ledger : Ledger
    first, last : int
        Rows of blocks.
    raw : RawFields, optional
        Sizes and scripts read from raw transactions; null without.
    """

    def __init__(
        self, ledger: Ledger, first: int, last: int, raw: RawFields | None = None
    ) -> None:
        self._pa = needs("pyarrow")
        self._ledger = ledger
        self._blocks = slice(first, last)
        txs = slice(*(int(n) for n in ledger.block_first_tx[[first, last]]))
        ends = [txs.start, txs.stop]
        self._txs = txs
        ins = slice(*(int(n) for n in ledger.tx_first_input[ends]))
        self._outputs = slice(*(int(n) for n in ledger.tx_first_output[ends]))
        spends = ledger.input_spends[ins]
        self._inputs = ins.start + np.flatnonzero(spends != -2)
        self._raw = raw
        self._made: dict[str, Any] = {}

    def table(self, name: str) -> Foreign:
        """Give one table's rows as a pyarrow Table of the public schema."""
        if name in self._made:
            return self._made[name]
        columns = self._MAKE[name](self)
        wanted, pa = schema(name), self._pa
        n = len(next(iter(columns.values())))
        arrays = [
            columns[field.name].cast(field.type)
            if field.name in columns
            else pa.nulls(n, field.type)
            for field in wanted
        ]
        self._made[name] = pa.Table.from_arrays(arrays, schema=wanted)
        return self._made[name]

    # -- tables ---------------------------------------------------------------

    def _block_rows(self) -> dict[str, Any]:
        of, at = self._ledger, self._blocks
        header = np.ascontiguousarray(of.block_header[at])
        there = np.any(header != 0, axis=1)
        words = header.view("<u4")
        columns = {
            "hash": self._hex(of.block_hash[at]),
            "number": self._numbers_of_blocks(np.arange(at.start, at.stop)),
            "version": self._where(words[:, 0].view("<i4"), there),
            "merkle_root": self._hex(header[:, 36:68], there),
            "timestamp": self._times(of.block_time[at]),
            "nonce": self._where(words[:, 19], there),
            "bits": self._hex(header[:, 72:76], there),
            "transaction_count": self._ints(
                np.diff(of.block_first_tx[at.start : at.stop + 1])
            ),
        }
        return columns | (self._raw.blocks if self._raw else {})

    def _tx_rows(self) -> dict[str, Any]:
        of, at = self._ledger, self._txs
        ends = np.arange(at.start, at.stop + 1)
        n_inputs = np.diff(np.searchsorted(self._inputs, of.tx_first_input[ends]))
        fee = fee_of_tx(of, at)
        bounds = of.tx_first_output[ends] - self._outputs.start
        paid = sums_between(of.output_value[self._outputs], bounds)
        known = fee != UNKNOWN_FEE
        columns = {
            "hash": self._hex(of.tx_txid[at]),
            "version": self._ints(of.tx_version[at]),
            "lock_time": self._ints(of.tx_locktime[at]),
            **self._placed(ends[:-1]),
            "input_count": self._ints(n_inputs),
            "output_count": self._ints(np.diff(of.tx_first_output[ends])),
            "input_value": self._where(paid + fee, known & (n_inputs > 0)),
            "output_value": self._ints(paid),
            "is_coinbase": self._pa.array(n_inputs == 0),
            "fee": self._where(fee, known),
            "inputs": self._lists("inputs", n_inputs),
            "outputs": self._lists("outputs", np.diff(of.tx_first_output[ends])),
        }
        return columns | (self._raw.transactions if self._raw else {})

    def _input_rows(self) -> dict[str, Any]:
        of, ids = self._ledger, self._inputs
        txs = owner_of(of.tx_first_input, ids)
        hashes, indexes = self._spent(ids)
        values = of.input_values(ids)
        columns = {
            "transaction_hash": self._hex(of.tx_txid[txs]),
            **self._placed(txs),
            "index": self._ints(ids - of.tx_first_input[txs]),
            "spent_transaction_hash": self._hex(hashes),
            "spent_output_index": self._ints(indexes),
            "sequence": self._ints(of.input_sequence[ids]),
            "type": self._types(input_types(of, ids)),
            "addresses": self._addresses(of.input_addresses(ids)),
            "value": self._where(values, values >= 0),
        }
        return columns | (self._raw.inputs if self._raw else {})

    def _output_rows(self) -> dict[str, Any]:
        of, at = self._ledger, self._outputs
        txs = owner_of(of.tx_first_output, at)
        columns = {
            "transaction_hash": self._hex(of.tx_txid[txs]),
            **self._placed(txs),
            "index": self._ints(np.arange(at.start, at.stop) - of.tx_first_output[txs]),
            "type": self._types(of.output_type[at]),
            "addresses": self._addresses(of.output_address[at]),
            "value": self._ints(of.output_value[at]),
        }
        return columns | (self._raw.outputs if self._raw else {})

    _MAKE = {  # noqa: RUF012 - never changed
        "blocks": _block_rows,
        "transactions": _tx_rows,
        "inputs": _input_rows,
        "outputs": _output_rows,
    }

    # -- columns --------------------------------------------------------------

    def _lists(self, side: str, counts: NDArray[np.int64]) -> Foreign:
        """Nest a side's rows into lists, one a transaction."""
        pa = self._pa
        kind = schema("transactions").field(side).type
        flat = self.table(side)
        fields = [field.name for field in kind.value_type]
        rows = pa.StructArray.from_arrays(
            [flat[name].combine_chunks() for name in fields],
            fields=list(kind.value_type),
        )
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
        return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), rows)

    def _placed(self, txs: NDArray[np.int64]) -> dict[str, Any]:
        of = self._ledger
        blocks = of.block_of_tx(txs)
        return {
            "block_hash": self._hex(of.block_hash[blocks]),
            "block_number": self._numbers_of_blocks(blocks),
            "block_timestamp": self._times(of.block_time[blocks]),
        }

    def _numbers_of_blocks(self, blocks: NDArray[np.int64]) -> Foreign:
        of = self._ledger
        known = np.full(blocks.size, of.heights_known)
        return self._where(of.block_height[blocks], known)

    def _spent(
        self, inputs: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Give the txid and index each input spends, in the ledger or outside."""
        of = self._ledger
        spends = of.input_spends[inputs]
        hashes = np.zeros((inputs.size, 32), np.uint8)
        indexes = np.zeros(inputs.size, np.int64)
        inside, outside = spends >= 0, spends == -1
        txs = of.tx_of_output(spends[inside])
        hashes[inside] = of.tx_txid[txs]
        indexes[inside] = spends[inside] - of.tx_first_output[txs]
        rows = np.searchsorted(of.outside_input, inputs[outside])
        outpoints = of.outside_outpoint[rows]
        hashes[outside] = outpoints[:, :32]
        indexes[outside] = np.ascontiguousarray(outpoints[:, 32:]).view("<u4")[:, 0]
        return hashes, indexes

    def _addresses(self, addresses: NDArray[np.uint32]) -> Foreign:
        pa, there = self._pa, addresses != NO_ADDRESS
        ids, places = np.unique(addresses[there], return_inverse=True)
        texts = [self._ledger.address_text(int(i)) for i in ids]
        offsets = np.concatenate((np.zeros(1, np.int32), np.cumsum(there)))
        return pa.ListArray.from_arrays(
            pa.array(offsets.astype(np.int32)),
            pa.array(texts, "string").take(pa.array(places)),
        )

    def _types(self, codes: NDArray[np.uint8]) -> Foreign:
        names = self._pa.array([TYPE_NAMES.get(code) for code in range(256)], "string")
        return names.take(self._pa.array(codes))

    def _hex(
        self, rows: NDArray[np.uint8], there: NDArray[np.bool_] | None = None
    ) -> Foreign:
        """Write rows of bytes as reversed hex, without a Python string for each."""
        pa, width = self._pa, 2 * rows.shape[1]
        text = np.ascontiguousarray(rows[:, ::-1]).tobytes().hex().encode()
        offsets = np.arange(0, len(text) + 1, width, dtype=np.int32)
        found = pa.StringArray.from_buffers(
            len(rows), pa.py_buffer(offsets), pa.py_buffer(text)
        )
        if there is None or there.all():
            return found
        return needs("pyarrow.compute").if_else(pa.array(there), found, None)

    def _ints(self, values: NDArray[Any]) -> Foreign:
        return self._pa.array(values.astype(np.int64))

    def _where(self, values: NDArray[Any], there: NDArray[np.bool_]) -> Foreign:
        return self._pa.array(values.astype(np.int64), mask=~there)

    def _times(self, seconds: NDArray[np.uint32]) -> Foreign:
        micros = seconds.astype(np.int64) * 1_000_000
        return self._pa.array(micros).cast(self._pa.timestamp("us", "UTC"))
