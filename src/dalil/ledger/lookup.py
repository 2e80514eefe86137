"""Looking single things up: a txid, an address, an address's history."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.address import classify_script
from dalil.chains.bitcoin.classify import script_key
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES, ScriptType
from dalil.ledger.slots import open_slots
from dalil.ledger.table import Keys, find, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.generation import Generation
    from dalil.ledger.table import Slots

__all__ = ["AddressBook", "chain_rows", "tx_row"]

_NO_TAGS = np.zeros(0, np.uint8)
_HASH_BYTES = {
    ScriptType.P2PKH: 20,
    ScriptType.P2SH: 20,
    ScriptType.P2WPKH: 20,
    ScriptType.P2WSH: 32,
    ScriptType.P2TR: 32,
    ScriptType.P2SH32: 32,
}


def tx_row(slots: Slots, txids: NDArray[np.uint8], txid: bytes) -> int | None:
    """Find a txid's row among a snapshot's transactions."""
    n = txids.shape[0]
    known = words(txids)
    keys = Keys(known, _NO_TAGS, known[:0], _NO_TAGS, n)
    row = find(slots, keys, np.frombuffer(txid, np.uint64), 0, n)
    return None if row < 0 else int(row)


def chain_rows(
    before: NDArray[np.int64], last: NDArray[np.int64], address: int, n_rows: int
) -> NDArray[np.int64]:
    """Walk a chain of back-links; rows ascending, those past the snapshot left out."""
    rows = []
    at = int(last[address])
    while at >= n_rows:
        at = -1 if at >= before.size else int(before[at])
    while at >= 0:
        rows.append(at)
        at = int(before[at])
    return np.array(rows[::-1], np.int64)


class AddressBook:
    """Addresses of a snapshot: from script to id, from id to payload."""

    def __init__(self, generation: Generation) -> None:
        self._folder = generation.path / "derived"
        self._types: NDArray[np.uint8] = generation.read("address.type")
        self._keys: NDArray[np.uint8] = generation.read("address.key")
        self._owners: NDArray[np.uint32] = generation.read("script.address")
        self._scripts: NDArray[np.uint8] = generation.read("script.bytes")

    @cached_property
    def _slots(self) -> Slots | None:
        return open_slots(self._folder, "address")

    def find(self, kind: ScriptType, script: bytes) -> int | None:
        """Find the id of the address that a script of this type pays."""
        slots = self._slots
        if slots is None or kind not in ADDRESS_TYPES:
            return None
        key = np.zeros(32, np.uint8)
        data = np.frombuffer(script, np.uint8)
        script_key(data, 0, data.size, int(kind), key)
        n = self._types.size
        known, types = words(self._keys), np.asarray(self._types)
        keys = Keys(known, types, known[:0], types[:0], n)
        row = find(slots, keys, key.view(np.uint64), int(kind), n)
        return None if row < 0 else int(row)

    def payload(self, address: int, kind: ScriptType) -> bytes:
        """Give what an address encodes: its hash, bare key or witness program."""
        if kind in _HASH_BYTES:
            return self._keys[address, : _HASH_BYTES[kind]].tobytes()
        row = self._scripts[int(np.searchsorted(self._owners, address))]
        _, payload = classify_script(row[1 : 1 + int(row[0])].tobytes())
        return payload
