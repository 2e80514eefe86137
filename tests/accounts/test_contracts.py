"""The contracts do what the tests take for granted, on a real node."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dalil.chains.evm import keccak256
from tests.accounts.contracts import SOLC, bytecode, compiled

if TYPE_CHECKING:
    from tests.accounts.anvil import Anvil


def topic(event: str) -> str:
    return "0x" + keccak256(event.encode()).hex()


def test_the_committed_bytecode_is_what_the_source_compiles_to() -> None:
    if not os.access(SOLC, os.X_OK):
        pytest.skip("no Solidity compiler (run tools/fetch_anvil.sh)")
    made = compiled()
    assert made == {name: bytecode(name) for name in made}
    assert len(made) == 3


def test_the_dollar_refuses_what_it_should(anvil: Anvil) -> None:
    issuer, one, two = anvil.accounts[:3]
    dollar = anvil.deploy(issuer, "ExerciseDollar", "uint256", 1_000)
    move = "transfer(address,uint256)"
    sent = [
        dollar.send(issuer, move, one, 600),
        dollar.send(one, move, two, 601),  # more than held
        dollar.send(two, "addBlackList(address)", one),  # not the owner
        dollar.send(issuer, "addBlackList(address)", one),
        dollar.send(one, move, two, 1),  # frozen
        dollar.send(issuer, "destroyBlackFunds(address)", one),
        dollar.send(issuer, "issue(uint256)", 50),
    ]
    anvil.mine()
    receipts = [anvil.receipt(tx) for tx in sent]
    assert [int(r["status"], 16) for r in receipts] == [1, 0, 0, 1, 0, 1, 1]
    assert all(len(r["logs"]) == int(r["status"], 16) for r in receipts)
    held = [dollar.ask("balanceOf(address)", a) for a in (issuer, one, two)]
    assert held == [450, 0, 0]
    assert dollar.ask("totalSupply()") == 450


def test_a_freeze_takes_two_of_the_wallets_owners(anvil: Anvil) -> None:
    issuer, one, two, target = anvil.accounts[:4]
    dollar = anvil.deploy(issuer, "ExerciseDollar", "uint256", 1_000)
    wallet = anvil.deploy(issuer, "ExerciseMultisig", "address[]", [one, two])
    dollar.send(issuer, "setOwner(address)", wallet.address)
    freeze = keccak256(b"addBlackList(address)")[:4] + bytes(12)
    freeze += bytes.fromhex(target[2:])
    submit = "submitTransaction(address,uint256,bytes)"
    first = wallet.send(one, submit, dollar.address, 0, freeze)
    anvil.mine()
    assert dollar.ask("isBlackListed(address)", target) == 0
    second = wallet.send(two, "confirmTransaction(uint256)", 0)
    anvil.mine()
    assert dollar.ask("isBlackListed(address)", target) == 1
    told = [
        log["topics"][0] for tx in (first, second) for log in anvil.receipt(tx)["logs"]
    ]
    assert told == [
        topic("Submission(uint256)"),
        topic("Confirmation(address,uint256)"),
        topic("Confirmation(address,uint256)"),
        topic("AddedBlackList(address)"),
        topic("Execution(uint256)"),
    ]
