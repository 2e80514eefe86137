"""Ethereum and its kin: addresses with EIP-55 checksums."""
