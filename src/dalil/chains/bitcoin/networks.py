"""Bitcoin's networks, and how any network of its family is found by name."""

from __future__ import annotations

from dalil.chains.bitcoin.family.networks import BITCOIN_CASH_FORK, FAMILY
from dalil.chains.bitcoin.network import Form, Network, Work
from dalil.errors import InputError

__all__ = [
    "ALL_NETWORKS",
    "MAINNET",
    "NETWORKS",
    "REGTEST",
    "Form",
    "Network",
    "Work",
    "network_by_name",
]

MAINNET = Network(
    "mainnet",
    bytes.fromhex("f9beb4d9"),
    0x00,
    0x05,
    "bc",
    "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
    bip34_height=227_931,
    others_blocks=(BITCOIN_CASH_FORK,),
    easiest_since=(1_550_000_000, 0x172FD633),  # that of block 560,062, before it
)
REGTEST = Network(
    "regtest",
    bytes.fromhex("fabfb5da"),
    0x6F,
    0xC4,
    "bcrt",
    "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
    0x207FFFFF,
    fixed_bits=True,
)
NETWORKS = (
    MAINNET,
    Network(
        "testnet3",
        bytes.fromhex("0b110907"),
        0x6F,
        0xC4,
        "tb",
        "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
        bip34_height=21_111,
    ),
    Network(
        "testnet4",
        bytes.fromhex("1c163f28"),
        0x6F,
        0xC4,
        "tb",
        "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
    ),
    Network(
        "signet",
        bytes.fromhex("0a03cf40"),
        0x6F,
        0xC4,
        "tb",
        "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
        0x1E0377AE,
    ),
    REGTEST,
)
"""Bitcoin's own networks."""
ALL_NETWORKS = (*NETWORKS, *FAMILY)
"""Those of the chains that came from Bitcoin too."""


def network_by_name(name: str) -> Network:
    """Find a network by name or CAIP-2 id.

    Bitcoin's may be named in full (``bitcoin``, ``bitcoin-signet``), the main
    network of another chain too (``litecoin-mainnet``).

    Raises
    ------
    InputError
        If no network has that name; the message lists those there are.

    Examples
    --------
    >>> network_by_name("bitcoin").name, network_by_name("litecoin").symbol
    ('mainnet', 'LTC')
    """
    short = "mainnet" if name == "bitcoin" else name.removeprefix("bitcoin-")
    spellings = (name, short, name.removesuffix("-mainnet"))
    for network in ALL_NETWORKS:
        if network.name in spellings or network.caip2 == name:
            return network
    names = ", ".join(network.name for network in ALL_NETWORKS)
    raise InputError(f"unknown network (one of {names})", name)
