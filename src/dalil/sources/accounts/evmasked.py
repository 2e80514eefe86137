"""What all questions to a node of Ethereum's kind rest on: its chain, its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains import tron
from dalil.errors import InputError, SourceError
from dalil.sources.accounts.evmblocks import header_of
from dalil.sources.accounts.jsonrpc import JsonRpc
from dalil.sources.accounts.numbers import quantity
from dalil.sources.accounts.report import SourceReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.sources.accounts.place import NodePlace
    from dalil.sources.accounts.shaping import BlockRows

__all__ = ["EvmAsked"]

_GENESIS_OF_TRON = {tron.NETWORKS[0]: 728126428, tron.NETWORKS[1]: 3448148188}
"""What TRON's nodes answer to eth_chainId: the last four bytes of the genesis."""


class EvmAsked:
    """A node that was asked for one chain; sources of its blocks or logs extend it.

    Parameters
    ----------
    place : NodePlace
    chain : str, optional
        CAIP-2 the node must be of; by default what it says it is.
    pause : float
        Seconds before a second try; see `Pace`.
    """

    kind = "rpc"

    def __init__(
        self, place: NodePlace, chain: str | None = None, *, pause: float = 1.0
    ) -> None:
        self.report = SourceReport()
        self._rpc = JsonRpc(place, pause=pause)
        self._wanted = chain
        self._chain: str | None = None

    @property
    def chain(self) -> str:
        """CAIP-2, as the node says, checked against what was asked for."""
        if self._chain is None:
            try:
                number = quantity(self._rpc.call("eth_chainId"), 1 << 63)
            except InputError as error:
                raise SourceError("the node names no chain", error.value) from error
            finally:
                self._rpc.close()
            known = {n: name for name, n in _GENESIS_OF_TRON.items()}
            said = known.get(number, f"eip155:{number}")
            if self._wanted not in (None, said):
                raise SourceError(f"the node is of {said}, not of", self._wanted)
            self._chain = said
        return self._chain

    def newest(self) -> int:
        """Height of the newest block."""
        try:
            return quantity(self._rpc.call("eth_blockNumber"), 1 << 40)
        except InputError as error:
            raise SourceError("the node names no newest block", error.value) from error

    def header(self, number: int) -> BlockRows:
        """Ask for a block without what it did."""
        block = self._rpc.call("eth_getBlockByNumber", hex(number), False)  # noqa: FBT003
        return self.told(lambda: header_of(block, number), number)

    def told(self, read: Callable[[], BlockRows], number: int) -> BlockRows:
        """Read an answer for a block.

        Raises
        ------
        SourceError
            If it is refused: what comes over the wire is the node's, no file's.
        """
        try:
            return read()
        except InputError as error:
            message = (
                f"the node's answer for block {number} is refused: {error.message}"
            )
            raise SourceError(message, error.value) from error
