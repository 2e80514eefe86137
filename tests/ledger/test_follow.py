"""Following a real node: every road, every turn, every kill, one ledger."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from dalil.errors import InputError, NodeError, StoreError
from dalil.ids import format_outpoint
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.following.follow import Follower
from dalil.ledger.store.commit import has_ledger
from dalil.sources.blockfolder import open_blocks
from dalil.sources.node import GroupLimits
from tests.ledger.core_files import framed
from tests.ledger.followed import (
    caught_up,
    dumped,
    lived_chain,
    node_of,
    same_as_built,
)
from tests.node import RegtestNode, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHAIN = lived_chain()
TIP = len(CHAIN) - 1
PAYMENTS = 102
"""From this height on blocks hold payments."""


def running(program: Path, folder: Path, *arguments: str) -> RegtestNode:
    """A node that has taken the whole chain."""
    node = RegtestNode(program, folder, *arguments)
    node.__enter__()
    try:
        for raw in CHAIN[1:]:
            assert node.submit_block(raw) is None
    except BaseException:
        node.stop()
        raise
    return node


@pytest.fixture(scope="module")
def lived(
    node_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegtestNode]:
    """A node whose chain no test changes."""
    node = running(node_program, tmp_path_factory.mktemp("lived"))
    yield node
    node.stop()


@pytest.fixture
def turning(node_program: Path, tmp_path: Path) -> Iterator[RegtestNode]:
    """A node of the test's own, with the same chain."""
    node = running(node_program, tmp_path / "node")
    yield node
    node.stop()


def test_caught_up_by_rest_equals_the_nodes_own_files(
    lived: RegtestNode, tmp_path: Path
) -> None:
    path = tmp_path / "ledger"
    commits = caught_up(path, lived, n_blocks=50)
    assert [c.added for c in commits] == [50, 50, TIP + 1 - 100]
    assert commits[-1].height == TIP
    assert commits[-1].hash == lived.rpc("getbestblockhash")
    same_as_built(path, lived, tmp_path / "built")
    assert caught_up(path, lived) == [], "nothing new"
    raw = Ledger.open(path).raw_tx(Ledger.open(path).n_tx - 1)
    assert raw in CHAIN[-1]


def test_caught_up_without_rest_equals_the_nodes_own_files(
    node_program: Path, tmp_path: Path
) -> None:
    node = running(node_program, tmp_path / "node", "-rest=0")
    try:
        with closing(node_of(node)) as plain:
            assert not plain.has_rest
        path = tmp_path / "ledger"
        assert sum(c.added for c in caught_up(path, node)) == TIP + 1
        same_as_built(path, node, tmp_path / "built")
        part = tmp_path / "part"
        caught_up(part, node, from_height=PAYMENTS)
        assert (Ledger.open(part).outside_value >= 0).all()
    finally:
        node.stop()


def test_a_ledger_built_from_files_is_followed_on(
    lived: RegtestNode, tmp_path: Path
) -> None:
    (tmp_path / "blk00000.dat").write_bytes(framed(CHAIN[:110]))
    path = tmp_path / "ledger"
    build_from_blocks(path, open_blocks(tmp_path / "blk00000.dat"))
    (commit,) = caught_up(path, lived)
    assert (commit.added, commit.rolled_back) == (TIP + 1 - 110, 0)
    same_as_built(path, lived, tmp_path / "built")


# -- turning -------------------------------------------------------------------


def mine_apart(node: RegtestNode, n_blocks: int, turn: int) -> None:
    """Mine blocks that differ from any others at the same heights."""
    node.rpc("generatetodescriptor", n_blocks, f"raw({0x52 + turn:02x})")


@pytest.mark.parametrize("depth", [1, 3, 20])
def test_a_reorg_is_followed_and_its_stale_branch_back_again(
    depth: int, turning: RegtestNode, tmp_path: Path
) -> None:
    path, node = tmp_path / "ledger", turning
    caught_up(path, node)
    first = node.rpc("getblockhash", TIP - depth + 1)
    node.rpc("invalidateblock", first)
    assert caught_up(path, node) == [], "less work is not followed"
    node.mine(depth)
    assert caught_up(path, node) == [], "a tie keeps what was there first"
    node.mine(2)
    (commit,) = caught_up(path, node, n_blocks=1 if depth == 1 else 500)[:1]
    assert commit.rolled_back == depth
    caught_up(path, node)
    same_as_built(path, node, tmp_path / "other")

    node.rpc("invalidateblock", node.rpc("getblockhash", TIP - depth + 1))
    node.rpc("reconsiderblock", first)
    node.mine(3)
    asked = spied(path, node)
    stale = {name for name in asked if name == first}
    assert not stale, "a stale block is still in the spool"
    assert Ledger.open(path).block_height[-1] == TIP + 3
    same_as_built(path, node, tmp_path / "again")


def spied(path: Path, regtest: RegtestNode) -> list[str]:
    """Catch up; the names of the blocks that were asked for."""
    node, asked = node_of(regtest), []
    fetch = node.block

    def note(header: Any) -> bytes:
        asked.append(header.hash[::-1].hex())
        return fetch(header)

    node.block = note  # type: ignore[method-assign]
    with Follower(path, node) as follower:
        list(follower.catch_up())
    return asked


def test_many_turns_end_where_the_node_ends(
    turning: RegtestNode, tmp_path: Path
) -> None:
    path, node = tmp_path / "ledger", turning
    for turn, depth in enumerate((2, 60, 1, 7)):
        caught_up(path, node, n_blocks=3)
        height = node.rpc("getblockcount")
        node.rpc("invalidateblock", node.rpc("getblockhash", height - depth + 1))
        mine_apart(node, depth + 1, turn)
    caught_up(path, node, n_blocks=3)
    assert Ledger.open(path).block_hash[-1].tobytes()[::-1].hex() == node.rpc(
        "getbestblockhash"
    )
    whole = tmp_path / "whole"
    caught_up(whole, node)
    assert dumped(path) == dumped(whole)


def test_a_litecoin_node_is_followed_too(
    litecoin_program: Path, tmp_path: Path
) -> None:
    with RegtestNode(litecoin_program, tmp_path / "node") as node:
        node.rpc("createwallet", "w")
        miner = node.rpc("getnewaddress")
        node.mine(431, miner)
        node.rpc("sendtoaddress", node.rpc("getnewaddress", "", "mweb"), 10)
        node.mine(3, miner)
        path = tmp_path / "ledger"
        caught_up(path, node)
        ledger = Ledger.open(path)
        assert ledger.network.name == "litecoin-regtest"
        assert ledger.n_blocks == 435
        same_as_built(path, node, tmp_path / "built")


# -- failing --------------------------------------------------------------------


def test_the_node_restarts_in_the_middle(turning: RegtestNode, tmp_path: Path) -> None:
    path, node = tmp_path / "ledger", turning
    added = 0
    with Follower(path, node_of(node), limits=GroupLimits(10)) as follower:
        for n, commit in enumerate(follower.catch_up()):
            added += commit.added
            if n == 3:
                node.stop()
                threading.Timer(0.5, node.__enter__).start()
        assert added == TIP + 1
        node.mine(2)
        assert [c.added for c in follower.catch_up()] == [2]
    same_as_built(path, node, tmp_path / "built")


KILLED = """
import os, signal, sys
from pathlib import Path
from dalil.ledger.following import follow, group
from dalil.sources.node import GroupLimits, Node, Patience, Rpc, Spool, node_access

path, url, cookie, left, start = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), *map(int, sys.argv[4:])

def die():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

append, build = Spool.append, group.build_from_blocks

def torn(self, block, undo=b"", **more):
    append(self, block, undo, **more)
    if left == 1:
        file = max((path / "spool").glob("blk*.dat"))
        os.truncate(file, file.stat().st_size - len(block) // 2)
    die()

def late(*args, **more):
    die()
    report = build(*args, **more)
    die()
    return report

Spool.append, group.build_from_blocks = torn, late
node = Node(Rpc(node_access(url, cookie=cookie), Patience()))
limits = GroupLimits(20)
with follow.Follower(path, node, from_height=start, limits=limits) as follower:
    for commit in follower.catch_up():
        pass
"""


@pytest.mark.parametrize(
    ("start", "moments"),
    [(0, (7, 21, 23, 30, 27)), (PAYMENTS, (3, 22))],
    ids=["a whole chain", "a part with undo data"],
)
def test_killed_at_any_moment_it_goes_on(
    start: int, moments: tuple[int, ...], lived: RegtestNode, tmp_path: Path
) -> None:
    path = tmp_path / "ledger"
    for left in moments:
        arguments = [str(path), lived.url, str(lived.cookie), str(left), str(start)]
        killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
        assert killed.returncode == -signal.SIGKILL
    spool = b"".join(p.read_bytes() for p in sorted((path / "spool").glob("blk*.dat")))
    whole = {header for header in (raw[:80] for raw in CHAIN) if header in spool}
    assert len(whole) > 10
    caught_up(path, lived, from_height=start, n_blocks=33)
    fresh = tmp_path / "fresh"
    caught_up(fresh, lived, from_height=start)
    assert Ledger.open(path).manifest_sha256 == Ledger.open(fresh).manifest_sha256
    records = b"".join(p.read_bytes() for p in sorted((path / "spool").glob("blk*")))
    assert all(records.count(raw) == 1 for raw in CHAIN[start:]), "none fetched twice"


def test_one_follower_at_a_time(lived: RegtestNode, tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Follower(path, node_of(lived)) as first:
        next(iter(first.catch_up()))
        with pytest.raises(StoreError, match="another process follows"):
            caught_up(path, lived)


def test_a_cookie_of_another_node_is_refused(
    lived: RegtestNode, tmp_path: Path
) -> None:
    wrong = tmp_path / "cookie"
    wrong.write_text("__cookie__:" + "0" * 64)
    done = command(tmp_path / "ledger", lived, "--cookie", str(wrong))
    assert done.returncode == 3
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "node"
    assert "credentials" in error["message"]
    assert not (tmp_path / "ledger").exists()


def test_a_pruned_block_is_said(node_program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    with RegtestNode(node_program, folder, "-prune=1", "-fastprune") as node:
        node.mine(900)
        node.rpc("pruneblockchain", 500)
        path = tmp_path / "ledger"
        with pytest.raises(NodeError, match="pruned") as refusal:
            caught_up(path, node)
        assert refusal.value.kind == "pruned"
        assert not has_ledger(path)
        caught_up(path, node, from_height=700)
        assert Ledger.open(path).block_height[0] == 700


# -- a part of the chain --------------------------------------------------------


def test_a_part_gets_what_it_spends_from_the_node(
    lived: RegtestNode, tmp_path: Path
) -> None:
    path, start = tmp_path / "part", PAYMENTS + 10
    caught_up(path, lived, from_height=start, n_blocks=4)
    ledger = Ledger.open(path)
    assert ledger.block_height[0] == start
    assert ledger.outside_input.size > 5
    told = {
        f"{spend['txid']}:{spend['vout']}": spend["prevout"]
        for height in range(start, TIP + 1)
        for tx in lived.rpc("getblock", lived.rpc("getblockhash", height), 3)["tx"][1:]
        for spend in tx["vin"]
    }
    for i, place in enumerate(ledger.outside_outpoint):
        txid, index = (
            place[:32].tobytes(),
            int.from_bytes(place[32:].tobytes(), "little"),
        )
        prevout = told[format_outpoint(txid, index)]
        value = Decimal(str(prevout["value"])) * 100_000_000
        assert int(ledger.outside_value[i]) == int(value)
        address = ledger.address_text(int(ledger.outside_address[i]))
        assert address == prevout["scriptPubKey"].get("address", address)


def test_a_ledger_keeps_its_beginning(lived: RegtestNode, tmp_path: Path) -> None:
    path = tmp_path / "part"
    caught_up(path, lived, from_height=PAYMENTS)
    assert caught_up(path, lived) == []
    with pytest.raises(InputError, match=f"starts at height {PAYMENTS}, not 5"):
        caught_up(path, lived, from_height=5)


# -- the command ------------------------------------------------------------------


def arguments_of(path: Path, node: RegtestNode, *more: str) -> list[str]:
    call = [sys.executable, "-m", "dalil.cli", "ledger", "follow", str(path)]
    cookie = () if "--cookie" in more else ("--cookie", str(node.cookie))
    return [*call, "--node", node.url, *cookie, "--json", *more]


def command(
    path: Path, node: RegtestNode, *more: str
) -> subprocess.CompletedProcess[str]:
    call = arguments_of(path, node, *more)
    return subprocess.run(call, check=False, capture_output=True, text=True)


def test_the_command_stops_at_the_tip(lived: RegtestNode, tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    done = command(path, lived, "--stop-at", "tip", "--from-height", "120")
    assert done.returncode == 0, done.stderr
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert row == {
        "height": TIP,
        "hash": lived.rpc("getbestblockhash"),
        "added": TIP - 119,
        "rolled_back": 0,
    }


@pytest.mark.parametrize("zmq", ["rawblock", "hashblock", "sequence", ""])
def test_new_blocks_are_committed_as_they_come(
    zmq: str, node_program: Path, tmp_path: Path
) -> None:
    publisher = f"tcp://127.0.0.1:{free_port()}"
    with RegtestNode(
        node_program, tmp_path / "node", *([f"-zmqpub{zmq}={publisher}"] if zmq else [])
    ) as node:
        node.mine(5)
        # Where it is told, it need not ask: an hour would outlast the test.
        how = ["--zmq", publisher, "--poll", "3600"] if zmq else ["--poll", "0.1"]
        path = tmp_path / "ledger"
        follower = subprocess.Popen(
            arguments_of(path, node, *how), stdout=subprocess.PIPE, text=True
        )
        with follower:
            assert follower.stdout is not None
            lines = iter(follower.stdout.readline, "")
            try:
                assert json.loads(next(lines))["height"] == 5
                for height in (6, 7):
                    (mined,) = node.mine(1)
                    row = json.loads(next(lines))
                    assert (row["height"], row["hash"]) == (height, mined)
                node.rpc("invalidateblock", mined)
                mine_apart(node, 2, 0)
                rows = [json.loads(next(lines))]
                if rows[0]["height"] == 7:
                    rows.append(json.loads(next(lines)))
                assert rows[-1]["height"] == 8
                assert sum(row["rolled_back"] for row in rows) == 1
            finally:
                follower.send_signal(signal.SIGINT)
        assert follower.returncode == 0
        same_as_built(path, node, tmp_path / "built")
