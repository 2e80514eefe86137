"""Ledgers of chains that keep accounts: transfers, events, balances."""

from dalil.ledger.accounts.build import AccountReport, Anchor, build_accounts
from dalil.ledger.accounts.commit import is_account_ledger
from dalil.ledger.accounts.reader import AccountLedger

__all__ = [
    "AccountLedger",
    "AccountReport",
    "Anchor",
    "build_accounts",
    "is_account_ledger",
]
