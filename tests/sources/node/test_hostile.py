"""A node that lies, stalls or babbles: refused with a reason, nothing kept."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dalil.chains.bitcoin.networks import MAINNET
from dalil.errors import NodeError
from dalil.exercise import MiniChain
from dalil.ledger import Ledger
from dalil.ledger.following.follow import Follower
from dalil.sources.node import Node, Patience, Rpc, node_access
from tests.sources.node.loopback import Loopback, Talk, dripping, raw, reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sources.node.loopback import Answer

CHAIN = MiniChain(seed=3, warm_up=12).blocks
DEEP = b"[" * 100_000


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(CHAIN) as running:
        yield running


def node_of(server: Loopback, folder: Path, *, seconds: float = 5.0) -> Node:
    secret = folder / "user"
    secret.write_text("me:secret\n")
    access = node_access(server.url, user_file=secret)
    return Node(Rpc(access, Patience(seconds=0.3), seconds))


def follow(server: Loopback, folder: Path, *, seconds: float = 5.0) -> None:
    node = node_of(server, folder, seconds=seconds)
    with Follower(folder / "ledger", node) as follower:
        list(follower.catch_up())


def swapped(header: bytes, block: bytes) -> bytes:
    """A block's transactions under another one's header."""
    return header[:80] + block[80:]


def bad_tx(block: bytes) -> bytes:
    """The very header, and one byte of the coinbase's script changed."""
    at = block.index(b"EXERCISE")
    return block[:at] + b"e" + block[at + 1 :]


@dataclass(frozen=True)
class Case:
    why: str
    name: str
    trick: Answer
    says: str
    kind: str = "bad_answer"
    rest: bool = True


BIG = 33_000_000


def garbage(talk: Talk) -> None:
    talk.close_connection = True
    talk.wfile.write(b"SSH-2.0-OpenSSH" + b"\r\n" * 3)


def hanging_up(talk: Talk) -> None:
    talk.close_connection = True


HEADER_TOLD = json.dumps(
    {"result": {"height": 0, "confirmations": 3}, "error": None, "id": 0}
).encode()

CASES = [
    Case("no JSON", "getblockhash", raw(b"<html>"), "no JSON"),
    Case("JSON nested too deeply", "getblockhash", raw(DEEP), "nested too deeply"),
    Case("a number no one can hold", "getblockhash", raw(b"[1e999999999]"), "no JSON"),
    Case("no object", "getblockhash", raw(b"[]"), "no JSON-RPC answer"),
    Case("neither result nor error", "getblockhash", raw(b"{}"), "neither result"),
    Case("no hash", "getblockhash", reply("00"), "no block hash"),
    Case("no HTTP", "getblockhash", garbage, "BadStatusLine"),
    Case("silence", "getblockhash", lambda talk: None, "no whole", "unreachable"),
    Case("hanging up", "getblockhash", hanging_up, "hung up", "unreachable"),
    Case("another status", "getblockhash", raw(b"", status=418), "HTTP status 418"),
    Case(
        "a redirect is not followed",
        "getblockhash",
        raw(b"", status=302),
        "HTTP status 302",
    ),
    Case(
        "an answer longer than it may be",
        "getblockhash",
        raw(b"", stated=1 << 40),
        "at most",
    ),
    Case("an answer cut short", "getblockhash", raw(b"{", stated=50), "1 of 50 bytes"),
    Case(
        "an answer byte by byte",
        "getblockhash",
        dripping(3),
        "no whole answer",
        "unreachable",
    ),
    Case(
        "another network",
        "getblockhash",
        reply("ab" * 32),
        "no network",
        "wrong_network",
    ),
    Case("headers of odd size", "/headers", raw(CHAIN[0][:79]), "HTTP|headers|odd"),
    Case(
        "headers that do not follow",
        "/headers",
        raw(CHAIN[0][:80] + CHAIN[2][:80]),
        "do not follow",
    ),
    Case(
        "headers of another chain",
        "/headers",
        raw(CHAIN[1][:80] + CHAIN[2][:80]),
        "do not follow",
    ),
    Case("a block of another hash", "/block", raw(CHAIN[3]), "it is not block"),
    Case("a block cut short", "/block", raw(CHAIN[0][:200]), "block"),
    Case("an empty block", "/block", raw(b""), "it is not block"),
    Case("a block larger than any", "/block", raw(b"", stated=BIG), "at most"),
    Case("a block longer than it says", "/block", raw(b"x" * BIG), "at most|not block"),
    Case(
        "a block that never ends",
        "/block",
        dripping(3),
        "no whole answer",
        "unreachable",
    ),
    Case("a block in no hex", "getblock", reply("zz"), "no hex", rest=False),
    Case("a block that is a list", "getblock", reply([]), "no hex", rest=False),
    Case("a header in no hex", "getblockheader", reply(7), "height", rest=False),
    Case(
        "a batch without answers",
        "getblockheader",
        lambda t: t.say(200, b"[]" if len(t.params) > 1 else HEADER_TOLD),
        "without its answers",
        rest=False,
    ),
    Case(
        "a pruned block",
        "getblock",
        reply({"code": -1, "message": "Block not available (pruned data)"}, status=500),
        "pruned",
        "pruned",
        rest=False,
    ),
    Case(
        "a method refused",
        "getbestblockhash",
        raw(b"", status=403),
        "this method",
        "refused",
    ),
    Case(
        "wrong credentials",
        "getblockhash",
        raw(b"", status=401),
        "credentials",
        "refused",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_refused_with_its_reason(case: Case, server: Loopback, tmp_path: Path) -> None:
    server.rest = case.rest
    probe = raw(CHAIN[0][:80])
    if case.name == "/headers":
        server.tricks["/headers"] = [probe, case.trick]
    else:
        server.tricks[case.name] = case.trick
    if case.name == "getbestblockhash":
        server.blocks = CHAIN[:5]
        server.tricks.clear()
        follow(server, tmp_path)
        server.tricks[case.name] = case.trick
    with pytest.raises(NodeError, match=case.says) as refusal:
        follow(server, tmp_path, seconds=0.4)
    assert refusal.value.kind == case.kind
    if case.name != "getbestblockhash":
        assert not (tmp_path / "ledger").exists()


def test_a_block_with_other_transactions_is_refused_and_forgotten(
    server: Loopback, tmp_path: Path
) -> None:
    server.blocks[7] = bad_tx(CHAIN[7])
    with pytest.raises(NodeError, match="Merkle") as refusal:
        follow(server, tmp_path)
    assert refusal.value.kind == "bad_answer"
    assert refusal.value.value == server.name(7)
    assert Ledger.open(tmp_path / "ledger").n_blocks == 7
    spool = (tmp_path / "ledger" / "spool" / "blk00000.dat").read_bytes()
    assert CHAIN[7][:80] not in spool
    server.blocks[7] = CHAIN[7]
    follow(server, tmp_path)
    assert Ledger.open(tmp_path / "ledger").n_blocks == len(CHAIN)


def test_a_block_that_came_unasked_is_asked_for_before_the_node_is_blamed(
    server: Loopback, tmp_path: Path
) -> None:
    server.blocks = CHAIN[:7]
    with Follower(tmp_path / "ledger", node_of(server, tmp_path)) as follower:
        list(follower.catch_up())
        server.blocks = CHAIN[:10]
        follower.offer([b"", CHAIN[9], bad_tx(CHAIN[7]), CHAIN[8]])
        assert sum(taken.added for taken in follower.catch_up()) == 3
        asked = server.asked.count("/block")
        server.blocks = CHAIN
        follower.offer([CHAIN[10], CHAIN[11]])
        assert sum(taken.added for taken in follower.catch_up()) == len(CHAIN) - 10
        assert server.asked.count("/block") - asked == len(CHAIN) - 12
    assert Ledger.open(tmp_path / "ledger").n_blocks == len(CHAIN)


def test_headers_without_work_are_refused(server: Loopback, tmp_path: Path) -> None:
    forged = CHAIN[1][:72] + struct.pack("<I", 0x1D00FFFF) + CHAIN[1][76:80]
    first = raw(CHAIN[0][:80])
    server.tricks["/headers"] = [first, raw(CHAIN[0][:80] + forged)]
    with pytest.raises(NodeError, match="proves no work"):
        follow(server, tmp_path)
    assert not (tmp_path / "ledger").exists()


def test_a_ledger_of_another_network_is_not_touched(
    server: Loopback, tmp_path: Path
) -> None:
    follow(server, tmp_path)
    before = Ledger.open(tmp_path / "ledger").manifest_sha256
    server.tricks["getblockhash"] = reply(MAINNET.genesis)
    with pytest.raises(NodeError, match="mainnet") as refusal:
        follow(server, tmp_path)
    assert refusal.value.kind == "wrong_network"
    assert Ledger.open(tmp_path / "ledger").manifest_sha256 == before


def test_a_node_that_shares_no_block_is_refused(
    server: Loopback, tmp_path: Path
) -> None:
    follow(server, tmp_path)
    server.tricks["getbestblockhash"] = reply("cd" * 32)
    unknown = {"code": -5, "message": "Block not found"}
    server.tricks["getblockheader"] = reply(unknown, status=500)
    with pytest.raises(NodeError, match="turned back") as refusal:
        follow(server, tmp_path)
    assert refusal.value.kind == "no_common_block"


def test_warming_up_is_waited_for(server: Loopback, tmp_path: Path) -> None:
    warming = reply({"code": -28, "message": "Verifying blocks…"}, status=500)
    server.tricks["getblockhash"] = [warming, warming, raw(b"", status=503)]
    node = node_of(server, tmp_path)
    node.patience.seconds = 30
    assert node.network.name == "regtest"
    assert server.asked.count("getblockhash") == 4
    node.close()


def test_warming_up_for_ever_is_not_waited_for(
    server: Loopback, tmp_path: Path
) -> None:
    warming = reply({"code": -28, "message": "Verifying blocks…"}, status=500)
    server.tricks["getblockhash"] = warming
    with pytest.raises(NodeError, match="Verifying") as refusal:
        follow(server, tmp_path)
    assert refusal.value.kind == "busy"


def test_a_node_that_hung_up_is_dialled_again(server: Loopback, tmp_path: Path) -> None:
    node = node_of(server, tmp_path)
    assert node.tip() == node.hash_at(len(CHAIN) - 1)
    (connection,) = node.rpc._idle
    assert connection._socket is not None
    connection._socket.inner.shutdown(2)
    assert node.hash_at(1)[::-1].hex() == server.name(1)
    node.close()


def test_unknown_fields_are_left_alone(server: Loopback, tmp_path: Path) -> None:
    server.rest = False
    follow(server, tmp_path)
    assert Ledger.open(tmp_path / "ledger").n_blocks == len(CHAIN)
    assert "getblock" in server.asked
