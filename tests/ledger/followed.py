"""What tests of following share: a lived chain, a follower, a judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.exercise import MiniChain
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.describe import dump
from dalil.ledger.following.follow import Follower
from dalil.ledger.layout import canonical_json
from dalil.sources.blockfolder import open_blocks
from dalil.sources.node import GroupLimits, Node, Patience, Rpc, node_access

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from dalil.ledger.following.group import Taken
    from tests.node import RegtestNode

__all__ = ["caught_up", "dumped", "lived_chain", "node_of", "same_as_built"]

KINDS = ("p2wpkh", "p2pkh", "p2sh", "p2wsh", "p2tr", "p2pk")


def lived_chain(rounds: int = 24) -> list[bytes]:
    """Blocks in which wallets of six script types pay one another in turn."""
    chain = MiniChain(seed=9)
    wallets = [chain.wallet(kind, kind) for kind in KINDS]
    for wallet in wallets:
        chain.fund(wallet, 30_000_000)
    chain.mine()
    for turn in range(rounds):
        for payer, payee in zip(wallets, [*wallets[1:], wallets[0]], strict=True):
            if (turn + len(payer.name)) % 3:
                payer.pays(payee, 100_000 + 7 * turn)
        chain.mine()
    return chain.blocks


def node_of(
    regtest: RegtestNode, *, seconds: float = 30.0, stop: threading.Event | None = None
) -> Node:
    """Our side of a node that runs."""
    access = node_access(regtest.url, cookie=regtest.cookie)
    return Node(Rpc(access, Patience(seconds, stop)))


def caught_up(
    path: Path,
    regtest: RegtestNode,
    *,
    from_height: int | None = None,
    n_blocks: int = 500,
) -> list[Taken]:
    """Start a follower, let it catch up, end it; its commits."""
    limits = GroupLimits(n_blocks)
    node = node_of(regtest)
    with Follower(path, node, from_height=from_height, limits=limits) as follower:
        return list(follower.catch_up())


def dumped(path: Path) -> bytes:
    return b"\n".join(canonical_json(row) for row in dump(Ledger.open(path)))


def same_as_built(path: Path, regtest: RegtestNode, scratch: Path) -> None:
    """Hold a followed ledger against one built from the node's own files."""
    build_from_blocks(scratch, open_blocks(regtest.blocks))
    followed, built = Ledger.open(path), Ledger.open(scratch)
    assert followed.manifest_sha256 == built.manifest_sha256
    assert dumped(path) == dumped(scratch)
