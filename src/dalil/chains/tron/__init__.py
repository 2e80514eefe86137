"""TRON: addresses in base58check, its own hex, and the EVM hex they equal."""
