"""What a transaction asks of a contract: call data of the few calls we read.

A call says what was asked for and not that it happened: only a log, or a
receipt, says that. Freezes by Tether's multisig wallet are asked for in one
transaction and done in another, and only the first one's call says whom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dalil.chains.accounts import EventKind
from dalil.chains.evm.address import keccak256

if TYPE_CHECKING:
    from dalil.chains.evm.events import EventLog

__all__ = ["Call", "read_call", "with_call"]

_MAX_INNER = 4096
"""Longest call data (bytes) looked at inside another call."""
_SIGNATURES = (
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "addBlackList(address)",
    "removeBlackList(address)",
    "destroyBlackFunds(address)",
    "blacklist(address)",
    "unBlacklist(address)",
    "issue(uint256)",
    "redeem(uint256)",
    "confirmTransaction(uint256)",
    "submitTransaction(address,uint256,bytes)",
)
_FREEZES = frozenset({"addBlackList", "blacklist"})
_UNFREEZES = frozenset({"removeBlackList", "unBlacklist"})
_TRON_PREFIX = 0x41


class Call(NamedTuple):
    """One call that Dalil reads."""

    name: str
    """The function's name, as ``transferFrom``."""
    addresses: tuple[bytes, ...]
    numbers: tuple[int, ...]
    inner: Call | None = None
    """What a multisig wallet is asked to call at ``addresses[0]``."""


def read_call(data: bytes, *, tron: bool = False) -> Call | None:
    """Read call data; None where it is no call we know, or not in its shape.

    Bytes behind the arguments are passed over, as contracts do: some wallets
    put notes there. An address word with other bytes set is refused, but for
    TRON's own 0x41, which wallets there leave in and contracts pass over.

    Parameters
    ----------
    data : bytes
        Selector and arguments.
    tron : bool
        Whether it is TRON's call data.

    Examples
    --------
    >>> data = "a9059cbb" + 24 * "0" + 20 * "ab" + 62 * "0" + "07"
    >>> call = read_call(bytes.fromhex(data))
    >>> call.name, call.numbers
    ('transfer', (7,))
    """
    found = _SELECTORS.get(bytes(data[:4]))
    if found is None:
        return None
    name, letters = found
    words = _words(data, letters, tron=tron)
    if words is None:
        return None
    addresses, numbers = words
    if letters[-1] != "b":
        return Call(name, addresses, numbers)
    inside = _inner_data(data)
    if inside is None:
        return None
    return Call(name, addresses, numbers, _flat(inside, tron=tron))


def with_call(
    event: EventLog, to: bytes, data: bytes, *, tron: bool = False
) -> EventLog:
    """Tell a submission's subject from the call that made it.

    Parameters
    ----------
    event : EventLog
        Returned as it is unless it is a SUBMISSION.
    to, data : bytes
        The transaction's own call. Where another contract called the wallet,
        it does not show in it, and the subject stays untold.
    """
    if event.kind is not EventKind.SUBMISSION or event.contract != to:
        return event
    call = read_call(data, tron=tron)
    if call is None or call.inner is None:
        return event
    if call.inner.name in _FREEZES:
        kind = EventKind.SUBMISSION
    elif call.inner.name in _UNFREEZES:
        kind = EventKind.UNFREEZE_SUBMISSION
    else:
        return event
    subject, token = call.inner.addresses[0], call.addresses[0]
    return event._replace(kind=kind, subject=subject, other=token)


def _flat(data: bytes, *, tron: bool) -> Call | None:
    """Read a call inside a call, and none inside that."""
    if len(data) > _MAX_INNER or data[:4] == _SUBMIT:
        return None
    return read_call(data, tron=tron)


def _words(
    data: bytes, letters: str, *, tron: bool
) -> tuple[tuple[bytes, ...], tuple[int, ...]] | None:
    """Read the arguments of fixed size; None if they are short or not clean."""
    if len(data) < 4 + 32 * len(letters):
        return None
    addresses: list[bytes] = []
    numbers: list[int] = []
    for i, letter in enumerate(letters):
        word = bytes(data[4 + 32 * i : 36 + 32 * i])
        if letter == "a":
            if any(word[:11]) or word[11] not in (0, _TRON_PREFIX if tron else 0):
                return None
            addresses.append(word[12:])
        elif letter == "u":
            numbers.append(int.from_bytes(word, "big"))
    return tuple(addresses), tuple(numbers)


def _inner_data(data: bytes) -> bytes | None:
    """Return the bytes that submitTransaction carries, its third argument."""
    from eth_abi.abi import decode  # slow to load, needed for few
    from eth_abi.exceptions import DecodingError

    try:
        # the first word is read above, where TRON's prefix may stand in it
        _, _, inside = decode(["uint256", "uint256", "bytes"], data[4:])
    except (DecodingError, OverflowError):
        return None
    return bytes(inside)


def _selector(signature: str) -> tuple[bytes, tuple[str, str]]:
    name, _, arguments = signature.removesuffix(")").partition("(")
    letters = "".join(argument[0] for argument in arguments.split(","))
    return keccak256(signature.encode())[:4], (name, letters)


_SELECTORS = dict(_selector(signature) for signature in _SIGNATURES)
_SUBMIT = keccak256(_SIGNATURES[-1].encode())[:4]
