"""Bitcoin's networks: the constants that tell their bytes and addresses apart."""

from __future__ import annotations

from dataclasses import dataclass

from dalil.errors import InputError

__all__ = ["MAINNET", "NETWORKS", "REGTEST", "Network", "network_by_name"]


@dataclass(frozen=True, slots=True)
class Network:
    """One Bitcoin network.

    `magic` frames block records; `caip2` names the chain (the first 16 bytes
    of its genesis hash, as CAIP-2's bip122 namespace asks).
    """

    name: str
    magic: bytes
    p2pkh: int
    p2sh: int
    hrp: str
    genesis: str
    limit_bits: int = 0x1D00FFFF
    """The easiest nBits the network accepts."""

    @property
    def caip2(self) -> str:
        """Return the CAIP-2 chain id, such as ``bip122:000000000019d668…``."""
        return f"bip122:{self.genesis[:32]}"


MAINNET = Network(
    "mainnet",
    bytes.fromhex("f9beb4d9"),
    0x00,
    0x05,
    "bc",
    "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
)
REGTEST = Network(
    "regtest",
    bytes.fromhex("fabfb5da"),
    0x6F,
    0xC4,
    "bcrt",
    "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
    0x207FFFFF,
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


def network_by_name(name: str) -> Network:
    """Find a network by name or CAIP-2 id.

    Raises
    ------
    InputError
        If no network has that name; the message lists those there are.
    """
    for network in NETWORKS:
        if name in (network.name, network.caip2):
            return network
    names = ", ".join(network.name for network in NETWORKS)
    raise InputError(f"unknown network (one of {names})", name)
