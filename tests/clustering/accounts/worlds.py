"""Small worlds of accounts with something planted in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.accounts import EventKind

if TYPE_CHECKING:
    from dalil.ledger.accounts.literal import HandAccounts

DAY = 86_400
START = 1_700_000_000
COIN = 1_000_000


def later(ledger: HandAccounts, days: int = 60) -> None:
    """Let time pass, so that every receipt is old enough to be judged."""
    last = int(ledger.block_time[-1])
    ledger.pay("passer-by", "another", COIN, time=last + days * DAY)


def rotating(
    ledger: HandAccounts, k: int, collector: str = "collector", name: str = "rotating"
) -> list[str]:
    """Plant k addresses, each paid by three donors and swept a day later."""
    names = [f"{name} {i}" for i in range(k)]
    for i, word in enumerate(names):
        for donor in range(3):
            ledger.pay(f"donor {i}.{donor}", word, (50 + donor) * COIN)
        last = int(ledger.block_time[-1])
        ledger.pay(word, collector, 153 * COIN, time=last + DAY)
    return names


def exchange(ledger: HandAccounts, n_customers: int, name: str = "hot") -> list[str]:
    """Plant an exchange: a deposit address a customer, swept to its hot wallet."""
    deposits = [f"{name} deposit {i}" for i in range(n_customers)]
    for i, deposit in enumerate(deposits):
        ledger.pay(f"{name} customer {i}", deposit, (10 + i) * COIN)
        ledger.pay(deposit, name, (10 + i) * COIN)
    return deposits


def rental(ledger: HandAccounts, n: int, funder: str = "rental") -> None:
    """Plant an energy rental with n children, all in one transaction."""
    for i in range(n):
        ledger.tell(EventKind.DELEGATION, f"child {i}", other=funder, in_same_tx=i > 0)


def spelled(first: str, last: str, middle: str = "1") -> str:
    """Spell an address that begins and ends so."""
    return "0x" + first + middle * (40 - len(first) - len(last)) + last
