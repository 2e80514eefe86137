"""TRON: addresses in base58check, its own hex, and the EVM hex they equal."""

from __future__ import annotations

from dalil.chains.tron.address import (
    CAIP2,
    NETWORKS,
    decode_address,
    encode_address,
    hex_form,
)

__all__ = ["CAIP2", "NETWORKS", "decode_address", "encode_address", "hex_form"]
