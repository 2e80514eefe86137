"""Whether addresses are numbered as they appear, and are what their scripts say."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.scripts import ADDRESS_TYPES, ScriptType
from dalil.errors import StoreError
from dalil.ledger.layout import NO_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.reader import Ledger

__all__ = ["check_appearance", "check_scripts"]

_AT_ONCE = 1 << 18
_SHORT = (ScriptType.P2PKH, ScriptType.P2SH, ScriptType.P2WPKH)
_LONG = (ScriptType.P2PK, ScriptType.WITNESS_UNKNOWN)
_HAS_ADDRESS = np.isin(np.arange(256), list(ADDRESS_TYPES))


def check_appearance(ledger: Ledger) -> Iterator[int]:
    """Addresses are numbered by first appearance, inputs before outputs.

    And each block's columns say how many addresses, outside inputs and scripts
    there were when it ended. Memory: the rows of a stretch of blocks, or of
    one large one.
    """
    seen, outside = 0, 0
    scripts = ledger.column("script.address")
    for begin, end in _stretches(ledger):
        tx = ledger.block_first_tx[begin : end + 1]
        inputs, outputs = ledger.tx_first_input[tx], ledger.tx_first_output[tx]
        after = int(np.searchsorted(ledger.outside_input, inputs[-1]))
        told = np.arange(outside, after)
        paid = np.arange(outputs[0], outputs[-1])
        address = _in_order(ledger, told, paid)
        real = address[:, 1] != NO_ADDRESS
        first = _first_seen(address[real], seen)
        ends = np.searchsorted(address[real][first, 0], 2 * tx[1:])
        outside_ends = np.searchsorted(ledger.outside_input, inputs[1:])
        script_ends = np.searchsorted(scripts, seen + ends)
        for name, wanted in (
            ("block.first_address", seen + ends),
            ("block.first_outside", outside_ends),
            ("block.first_script", script_ends),
        ):
            if not np.array_equal(ledger.column(name)[begin + 1 : end + 1], wanted):
                raise StoreError(
                    f"column {name} counts otherwise in blocks from", begin
                )
        seen, outside = seen + first.size, after
        yield address.shape[0]
    if seen != ledger.n_addresses:
        raise StoreError("addresses are nowhere seen", ledger.n_addresses - seen)


def _stretches(ledger: Ledger) -> Iterator[tuple[int, int]]:
    """Cut the chain into stretches of some hundred thousand outputs."""
    begin = 0
    while begin < ledger.n_blocks:
        first = ledger.tx_first_output[ledger.block_first_tx[begin]]
        tx = np.searchsorted(ledger.tx_first_output, first + _AT_ONCE, "right") - 1
        end = int(np.searchsorted(ledger.block_first_tx, tx, "right")) - 1
        end = min(max(end, begin + 1), ledger.n_blocks)
        yield begin, end
        begin = end


def _in_order(
    ledger: Ledger, told: NDArray[np.int64], paid: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(n, 2): place and address of told inputs and outputs, in order of appearance.

    A place is twice the transaction, and one more for its outputs.
    """
    places = np.concatenate(
        (
            2 * ledger.tx_of_input(ledger.outside_input[told]),
            2 * ledger.tx_of_output(paid) + 1,
        )
    )
    addresses = np.concatenate(
        (ledger.outside_address[told], ledger.output_address[paid])
    )
    order = np.argsort(places, kind="stable")
    return np.stack((places[order], addresses[order].astype(np.int64)), axis=1)


def _first_seen(address: NDArray[np.int64], seen: int) -> NDArray[np.int64]:
    """Where addresses are new, counting from `seen` on."""
    before = np.maximum.accumulate(np.concatenate(([seen - 1], address[:, 1])))
    first = np.flatnonzero(address[:, 1] > before[:-1])
    if not np.array_equal(address[first, 1], np.arange(seen, seen + first.size)):
        raise StoreError("addresses are not numbered as they appear, from", seen)
    return first


def check_scripts(ledger: Ledger) -> Iterator[int]:
    """Hold rows to their address's type, and keys to the scripts they stand for."""
    types = ledger.address_type
    for table, column, kinds in (
        ("output", ledger.output_address, ledger.output_type),
        ("outside", ledger.outside_address, ledger.outside_type),
    ):
        for at in range(0, column.size, _AT_ONCE):
            address, kind = column[at : at + _AT_ONCE], kinds[at : at + _AT_ONCE]
            real = address != NO_ADDRESS
            if np.any(real != _HAS_ADDRESS[kind]):
                raise StoreError(
                    f"an {table} row's type has no address, or lacks it", at
                )
            if np.any(types[address[real]] != kind[real]):
                raise StoreError(f"an {table} row's type is not its address's", at)
            yield address.size
    yield from _check_keys(ledger)


def _check_keys(ledger: Ledger) -> Iterator[int]:
    owners, scripts = ledger.column("script.address"), ledger.column("script.bytes")
    done = 0
    for at in range(0, ledger.n_addresses, _AT_ONCE):
        kinds = ledger.address_type[at : at + _AT_ONCE]
        keys = ledger.address_key[at : at + _AT_ONCE]
        if np.any(keys[np.isin(kinds, _SHORT), 20:]):
            raise StoreError("an address's key is longer than its type's", at)
        if not np.all(_HAS_ADDRESS[kinds]):
            raise StoreError("an address has a type that has none", at)
        long = np.flatnonzero(np.isin(kinds, _LONG))
        mine = slice(done, done + long.size)
        if not np.array_equal(owners[mine], long + at):
            raise StoreError(
                "column script.address lacks a script, or has one more", at
            )
        for key, script in zip(keys[long], scripts[mine], strict=True):
            size = int(script[0])
            if hashlib.sha256(script[1 : 1 + size]).digest() != key.tobytes():
                raise StoreError("a script is not its address's", at)
            if size >= script.size or np.any(script[1 + size :]):
                raise StoreError("a script has another length than its row says", at)
        done += long.size
        yield kinds.size
    if done != owners.size:
        raise StoreError("column script.address has scripts of no address", done)
