"""Which requests to freeze an account led to which freezes.

Tether freezes in two steps on Ethereum and TRON: a wallet of several signers is
asked in public to call ``addBlackList``, and later carries it out (AMLBot, May
2025, tells of windows of three quarters of an hour). A freeze belongs to the
request whose number the wallet carries out in the same transaction; where that
is not seen, to the latest request about the same account and token that no
earlier freeze or unfreeze lies behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from dalil.chains.accounts import EventKind
from dalil.clustering.accounts.columns import token_of_contract
from dalil.ledger.accounts.view import NO_ADDRESS

if TYPE_CHECKING:
    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["Freeze", "Pending", "freezes", "pending"]


class Freeze(NamedTuple):
    """One freeze, with the request that led to it where it is known.

    `paired_by` is ``number`` (the signers' own), ``subject`` (the account only),
    or None. `token` is None where the ledger has no transfer of that contract.
    """

    address: int
    contract: int
    token: int | None
    freeze: int
    submission: int | None
    paired_by: Literal["number", "subject"] | None


class Pending(NamedTuple):
    """A request to freeze that no freeze has followed in this ledger."""

    address: int
    contract: int
    submission: int


def freezes(ledger: AccountView) -> list[Freeze]:
    """List all freezes, in chain order, each with its request."""
    tokens = token_of_contract(ledger)
    numbered = _numbered(ledger)
    found = []
    for event in _of_kind(ledger, EventKind.FREEZE).tolist():
        address = int(ledger.event_subject[event])
        contract = int(ledger.event_contract[event])
        if NO_ADDRESS in (address, contract):
            continue
        asked = numbered.get(event)
        by: Literal["number", "subject"] | None = "number"
        if asked is None or int(ledger.event_subject[asked]) != address:
            asked = _latest_request(ledger, address, contract, event)
            by = None if asked is None else "subject"
        token = tokens.get(contract)
        found.append(Freeze(address, contract, token, event, asked, by))
    return found


def pending(ledger: AccountView, known: list[Freeze]) -> list[Pending]:
    """List requests that neither led to a freeze nor came before a later one."""
    used = {one.submission for one in known}
    last = {(one.address, one.contract): one.freeze for one in known}
    found = []
    for event in _of_kind(ledger, EventKind.SUBMISSION).tolist():
        address, contract = (
            int(ledger.event_subject[event]),
            int(ledger.event_other[event]),
        )
        if address == NO_ADDRESS or event in used:
            continue
        if last.get((address, contract), -1) < event:
            found.append(Pending(address, contract, event))
    return found


def _of_kind(ledger: AccountView, kind: EventKind) -> I64:
    return np.flatnonzero(np.asarray(ledger.event_kind) == kind)


def _numbered(ledger: AccountView) -> dict[int, int]:
    """Map freezes to the requests that were carried out in their transaction.

    Where one transaction carries out several requests, each freeze gets the
    nearest that is about its account.
    """
    asked: dict[tuple[int, int], int] = {}
    for event in _of_kind(ledger, EventKind.SUBMISSION).tolist():
        number = (int(ledger.event_contract[event]), int(ledger.event_ref[event]))
        if number[1] >= 0:
            asked.setdefault(number, event)
    done: dict[int, list[int]] = {}
    executions = _of_kind(ledger, EventKind.EXECUTION)
    txs = ledger.tx_of_event(executions).tolist()
    for event, tx in zip(executions.tolist(), txs, strict=True):
        number = (int(ledger.event_contract[event]), int(ledger.event_ref[event]))
        if number in asked and asked[number] < event:
            done.setdefault(tx, []).append(asked[number])
    frozen = _of_kind(ledger, EventKind.FREEZE)
    subject = np.asarray(ledger.event_subject)
    found = {}
    for event, tx in zip(
        frozen.tolist(), ledger.tx_of_event(frozen).tolist(), strict=True
    ):
        fitting = [one for one in done.get(tx, ()) if subject[one] == subject[event]]
        if fitting:
            found[event] = fitting[-1]
    return found


def _latest_request(
    ledger: AccountView, address: int, contract: int, freeze: int
) -> int | None:
    about = ledger.events_about(address)
    for event in about[about < freeze][::-1].tolist():
        kind = int(ledger.event_kind[event])
        if kind == EventKind.SUBMISSION:
            if ledger.event_other[event] in (contract, NO_ADDRESS):
                return int(event)
        elif (
            kind in (EventKind.FREEZE, EventKind.UNFREEZE)
            and ledger.event_contract[event] == contract
        ):
            return None
    return None
