"""What an exercise coin is locked with, one maker for each script type.

Keys guard P2PKH, P2WPKH and P2TR outputs, as in life. P2SH and P2WSH outputs
are anyone-can-spend: their script drops what looks like a signature and a
key, which keeps sizes real without signing. No policy would relay them, but
consensus accepts them, and blocks are all that counts here.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from Crypto.Hash import RIPEMD160

from dalil.chains.bitcoin.address import classify_script, encode_address, script_of
from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError

__all__ = ["Lock", "data_script", "hash160", "lock_with_key", "lock_without_key"]

_DROP_TWO_AND_SUCCEED = b"\x75\x6d\x51"


@dataclass(frozen=True, slots=True)
class Lock:
    """An output script, and what opens it."""

    type: ScriptType
    script: bytes
    secret: int
    """The private key; 0 where no signature is asked for."""
    opener: bytes
    """The public key, or the script that hashes to the output's."""
    owner: int = 0
    """Number of the wallet that issued it."""

    @property
    def address(self) -> str:
        """The regtest address."""
        return encode_address(REGTEST, *classify_script(self.script))


def lock_with_key(
    kind: ScriptType, secret: int, public: bytes, *, owner: int = 0
) -> Lock:
    """Lock with a key pair: P2PK, P2PKH, P2WPKH or P2TR.

    Raises
    ------
    InputError
        If scripts of this type are not locked by one key.
    """
    if kind is ScriptType.P2TR:
        payload = public[1:]
    elif kind is ScriptType.P2PK:
        payload = public
    elif kind in (ScriptType.P2PKH, ScriptType.P2WPKH):
        payload = hash160(public)
    else:
        raise InputError("no single key locks a script of this type", kind.label)
    return Lock(kind, script_of(kind, payload), secret, public, owner)


def lock_without_key(kind: ScriptType, number: int, *, owner: int = 0) -> Lock:
    """Lock so that anyone can spend, each `number` with another address.

    Raises
    ------
    InputError
        If the type is neither P2SH nor P2WSH.
    """
    opener = b"\x08" + number.to_bytes(8, "big") + _DROP_TWO_AND_SUCCEED
    if kind is ScriptType.P2SH:
        payload = hash160(opener)
    elif kind is ScriptType.P2WSH:
        payload = sha256(opener).digest()
    else:
        raise InputError("only script hashes can be spent without a key", kind.label)
    return Lock(kind, script_of(kind, payload), 0, opener, owner)


def data_script(data: bytes) -> bytes:
    """Write an OP_RETURN script carrying up to 75 bytes."""
    return b"\x6a" + bytes([len(data)]) + data


def hash160(data: bytes) -> bytes:
    """RIPEMD-160 of SHA-256, which names keys and scripts in addresses."""
    return RIPEMD160.new(sha256(data).digest()).digest()
