"""What a TRON transaction does, read from the bytes its id is the hash of.

Nodes also print transactions as JSON, with addresses in base58 or in hex as
they were asked. The bytes are the same under either, so they are what is read.
TRON calls every kind of system action a contract; a transaction has one.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import sha256
from typing import NamedTuple

from dalil.chains.accounts import NOBODY, EventKind, TransferKind
from dalil.chains.evm.address import keccak256
from dalil.chains.evm.events import EventLog, TransferLog
from dalil.chains.tron.proto import Fields, one_of_each, signed
from dalil.errors import BlockDataError

__all__ = ["Action", "ActionKind", "event_of", "read_action", "transfers_of"]

_CONTRACT, _TYPE, _PARAMETER, _VALUE = 11, 1, 2, 2
_PREFIX = b"\x41"


class ActionKind(IntEnum):
    """Kinds of contract, by their number in TRON's protocol."""

    ACCOUNT_CREATE = 0
    TRANSFER = 1
    TRANSFER_ASSET = 2
    PARTICIPATE_ASSET = 9
    FREEZE = 11
    UNFREEZE = 12
    CREATE_CONTRACT = 30
    TRIGGER = 31
    DELEGATE = 57
    UNDELEGATE = 58
    OTHER = -1
    """Votes, stakes, settings …: nothing moves between accounts."""


class Action(NamedTuple):
    """What one transaction asks TRON to do, whether or not it succeeded."""

    kind: ActionKind
    number: int
    """The kind's number, also where it is OTHER."""
    owner: bytes
    """20 bytes: who acts, and pays."""
    to: bytes = NOBODY
    """Recipient, account opened, contract called or made."""
    amount: int = 0
    """Sun, or for an asset its units; what is staked for a delegation."""
    asset: int = 0
    """Number of a TRC-10 asset that moves; 0 none."""
    asset_amount: int = 0
    data: bytes = b""
    """Call data."""


def read_action(raw: bytes) -> Action:
    """Read a transaction's raw data (a node's ``raw_data_hex``).

    Raises
    ------
    BlockDataError
        If the bytes are cut short, hold another number of contracts than one,
        or an address, number or asset that cannot be.
    LimitError
        If they are longer than a block.

    Examples
    --------
    >>> from dalil.chains.tron.proto import bytes_field, number_field
    >>> owner, to = (bytes_field(i, b"A" + bytes(19) + b"x") for i in (1, 2))
    >>> inside = bytes_field(2, owner + to + number_field(3, 7))
    >>> raw = bytes_field(11, number_field(1, 1) + bytes_field(2, inside))
    >>> action = read_action(raw)
    >>> action.kind.name, action.amount
    ('TRANSFER', 7)
    """
    contract = one_of_each(_bytes(one_of_each(raw, once=_CONTRACT), _CONTRACT))
    number = _number(contract, _TYPE)
    value = one_of_each(_bytes(one_of_each(_bytes(contract, _PARAMETER)), _VALUE))
    reader = _READERS.get(number)
    if reader is not None:
        return reader(value, raw)
    owner = value.get(1, b"")
    known = isinstance(owner, bytes) and len(owner) == 21 and owner[:1] == _PREFIX
    return Action(ActionKind.OTHER, number, _address(value, 1) if known else NOBODY)


def transfers_of(action: Action) -> tuple[TransferLog, ...]:
    """List what the action itself moves, if it succeeded.

    Nothing of 0 units is listed. Staking moves nothing between accounts, and
    what a called contract moves is in its logs and internal transactions.
    """
    if action.kind not in _MOVERS:
        return ()
    found = []
    if action.amount:
        kind, token = TransferKind.NATIVE, NOBODY
        found.append(TransferLog(kind, token, action.owner, action.to, action.amount))
    if action.asset and action.asset_amount:
        kind, token = TransferKind.ASSET, action.asset.to_bytes(20, "big")
        moved = action.asset_amount
        found.append(TransferLog(kind, token, action.owner, action.to, moved))
    return tuple(found)


def event_of(action: Action) -> EventLog | None:
    """Tell what the action makes known, if it succeeded: an account, a loan.

    An account is also opened by the first coins sent to it, without any such
    action; only the ledger's order tells that.
    """
    kind = _EVENTS.get(action.kind)
    if kind is None or action.to == NOBODY:
        return None
    return EventLog(kind, NOBODY, action.to, action.owner, action.amount)


def _account_create(value: Fields, _raw: bytes) -> Action:
    kind = ActionKind.ACCOUNT_CREATE
    return Action(kind, kind, _address(value, 1), _address(value, 2))


def _transfer(value: Fields, _raw: bytes) -> Action:
    kind = ActionKind.TRANSFER
    owner, to = _address(value, 1), _address(value, 2)
    return Action(kind, kind, owner, to, _number(value, 3))


def _transfer_asset(value: Fields, _raw: bytes) -> Action:
    kind = ActionKind.TRANSFER_ASSET
    owner, to, asset = _address(value, 2), _address(value, 3), _asset(value, 1)
    return Action(kind, kind, owner, to, 0, asset, _number(value, 4))


def _participate(value: Fields, _raw: bytes) -> Action:
    """Buy an asset from who issues it: what comes back is at a price not here."""
    kind = ActionKind.PARTICIPATE_ASSET
    owner, to = _address(value, 1), _address(value, 2)
    return Action(kind, kind, owner, to, _number(value, 4))


def _trigger(value: Fields, _raw: bytes) -> Action:
    kind = ActionKind.TRIGGER
    moved = _number(value, 3), _number(value, 6), _number(value, 5)
    data = _bytes(value, 4, missing=b"")
    return Action(kind, kind, _address(value, 1), _address(value, 2), *moved, data)


def _create_contract(value: Fields, raw: bytes) -> Action:
    """Its address is a hash of the transaction's id and of who makes it."""
    kind = ActionKind.CREATE_CONTRACT
    owner = _address(value, 1)
    made = keccak256(sha256(raw).digest() + _PREFIX + owner)[12:]
    inside = one_of_each(_bytes(value, 2))
    moved = _number(inside, 5), _number(value, 4), _number(value, 3)
    return Action(kind, kind, owner, made, *moved)


def _optional_address(value: Fields, field: int) -> bytes:
    return _address(value, field) if value.get(field) else NOBODY


def _freeze(value: Fields, _raw: bytes) -> Action:
    kind = ActionKind.FREEZE
    to = _optional_address(value, 15)
    return Action(kind, kind, _address(value, 1), to, _number(value, 2))


def _unfreeze(value: Fields, _raw: bytes) -> Action:
    kind = ActionKind.UNFREEZE
    return Action(kind, kind, _address(value, 1), _optional_address(value, 15))


def _delegate(value: Fields, _raw: bytes) -> Action:
    kind = ActionKind.DELEGATE
    owner, to = _address(value, 1), _address(value, 4)
    return Action(kind, kind, owner, to, _number(value, 3))


def _undelegate(value: Fields, raw: bytes) -> Action:
    kind = ActionKind.UNDELEGATE
    return _delegate(value, raw)._replace(kind=kind, number=kind)


def _bytes(message: Fields, field: int, missing: bytes | None = None) -> bytes:
    value = message.get(field, missing)
    if not isinstance(value, bytes):
        raise BlockDataError("a transaction without a field it must have", field)
    return value


def _number(message: Fields, field: int) -> int:
    value = message.get(field, 0)
    if not isinstance(value, int) or signed(value) < 0:
        raise BlockDataError("not a number, or below 0", field)
    return value


def _address(message: Fields, field: int) -> bytes:
    value = _bytes(message, field)
    if len(value) != 21 or value[:1] != _PREFIX:
        raise BlockDataError("not an address of TRON", value[:40].hex())
    return value[1:]


def _asset(message: Fields, field: int) -> int:
    """Read an asset's number; before 2018-11 names stood here, which repeat."""
    text = _bytes(message, field)
    if not text.isdigit() or len(text) > 18 or text[:1] == b"0":
        raise BlockDataError("an asset named, not numbered", text[:40].hex())
    return int(text)


_READERS = {
    0: _account_create,
    1: _transfer,
    2: _transfer_asset,
    9: _participate,
    11: _freeze,
    12: _unfreeze,
    30: _create_contract,
    31: _trigger,
    57: _delegate,
    58: _undelegate,
}
_MOVERS = frozenset(
    {
        ActionKind.TRANSFER,
        ActionKind.TRANSFER_ASSET,
        ActionKind.PARTICIPATE_ASSET,
        ActionKind.CREATE_CONTRACT,
        ActionKind.TRIGGER,
    }
)
_EVENTS = {
    ActionKind.ACCOUNT_CREATE: EventKind.ACTIVATION,
    ActionKind.FREEZE: EventKind.DELEGATION,
    ActionKind.UNFREEZE: EventKind.UNDELEGATION,
    ActionKind.DELEGATE: EventKind.DELEGATION,
    ActionKind.UNDELEGATE: EventKind.UNDELEGATION,
}
