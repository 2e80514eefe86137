"""TRON's blocks, saved or asked for: hashes decide, failed calls move nothing."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains import tron
from dalil.chains.accounts import (
    BEHIND_LOGS,
    NO_LOG,
    EventKind,
    TokenKind,
    TransferKind,
    TxStatus,
    whole,
)
from dalil.chains.tokens import token_caip19
from dalil.chains.tron.merkle import merkle_root
from dalil.chains.tron.transaction import tx_leaf
from dalil.errors import DalilError, InputError, SourceError
from dalil.progress import silent
from dalil.sources.accounts import open_source
from dalil.sources.accounts.place import node_place
from dalil.sources.accounts.tronnode import TronNode
from tests.sources.accounts.servers import Answer, NodeServer, TronChain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dalil.chains.accounts import AccountBatch

USDT = "tron:0x2b6653dc/trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
BLOCKS = ("get_block_60836289.json", "get_block.json")


def nothing(_height: int) -> bytes | None:
    return None


def of_token(batch: AccountBatch, name: str) -> list[int]:
    """Rows of a batch's transfers that are of a token."""
    kinds = zip(batch.transfer_token_kind, batch.transfer_token, strict=True)
    names = [token_caip19(batch.chain, int(k), key.tobytes()) for k, key in kinds]
    return [i for i, each in enumerate(names) if each == name]


def usdt_calls(block: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """Read calls to USDT out of a node's own JSON, by hand: (tx, from, to, amount)."""
    found = []
    for tx in block["transactions"]:
        [contract] = tx["raw_data"]["contract"]
        value = contract["parameter"]["value"]
        if contract["type"] != "TriggerSmartContract":
            continue
        called = tron.decode_address(value["contract_address"])
        data = value.get("data", "")
        if called != tron.decode_address("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"):
            continue
        words = [data[8 + 64 * i : 72 + 64 * i] for i in range(3)]
        owner = tron.decode_address(value["owner_address"]).hex()
        if data[:8] == "a9059cbb":
            source, to, amount = owner, words[0][24:], words[1]
        else:
            assert data[:8] == "23b872dd"
            source, to, amount = words[0][24:], words[1][24:], words[2]
        found.append((tx["txID"], source, to, int(amount, 16)))
    return found


def transfers(batch: AccountBatch, rows: list[int]) -> list[tuple[str, str, str, int]]:
    amounts = whole(batch.transfer_amount)
    found = []
    for row in rows:
        tx = int((batch.tx_first_transfer > row).argmax()) - 1
        found.append(
            (
                batch.tx_hash[tx].tobytes().hex(),
                batch.transfer_from[row].tobytes().hex(),
                batch.transfer_to[row].tobytes().hex(),
                amounts[row],
            )
        )
    return found


def test_193_usdt_calls_of_two_real_blocks(real_data: Path) -> None:
    folder = real_data / "evm_tron" / "tron_api_json"
    paths = [str(folder / name) for name in BLOCKS]
    source = open_source(f"tron-json:{paths[0]}", paths[1])
    batches = list(source.batches(None, nothing, silent))
    found = [
        row for batch in batches for row in transfers(batch, of_token(batch, USDT))
    ]
    expected = [
        call
        for path in paths
        for call in usdt_calls(json.loads((folder / path).read_text()))
    ]
    assert found == expected
    assert len(found) == source.report.n_from_calls == 193
    assert source.report.gaps == [(60836290, 61132091)]
    assert "taken from calls" in source.report.notes[-1].problem
    events = [EventKind(int(k)) for batch in batches for k in batch.event_kind]
    assert EventKind.ACTIVATION in events
    assert EventKind.DELEGATION in events
    assert EventKind.UNDELEGATION in events


def with_root(block: dict[str, Any]) -> dict[str, Any]:
    """Make a changed block true again: its root, and so its name."""
    from dalil.chains.tron.block import block_id, header_raw

    fields = block["block_header"]["raw_data"]
    fields["txTrieRoot"] = merkle_root(
        [tx_leaf(t) for t in block["transactions"]]
    ).hex()
    block["blockID"] = block_id(header_raw(block)).hex()
    return block


def test_planted_failed_calls_never_count(tmp_path: Path, real_data: Path) -> None:
    path = real_data / "evm_tron" / "tron_api_json" / BLOCKS[1]
    block = json.loads(path.read_text())
    calls = {tx for tx, *_ in usdt_calls(block)[::4]}
    fates = ("REVERT", "OUT_OF_ENERGY", "OUT_OF_TIME", "TRANSFER_FAILED")
    for i, tx in enumerate(t for t in block["transactions"] if t["txID"] in calls):
        tx["ret"] = [{"contractRet": fates[i % 4]}]
    (tmp_path / "b.json").write_text(json.dumps(with_root(block)))
    source = open_source(f"tron-json:{tmp_path}")
    [batch] = source.batches(None, nothing, silent)
    found = transfers(batch, of_token(batch, USDT))
    assert len(found) == 112 - len(calls)
    assert not calls & {tx for tx, *_ in found}
    assert source.report.n_failed == len(calls) == 28
    assert batch.tx_status.tolist().count(TxStatus.FAILED) == 28


def test_a_log_beside_the_block_takes_the_calls_place(real_data: Path) -> None:
    folder = real_data / "evm_tron" / "tron_api_json"
    [info] = folder.glob("get_transaction_info_*.json")
    source = open_source(f"tron-json:{folder / BLOCKS[0]}", str(info))
    [batch] = source.batches(None, nothing, silent)
    rows = of_token(batch, USDT)
    assert source.report.n_from_calls == 80
    [logged] = [row for row in rows if batch.transfer_log[row] != NO_LOG]
    told = json.loads(info.read_text())
    amount = int(told["log"][0]["data"], 16)
    assert transfers(batch, [logged])[0][0] == told["id"]
    assert transfers(batch, [logged])[0][3] == amount
    fees = [
        a
        for a, k in zip(whole(batch.transfer_amount), batch.transfer_kind, strict=True)
        if k == TransferKind.FEE
    ]
    assert fees == [told["fee"]]


def made(folder: Path, chain: TronChain, *, infos: bool = True) -> str:
    for block in chain.blocks[1:]:
        number = block["block_header"]["raw_data"]["number"]
        (folder / f"b{number}.json").write_text(json.dumps(block))
        if infos:
            (folder / f"i{number}.json").write_text(json.dumps(chain.infos[number]))
    return f"tron-json:{folder}"


def test_saved_blocks_come_in_order_with_their_logs(tmp_path: Path) -> None:
    chain = TronChain(12)
    source = open_source(made(tmp_path, chain))
    [batch] = source.batches(None, nothing, silent)
    assert batch.block_number.tolist() == [*range(1, 12)]
    assert batch.contiguous
    assert source.report.n_failed == 11
    token = [k == TokenKind.CONTRACT for k in batch.transfer_token_kind]
    amounts = [a for a, t in zip(whole(batch.transfer_amount), token, strict=True) if t]
    assert amounts == [n for n in range(1, 12) for _ in range(2)]
    logs = batch.transfer_log[token].tolist()
    assert logs == [0, 1] * 11  # the failed call's log is not counted


def test_internal_transactions_are_read_unless_rejected(tmp_path: Path) -> None:
    chain = TronChain(2)
    ends = {"caller_address": "41" + "0b" * 20, "transferTo_address": "41" + "0c" * 20}
    chain.infos[1][0]["internal_transactions"] = [
        ends | {"callValueInfo": [{"callValue": 77}, {}]},
        ends | {"callValueInfo": [{"callValue": 88}], "rejected": True},
        ends | {"callValueInfo": [{"callValue": 99, "tokenId": "1002000"}]},
    ]
    [batch] = open_source(made(tmp_path, chain)).batches(None, nothing, silent)
    inside = [
        i for i, k in enumerate(batch.transfer_kind) if k == TransferKind.INTERNAL
    ]
    amounts = whole(batch.transfer_amount)
    assert [amounts[i] for i in inside] == [77, 99]
    assert batch.transfer_log[inside].tolist() == [BEHIND_LOGS, BEHIND_LOGS + 2]
    name = token_caip19(
        tron.CAIP2, TokenKind.ASSET, batch.transfer_token[inside[1]].tobytes()
    )
    assert name.endswith("trc10:1002000")


def _of_another_block(chain: TronChain) -> None:
    chain.infos[2][0]["blockNumber"] = 1


def _of_a_stranger(chain: TronChain) -> None:
    chain.infos[2][0]["id"] = "77" * 32


def _called_done(chain: TronChain) -> None:
    chain.blocks[2]["transactions"][2]["ret"] = [{"contractRet": "SUCCESS"}]


def _other_bytes(chain: TronChain) -> None:
    tx = chain.blocks[2]["transactions"][0]
    tx["raw_data_hex"] = tx["raw_data_hex"].replace("0101", "0303", 1)


def _repeated(chain: TronChain) -> None:
    block = chain.blocks[2]
    block["transactions"].append(block["transactions"][0])
    with_root(block)


def _other_name(chain: TronChain) -> None:
    chain.blocks[2]["blockID"] = "00" * 7 + "02" + "77" * 24


def _no_child(chain: TronChain) -> None:
    chain.blocks[2]["block_header"]["raw_data"]["parentHash"] = "77" * 32
    with_root(chain.blocks[2])


def _bad_address(chain: TronChain) -> None:
    chain.infos[2][0]["log"][0]["address"] = "T" * 34


LIES: dict[str, tuple[Callable[[TronChain], None], str]] = {
    "infos of another block": (_of_another_block, "told of block|another block"),
    "infos of a stranger": (_of_a_stranger, "not in it|nothing is told"),
    "a failed call called done": (_called_done, "not those of its root"),
    "bytes that are not the id's": (_other_bytes, "hash|root"),
    "a transaction twice": (_repeated, "stands twice|no child"),
    "another name": (_other_name, "not its header's"),
    "no child of the one before": (_no_child, "no child"),
    "an address that is none": (_bad_address, "refused|base58|checksum"),
}


@pytest.mark.parametrize(("lie", "says"), LIES.values(), ids=LIES)
def test_a_lie_in_saved_files_is_refused(
    tmp_path: Path, lie: Callable[[TronChain], None], says: str
) -> None:
    chain = TronChain(4)
    lie(chain)
    with pytest.raises(InputError, match=says):
        list(open_source(made(tmp_path, chain)).batches(None, nothing, silent))


@pytest.mark.parametrize(("lie", "says"), LIES.values(), ids=LIES)
def test_a_lie_of_a_node_is_refused(
    lie: Callable[[TronChain], None], says: str
) -> None:
    chain = TronChain(4)
    lie(chain)
    with NodeServer(chain) as server:
        node = TronNode(node_place(server.url), chain=chain.caip2, pause=0.01)
        with pytest.raises(SourceError, match=says):
            list(node.batches(None, nothing, silent))


def test_two_tellings_of_one_block_are_one_and_two_blocks_are_refused(
    tmp_path: Path,
) -> None:
    chain = TronChain(3)
    spec = made(tmp_path, chain)
    (tmp_path / "again.json").write_text(json.dumps(chain.blocks[2]))
    source = open_source(spec)
    [batch] = source.batches(None, nothing, silent)
    assert batch.block_number.tolist() == [1, 2]
    assert source.report.n_duplicates_dropped == 1
    other = chain.fork(2, 1).blocks[2]
    (tmp_path / "other.json").write_text(json.dumps(other))
    with pytest.raises(InputError, match="two different blocks"):
        list(open_source(spec).batches(None, nothing, silent))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b'{"block_header": 5}', b'{"n":' + b"9" * 10**7 + b"}"],
    ids=["nothing", "cut short", "too deep", "no header", "10^7 digits"],
)
def test_what_is_no_block_is_refused_or_passed_over(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(DalilError):
        list(open_source(f"tron-json:{tmp_path}").batches(None, nothing, silent))


def held_of(chain: TronChain, first: int = 1) -> dict[int, bytes]:
    return {
        n: bytes.fromhex(block["blockID"])
        for n, block in enumerate(chain.blocks)
        if n >= first
    }


def test_a_node_is_followed_through_a_fork() -> None:
    old = TronChain(9)
    new = old.fork(5, 6)

    def turns(method: str, params: Any, answer: Any) -> Any:
        if server.chain is old and params.get("num", 0) >= 7:
            server.chain = new
            return new.answer(method, params)
        return answer

    held: dict[int, bytes] = {}
    with NodeServer(old, turns) as server:
        node = TronNode(node_place(server.url), chain=old.caip2, pause=0.01, last=8)
        for batch in node.batches(None, nothing, silent):
            first = int(batch.block_number[0])
            held = {n: name for n, name in held.items() if n < first}
            for n, name in zip(batch.block_number, batch.block_hash, strict=True):
                held[int(n)] = name.tobytes()
    assert held == {n: name for n, name in held_of(new).items() if n <= 8}
    assert any("reorganised" in note.problem for note in node.report.notes)


def test_a_node_of_another_network_and_a_busy_one() -> None:
    chain = TronChain(3)
    with NodeServer(chain) as server:
        node = TronNode(node_place(server.url), pause=0.01)
        with pytest.raises(SourceError, match="another network"):
            list(node.batches(None, nothing, silent))
    n = 0

    def busy(_method: str, _params: Any, answer: Any) -> Any:
        nonlocal n
        n += 1
        return Answer(503, b"") if n % 2 else copy.deepcopy(answer)

    with NodeServer(chain, busy) as server:
        node = TronNode(node_place(server.url), chain=chain.caip2, pause=0.01)
        [batch] = node.batches(None, nothing, silent)
    assert batch.block_number.tolist() == [1, 2]
