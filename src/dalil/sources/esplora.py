"""Transactions saved from an explorer's API (Esplora JSON), for those without a node.

Each transaction is put back into bytes and hashed: if that does not give the
txid the file states, it is refused. What the explorer says of blocks (height,
hash, time) and of outputs spent (value, script) cannot be checked from such a
file alone, and the ledger built from it is marked partial.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.address import classify_script, encode_address
from dalil.chains.bitcoin.networks import MAINNET, NETWORKS
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES
from dalil.chains.bitcoin.transaction import Transaction, TxInput, TxOutput
from dalil.errors import DalilError, InputError
from dalil.ids import format_txid, parse_txid
from dalil.sources.blockfiles import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dalil.chains.bitcoin.networks import Network

__all__ = ["SavedTx", "SavedTxs", "read_esplora"]

_MAX_FILE_BYTES = 1 << 30
_MAX_MONEY = 2_100_000_000_000_000


@dataclass(frozen=True, slots=True)
class SavedTx:
    """One confirmed transaction; `prevouts` has None where nothing is told."""

    tx: Transaction
    height: int
    block_hash: bytes
    time: int
    prevouts: tuple[TxOutput | None, ...]


@dataclass(slots=True)
class SavedTxs:
    """What the files hold: each transaction once, in an order a chain allows."""

    network: Network
    txs: list[SavedTx] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


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


def _transaction(raw: dict[str, Any]) -> Transaction:
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


def _saved(raw: dict[str, Any]) -> SavedTx | None:
    """Read one transaction; None for one that no block holds yet."""
    try:
        tx, status = _transaction(raw), raw.get("status") or {}
        if not status.get("confirmed"):
            return None
        told = tuple(
            _output(item["prevout"]) if item.get("prevout") else None
            for item in raw["vin"]
        )
        return SavedTx(
            tx,
            _integer(status.get("block_height"), 1 << 31),
            parse_txid(str(status.get("block_hash"))),
            _integer(status.get("block_time"), 0xFFFF_FFFF),
            told,
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
    return SavedTxs(chosen or MAINNET, _in_order(found), notes)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.json"))
        elif path.is_file():
            yield path
        else:
            raise InputError("no such file or folder", path)


def _in_order(found: dict[bytes, SavedTx]) -> list[SavedTx]:
    """Order by height; within a block, what is spent before what spends it."""
    hashes: dict[int, bytes] = {}
    for saved in found.values():
        if hashes.setdefault(saved.height, saved.block_hash) != saved.block_hash:
            raise InputError("two blocks are named at one height", saved.height)
    depth: dict[bytes, int] = {}
    for txid in found:
        _depth(txid, found, depth)
    return [
        found[txid]
        for txid in sorted(found, key=lambda t: (found[t].height, depth[t], t))
    ]


def _depth(txid: bytes, found: dict[bytes, SavedTx], depth: dict[bytes, int]) -> None:
    """Count the longest chain of parents inside the same block, without recursion."""
    stack = [txid]
    while stack:
        at = stack[-1]
        height = found[at].height
        parents = [
            spend.txid
            for spend in found[at].tx.inputs
            if spend.txid in found and found[spend.txid].height == height
        ]
        missing = [parent for parent in parents if parent not in depth]
        if missing:
            stack += missing
            continue
        depth[at] = 1 + max((depth[parent] for parent in parents), default=-1)
        stack.pop()
