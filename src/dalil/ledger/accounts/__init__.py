"""Ledgers of chains that keep accounts: transfers, events, balances."""

from dalil.ledger.accounts.build import AccountReport, Anchor, build_accounts
from dalil.ledger.accounts.commit import is_account_ledger
from dalil.ledger.accounts.describe import (
    describe_account_address,
    describe_account_tx,
    describe_accounts,
    dump_accounts,
)
from dalil.ledger.accounts.reader import AccountLedger
from dalil.ledger.accounts.verifying import verify_accounts

__all__ = [
    "AccountLedger",
    "AccountReport",
    "Anchor",
    "build_accounts",
    "describe_account_address",
    "describe_account_tx",
    "describe_accounts",
    "dump_accounts",
    "is_account_ledger",
    "verify_accounts",
]
