"""What a block's inputs spent, as a node tells it, into Core's undo data.

Two ways of telling: REST ``spenttxouts`` (binary: value and script) and
``getblock`` with prevouts (JSON: height and coinbase mark besides). Undo data
is what the ledger reads beside block files, so a ledger that starts in the
middle of the chain gets values and addresses of what lies before it.

Nothing here is proved by the block: it is the node's word, as ``rev*.dat`` is.
"""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any, NamedTuple

from dalil.chains.bitcoin.transaction import double_sha256
from dalil.errors import NodeError

__all__ = ["Spent", "from_prevouts", "from_spent_outputs", "undo_bytes"]

_COIN = 100_000_000
_MAX_MONEY = 21_000_000 * _COIN
_MAX_SCRIPT = 10_000
_PLAIN_CODES = 6


class Spent(NamedTuple):
    """One output that was spent; height 0 where it is not told."""

    value: int
    script: bytes
    height: int = 0
    coinbase: bool = False


def _bad(what: str) -> NodeError:
    return NodeError("bad_answer", f"what the node says was spent is refused: {what}")


def _compact(raw: bytes, at: int) -> tuple[int, int]:
    first = raw[at]
    if first < 0xFD:
        return first, at + 1
    end = at + 1 + (2 << (first - 0xFD))
    return int.from_bytes(raw[at + 1 : end], "little"), end


def from_spent_outputs(raw: bytes) -> list[list[Spent]]:
    """Read ``/rest/spenttxouts``: a list a transaction, the coinbase's empty.

    Raises
    ------
    NodeError
        ``bad_answer`` if bytes are missing, left over, or no amounts.
    """
    try:
        found, at = _walk(raw)
    except (IndexError, struct.error):
        raise _bad("bytes are missing") from None
    if at != len(raw):
        raise _bad("bytes are left over")
    return found


def _walk(raw: bytes) -> tuple[list[list[Spent]], int]:
    n_tx, at = _compact(raw, 0)
    found: list[list[Spent]] = []
    for _ in range(n_tx):
        n_spent, at = _compact(raw, at)
        spent: list[Spent] = []
        for _ in range(n_spent):
            (value,) = struct.unpack_from("<Q", raw, at)
            size, at = _compact(raw, at + 8)
            script = raw[at : at + size]
            at += size
            if value > _MAX_MONEY or len(script) != size:
                raise _bad("an amount or script is out of range")
            spent.append(Spent(value, script))
        found.append(spent)
    return found, at


def from_prevouts(told: Any) -> list[list[Spent]]:  # noqa: ANN401 - JSON
    """Read the answer of ``getblock`` with verbosity 3; numbers are decimals.

    Raises
    ------
    NodeError
        ``bad_answer`` if an input but the coinbase's lacks its prevout.
    """
    try:
        return [
            [
                _prevout(spend["prevout"])
                for spend in tx["vin"]
                if "coinbase" not in spend
            ]
            for tx in told["tx"]
        ]
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
        raise _bad("no block with prevouts") from None


def _prevout(told: dict[str, Any]) -> Spent:
    value = Decimal(told["value"]) * _COIN
    height = told.get("height", 0)
    if value != int(value) or not 0 <= value <= _MAX_MONEY or type(height) is not int:
        raise ValueError(value)
    script = bytes.fromhex(told["scriptPubKey"]["hex"])
    return Spent(int(value), script, max(height, 0), told.get("generated") is True)


def undo_bytes(block: bytes, spent: list[list[Spent]]) -> bytes:
    """Write Core's undo data of a block, with the checksum that ties it to it.

    Parameters
    ----------
    block : bytes
        The block; its parent's hash goes into the checksum.
    spent : list of list of Spent
        A list a transaction, the coinbase's (empty) first.

    Returns
    -------
    bytes
        The data and its 32-byte checksum, as they stand in ``rev*.dat``.
        Byte for byte Core's own where heights are told, but for bare
        uncompressed keys, which are written whole.

    Raises
    ------
    NodeError
        ``bad_answer`` if the block has another number of transactions.
    """
    n_tx, _ = _compact(block + bytes(9), 80)
    if len(spent) != n_tx or (spent and spent[0]):
        raise _bad(f"of {len(spent)} transactions, the block has {n_tx}")
    parts = [_count(n_tx - 1)]
    for coins in spent[1:]:
        parts.append(_count(len(coins)))
        parts += [_coin(coin) for coin in coins]
    body = b"".join(parts)
    return body + double_sha256(block[4:36] + body)


def _coin(coin: Spent) -> bytes:
    head = _varint(2 * coin.height + coin.coinbase)
    version = b"\x00" if coin.height else b""
    return head + version + _varint(_packed(coin.value)) + _script(coin.script)


def _packed(value: int) -> int:
    """Core's amount without its trailing zeros."""
    if not value:
        return 0
    exponent = 0
    while exponent < 9 and value % 10 == 0:
        value //= 10
        exponent += 1
    if exponent == 9:
        return 10 * (value - 1) + 10
    rest, digit = divmod(value, 10)
    return 10 * (9 * rest + digit - 1) + exponent + 1


def _script(script: bytes) -> bytes:
    """Core's short forms of P2PKH, P2SH and compressed bare keys; the rest whole."""
    size = len(script)
    if size == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return b"\x00" + script[3:23]
    if size == 23 and script[:2] == b"\xa9\x14" and script[22] == 0x87:
        return b"\x01" + script[2:22]
    if size == 35 and script[0] == 33 and script[1] in (2, 3) and script[34] == 0xAC:
        return script[1:34]
    if size > _MAX_SCRIPT:
        raise _bad("a script longer than any that can be spent")
    return _varint(size + _PLAIN_CODES) + script


def _varint(number: int) -> bytes:
    """Core's VARINT: base 128, most significant first, each tail one less."""
    out = [number & 0x7F]
    while number > 0x7F:
        number = (number >> 7) - 1
        out.append(number & 0x7F | 0x80)
    return bytes(reversed(out))


def _count(number: int) -> bytes:
    if number < 0xFD:
        return bytes([number])
    return (
        b"\xfd" + number.to_bytes(2, "little")
        if number <= 0xFFFF
        else (b"\xfe" + number.to_bytes(4, "little"))
    )
