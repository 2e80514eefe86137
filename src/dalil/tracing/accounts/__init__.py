"""Flows of one token between accounts: reach, conventions, bounds, stops."""

from __future__ import annotations

from dalil.tracing.accounts.certificate import account_certificate
from dalil.tracing.accounts.follow import trace_accounts
from dalil.tracing.accounts.request import AccountRequest
from dalil.tracing.accounts.result import AccountStop, AccountTarget, AccountTrace

__all__ = [
    "AccountRequest",
    "AccountStop",
    "AccountTarget",
    "AccountTrace",
    "account_certificate",
    "trace_accounts",
]
