"""Ethereum and its kin: addresses with EIP-55 checksums."""

from __future__ import annotations

from dalil.chains.evm.address import (
    decode_address,
    eip55_verdict,
    encode_address,
    keccak256,
)

__all__ = ["decode_address", "eip55_verdict", "encode_address", "keccak256"]
