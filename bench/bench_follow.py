"""Follow a node over loopback: how fast it serves, is caught up with, is met.

    make bench                      120,000 payments, some 57 MB of blocks
    make bench ARGS=full            600,000 payments

A Bitcoin node (`make node`, or DALIL_BITCOIND) takes a chain made for this; its
blocks are read by REST with the standard library's client, with httpx, with
Dalil's, and in hex by RPC; then a ledger follows the node from nothing to its
tip, beside a build from the same blocks' files; then single blocks are mined
and followed. The first and last rows are medians of rounds. Without a node the
bench says so and ends. Figures are this machine's.
"""

from __future__ import annotations

import http.client
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from dalil.exercise.bulk import make_bulk
from dalil.exercise.bulk_shape import OPEN
from dalil.ledger.build import build_from_blocks
from dalil.ledger.following.follow import Follower
from dalil.sources.blockfolder import open_blocks
from dalil.sources.node import Node, Patience, Rpc, node_access
from dalil.sources.node.headers import headers_from

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.node import RegtestNode

if TYPE_CHECKING:
    from collections.abc import Callable

_ROUNDS, _READ, _MINED = 5, 60, 20


def _blocks(file: Path) -> list[bytes]:
    folder = open_blocks(file)
    return [folder.files[0].read(r.at, r.size) for r in folder.records]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _serving(regtest: RegtestNode, node: Node) -> None:
    """Read the same blocks in every way, in turn."""
    tip = regtest.rpc("getblockcount")
    first = bytes.fromhex(regtest.rpc("getblockhash", tip - _READ + 1))[::-1]
    headers = headers_from(node, first, _READ)
    names = [header.hash[::-1].hex() for header in headers]
    size = sum(len(node.block(header)) for header in headers)
    host = regtest.url.removeprefix("http://")

    def plain() -> None:
        connection = http.client.HTTPConnection(host)
        for name in names:
            connection.request("GET", f"/rest/block/{name}.bin")
            connection.getresponse().read()
        connection.close()

    def by_httpx() -> None:
        with httpx.Client(base_url=regtest.url) as client:
            for name in names:
                client.get(f"/rest/block/{name}.bin")

    def ours() -> None:
        for header in headers:
            node.block(header)

    def in_hex() -> None:
        for name in names:
            bytes.fromhex(node.rpc.call("getblock", name, 0, limit=1 << 26))

    ways = {
        "REST, http.client": plain,
        "REST, httpx": by_httpx,
        "REST, dalil": ours,
        "RPC in hex, dalil": in_hex,
    }
    taken: dict[str, list[float]] = {what: [] for what in ways}
    for _ in range(_ROUNDS):
        for what, way in ways.items():
            taken[what].append(_seconds(way))
    for what, seconds in taken.items():
        print(f"{what:<28}{size / 1e6 / statistics.median(seconds):>8.0f} MB/s")


def _following(regtest: RegtestNode, node: Node, folder: Path, made: Path) -> None:
    """Catch up, beside a build from files; then meet new blocks."""
    size = sum(file.stat().st_size for file in made.glob("blk*.dat")) / 1e6
    n_blocks = regtest.rpc("getblockcount") + 1

    def catch_up(name: str) -> None:
        with Follower(folder / name, node) as follower:
            list(follower.catch_up())

    build_from_blocks(folder / "warm", open_blocks(made))
    built = _seconds(lambda: build_from_blocks(folder / "built", open_blocks(made)))
    followed = _seconds(lambda: catch_up("followed"))
    print(f"{'build from files':<28}{size / built:>8.0f} MB/s")
    rates = f"{size / followed:>8.0f} MB/s  {n_blocks / followed:>8.0f} blocks/s"
    print(f"{'follow from nothing':<28}{rates}")
    waits = []
    with Follower(folder / "followed", node) as follower:
        for _ in range(_MINED):
            regtest.mine(1)
            waits.append(_seconds(lambda: list(follower.catch_up())))
    print(f"{'mined to committed':<28}{statistics.median(waits) * 1000:>8.0f} ms")


def main() -> None:
    """Print one table."""
    named = os.environ.get("DALIL_BITCOIND")
    checkout = Path(__file__).resolve().parents[1]
    program = Path(named) if named else checkout / ".cache" / "knots" / "bitcoind"
    if not os.access(program, os.X_OK):
        print("no Bitcoin node (run `make node`, or set DALIL_BITCOIND); not measured")
        return
    n_tx = 600_000 if "full" in sys.argv else 120_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_bulk(folder / "made", n_tx, OPEN, commit=True)
        with RegtestNode(program, folder / "node", "-dbcache=300") as regtest:
            for file in sorted((folder / "made").glob("blk*.dat")):
                for raw in _blocks(file):
                    regtest.submit_block(raw)
            access = node_access(regtest.url, cookie=regtest.cookie)
            node = Node(Rpc(access, Patience()))
            _serving(regtest, node)
            _following(regtest, node, folder, folder / "made")
            node.close()


if __name__ == "__main__":
    main()
