"""A node of Ethereum, honest or not, over real HTTP: nothing false gets in unseen."""

from __future__ import annotations

import copy
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.accounts import TransferKind, TxStatus, whole
from dalil.errors import DalilError, SourceError
from dalil.progress import silent
from dalil.sources.accounts.evmnode import EvmNode
from dalil.sources.accounts.evmtoken import EvmToken
from dalil.sources.accounts.place import node_place
from tests.sources.accounts.servers import TOKEN, Answer, EvmChain, NodeServer, hexed

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.chains.accounts import AccountBatch
    from tests.sources.accounts.servers import Twist

USDT_LIKE = hexed(TOKEN)


def nothing(_height: int) -> bytes | None:
    return None


def source(
    server: NodeServer, *, token: str | None = None, **how: Any
) -> EvmNode | EvmToken:
    place = node_place(server.url)
    if token is not None:
        return EvmToken(place, token, pause=0.01, **how)
    return EvmNode(place, pause=0.01, **how)


def taken(
    node: EvmNode | EvmToken,
    after: int | None = None,
    known: Callable[[int], bytes | None] = nothing,
) -> dict[int, bytes]:
    """Replay batches as a ledger does: height to hash."""
    held: dict[int, bytes] = {}
    for batch in node.batches(after, known, silent):
        first = int(batch.block_number[0])
        held = {n: name for n, name in held.items() if n < first}
        for n, name in zip(batch.block_number, batch.block_hash, strict=True):
            held[int(n)] = name.tobytes()
    return held


def hashes(chain: EvmChain, first: int = 0) -> dict[int, bytes]:
    every = enumerate(chain.blocks)
    return {n: bytes.fromhex(b["hash"][2:]) for n, b in every if n >= first}


def rows(batches: list[AccountBatch], kind: TransferKind) -> list[int]:
    found = []
    for batch in batches:
        amounts = whole(batch.transfer_amount)
        found += [
            a for a, k in zip(amounts, batch.transfer_kind, strict=True) if k == kind
        ]
    return found


def test_every_block_comes_with_what_took_effect() -> None:
    chain = EvmChain(7, per_block=6)
    with NodeServer(chain) as server:
        node = source(server)
        batches = list(node.batches(None, nothing, silent))
    [batch] = batches
    assert batch.chain == "eip155:1"
    assert batch.contiguous
    assert batch.block_number.tolist() == [*range(7)]
    assert rows(batches, TransferKind.TOKEN) == [int(g["data"], 16) for g in chain.logs]
    assert rows(batches, TransferKind.NATIVE) == [1, 2, 3, 5] * 7  # the 5th failed
    assert rows(batches, TransferKind.FEE) == [21_000 * 7] * 35
    assert batch.tx_status.tolist().count(TxStatus.FAILED) == node.report.n_failed == 7
    assert not node.report.notes


def test_receipts_one_by_one_where_a_node_has_no_other_way() -> None:
    def lacks(method: str, params: Any, answer: Any) -> Any:
        del params
        missing = {"code": -32601, "message": "method not found"}
        return missing if method == "eth_getBlockReceipts" else answer

    chain = EvmChain(3)
    with NodeServer(chain, lacks) as server:
        assert taken(source(server)) == hashes(chain)
        asked = [method for method, _ in server.asked]
    assert asked.count("eth_getBlockReceipts") == 1
    assert asked.count("eth_getTransactionReceipt") == 6


def test_a_build_goes_on_where_it_ended() -> None:
    chain = EvmChain(4)
    held = hashes(chain)
    chain.grow(3)
    with NodeServer(chain) as server:
        assert taken(source(server), 3, held.get) == hashes(chain, 4)


def test_a_chain_that_forked_between_builds_is_given_from_the_fork() -> None:
    old = EvmChain(6)
    new = old.fork(4, 4)
    with NodeServer(new) as server:
        node = source(server)
        assert taken(node, 5, hashes(old).get) == hashes(new, 4)
    assert "replaced" in node.report.notes[0].problem


@pytest.mark.parametrize("token", [None, USDT_LIKE], ids=["blocks", "one token"])
@pytest.mark.parametrize("depth", [1, 3])
def test_a_fork_in_the_middle_restarts_from_it(token: str | None, depth: int) -> None:
    old = EvmChain(12)
    new = old.fork((6 if token else 9) - depth, 9)

    def turns(method: str, params: Any, answer: Any) -> Any:
        if method == "eth_getLogs" and token:
            wide = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16)
            if wide > 2:
                return {
                    "code": -32005,
                    "message": "query returned more than 10 results",
                }
        if server.chain is old and _height(method, params, token) >= 9:
            server.chain = new
            return new.answer(method, params)
        return answer

    with NodeServer(old, turns) as server:
        server.chain = old
        node = source(server, token=token, last=11)
        held = taken(node)
    assert held == {n: name for n, name in hashes(new).items() if n <= 11}
    assert any("reorganised" in note.problem for note in node.report.notes)


def _height(method: str, params: Any, token: str | None) -> int:
    """How far a question goes; of a token, one of its later pages."""
    if token:
        late = method == "eth_getLogs" and int(params[0]["fromBlock"], 16) >= 6
        return 9 if late else -1
    return int(params[0], 16) if method == "eth_getBlockByNumber" else -1


def test_a_token_is_read_in_pages_that_the_node_allows() -> None:
    chain = EvmChain(40)

    def narrow(method: str, params: Any, answer: Any) -> Any:
        if method == "eth_getLogs" and len(answer) > 9:
            return {"code": -32005, "message": "query returned more than 9 results"}
        del params
        return answer

    with NodeServer(chain, narrow) as server:
        node = source(server, token=USDT_LIKE, first=2, last=33)
        batches = list(node.batches(None, nothing, silent))
        asked = {method for method, _ in server.asked}
    assert [n for b in batches for n in b.block_number.tolist()] == [*range(2, 34)]
    expected = [g for g in chain.logs if 2 <= int(g["blockNumber"], 16) <= 33]
    assert rows(batches, TransferKind.TOKEN) == [int(g["data"], 16) for g in expected]
    assert not any(b.contiguous for b in batches)
    assert "eth_getBlockReceipts" not in asked


def _changed(method: str, change: Callable[[Any], Any]) -> Twist:
    """Answer a method with what `change` makes of the truth."""

    def twist(asked: str, _params: Any, answer: Any) -> Any:
        if asked != method:
            return answer
        answer = copy.deepcopy(answer)
        made = change(answer)
        return answer if made is None else made

    return twist


def _put(place: str, value: Any) -> Callable[[Any], None]:
    """Change one value, named as ``0.logs.0.data``."""

    def change(answer: Any) -> None:
        *way, end = place.split(".")
        for step in way:
            answer = answer[int(step)] if step.isdigit() else answer[step]
        answer[int(end) if end.isdigit() else end] = value

    return change


def _repeat(answer: Any) -> None:
    answer[1]["logs"] *= 2


def _swap(answer: Any) -> None:
    answer.reverse()


NUMBER = "9" * 10**7
ODD = "0x" + "11" * 32
BLOCK, RECEIPTS = "eth_getBlockByNumber", "eth_getBlockReceipts"
LIES: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "a block that is missing": (BLOCK, lambda _: Answer(200, b"@null"), "lacks a block"),
    "another block": (BLOCK, _put("number", "0x63"), "was asked for"),
    "a block whose header is another": (BLOCK, _put("stateRoot", ODD), "does not hash"),
    "a transaction of another place": (BLOCK, _put("transactions.0.transactionIndex", "0x5"), "another place"),
    "a sender that is none": (BLOCK, _put("transactions.0.from", "0x12"), "20 belong"),
    "a value in decimal": (BLOCK, _put("transactions.0.value", "17"), "not a quantity"),
    "a value of 10^7 digits": (BLOCK, _put("transactions.0.value", "0x" + NUMBER), "not a quantity"),
    "a height of 10^7 digits": (BLOCK, _put("number", 5), "not a quantity"),
    "receipts missing": (RECEIPTS, lambda a: a[:1], "another number of receipts"),
    "receipts in another order": (RECEIPTS, _swap, "another place"),
    "receipts of another block": (RECEIPTS, _put("0.blockHash", ODD), "another place or block"),
    "a log repeated": (RECEIPTS, _repeat, "repeated, missing or out of order"),
    "a log left out": (RECEIPTS, _put("0.logs", []), "repeated, missing or out of order"),
    "the last log left out": (RECEIPTS, _put("1.logs", []), "not those of the block's root"),
    "a log of another block": (RECEIPTS, _put("0.logs.0.blockNumber", "0x63"), "another block"),
    "a log of a sibling block": (RECEIPTS, _put("0.logs.0.blockHash", ODD), "same height"),
    "a log of another transaction": (RECEIPTS, _put("0.logs.0.transactionHash", ODD), "another transaction"),
    "a withdrawn log": (RECEIPTS, _put("0.logs.0.removed", True), "withdrawn"),
    "a topic cut short": (RECEIPTS, _put("0.logs.0.topics.1", "0x01"), "32 belong"),
    "five topics": (RECEIPTS, _put("0.logs.0.topics", [ODD] * 5), "list of topics"),
    "data that is no hex": (RECEIPTS, _put("0.logs.0.data", "0xzz"), "not hex"),
    "another amount": (RECEIPTS, _put("0.logs.0.data", "0x" + "00" * 31 + "63"), "root"),
    "a failed call called done": (RECEIPTS, _put("0.status", "0x0"), "failed transaction with logs"),
    "a status that is none": (RECEIPTS, _put("0.status", "0x2"), "out of range"),
    "an object for a list": (RECEIPTS, lambda _: {}, "another number of receipts"),
}  # fmt: skip


@pytest.mark.parametrize(("method", "change", "says"), LIES.values(), ids=LIES)
def test_a_lie_is_refused_by_name(
    method: str, change: Callable[[Any], Any], says: str
) -> None:
    chain = EvmChain(3)
    twist = _changed(method, change)

    def answer(asked: str, params: Any, truth: Any) -> Any:
        made = twist(asked, params, truth)
        if isinstance(made, Answer) and made.body == b"@null":
            return None
        return made

    with NodeServer(chain, answer) as server:
        before = time.process_time()
        with pytest.raises(SourceError, match=says):
            list(source(server).batches(None, nothing, silent))
        assert time.process_time() - before < 20


BODIES = {
    "no JSON": b"<html>busy</html>",
    "JSON cut short": b'{"jsonrpc":"2.0","id":1,"result":"0x',
    "nested too deeply": b"[" * 200_000,
    "a number of 10^7 digits": b'{"jsonrpc":"2.0","id":1,"result":'
    + b"9" * 10**7
    + b"}",
    "a list": b"[]",
    "an answer to another": b'{"jsonrpc":"2.0","id":77,"result":"0x1"}',
    "neither result nor error": b'{"jsonrpc":"2.0","id":1}',
    "not a number": b'{"jsonrpc":"2.0","id":1,"result":NaN}',
    "nothing": b"",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with NodeServer(EvmChain(1), lambda *_: Answer(200, body)) as server:
        before = time.process_time()
        with pytest.raises(DalilError):
            list(source(server).batches(None, nothing, silent))
        assert time.process_time() - before < 5


@pytest.mark.parametrize(
    "busy",
    [
        Answer(429, b"slow down", {"Retry-After": "0"}),
        Answer(503, b"starting"),
        {"code": -32005, "message": "daily request limit: too many requests"},
    ],
    ids=["429", "503", "an error in words"],
)
def test_a_busy_node_is_asked_again(busy: Any) -> None:
    chain = EvmChain(3)
    n = 0

    def sometimes(_method: str, _params: Any, answer: Any) -> Any:
        nonlocal n
        n += 1
        return busy if n % 3 == 1 else answer

    with NodeServer(chain, sometimes) as server:
        assert taken(source(server)) == hashes(chain)


def test_what_was_fetched_is_given_before_a_failure() -> None:
    chain = EvmChain(6)

    def dies(method: str, params: Any, answer: Any) -> Any:
        late = method == BLOCK and int(params[0], 16) == 4
        return Answer(400, b"no") if late else answer

    with NodeServer(chain, dies) as server:
        coming = source(server).batches(None, nothing, silent)
        assert next(coming).block_number.tolist() == [0, 1, 2, 3]
        with pytest.raises(SourceError, match="400"):
            next(coming)


def _out_of_order(answer: Any) -> Any:
    return answer[::-1]


def _told_twice(answer: Any) -> Any:
    return [log for log in answer for _ in range(2)]


def test_logs_out_of_order_are_sorted_and_said_so() -> None:
    chain = EvmChain(5)
    with NodeServer(chain, _changed("eth_getLogs", _out_of_order)) as server:
        node = source(server, token=USDT_LIKE)
        batches = list(node.batches(None, nothing, silent))
    assert rows(batches, TransferKind.TOKEN) == [int(g["data"], 16) for g in chain.logs]
    assert "out of order" in node.report.notes[0].problem


def test_logs_told_twice_are_dropped_and_counted() -> None:
    chain = EvmChain(5)
    with NodeServer(chain, _changed("eth_getLogs", _told_twice)) as server:
        node = source(server, token=USDT_LIKE)
        batches = list(node.batches(None, nothing, silent))
    assert len(rows(batches, TransferKind.TOKEN)) == 10
    assert node.report.n_duplicates_dropped == 10


LOG_LIES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "one index, two amounts": (
        lambda a: [*a, {**a[0], "data": ODD}],
        "two different logs",
    ),
    "of a block not asked for": (_put("0.blockNumber", "0x63"), "not asked for"),
    "of a sibling block": (_put("0.blockHash", ODD), "same height"),
    "withdrawn": (_put("0.removed", True), "withdrawn"),
    "no list": (lambda _: {"logs": []}, "no list of logs"),
    "an index of 10^7 digits": (_put("0.logIndex", "0x" + NUMBER), "not a quantity"),
    "a transaction in two places": (_put("1.transactionHash", "@0"), "two places"),
}


@pytest.mark.parametrize(("change", "says"), LOG_LIES.values(), ids=LOG_LIES)
def test_a_lie_about_logs_is_refused_by_name(change: Any, says: str) -> None:
    chain = EvmChain(5)

    def altered(answer: Any) -> Any:
        made = change(answer)
        first = answer[0]["transactionHash"]
        text = json.dumps(made if made is not None else answer)
        return json.loads(text.replace('"@0"', json.dumps(first)))

    with (
        NodeServer(chain, _changed("eth_getLogs", altered)) as server,
        pytest.raises(SourceError, match=says),
    ):
        list(source(server, token=USDT_LIKE).batches(None, nothing, silent))


def test_a_log_with_wrong_topics_is_left_out_and_counted() -> None:
    chain = EvmChain(3)

    def altered(answer: Any) -> None:
        answer[0]["topics"] = answer[0]["topics"][:2]
        answer[1]["topics"][1] = "0x" + "ff" * 32

    with NodeServer(chain, _changed("eth_getLogs", altered)) as server:
        node = source(server, token=USDT_LIKE)
        batches = list(node.batches(None, nothing, silent))
    assert len(rows(batches, TransferKind.TOKEN)) == 4
    assert node.report.n_wrong_logs == len(node.report.notes) == 2


def _calls(chain: EvmChain) -> Twist:
    """Trace each transaction as calls within calls."""

    def call(kind: str, value: int, *inside: Any, **more: Any) -> Any:
        ends = {"from": "0x" + "01" * 20, "to": "0x" + "02" * 20}
        return {"type": kind, "value": hex(value), "calls": [*inside]} | ends | more

    def twist(method: str, params: Any, answer: Any) -> Any:
        if method != "debug_traceBlockByNumber":
            return answer
        root = call(
            "CALL",
            99,
            call("CALL", 5, call("DELEGATECALL", 5, call("CALL", 6))),
            call("CALL", 7, call("CALL", 8), error="execution reverted"),
            call("STATICCALL", 0),
            call("CREATE", 9),
        )
        block = chain.blocks[int(params[0], 16)]
        return [{"txHash": tx["hash"], "result": root} for tx in block["transactions"]]

    return twist


def test_internal_transfers_leave_out_what_moved_nothing() -> None:
    chain = EvmChain(1, per_block=1)
    with NodeServer(chain, _calls(chain)) as server:
        batches = list(source(server, traces=True).batches(None, nothing, silent))
    assert rows(batches, TransferKind.INTERNAL) == [5, 6, 9]


def test_a_node_of_another_chain_is_refused() -> None:
    with (
        NodeServer(EvmChain(1)) as server,
        pytest.raises(SourceError, match="eip155:1"),
    ):
        list(source(server, chain="eip155:5").batches(None, nothing, silent))


def test_a_key_in_a_url_shows_in_no_error() -> None:
    with NodeServer(EvmChain(1), lambda *_: Answer(403, b"no")) as server:
        place = node_place(f"{server.url}/v3/SECRETKEY")
        with pytest.raises(SourceError) as caught:
            list(EvmNode(place).batches(None, nothing, silent))
    assert "SECRETKEY" not in str(caught.value)
