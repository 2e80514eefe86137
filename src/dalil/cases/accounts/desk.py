"""What a case works with on a ledger of accounts: marks, deposits, tokens."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dalil.cases.accounts.proofs import SavedProofs
from dalil.cases.sources import CaseSources, NamedDesk
from dalil.clustering.accounts import (
    deposit_links,
    flag_tokens,
    freeze_windows,
    poisoning,
)
from dalil.ledger.accounts import AccountLedger
from dalil.tracing.prices import PriceSeries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from dalil.clustering.accounts import (
        Deposits,
        FreezeWindows,
        Poisoning,
        TokenFlags,
    )
    from dalil.tracing import Mark

__all__ = ["MAX_TOKENS", "AccountDesk", "deposit_marks", "noise_of", "token_flags"]

MAX_TOKENS = 50
"""Tokens traced in a case; what anybody sends to a seed must not drown it."""


class AccountDesk(NamedDesk[AccountLedger]):
    """A case's tools on one ledger of accounts, each made when first asked for.

    Parameters
    ----------
    sources : CaseSources
    ledger : Path
    """

    def __init__(self, sources: CaseSources, ledger: Path) -> None:
        super().__init__(sources, AccountLedger.open(ledger))
        self._prices: dict[Path, PriceSeries] = {}

    @cached_property
    def saved(self) -> SavedProofs:
        """What the node's answers that the case has saved prove."""
        return SavedProofs(self.ledger.chain, self.charter.node_answers)

    @cached_property
    def freezes(self) -> FreezeWindows:
        """Freezes by issuers, each with the window before it."""
        return freeze_windows(self.ledger)

    @cached_property
    def noise(self) -> list[int]:
        """Transfers that only imitate a known partner."""
        return noise_of(self.ledger).transfer.tolist()  # type: ignore[no-any-return]

    @cached_property
    def deposits(self) -> Deposits:
        """Addresses that only forward to a tagged service."""
        self.progress("deposit addresses", 0, 0)
        return deposit_links(self.ledger, self.services)

    @property
    def services(self) -> dict[int, str]:
        """Tagged services, by address."""
        return _services(self.own_marks)

    def marks(self, leaving_out: Iterable[int] = ()) -> list[Mark]:
        """Mark tagged addresses, and the deposit addresses of services.

        `leaving_out` are addresses that no rule may put a name on: a seed is
        what the case says it is.
        """
        out = set(leaving_out)
        spread = deposit_marks(self.ledger, self.own_marks, self.deposits)
        return [*self.own_marks, *(m for m in spread if m.address not in out)]

    def tokens_of(self, addresses: Iterable[int]) -> tuple[list[int], int]:
        """List the tokens that came to some addresses, the known ones first.

        Returns
        -------
        tokens : list of int
            At most `MAX_TOKENS`; look-alikes are not among them.
        n_left_out : int
            Look-alikes, and what came beyond the bound.
        """
        view = self.ledger
        came = [view.transfers_to(address) for address in addresses]
        rows = np.concatenate([np.zeros(0, np.int64), *came])
        tokens = np.unique(np.asarray(view.transfer_token)[rows]).tolist()
        posing = set(self.flags.look_alikes().tolist())
        honest = [token for token in tokens if token not in posing]
        honest.sort(key=lambda token: (self.symbol(token) is None, token))
        return honest[:MAX_TOKENS], len(tokens) - len(honest[:MAX_TOKENS])

    @cached_property
    def flags(self) -> TokenFlags:
        """Which tokens are known, and which pose as one that is."""
        return token_flags(self.ledger)

    def symbol(self, token: int) -> str | None:
        """Name a token that Dalil knows; None for any other."""
        return self.ledger.tokens.symbol(token)

    def price_file(self, token: int) -> Path | None:
        """Find the file of a token's prices that the charter names."""
        names = {self.ledger.token_name(token), self.symbol(token)}
        files = (one.file for one in self.charter.token_prices if one.token in names)
        return next(files, None)

    def prices_of(self, token: int) -> PriceSeries | None:
        """Read the daily prices of a token; None where the charter names none."""
        file = self.price_file(token)
        if file is not None and file not in self._prices:
            self._prices[file] = PriceSeries.load(file)
        return None if file is None else self._prices[file]


def _services(marks: Iterable[Mark]) -> dict[int, str]:
    return {mark.address: mark.name for mark in marks if mark.reason != "target"}


def deposit_marks(
    ledger: AccountLedger, marks: Sequence[Mark], deposits: Deposits | None = None
) -> list[Mark]:
    """Mark every address that only forwards to a service, as a border too.

    Addresses with a mark of their own keep it alone. `deposits` are those of
    the services in `marks`, found anew where they are not given.
    """
    own = {mark.address for mark in marks}
    by_wallet: dict[int, list[Mark]] = {}
    for mark in marks:
        if mark.reason != "target":
            by_wallet.setdefault(mark.address, []).append(mark)
    found = deposits or deposit_links(ledger, _services(marks))
    return [
        replace(mark, address=deposit, by="deposit")
        for deposit, wallet in found.borders().items()
        if deposit not in own
        for mark in by_wallet[wallet]
    ]


def token_flags(ledger: AccountLedger) -> TokenFlags:
    """Flag a ledger's tokens, by what its sources said they call themselves."""
    told = {t: ledger.tokens.told(t) for t in range(len(ledger.token_kind))}
    return flag_tokens(ledger, {t: one[0] for t, one in told.items() if one})


def noise_of(ledger: AccountLedger) -> Poisoning:
    """Find the transfers that only imitate a known partner."""
    return poisoning(ledger, fake_tokens=token_flags(ledger).look_alikes().tolist())
