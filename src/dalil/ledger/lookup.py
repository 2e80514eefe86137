"""Addresses of a snapshot: from script to id, from id to what it encodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.address import classify_script, script_of
from dalil.chains.bitcoin.classify import script_key
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES, ScriptType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Look = Callable[[NDArray[np.uint64], int], int]
    """From an address's key, (4,) words, and type to its row, or -1."""

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

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        self._keys: NDArray[np.uint8] = columns["address.key"]
        self._owners: NDArray[np.uint32] = columns["script.address"]
        self._scripts: NDArray[np.uint8] = columns["script.bytes"]

    def find(self, kind: ScriptType, payload: bytes, look: Look) -> int | None:
        """Find the id of an address by its type and what it encodes."""
        if kind not in ADDRESS_TYPES:
            return None
        key = np.zeros(32, np.uint8)
        if _HASH_BYTES.get(kind) == len(payload):
            key[: len(payload)] = np.frombuffer(payload, np.uint8)
        else:
            data = np.frombuffer(script_of(kind, payload), np.uint8)
            script_key(data, 0, data.size, int(kind), key)
        row = look(key.view(np.uint64), int(kind))
        return None if row < 0 else row

    def payload(self, address: int, kind: ScriptType) -> bytes:
        """Give what an address encodes: its hash, bare key or witness program."""
        if kind in _HASH_BYTES:
            return self._keys[address, : _HASH_BYTES[kind]].tobytes()
        row = self._scripts[int(np.searchsorted(self._owners, address))]
        _, payload = classify_script(row[1 : 1 + int(row[0])].tobytes())
        return payload
