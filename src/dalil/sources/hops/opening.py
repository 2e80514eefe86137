"""From a source as written to a server that answers, of a network we know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.header import header_hash
from dalil.chains.bitcoin.networks import MAINNET, NETWORKS
from dalil.errors import NotFoundError, SourceError, UsageError
from dalil.ids import format_txid
from dalil.sources.hops.answers import Place
from dalil.sources.hops.electrum import ElectrumServer
from dalil.sources.hops.esplora import EsploraServer
from dalil.sources.hops.http import Http
from dalil.sources.hops.pace import Pace
from dalil.sources.hops.socks import parse_proxy

if TYPE_CHECKING:
    from dalil.chains.bitcoin.networks import Network
    from dalil.sources.hops.answers import Server
    from dalil.sources.hops.spec import SourceSpec

__all__ = ["POLITE_RATE", "Manners", "open_server"]

_PARTING = 478_559
"""Height of the first block that Bitcoin and Bitcoin Cash do not share."""
POLITE_RATE = 4.0
"""Requests a second that a stranger's server gets at most, by default."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a server is asked."""

    rate: float | None = None
    """Requests a second; None: `POLITE_RATE`, and no limit on this machine."""
    proxy: str | None = None
    pin: str | None = None
    timeout: float = 60.0

    def pace(self, spec: SourceSpec) -> Pace:
        """Choose the pace for a server."""
        if spec.local:
            return Pace(self.rate, pause=0.01)
        return Pace(self.rate or POLITE_RATE)


def open_server(
    spec: SourceSpec, manners: Manners, insisted: Network | None = None
) -> tuple[Server, Network]:
    """Reach a server and tell its network by its genesis block.

    Raises
    ------
    UsageError
        If the manners do not fit the kind of server.
    GaveUp
        If it does not answer.
    SourceError
        If it is of no known network, or of another than `insisted`.
    """
    if spec.host.endswith(".onion") and not manners.proxy:
        raise UsageError("a .onion server is reached by --proxy socks5://…", spec.host)
    pace = manners.pace(spec)
    if spec.kind == "electrum":
        if manners.proxy:
            parse_proxy(manners.proxy)
        electrum = ElectrumServer(
            spec,
            pace,
            pin=manners.pin,
            proxy=manners.proxy,
            timeout=manners.timeout,
        )
        return electrum, _network_of(electrum, insisted)
    if manners.pin:
        raise UsageError("--pin is for Electrum servers")
    http = Http(spec.url, pace, proxy=manners.proxy, timeout=manners.timeout)
    network = _network_of(EsploraServer(http, MAINNET), insisted)
    return EsploraServer(http, network), network


def _network_of(server: Server, insisted: Network | None) -> Network:
    try:
        genesis = server.genesis()
        for network in NETWORKS:
            if network.genesis == genesis and insisted in (None, network):
                _refuse_relative(server, network)
                return network
    except BaseException:
        server.close()
        raise
    server.close()
    if insisted:
        raise SourceError(f"the server is not of {insisted.name}; its genesis", genesis)
    raise SourceError("the server is of no network of Bitcoin's; its genesis", genesis)


def _refuse_relative(server: Server, network: Network) -> None:
    """Tell Bitcoin from the chain that left it, genesis and all."""
    if not network.others_blocks:
        return
    try:
        name = format_txid(header_hash(server.header(Place(_PARTING))))
    except NotFoundError:  # a chain that is not so long
        return
    if name in network.others_blocks:
        raise SourceError(
            "the server is of a chain that left this one; its block", name
        )
