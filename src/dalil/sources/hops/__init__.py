"""Transactions fetched around seeds from a server, checked, cached, counted.

`spec` reads where to ask, `esplora` and `electrum` ask, `cache` keeps, `library`
believes nothing that does not hash, `expand` decides what to ask next, and
`collect` makes of it what a partial ledger is built from.
"""
