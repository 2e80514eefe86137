"""One row of the public schema put back into a transaction, and its txid recomputed.

Witnesses are not in the schema and have no part in a txid. What the schema
leaves out is tried and held against the txid: a coinbase's sequence number.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dalil.chains.bitcoin.address import decode_anywhere, script_of
from dalil.chains.bitcoin.header import header_hash
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.chains.bitcoin.transaction import Transaction, TxInput, TxOutput
from dalil.errors import AddressError, InputError
from dalil.ids import parse_txid

__all__ = [
    "COINBASE_SEQUENCES",
    "header_of",
    "in_index_order",
    "second_of",
    "told_prevout",
    "transaction_of_row",
    "whole",
]

_MAX_MONEY = 1 << 63
_NULL_TXID = bytes(32)
COINBASE_SEQUENCES = (0xFFFF_FFFF, 0, 0xFFFF_FFFE, 0xFFFF_FFFD, 1)
"""Tried for the input that the schema leaves out."""
_STAND_INS = {
    "nonstandard": b"\x00",
    "nulldata": b"\x6a",
    "multisig": b"\x51\x21" + b"\x02" * 33 + b"\x51\xae",
}
"""A script of each type without address: of a spent output only type, address
and value are kept, and the schema does not tell its script."""


def whole(value: object, most: int) -> int:
    """Read a whole number however it is written: 5, "5", Decimal("5.000000000").

    Raises
    ------
    InputError
        If it is missing, a fraction, or beyond `most`.
    """
    if isinstance(value, str | Decimal | float):
        try:
            number = Decimal(str(value))
            value = int(number) if number == number.to_integral_value() else None
        except ArithmeticError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InputError("a whole number is missing or out of range", value)
    return value


def second_of(value: object) -> int:
    """Read a block's time: Unix seconds, a datetime, or text of either.

    Raises
    ------
    InputError
        If it is none of these.
    """
    if isinstance(value, str) and not value.isdigit():
        try:
            value = datetime.fromisoformat(value.removesuffix(" UTC"))
        except ValueError as error:
            raise InputError("not a time", value) from error
    if isinstance(value, datetime):
        value = int(value.replace(tzinfo=value.tzinfo or UTC).timestamp())
    return whole(value, 0xFFFF_FFFF)


def _script(value: object) -> bytes:
    if not isinstance(value, str):
        raise InputError("no script_hex, so the txid cannot be checked", value)
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise InputError("a script should be hex", value[:40]) from error


def in_index_order(rows: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a file's
    """Sort inputs or outputs by their index.

    Raises
    ------
    InputError
        If indexes do not count from 0.
    """
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise InputError("inputs and outputs should be lists", type(rows).__name__)
    found = sorted(rows, key=lambda row: whole(row.get("index"), 0xFFFF_FFFF))
    if [whole(row["index"], 0xFFFF_FFFF) for row in found] != [*range(len(found))]:
        raise InputError("indexes do not count from 0", len(found))
    return found


def _signed(value: object, bits: int = 32) -> int:
    """Read a version, which some write signed and some not."""
    negative = isinstance(value, int | str | Decimal) and str(value).startswith("-")
    size = whole(str(value).removeprefix("-") if negative else value, (1 << bits) - 1)
    number = -size if negative else size
    return number - (1 << bits) if number >= 1 << (bits - 1) else number


def transaction_of_row(
    row: dict[str, Any], coinbase_script: object, sequence: int | None = None
) -> Transaction:
    """Put a transaction back together; it hashes to the txid its row states.

    Parameters
    ----------
    row : dict
        Of the table ``transactions``.
    coinbase_script : str, optional
        Its block's `coinbase_param`, for the input the schema leaves out.
    sequence : int, optional
        That input's, where it is known; common ones are tried without.

    Raises
    ------
    InputError
        If a field is missing or out of range, or they do not hash to `hash`.
    """
    txid = parse_txid(str(row.get("hash")))
    inputs = tuple(
        TxInput(
            parse_txid(str(item.get("spent_transaction_hash"))),
            whole(item.get("spent_output_index"), 0xFFFF_FFFF),
            _script(item.get("script_hex")),
            whole(item.get("sequence"), 0xFFFF_FFFF),
        )
        for item in in_index_order(row.get("inputs") or [])
    )
    outputs = tuple(
        TxOutput(whole(item.get("value"), _MAX_MONEY), _script(item.get("script_hex")))
        for item in in_index_order(row.get("outputs") or [])
    )
    version = _signed(row.get("version"))
    locktime = whole(row.get("lock_time"), 0xFFFF_FFFF)
    if inputs:
        tries = [inputs]
    else:
        script = _script(coinbase_script)
        tries = [
            (TxInput(_NULL_TXID, 0xFFFF_FFFF, script, each),)
            for each in ((sequence,) if sequence is not None else COINBASE_SEQUENCES)
        ]
    for spends in tries:
        tx = Transaction(version, spends, outputs, locktime)
        if tx.txid == txid:
            return tx
    raise InputError("the fields do not hash to the stated txid", row.get("hash"))


def told_prevout(item: dict[str, Any]) -> TxOutput | None:
    """Give the output an input's row says it spends; None where too little is told.

    A bare key told by its P2PKH address only is too little: the key is not
    known, and the two are different addresses here.
    """
    kind, value = item.get("type"), item.get("value")
    addresses = [a for a in item.get("addresses") or [] if a]
    if value is None or not kind:
        return None
    amount = whole(value, _MAX_MONEY)
    if kind in _STAND_INS and len(addresses) != 1:
        return TxOutput(amount, _STAND_INS[kind])
    if len(addresses) != 1:
        return None
    try:
        _, found, payload = decode_anywhere(addresses[0])
    except AddressError:
        return TxOutput(amount, _STAND_INS[kind]) if kind in _STAND_INS else None
    if (kind == "pubkey") != (found is ScriptType.P2PK):
        return None
    return TxOutput(amount, script_of(found, payload))


def header_of(row: dict[str, Any], previous: bytes) -> bytes | None:
    """Put a block's header back together; None if it does not hash to `hash`.

    Parameters
    ----------
    row : dict
        Of the table ``blocks``.
    previous : bytes
        (32, hash order) the block before it, which the schema does not name.

    Raises
    ------
    InputError
        If a field is missing or out of range.
    """
    header = b"".join(
        (
            _signed(row.get("version")).to_bytes(4, "little", signed=True),
            previous,
            parse_txid(str(row.get("merkle_root"))),
            second_of(row.get("timestamp")).to_bytes(4, "little"),
            int(str(row.get("bits")), 16).to_bytes(4, "little"),
            whole(row.get("nonce"), 0xFFFF_FFFF).to_bytes(4, "little"),
        )
    )
    return header if header_hash(header) == parse_txid(str(row.get("hash"))) else None
