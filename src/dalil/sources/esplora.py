"""Transactions saved from an explorer's API (Esplora JSON), for those without a node.

Each transaction is put back into bytes and hashed: if that does not give the
txid the file states, it is refused. What the explorer says of blocks (height,
hash, time) and of outputs spent (value, script) cannot be checked from such a
file alone, and the ledger built from it is marked partial.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.address import classify_script, encode_address
from dalil.chains.bitcoin.networks import MAINNET, NETWORKS
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES
from dalil.chains.bitcoin.transaction import Transaction, TxInput, TxOutput
from dalil.errors import DalilError, InputError
from dalil.ids import format_txid, parse_txid
from dalil.sources.blockfiles import Note
from dalil.sources.saved import SavedTx, SavedTxs, in_chain_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dalil.chains.bitcoin.networks import Network

__all__ = ["read_esplora", "told_prevouts", "transaction_of"]

_MAX_FILE_BYTES = 1 << 30
_MAX_MONEY = 2_100_000_000_000_000


def _values(path: Path) -> Iterator[Any]:
    """Give the JSON values of a file: one value, or one a line."""
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise InputError("file is larger than 1 GiB; split it", path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("file is not UTF-8 text", path) from error
    try:
        yield json.loads(text)
    except ValueError:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield _line(path, number, line)
    except RecursionError as error:
        raise InputError("JSON is nested too deeply", path) from error


def _line(path: Path, number: int, line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError("not JSON", f"{path.name}, line {number}") from error


def _objects(value: object) -> Iterator[dict[str, Any]]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def _hex(value: object) -> bytes:
    if not isinstance(value, str):
        raise InputError("a script should be hex", value)
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise InputError("a script should be hex", value[:40]) from error


def _integer(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InputError("a number is missing or out of range", value)
    return value


def _output(raw: Any) -> TxOutput:  # noqa: ANN401 - JSON
    return TxOutput(
        _integer(raw.get("value"), _MAX_MONEY), _hex(raw.get("scriptpubkey"))
    )


def _input(raw: Any) -> TxInput:  # noqa: ANN401 - JSON
    return TxInput(
        parse_txid(str(raw.get("txid"))),
        _integer(raw.get("vout"), 0xFFFF_FFFF),
        _hex(raw.get("scriptsig")),
        _integer(raw.get("sequence"), 0xFFFF_FFFF),
        tuple(_hex(item) for item in raw.get("witness") or ()),
    )


def transaction_of(raw: dict[str, Any]) -> Transaction:
    """Put a transaction of Esplora JSON back into fields and hash it.

    Raises
    ------
    InputError
        If a field is missing or out of range, or all of them do not hash to
        the txid stated. A witness has no part in that hash.
    """
    version = raw.get("version")
    if not isinstance(version, int) or not -(1 << 31) <= version < 1 << 32:
        raise InputError("a version is missing or out of range", version)
    version -= (version >> 31 & 1) << 32 if version > 0 else 0
    tx = Transaction(
        version,
        tuple(_input(item) for item in raw["vin"]),
        tuple(_output(item) for item in raw["vout"]),
        _integer(raw.get("locktime"), 0xFFFF_FFFF),
    )
    if format_txid(tx.txid) != raw.get("txid"):
        raise InputError("the fields do not hash to the stated txid", raw.get("txid"))
    return tx


def told_prevouts(raw: dict[str, Any]) -> tuple[TxOutput | None, ...]:
    """Read what the explorer says of the outputs spent; None where nothing."""
    return tuple(
        _output(item["prevout"]) if item.get("prevout") else None for item in raw["vin"]
    )


def _saved(raw: dict[str, Any]) -> SavedTx | None:
    """Read one transaction; None for one that no block holds yet."""
    try:
        tx, status = transaction_of(raw), raw.get("status") or {}
        if not status.get("confirmed"):
            return None
        return SavedTx(
            tx,
            _integer(status.get("block_height"), 1 << 31),
            parse_txid(str(status.get("block_hash"))),
            _integer(status.get("block_time"), 0xFFFF_FFFF),
            told_prevouts(raw),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError("not an Esplora transaction", raw.get("txid")) from error


def _network_of(raw: dict[str, Any]) -> Network | None:
    """Tell the network by an address the explorer wrote beside a script."""
    for item in raw.get("vout") or ():
        stated = item.get("scriptpubkey_address") if isinstance(item, dict) else None
        if not stated:
            continue
        kind, payload = classify_script(_hex(item.get("scriptpubkey")))
        for network in NETWORKS if kind in ADDRESS_TYPES else ():
            if encode_address(network, kind, payload) == stated:
                return network
    return None


def read_esplora(paths: Sequence[Path], network: Network | None = None) -> SavedTxs:
    """Read transactions from files of Esplora JSON.

    Parameters
    ----------
    paths : sequence of Path
        Files (an object, a list, or one object a line) or folders of
        ``*.json``.
    network : Network, optional
        Insist on it; by default the addresses the explorer wrote decide.

    Raises
    ------
    InputError
        If no file holds a confirmed transaction.
    """
    found: dict[bytes, SavedTx] = {}
    notes: list[Note] = []
    chosen = network
    for path in _files(paths):
        before = len(found)
        for raw in (o for value in _values(path) for o in _objects(value)):
            try:
                saved = _saved(raw)
                chosen = chosen or _network_of(raw)
            except DalilError as error:
                notes.append(Note(path.name, 0, f"refused: {error}"))
                continue
            if saved:
                found.setdefault(saved.tx.txid, saved)
            else:
                txid = raw.get("txid")
                notes.append(
                    Note(path.name, 0, f"not in a block yet, left out: {txid}")
                )
        if len(found) == before:
            notes.append(Note(path.name, 0, "no new transaction in this file"))
    if not found:
        raise InputError("no confirmed transaction in these files", paths[0])
    return SavedTxs(chosen or MAINNET, in_chain_order(found), notes)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.json"))
        elif path.is_file():
            yield path
        else:
            raise InputError("no such file or folder", path)
