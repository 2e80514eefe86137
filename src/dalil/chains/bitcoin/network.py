"""What makes one network of Bitcoin's family: the facts that tell it apart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

__all__ = ["BITCOIN_MONEY", "Form", "Network", "Work"]

BITCOIN_MONEY = 2_100_000_000_000_000
"""21 million coins of 10^8 base units."""


class Form(IntEnum):
    """How a chain writes blocks and transactions, numbered as in `forms`."""

    BITCOIN = 0
    LITECOIN = 1
    DOGECOIN = 2
    BITCOIN_CASH = 3
    DASH = 4
    ZCASH = 5


class Work(StrEnum):
    """What a header's proof of work is measured by."""

    SHA256D = "sha256d"
    SCRYPT = "scrypt"
    X11 = "x11"
    EQUIHASH = "equihash"


@dataclass(frozen=True, slots=True)
class Network:
    """One network of Bitcoin or of a chain that came from it.

    `magic` frames block records; `caip2` names the chain (the first 16 bytes
    of its genesis hash, as CAIP-2's bip122 namespace asks).
    """

    name: str
    magic: bytes
    p2pkh: int
    """Version of base58 addresses; above 255 it is written in two bytes."""
    p2sh: int
    hrp: str
    """Prefix of bech32 addresses; empty where the chain has no segwit."""
    genesis: str
    limit_bits: int = 0x1D00FFFF
    """The easiest nBits the network accepts."""
    form: Form = Form.BITCOIN
    work: Work = Work.SHA256D
    symbol: str = "BTC"
    max_money: int = BITCOIN_MONEY
    """No output may be worth more, in base units."""
    bip34_height: int = 0
    """From here on a coinbase states its height; smaller claims prove nothing."""
    fixed_bits: bool = False
    """Every block has the limit as its nBits, as on a regtest chain."""
    disk_magic: bytes = b""
    """Frames records in the node's files, where that is not `magic`."""
    old_p2sh: int = -1
    """A version of P2SH addresses still read, no longer written."""
    cashaddr: str = ""
    """Prefix of CashAddr addresses; where there is one, it is what is written."""
    reference: str = ""
    """CAIP-2 reference, where the genesis hash is shared with another chain."""
    others_blocks: tuple[str, ...] = ()
    """Blocks with which another chain left this one; they are not of this one."""
    own_blocks: tuple[str, ...] = ()
    """Blocks with which this chain left another one's history."""
    easiest_since: tuple[int, int] = (0, 0)
    """Unix seconds, and nBits a quarter as hard as which it never had since."""
    equihash: tuple[int, int] = (200, 9)
    aux_chain: int = 0
    """The number under which merged mining knows the chain; 0 where it does not."""
    strict_aux: bool = True
    """Whether headers must state that number, and parents another."""

    @property
    def caip2(self) -> str:
        """Return the CAIP-2 chain id, such as ``bip122:000000000019d668…``."""
        return f"bip122:{self.reference or self.genesis[:32]}"

    @property
    def magics(self) -> tuple[bytes, ...]:
        """What may frame its block records."""
        return (self.disk_magic, self.magic) if self.disk_magic else (self.magic,)

    @property
    def has_segwit(self) -> bool:
        """Whether witness programs have a meaning."""
        return bool(self.hrp)
