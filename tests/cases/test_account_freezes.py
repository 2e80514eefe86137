"""Freezes on accounts that a trace came to, stated without a word of why."""

from __future__ import annotations

from dalil.cases.accounts.freezing import frozen_findings
from dalil.chains.accounts import EventKind
from dalil.clustering.accounts import freeze_windows
from dalil.evidence.account_statements import Frozen, FrozenPremises
from dalil.ledger.accounts.literal import HandAccounts
from dalil.tracing.accounts import AccountRequest, trace_accounts
from dalil.tracing.request import Direction


def frozen_world() -> HandAccounts:
    """Two accounts are frozen; only one of them ever had the appeal's money."""
    ledger = HandAccounts()
    ledger.pay("NOBODY", "donor", 100)
    ledger.pay("NOBODY", "stranger", 40)
    ledger.pay("donor", "appeal", 100)
    ledger.pay("appeal", "held", 80)
    token = "0x" + ledger.token_key[0].tobytes().hex()
    for n, account in enumerate(("held", "stranger")):
        ledger.tell(
            EventKind.SUBMISSION, account, contract="signers", other=token, ref=n
        )
        ledger.pay(account, "elsewhere", 30)
        ledger.tell(EventKind.FREEZE, account, contract=token)
        ledger.tell(EventKind.EXECUTION, contract="signers", ref=n, in_same_tx=True)
    return ledger


def test_only_accounts_of_the_trace_are_stated() -> None:
    ledger = frozen_world()
    appeal = ledger.find_address("appeal")
    assert appeal is not None
    found = trace_accounts(ledger, AccountRequest(Direction.FORWARD, 0, [appeal]))
    (stated,) = frozen_findings(found, freeze_windows(ledger))
    statement, premises = stated.statement, stated.premises
    assert isinstance(statement, Frozen)
    assert isinstance(premises, FrozenPremises)
    assert statement.address == "held"
    assert (statement.balance_amount, statement.lifted_utc) == ("50", None)
    assert (premises.outflow_amount, premises.n_outflow) == ("30", 1)
    words = [q.answer.en for q in stated.questions if q.id == "outflow_by_chance"]
    assert "no sign of guilt" in words[0]


def test_a_freeze_without_a_known_request_has_no_window() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "donor", 10)
    ledger.pay("donor", "appeal", 10)
    token = "0x" + ledger.token_key[0].tobytes().hex()
    ledger.tell(EventKind.FREEZE, "appeal", contract=token)
    appeal = ledger.find_address("appeal")
    assert appeal is not None
    found = trace_accounts(ledger, AccountRequest(Direction.FORWARD, 0, [appeal]))
    (stated,) = frozen_findings(found, freeze_windows(ledger))
    assert isinstance(stated.premises, FrozenPremises)
    assert stated.premises.submission_txid is None
    assert stated.premises.outflow_amount is None
