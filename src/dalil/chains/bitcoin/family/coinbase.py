"""The script of a block's coinbase, read from a chain's own transaction format."""

from __future__ import annotations

from dalil.chains.bitcoin.network import Form

__all__ = ["coinbase_script"]

_OUTPOINT = 36
_MAX_SCRIPT = 252
_COUNT_BYTES = {253: 3, 254: 5, 255: 9}


def coinbase_script(block: bytes, body: int, form: Form) -> bytes:
    """Read the input script of a block's first transaction; empty if it has none.

    Parameters
    ----------
    block : bytes
        The block's bytes.
    body : int
        Where its count of transactions lies.
    form : Form
        How the chain writes transactions.
    """
    at = body + _COUNT_BYTES.get(block[body], 1) if body < len(block) else len(block)
    at += _inputs_at(block[at : at + 8], form)
    size_at = at + 1 + _OUTPOINT
    if size_at >= len(block) or block[at] != 1 or block[size_at] > _MAX_SCRIPT:
        return b""
    script = block[size_at + 1 : size_at + 1 + block[size_at]]
    return script if len(script) == block[size_at] else b""


def _inputs_at(head: bytes, form: Form) -> int:
    """Count the bytes of a transaction before its count of inputs."""
    if form is Form.ZCASH and head[3:4] >= b"\x80":
        return 20 if head[:1] == b"\x05" else 8
    extended = head[4:5] == b"\x00" and form in (Form.BITCOIN, Form.LITECOIN)
    return 6 if extended else 4
