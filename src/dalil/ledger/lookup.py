"""Addresses of a snapshot: from script to id, from id to what it encodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.address import classify_script
from dalil.chains.bitcoin.classify import script_key
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES, ScriptType
from dalil.ledger.marks import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dalil.ledger.runs import Runs

__all__ = ["AddressBook"]

_HASH_BYTES = {
    ScriptType.P2PKH: 20,
    ScriptType.P2SH: 20,
    ScriptType.P2WPKH: 20,
    ScriptType.P2WSH: 32,
    ScriptType.P2TR: 32,
    ScriptType.P2SH32: 32,
}


class AddressBook:
    """Addresses of a snapshot: from script to id, from id to payload."""

    def __init__(self, columns: Mapping[str, NDArray[Any]], runs: Runs) -> None:
        self._keys: NDArray[np.uint8] = columns["address.key"]
        self._owners: NDArray[np.uint32] = columns["script.address"]
        self._scripts: NDArray[np.uint8] = columns["script.bytes"]
        self._columns = words(self._keys), columns["address.type"]
        self._runs = runs

    def find(self, kind: ScriptType, script: bytes) -> int | None:
        """Find the id of the address that a script of this type pays."""
        if kind not in ADDRESS_TYPES:
            return None
        key = np.zeros(32, np.uint8)
        data = np.frombuffer(script, np.uint8)
        script_key(data, 0, data.size, int(kind), key)
        row = self._runs.find_address(key.view(np.uint64), int(kind), *self._columns)
        return None if row < 0 else row

    def payload(self, address: int, kind: ScriptType) -> bytes:
        """Give what an address encodes: its hash, bare key or witness program."""
        if kind in _HASH_BYTES:
            return self._keys[address, : _HASH_BYTES[kind]].tobytes()
        row = self._scripts[int(np.searchsorted(self._owners, address))]
        _, payload = classify_script(row[1 : 1 + int(row[0])].tobytes())
        return payload
