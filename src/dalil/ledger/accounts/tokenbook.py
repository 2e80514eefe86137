"""The tokens of a ledger by their names: a token is its contract, never its symbol."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from dalil.chains.tokens import known_token, parse_token, token_caip19

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from dalil.chains.tokens import Token

__all__ = ["TokenBook"]

_MOST_DECIMALS = 255


class TokenBook:
    """Names and decimals of a snapshot's tokens.

    Parameters
    ----------
    chain : str
        CAIP-2.
    kinds, keys : (n_tokens,), (n_tokens, 20) uint8
    told : mapping
        What sources said, as kept in the commit; it never overrules what is known.
    """

    def __init__(
        self,
        chain: str,
        kinds: NDArray[np.uint8],
        keys: NDArray[np.uint8],
        told: Mapping[str, Any],
    ) -> None:
        self._chain, self._kinds, self._keys = chain, kinds, keys
        self._told: Mapping[str, Any] = told.get("decimals", {})

    def _named(self, token: int) -> tuple[int, bytes]:
        return int(self._kinds[token]), self._keys[token].tobytes()

    @cached_property
    def _ids(self) -> dict[tuple[int, bytes], int]:
        return {self._named(token): token for token in range(self._kinds.size)}

    def known(self, token: int) -> Token | None:
        """Give what Dalil itself knows of a token."""
        return known_token(self._chain, *self._named(token))

    def name(self, token: int) -> str:
        """Name a token: CAIP-19."""
        return token_caip19(self._chain, *self._named(token))

    def find(self, text: str) -> int | None:
        """Find a token by its name, contract, or the native coin's symbol."""
        return self._ids.get(parse_token(text, self._chain))

    def plain(self, token: int) -> bool:
        """Tell whether balances are sums of transfers, as far as is known."""
        known = self.known(token)
        return known is None or known.plain

    def told(self, token: int) -> tuple[str, int] | None:
        """Give symbol and decimals as a source told them, if it did."""
        symbol, decimals = self._told.get(self.name(token), ("", None))
        if type(decimals) is not int or not 0 <= decimals <= _MOST_DECIMALS:
            return None
        return str(symbol), decimals

    def decimals(self, token: int) -> int | None:
        """Decimals that are known, else as told; else None."""
        if known := self.known(token):
            return known.decimals
        told = self.told(token)
        return told[1] if told else None

    def symbol(self, token: int) -> str | None:
        """Symbol of a known token only: anybody may call his token anything."""
        known = self.known(token)
        return known.symbol if known else None
