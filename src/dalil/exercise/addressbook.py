"""Who owns which address: every lock a chain ever issued, packed tightly."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.address import encode_address
from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.scripts import ScriptType

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AddressBook"]

_KINDS = {int(kind): kind for kind in ScriptType}
_WIDTH = 33


class AddressBook:
    """Owner, type and payload of each address, about 40 bytes apiece.

    A million addresses fit into 40 MB; their text is written only when asked.
    """

    def __init__(self) -> None:
        self._owner = array("I")
        self._kind = bytearray()
        self._size = bytearray()
        self._payload = bytearray()

    def __len__(self) -> int:
        return len(self._owner)

    def add(self, owner: int, kind: ScriptType, payload: bytes) -> None:
        """Note that wallet `owner` issued this address."""
        self._owner.append(owner)
        self._kind.append(kind)
        self._size.append(len(payload))
        self._payload += payload.ljust(_WIDTH, b"\0")

    def __getitem__(self, place: int) -> str:
        """Return the address issued as number `place`."""
        start = place * _WIDTH
        payload = bytes(self._payload[start : start + self._size[place]])
        return encode_address(REGTEST, _KINDS[self._kind[place]], payload)

    @property
    def owners(self) -> Iterable[int]:
        """The owner of every address, in the order of issue."""
        return self._owner

    def of(self, owner: int) -> list[str]:
        """Return one wallet's addresses, oldest first; scans the whole book."""
        return [self[i] for i, who in enumerate(self._owner) if who == owner]
