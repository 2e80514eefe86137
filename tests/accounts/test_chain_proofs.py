"""Proofs from a real node's blocks: its hashes and roots are the judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.accounts import NOBODY, EventKind, TransferKind
from dalil.chains.evm import decode_address
from dalil.chains.evm.events import LogRead, read_logs
from dalil.chains.evm.plain import check_ethereum
from dalil.chains.evm.proving import ethereum_proof, receipt_of
from dalil.chains.evm.receipts import bloom_of
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from tests.accounts.anvil import Anvil


def raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def test_every_transaction_of_a_block_is_proved(anvil: Anvil) -> None:
    issuer, one, two = anvil.accounts[:3]
    dollar = anvil.deploy(issuer, "ExerciseDollar", "uint256", 1_000)
    move = "transfer(address,uint256)"
    dollar.send(issuer, move, one, 600)
    dollar.send(one, move, two, 601)  # more than held: fails
    anvil.send(two, one, value=10**18 + 1)
    access = [{"address": one, "storageKeys": ["0x" + "01" * 32]}]
    price = {"gasPrice": hex(2 * 10**9), "gas": "0xffff", "from": two, "to": one}
    anvil.rpc("eth_sendTransaction", price)
    anvil.rpc("eth_sendTransaction", price | {"accessList": access})
    anvil.rpc("eth_sendTransaction", {"from": two, "data": "0x00", "gas": "0xfffff"})
    anvil.mine()

    block = anvil.rpc("eth_getBlockByNumber", "latest", True)
    receipts = anvil.rpc("eth_getBlockReceipts", "latest")
    assert {int(tx["type"], 16) for tx in block["transactions"]} == {0, 1, 2}

    for i, (tx, receipt) in enumerate(
        zip(block["transactions"], receipts, strict=True)
    ):
        found = check_ethereum(ethereum_proof(block, receipts, i))
        assert found["block_hash"] == block["hash"][2:]
        assert found["txid"] == tx["hash"][2:]
        assert found["from"] == tx["from"][2:]
        assert found["to"] == (tx["to"] or "0x")[2:]
        assert found["value"] == int(tx["value"], 16)
        assert found["status"] == int(receipt["status"], 16)
        assert len(found["logs"]) == len(receipt["logs"])
        logs = receipt_of(receipt).logs
        assert bloom_of(logs) == raw(receipt["logsBloom"])
    assert [int(receipt["status"], 16) for receipt in receipts].count(0) == 1

    lies: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        (block, receipts[1:]),
        (block, receipts[::-1]),
        (block, [receipts[0] | {"logs": []}, *receipts[1:]]),
        (block | {"hash": "0x" + "00" * 32}, receipts),
        (block | {"transactions": block["transactions"][1:]}, receipts),
        (block | {"transactions": [tx["hash"] for tx in block["transactions"]]}, []),
    ]
    for told, results in lies:
        with pytest.raises(BlockDataError):
            ethereum_proof(told, results, 0)


def test_logs_of_a_freezing_token_read_as_events(anvil: Anvil) -> None:
    issuer, one = anvil.accounts[:2]
    dollar = anvil.deploy(issuer, "ExerciseDollar", "uint256", 1_000)
    sent = [
        dollar.send(issuer, "transfer(address,uint256)", one, 600),
        dollar.send(issuer, "addBlackList(address)", one),
        dollar.send(issuer, "destroyBlackFunds(address)", one),
        dollar.send(issuer, "issue(uint256)", 50),
    ]
    anvil.mine()
    found: list[LogRead] = []
    for tx in sent:
        receipt = anvil.receipt(tx)
        reads = read_logs(
            receipt_of(receipt).logs, raw(receipt["from"]), raw(receipt["to"])
        )
        found += [read for read in reads if isinstance(read, LogRead)]
    moved, frozen, destroyed, issued = found
    owner, holder = decode_address(issuer), decode_address(one)
    assert moved.transfer is not None
    assert moved.transfer[2:] == (owner, holder, 600)
    assert frozen.event is not None
    assert (frozen.event.kind, frozen.event.subject) == (EventKind.FREEZE, holder)
    assert destroyed.transfer is not None
    assert destroyed.transfer.kind is TransferKind.DESTROY
    assert destroyed.transfer[2:] == (holder, NOBODY, 600)
    assert issued.transfer is not None
    assert issued.transfer.kind is TransferKind.MINT
    assert issued.transfer[2:] == (NOBODY, owner, 50)
