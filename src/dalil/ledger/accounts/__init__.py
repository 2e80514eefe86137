"""Ledgers of chains that keep accounts: transfers, events, balances."""
