"""An Ethereum node judges ingest, ledger and trace: balances, logs, reorgs."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dalil.chains.accounts import EventKind, TokenKind, TransferKind, TxStatus
from dalil.chains.evm import keccak256
from dalil.chains.tokens import token_caip19
from dalil.clustering.accounts import freeze_windows
from dalil.exercise.dice import Dice
from dalil.ledger.accounts import AccountLedger, build_accounts
from dalil.progress import silent
from dalil.sources.accounts import open_source
from dalil.tracing.accounts import AccountRequest, trace_accounts
from dalil.tracing.request import Direction
from tests.accounts.between import Between
from tests.accounts.drama import Drama

if TYPE_CHECKING:
    from pathlib import Path

    from tests.accounts.anvil import Anvil

CHAIN = "eip155:31337"
TRANSFER = "0x" + keccak256(b"Transfer(address,address,uint256)").hex()
EVENTS = {
    "AddedBlackList(address)": EventKind.FREEZE,
    "RemovedBlackList(address)": EventKind.UNFREEZE,
    "DestroyedBlackFunds(address,uint256)": EventKind.DESTROY,
    "Issue(uint256)": EventKind.ISSUE,
    "Redeem(uint256)": EventKind.REDEEM,
    "Approval(address,address,uint256)": EventKind.APPROVAL,
    "Submission(uint256)": EventKind.SUBMISSION,
    "Confirmation(address,uint256)": EventKind.CONFIRMATION,
    "Execution(uint256)": EventKind.EXECUTION,
}


def build(url: str, path: Path) -> None:
    source: Any = open_source(f"rpc:{url}")
    try:
        build_accounts(path, source, silent)
    finally:
        source._rpc.close()  # a source keeps its connection as long as it lives


def ingest(node: Anvil, path: Path) -> AccountLedger:
    build(node.url, path)
    return AccountLedger.open(path)


def token_of(ledger: AccountLedger, contract: str) -> int:
    key = bytes.fromhex(contract[2:])
    token = ledger.find_token(token_caip19(CHAIN, TokenKind.CONTRACT, key))
    assert token is not None
    return token


def held(ledger: AccountLedger, drama: Drama, who: str, height: int) -> int:
    address = ledger.find_address(who)
    if address is None:
        return 0
    token = token_of(ledger, drama.dollar.address)
    balance = ledger.balance(address, token, at_block=height)
    assert balance is not None
    return balance


def compare_balances(ledger: AccountLedger, drama: Drama, heights: list[int]) -> int:
    """Every holder's balance at each height, against the node's own word."""
    everybody = [drama.wallet.address, *drama.node.accounts]
    n_held = 0
    for height in heights:
        for who in everybody:
            said = drama.balance(drama.dollar, who, height)
            assert held(ledger, drama, who, height) == said, (who, height)
            n_held += said > 0
    return n_held


def logs(node: Anvil) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = node.rpc(
        "eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}
    )
    return found


def compare_logs(ledger: AccountLedger, node: Anvil) -> None:
    """Every Transfer and every event the node logged, in order, and no other."""
    told = logs(node)
    meant = [
        (
            log["transactionHash"],
            log["address"].lower(),
            *("0x" + topic[-40:] for topic in log["topics"][1:]),
            int(log["data"], 16),
            int(log["logIndex"], 16),
        )
        for log in told
        if log["topics"][0] == TRANSFER
    ]
    kinds = np.asarray(ledger.transfer_kind)
    rows = np.flatnonzero(kinds == TransferKind.TOKEN)
    text = ledger.address_text
    read = [
        (
            ledger.txid(tx),
            "0x" + ledger.token_key[int(ledger.transfer_token[row])].tobytes().hex(),
            text(int(ledger.transfer_from[row])).lower(),
            text(int(ledger.transfer_to[row])).lower(),
            amount,
            int(ledger.transfer_log[row]),
        )
        for row, tx, amount in zip(
            rows.tolist(),
            ledger.tx_of_transfer(rows).tolist(),
            ledger.amounts(rows),
            strict=True,
        )
    ]
    assert read == meant
    names = {
        "0x" + keccak256(name.encode()).hex(): kind for name, kind in EVENTS.items()
    }
    assert Counter(np.asarray(ledger.event_kind).tolist()) == Counter(
        int(names[log["topics"][0]]) for log in told if log["topics"][0] in names
    )


def compare_status(ledger: AccountLedger, drama: Drama) -> int:
    """What failed is there and moved nothing but its fee; how many failed."""
    n_failed = 0
    for name in drama.sent:
        tx = ledger.find_tx(name)
        assert tx is not None
        done = drama.node.receipt(name)["status"] == "0x1"
        status = TxStatus.DONE if done else TxStatus.FAILED
        assert ledger.tx_status[tx] == status
        first, last = ledger.tx_first_transfer[tx : tx + 2].tolist()
        kinds = set(np.asarray(ledger.transfer_kind)[first:last].tolist())
        assert done or kinds <= {int(TransferKind.FEE)}
        n_failed += not done
    return n_failed


@pytest.fixture
def drama(anvil: Anvil) -> Drama:
    return Drama(anvil, Dice(1, "anvil"))


def test_a_node_agrees_with_every_balance_log_and_failure(
    drama: Drama, tmp_path: Path
) -> None:
    node = drama.node
    drama.play(35)
    drama.retire()
    drama.freeze_in_two_steps(drama.people[0], 3)
    drama.play(3)
    ledger = ingest(node, tmp_path / "L")
    assert ledger.chain == CHAIN
    assert ledger.n_blocks == node.height + 1
    heights = [1, node.height // 3, 2 * node.height // 3, node.height]
    assert compare_balances(ledger, drama, heights) > 40
    compare_logs(ledger, node)
    assert compare_status(ledger, drama) > 20
    assert len(drama.sent) > 300
    [window] = [w for w in freeze_windows(ledger).windows if w.opened is not None]
    assert ledger.address_text(window.freeze.address).lower() == drama.people[0]
    assert window.seconds is not None
    assert window.seconds > 0


def test_a_ledger_goes_on_where_it_stopped(drama: Drama, tmp_path: Path) -> None:
    drama.play(6)
    ingest(drama.node, tmp_path / "L")
    drama.play(6)
    grown = ingest(drama.node, tmp_path / "L")
    whole = ingest(drama.node, tmp_path / "whole")
    assert grown.n_transfers == whole.n_transfers
    assert (grown.block_hash == whole.block_hash).all()
    compare_balances(grown, drama, [3, drama.node.height])
    compare_logs(grown, drama.node)


def test_blocks_that_a_node_takes_back_are_taken_back(
    drama: Drama, tmp_path: Path
) -> None:
    node = drama.node
    drama.play(5)
    saved, height = node.rpc("evm_snapshot"), node.height
    drama.play(6)
    ingest(node, tmp_path / "L")
    undone = drama.sent[-1]
    assert node.rpc("evm_revert", saved)
    assert node.height == height
    drama.dice = Dice(2, "another history")
    drama.play(8)
    ledger = ingest(node, tmp_path / "L")
    assert ledger.find_tx(undone) is None
    compare_balances(ledger, drama, [height, node.height])
    compare_logs(ledger, node)


@pytest.mark.parametrize("nth", [2, 7, 13], ids=lambda n: f"before question {n}")
def test_a_reorganisation_in_the_middle_of_paging(
    drama: Drama, tmp_path: Path, nth: int
) -> None:
    node = drama.node
    drama.play(3)
    saved = node.rpc("evm_snapshot")
    drama.play(12)

    def reorganise() -> None:
        assert node.rpc("evm_revert", saved)
        drama.dice = Dice(3, "meanwhile")
        drama.sent.clear()
        drama.play(15)

    with Between(node.url, "eth_getBlockReceipts", nth, reorganise) as between:
        build(between.url, tmp_path / "L")
        assert between.asked.count("eth_getBlockReceipts") >= nth
    ledger = ingest(node, tmp_path / "L")
    compare_balances(ledger, drama, [5, node.height])
    compare_logs(ledger, node)


def test_money_is_traced_through_what_the_node_ran(
    drama: Drama, tmp_path: Path
) -> None:
    one, two, three, four = drama.people[:4]
    move = "transfer(address,uint256)"
    drama.dollar.send(drama.issuer, move, one, 1_000)
    drama.dollar.send(one, move, two, 600)
    drama.dollar.send(two, move, three, 700)  # more than held: it fails
    drama.node.mine()
    drama.dollar.send(drama.issuer, move, two, 400)
    drama.dollar.send(two, move, three, 900)
    drama.fake.send(four, "say(address,address,uint256)", one, four, 1_000)
    drama.node.mine()
    ledger = ingest(drama.node, tmp_path / "L")
    seed, stranger = ledger.find_address(one), ledger.find_address(four)
    assert seed is not None
    assert stranger is not None
    request = AccountRequest(
        Direction.FORWARD, token_of(ledger, drama.dollar.address), addresses=[seed]
    )
    told = trace_accounts(ledger, request, silent).to_json()
    assert drama.balance(drama.dollar, three, drama.node.height) == 900
    assert told["seeds"]["total_amount"] == "1000"
    assert ledger.address_text(stranger).lower() not in json.dumps(told).lower()


def test_the_largest_amount_there_is_stays_exact(anvil: Anvil, tmp_path: Path) -> None:
    issuer, one, two = anvil.accounts[:3]
    everything = 2**256 - 1
    dollar = anvil.deploy(issuer, "ExerciseDollar", "uint256", everything)
    for payer, payee, amount in (
        (issuer, one, everything),
        (one, two, everything - 5),
        (two, issuer, 2**255 + 2**64),
    ):
        dollar.send(payer, "transfer(address,uint256)", payee, amount)
        anvil.mine()
    ledger = ingest(anvil, tmp_path / "L")
    token = token_of(ledger, dollar.address)
    for who in (issuer, one, two):
        address = ledger.find_address(who)
        assert address is not None
        said = dollar.ask("balanceOf(address)", who)
        assert ledger.balance(address, token) == said > 0
