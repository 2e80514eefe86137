"""What servers say, as types: read strictly, believed by nobody yet."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from dalil.errors import SourceError

if TYPE_CHECKING:
    from dalil.chains.bitcoin.transaction import Transaction, TxOutput

__all__ = [
    "History",
    "Place",
    "SaidProof",
    "SaidTx",
    "Server",
    "hash_of",
    "integer",
    "json_of",
    "script_hash",
]

_MAX_HEIGHT = 1 << 31


@dataclass(frozen=True, slots=True)
class Place:
    """Where a transaction is said to stand; the hash where the server names it."""

    height: int
    block_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class SaidTx:
    """A transaction as a server gave it."""

    tx: Transaction
    prevouts: tuple[TxOutput | None, ...]
    """One an input; None where the server tells nothing."""
    place: Place | None = None
    place_told: bool = False
    """Whether `place` was answered: then None means that no block holds it."""


@dataclass(frozen=True, slots=True)
class SaidProof:
    """A Merkle branch as a server gave it, hashes in hash order."""

    height: int
    position: int
    branch: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The confirmed transactions of a script."""

    n: int | None
    """How many; None where the server only says that they are too many."""
    txs: tuple[tuple[str, int], ...] | None
    """(txid, height) each; None where they are more than were asked for."""
    pending: tuple[str, ...] = ()
    """txids in no block yet, where the server lists them here."""
    bodies: dict[str, SaidTx] = field(default_factory=dict, compare=False)
    """Those that came with the list."""


class Server(Protocol):
    """What can be asked. Every call may raise SourceError; NotFoundError where named.

    A server is one connection and is asked one thing at a time.
    """

    by_script: bool
    """Whether spends and places must be searched in histories of scripts."""

    def genesis(self) -> str:
        """Hash of block 0, as hex."""

    def tip(self) -> Place:
        """Name the newest block."""

    def tx(self, txid: str) -> SaidTx:
        """Give a transaction; NotFoundError if the server has none of that name."""

    def place(self, txid: str) -> Place | None:
        """Where a transaction stands, by txid alone; None if nowhere, or untold."""

    def history(
        self, script: bytes, most: int, known: tuple[tuple[str, int], ...]
    ) -> History:
        """List a script's history; `known` need not be listed again."""

    def spenders(self, txid: str) -> list[str | None]:
        """For each output the txid that spends it, None where none is known."""

    def proof(self, txid: str, place: Place) -> SaidProof | None:
        """Give a transaction's branch; None if the server gives none."""

    def header(self, place: Place) -> bytes:
        """80 bytes."""

    def close(self) -> None:
        """Hang up."""


def script_hash(script: bytes) -> bytes:
    """SHA-256 of an output script, as both kinds of server index them."""
    from hashlib import sha256

    return sha256(script).digest()


def json_of(raw: bytes, what: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON from a stranger.

    Raises
    ------
    SourceError
        If it is not UTF-8, not JSON, or nested too deeply.
    """
    try:
        return json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SourceError("the server's answer is not UTF-8", what) from error
    except RecursionError as error:
        raise SourceError("the server's JSON is nested too deeply", what) from error
    except ValueError as error:
        raise SourceError("the server's answer is not JSON", what) from error


def integer(value: object, what: str, most: int = _MAX_HEIGHT) -> int:
    """Read a whole number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise SourceError(f"the server's {what} is no number in range", str(value)[:40])
    return value


def hash_of(value: object, what: str) -> bytes:
    """Read 64 hex digits, reversed as hashes are written, into hash order."""
    if isinstance(value, str) and len(value) == 64 and value.isascii():
        try:
            return bytes.fromhex(value)[::-1]
        except ValueError:
            pass
    raise SourceError(f"the server's {what} is no hash", str(value)[:80])
