"""A small invented chain with a service on it, and a fetch from it. EXERCISE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.networks import REGTEST
from dalil.exercise import MiniChain
from dalil.exercise.wallet import Payee
from dalil.sources.hops.cache import Cache
from dalil.sources.hops.collect import collect
from dalil.sources.hops.expand import Limits, read_seed
from dalil.sources.hops.library import Library
from dalil.sources.hops.opening import Manners, open_server
from dalil.sources.hops.spec import parse_source
from tests.sources.hops.book import Book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.sources.hops.collect import Collected

__all__ = ["Town", "fetch", "make_town"]

SHOP_VISITS = 30


@dataclass(frozen=True)
class Town:
    """Who paid whom: `start` → `middle` → `end`, and a shop that everybody uses."""

    chain: MiniChain
    book: Book
    start: str
    """An address of the payer."""
    middle: str
    """txid that passes the money on."""
    shop: str
    """An address with many transactions."""
    later: str
    """txid that no block holds."""


def make_town(tail: str = "") -> Town:
    """Make the town; another `tail` mines its last blocks another way."""
    chain = MiniChain(seed=21, warm_up=103)
    payer, middle = chain.wallet("payer"), chain.wallet("middle", "p2pkh")
    end, shop = chain.wallet("end", "p2tr"), chain.wallet("shop", "p2pk")
    guests, shop_reused = chain.wallet("guests", "p2sh"), chain.wallet("till")
    shop_reused.reuses = True
    first = payer.address()
    start = chain.fund(payer, 90_000_000)
    del start
    chain.fund(guests, 400_000_000)
    chain.mine()
    payer.pays(middle, 50_000_000)
    passed = middle.pays(end, 30_000_000)  # in the same block as what it spends
    chain.mine()
    end.pays(shop, 10_000_000)
    end.pays(shop_reused, 5_000_000)
    for n in range(SHOP_VISITS):
        guests.pays(shop_reused, 100_000 + n)
        if n % 10 == 0:
            chain.mine()
    chain.mine()
    if tail:
        chain.mine(chain.wallet(tail))
        chain.mine()
    shop_reused.sweeps(payer.lock())
    payer.pays_all([Payee(1_000, script=b"\x6a\x04dali"), Payee(7_000, end.lock())])
    chain.mine()
    later = end.pays(middle, 1_000_000)
    book = Book(tuple(chain.blocks), (later.tx,))
    addresses = chain.addresses(payer)
    assert first in addresses
    return Town(chain, book, addresses[1], passed.id, shop_reused.address(), later.id)


def fetch(
    source: str,
    cache: Path,
    seeds: Sequence[str],
    limits: Limits | None = None,
    **options: Any,
) -> Collected:
    """Fetch as the command does, without a ledger."""
    spec = parse_source(source)
    network, server = options.pop("network", REGTEST), None
    if not options.pop("offline", False):
        timeout = options.pop("timeout", 60.0)
        server, network = open_server(spec, Manners(timeout=timeout))
    opened = Cache(cache, network.caip2, spec.key)
    try:
        library = Library(
            opened,
            server,
            network,
            most=options.pop("most", 1_000),
            by_script=spec.kind == "electrum",
        )
        read = [read_seed(network, seed) for seed in seeds]
        return collect(library, read, limits or Limits(), **options)
    finally:
        opened.close()
        if server is not None:
            server.close()
