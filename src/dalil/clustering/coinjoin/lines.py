"""Transactions given one a line: raw hex, or JSON as block explorers serve it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from dalil.chains.bitcoin.transaction import Transaction, TxInput, parse_tx
from dalil.clustering.coinjoin.kinds import CoinJoinType
from dalil.clustering.coinjoin.shape import Spent, classify
from dalil.errors import InputError, LimitError
from dalil.ids import format_txid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["MAX_LINE_BYTES", "Classified", "classify_line", "lines_of", "spender_key"]

MAX_LINE_BYTES = 64_000_000
"""No line may be longer: a 4 MB transaction as JSON stays well below."""

_MAX_VALUE_SAT = (1 << 63) - 1
_TXID = re.compile(r"[0-9a-f]{64}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2})+")


class Classified(NamedTuple):
    """A line's verdict."""

    txid: str | None
    """Computed from raw bytes; as told, or None, in JSON."""
    coinjoin: CoinJoinType


def lines_of(file: BinaryIO) -> Iterator[bytes | LimitError]:
    """Yield each line without its end; an error in the place of one too long.

    Memory stays below `MAX_LINE_BYTES`, however long a line is.
    """
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) <= MAX_LINE_BYTES or line.endswith(b"\n"):
            yield line.strip()
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)
        yield LimitError("a line is too long; the most is", f"{MAX_LINE_BYTES} bytes")


def classify_line(line: bytes) -> Classified:
    """Type the transaction in one line.

    Raw hex tells no amount and no script of an input, but the last thing
    pushed to unlock it (public key or redeem script) stands for its owner. In
    JSON only ``vin[].prevout`` and ``vout[]`` with their ``value`` and
    ``scriptpubkey`` are read; a missing prevout is unknown.

    Raises
    ------
    InputError
        If the line is neither.

    Examples
    --------
    >>> classify_line(b'{"vin": [], "vout": []}')
    Classified(txid=None, coinjoin=<CoinJoinType.NONE: 0>)
    """
    if line.startswith(b"{"):
        return _classify_json(line)
    if not line:
        raise InputError("an empty line; give one transaction a line")
    if not _HEX.fullmatch(line):
        raise InputError("neither raw hex nor a JSON object", _excerpt(line))
    return _classify_raw(parse_tx(bytes.fromhex(line.decode())))


def spender_key(spend: TxInput) -> bytes | None:
    """Find what stands for an input's owner: the last thing it pushes.

    Inputs with the same key are unlocked by the same public key or redeem
    script, so they have one owner; None where nothing can be told.
    """
    if spend.witness:
        return spend.witness[-1] if len(spend.witness) > 1 else None
    script, at, last = spend.script, 0, None
    while at < len(script):
        size, at = script[at], at + 1
        if size in (0x4C, 0x4D, 0x4E):
            width = 1 << (size - 0x4C)
            size, at = int.from_bytes(script[at : at + width], "little"), at + width
        elif size > 0x4E:
            last = None
            continue
        last, at = script[at : at + size], at + size
    return last or None


def _classify_raw(tx: Transaction) -> Classified:
    txid = format_txid(tx.txid)
    if tx.is_coinbase:
        return Classified(txid, CoinJoinType.NONE)
    inputs = [Spent(None, spender_key(spend)) for spend in tx.inputs]
    outputs = [(output.value, output.script) for output in tx.outputs]
    return Classified(txid, classify(inputs, outputs))


def _classify_json(line: bytes) -> Classified:
    try:
        tx = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "not JSON; put each transaction on one line (`jq -c . FILE`)",
            _excerpt(line),
        ) from error
    txid = tx.get("txid")
    if txid is not None and not (isinstance(txid, str) and _TXID.fullmatch(txid)):
        raise InputError("`txid` is not 64 lower-case hex digits", _excerpt(txid))
    vin, vout = _list(tx, "vin"), _list(tx, "vout")
    inputs = [_prevout(spend) for spend in vin]
    outputs = [_value_and_script(output, "vout") for output in vout]
    if any(spend.get("is_coinbase") for spend in vin):
        return Classified(txid, CoinJoinType.NONE)
    return Classified(txid, classify(inputs, outputs))


def _list(tx: dict[str, Any], name: str) -> list[dict[str, Any]]:
    entries = tx.get(name)
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise InputError("a transaction needs a list of objects here", f"`{name}`")
    return entries


def _prevout(spend: dict[str, Any]) -> Spent:
    prevout = spend.get("prevout")
    return (
        Spent(None, None)
        if prevout is None
        else Spent(*_value_and_script(prevout, "prevout"))
    )


def _value_and_script(output: object, where: str) -> tuple[int, bytes]:
    value = output.get("value") if isinstance(output, dict) else None
    script = output.get("scriptpubkey") if isinstance(output, dict) else None
    if type(value) is not int or not 0 <= value <= _MAX_VALUE_SAT:
        raise InputError(f"`{where}` needs a `value` in whole satoshi", _excerpt(value))
    if not isinstance(script, str) or not re.fullmatch(r"(?:[0-9a-fA-F]{2})*", script):
        raise InputError(f"`{where}` needs a `scriptpubkey` in hex", _excerpt(script))
    return value, bytes.fromhex(script)


def _excerpt(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
