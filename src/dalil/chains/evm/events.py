"""What contracts make known: logs read as transfers and events, or refused.

A log is what a contract chose to say. What has the name of an event and not
its shape is refused with a reason and never guessed at; whether a contract may
be believed is not decided here. Reading is by hand, word by word: a build
reads hundreds of millions of logs, and each has one word or two.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dalil.chains.accounts import NOBODY, EventKind, TransferKind
from dalil.chains.evm.address import keccak256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "TRANSFER",
    "EventLog",
    "Log",
    "LogProblem",
    "LogRead",
    "TransferLog",
    "read_log",
    "read_logs",
    "topic_of",
]


class LogProblem(StrEnum):
    """Why a log that bears a known event's name was not read."""

    NOT_FUNGIBLE = "one of a kind (ERC-721), not an amount"
    TOPICS = "another number of topics than the event has"
    TOPIC_LENGTH = "a topic that is not 32 bytes"
    DATA_LENGTH = "another length of data than the event has"
    DIRTY_ADDRESS = "an address with bytes set ahead of its 20"
    NUMBER = "a number too large for what it counts"


class Log(NamedTuple):
    """One log of a transaction, as a node tells it."""

    address: bytes
    """20 bytes; on TRON without the leading 0x41."""
    topics: Sequence[bytes]
    data: bytes


class TransferLog(NamedTuple):
    """Tokens moved; addresses have 20 bytes, `NOBODY` for mints and burns."""

    kind: TransferKind
    token: bytes
    sender: bytes
    recipient: bytes
    amount: int


class EventLog(NamedTuple):
    """What was made known; see `EventKind`. `NOBODY` and -1 where none is."""

    kind: EventKind
    contract: bytes
    subject: bytes = NOBODY
    other: bytes = NOBODY
    amount: int = 0
    ref: int = -1


class LogRead(NamedTuple):
    """What one log says: a transfer, an event, or both (a destruction)."""

    transfer: TransferLog | None
    event: EventLog | None


class _Shape(NamedTuple):
    words: str
    """``a`` address, ``u`` number; one letter a word, topics first."""
    n_indexed: tuple[int, ...]
    """How many of them may be topics, beside the event's name."""
    read: Callable[[bytes, list[bytes], list[int]], LogRead | LogProblem]
    """From the contract, the addresses and the numbers."""


def topic_of(signature: str) -> bytes:
    """Hash an event's signature into its first topic.

    >>> topic_of("Transfer(address,address,uint256)").hex()[:8]
    'ddf252ad'
    """
    return keccak256(signature.encode())


TRANSFER = topic_of("Transfer(address,address,uint256)")
"""First topic of ERC-20's Transfer, and of ERC-721's."""
_APPROVAL = topic_of("Approval(address,address,uint256)")


def read_log(
    address: bytes, topics: Sequence[bytes], data: bytes
) -> LogRead | LogProblem | None:
    r"""Read one log; None where its event is none of those Dalil reads.

    `Issue` and `Redeem` name no account, so alone they are events without a
    transfer: `read_logs` finds whose balance they change.

    Examples
    --------
    >>> word = bytes(12) + b"a" * 20
    >>> read = read_log(b"t" * 20, [TRANSFER, word, word], bytes(31) + b"\x05")
    >>> read.transfer.amount
    5
    >>> read_log(b"t" * 20, [TRANSFER, word, word, word], b"")
    <LogProblem.NOT_FUNGIBLE: 'one of a kind (ERC-721), not an amount'>
    """
    name = bytes(topics[0]) if topics else b""
    shape = _SHAPES.get(name)
    if shape is None:
        return None
    n_indexed = len(topics) - 1
    if n_indexed not in shape.n_indexed:
        if n_indexed == 3 and not data and name in (TRANSFER, _APPROVAL):
            return LogProblem.NOT_FUNGIBLE
        return LogProblem.TOPICS
    if len(data) != 32 * (len(shape.words) - n_indexed):
        return LogProblem.DATA_LENGTH
    words = [*topics[1:], *(data[i : i + 32] for i in range(0, len(data), 32))]
    addresses, numbers = [], []
    for letter, word in zip(shape.words, words, strict=True):
        if len(word) != 32:
            return LogProblem.TOPIC_LENGTH
        if letter == "u":
            numbers.append(int.from_bytes(word, "big"))
        elif any(word[:12]):
            return LogProblem.DIRTY_ADDRESS
        else:
            addresses.append(bytes(word[12:]))
    return shape.read(address, addresses, numbers)


def read_logs(
    logs: Sequence[Log], sender: bytes, to: bytes
) -> list[LogRead | LogProblem | None]:
    """Read a transaction's logs together, in order.

    Adds the transfer that Ethereum's USDT leaves out when it issues or redeems:
    both change the balance of the contract's owner, who alone may call them (so
    in Tether's code and in copies of it; of another contract it is a guess). So
    the owner is the transaction's sender where it calls the token itself, or
    the multisig wallet that executed the call and logged so. Where neither is
    seen, the event stands without a transfer. And no coin is counted twice
    where a contract logs a Transfer as well, as TRON's USDT does.

    Parameters
    ----------
    logs : sequence of Log
        Of one transaction that took effect.
    sender, to : bytes
        20 bytes each; empty where not known.
    """
    reads = [read_log(log.address, log.topics, log.data) for log in logs]
    supply = [
        (i, read.transfer, read.event)
        for i, read in enumerate(reads)
        if isinstance(read, LogRead) and read.event and read.event.kind in _SUPPLY
    ]
    if not supply:
        return reads
    told = {
        key
        for read in reads
        if isinstance(read, LogRead) and read.transfer and not read.event
        for key in _keys(read.transfer)
    }
    wallet = _executing_wallet(reads, to)
    for i, transfer, event in supply:
        owner = sender if to == event.contract else wallet
        moved = transfer or _supply_change(event, owner)
        is_told = moved is not None and _key(moved) in told
        reads[i] = LogRead(None if is_told else moved, event)
    return reads


def _executing_wallet(reads: Sequence[LogRead | LogProblem | None], to: bytes) -> bytes:
    """Return the wallet that the transaction called and that executed a call."""
    for read in reads:
        event = read.event if isinstance(read, LogRead) else None
        if event and event.kind is EventKind.EXECUTION and event.contract == to:
            return to
    return b""


def _supply_change(event: EventLog, owner: bytes) -> TransferLog | None:
    if event.subject != NOBODY or not owner:
        return None
    if event.kind is EventKind.ISSUE:
        kind, sender, to = TransferKind.MINT, NOBODY, owner
    elif event.kind is EventKind.REDEEM:
        kind, sender, to = TransferKind.BURN, owner, NOBODY
    else:
        return None
    return TransferLog(kind, event.contract, sender, to, event.amount)


def _keys(transfer: TransferLog) -> tuple[tuple[object, ...], ...]:
    """Name what a logged Transfer tells, in each way it may be told again."""
    return tuple(_key(transfer._replace(kind=kind)) for kind in _TOLD_TWICE)


def _key(transfer: TransferLog) -> tuple[object, ...]:
    if transfer.kind is TransferKind.MINT:
        return ("from nobody", *transfer._replace(recipient=b"")[1:])
    if transfer.kind is TransferKind.BURN:
        return ("to nobody", *transfer._replace(sender=b"")[1:])
    return transfer[1:]


def _transfer(token: bytes, addresses: list[bytes], numbers: list[int]) -> LogRead:
    [sender, to], [amount] = addresses, numbers
    return LogRead(TransferLog(TransferKind.TOKEN, token, sender, to, amount), None)


def _destroyed(token: bytes, addresses: list[bytes], numbers: list[int]) -> LogRead:
    [holder], [amount] = addresses, numbers
    return LogRead(
        TransferLog(TransferKind.DESTROY, token, holder, NOBODY, amount),
        EventLog(EventKind.DESTROY, token, holder, amount=amount),
    )


def _event(
    kind: EventKind, *, reverse: bool = False
) -> Callable[[bytes, list[bytes], list[int]], LogRead]:
    """Make a reader of events of subject, other and amount, as far as they go."""

    def read(contract: bytes, addresses: list[bytes], numbers: list[int]) -> LogRead:
        subject, other = [*addresses[:: -1 if reverse else 1], NOBODY, NOBODY][:2]
        amount = numbers[0] if numbers else 0
        return LogRead(None, EventLog(kind, contract, subject, other, amount))

    return read


def _step(
    kind: EventKind,
) -> Callable[[bytes, list[bytes], list[int]], LogRead | LogProblem]:
    """Make a reader of a multisig wallet's steps; who confirmed is `other`."""

    def read(
        wallet: bytes, addresses: list[bytes], numbers: list[int]
    ) -> LogRead | LogProblem:
        if numbers[0] >> 63:
            return LogProblem.NUMBER
        who = addresses[0] if addresses else NOBODY
        return LogRead(None, EventLog(kind, wallet, other=who, ref=numbers[0]))

    return read


_SUPPLY = frozenset({EventKind.ISSUE, EventKind.REDEEM, EventKind.DESTROY})
_TOLD_TWICE = (TransferKind.MINT, TransferKind.BURN, TransferKind.DESTROY)
_EITHER = (0, 1)
"""Tether indexes the account on some chains and not on others."""
_SHAPES = {
    TRANSFER: _Shape("aau", (2,), _transfer),
    _APPROVAL: _Shape("aau", (2,), _event(EventKind.APPROVAL)),
    # Tether (Ethereum, TRON)
    topic_of("Issue(uint256)"): _Shape("u", (0,), _event(EventKind.ISSUE)),
    topic_of("Redeem(uint256)"): _Shape("u", (0,), _event(EventKind.REDEEM)),
    topic_of("DestroyedBlackFunds(address,uint256)"): _Shape("au", _EITHER, _destroyed),
    topic_of("AddedBlackList(address)"): _Shape("a", _EITHER, _event(EventKind.FREEZE)),
    topic_of("RemovedBlackList(address)"): _Shape(
        "a", _EITHER, _event(EventKind.UNFREEZE)
    ),
    topic_of("Pause()"): _Shape("", (0,), _event(EventKind.PAUSE)),
    topic_of("Unpause()"): _Shape("", (0,), _event(EventKind.UNPAUSE)),
    # Circle; a Transfer comes with each Mint and Burn and tells the move
    topic_of("Blacklisted(address)"): _Shape("a", (1,), _event(EventKind.FREEZE)),
    topic_of("UnBlacklisted(address)"): _Shape("a", (1,), _event(EventKind.UNFREEZE)),
    topic_of("Mint(address,address,uint256)"): _Shape(
        "aau", (2,), _event(EventKind.ISSUE, reverse=True)
    ),
    topic_of("Burn(address,uint256)"): _Shape("au", (1,), _event(EventKind.REDEEM)),
    # the multisig wallet that owns Tether's contracts
    topic_of("Submission(uint256)"): _Shape("u", (1,), _step(EventKind.SUBMISSION)),
    topic_of("Confirmation(address,uint256)"): _Shape(
        "au", (2,), _step(EventKind.CONFIRMATION)
    ),
    topic_of("Execution(uint256)"): _Shape("u", (1,), _step(EventKind.EXECUTION)),
}
