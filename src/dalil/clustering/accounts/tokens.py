"""Tokens that pose as others, by contract: kept out of every total.

A symbol is whatever its contract's author wrote. A contract that bears a known
token's symbol and is not that token is a look-alike; one whose symbol nobody
told, or that no table knows, stays an unknown token, which says nothing for or
against it.

Fails where: the name imitates and the symbol does not; the table here does not
know the token that is imitated; no source told the symbol.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.chains.accounts import TokenKind
from dalil.chains.tokens import is_look_alike, known_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["TokenFlag", "TokenFlags", "flag_tokens"]


class TokenFlag(IntEnum):
    """What is known of a token (uint8)."""

    UNKNOWN = 0
    KNOWN = 1
    """The chain's own coin, or a contract that its issuer names."""
    LOOK_ALIKE = 2

    @property
    def word(self) -> str:
        """The words on the wire."""
        return {0: "unknown token", 1: "known", 2: "look-alike"}[int(self)]


class TokenFlags(NamedTuple):
    """A flag for each token.

    Attributes
    ----------
    flag : (n_tokens,) uint8
        `TokenFlag`.
    symbols : mapping of int to str
        As told by the source; never trusted.
    """

    flag: NDArray[np.uint8]
    symbols: Mapping[int, str]

    def look_alikes(self) -> I64:
        """List the tokens that pose as others; for `poisoning`."""
        return np.flatnonzero(self.flag == TokenFlag.LOOK_ALIKE)

    def counted(self) -> I64:
        """List the tokens that may stand in totals: all but look-alikes."""
        return np.flatnonzero(self.flag != TokenFlag.LOOK_ALIKE)

    def to_json(self, ledger: AccountView) -> list[dict[str, Any]]:
        """Write every token with its flag and the symbol that it claims."""
        return [
            {
                "token": ledger.token_name(token),
                "flag": TokenFlag(flag).word,
                "claimed_symbol": self.symbols.get(token),
            }
            for token, flag in enumerate(self.flag.tolist())
        ]


def flag_tokens(
    ledger: AccountView, symbols: Mapping[int, str] | None = None
) -> TokenFlags:
    """Flag the tokens of a ledger by their contracts.

    Parameters
    ----------
    symbols : mapping of int to str, optional
        Symbols that contracts claim, by token id, where a source told them.
    """
    told = dict(symbols or {})
    kinds = np.asarray(ledger.token_kind).tolist()
    flags = [_flag(ledger, t, kind, told.get(t)) for t, kind in enumerate(kinds)]
    return TokenFlags(np.array(flags, dtype=np.uint8), told)


def _flag(ledger: AccountView, token: int, kind: int, symbol: str | None) -> TokenFlag:
    key = ledger.token_key[token].tobytes()
    if kind == TokenKind.NATIVE or known_token(ledger.chain, kind, key) is not None:
        return TokenFlag.KNOWN
    if symbol is not None and is_look_alike(ledger.chain, key, symbol):
        return TokenFlag.LOOK_ALIKE
    return TokenFlag.UNKNOWN
