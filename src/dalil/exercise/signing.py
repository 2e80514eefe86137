"""Coins into signed transactions: the digests consensus asks to be signed."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.chains.bitcoin.transaction import (
    Transaction,
    TxInput,
    TxOutput,
    double_sha256,
)
from dalil.exercise.keys import tagged_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.exercise.keys import Signer
    from dalil.exercise.locks import Lock

__all__ = ["Coin", "sign"]

_VERSION = struct.pack("<i", 2)
_SEQUENCE = 0xFFFF_FFFD
_SIGHASH_ALL = struct.pack("<I", 1)
_NO_SIGNATURE = bytes([0x30, 0x44]) + bytes(69) + b"\x01"
"""72 bytes in a signature's place, where any two items open the script."""
_NO_KEY = b"\x02" + bytes(32)


@dataclass(frozen=True, slots=True)
class Coin:
    """An unspent output whose lock we can open."""

    txid: bytes
    index: int
    value: int
    lock: Lock

    @property
    def outpoint(self) -> bytes:
        """The 36 bytes an input names it by."""
        return self.txid + struct.pack("<I", self.index)


def sign(
    coins: Sequence[Coin], outputs: Sequence[tuple[int, bytes]], signer: Signer
) -> Transaction:
    """Spend `coins` into `outputs` (satoshi, script), with every input signed.

    What the outputs leave is the fee; nothing checks that it is not negative.
    Legacy inputs hash the whole transaction each, so time is quadratic for
    those and linear for the others.
    """
    outs = tuple(TxOutput(value, script) for value, script in outputs)
    digests = _Digests(coins, outs)
    inputs = []
    for i, coin in enumerate(coins):
        script, witness = _open(coin.lock, i, digests, signer)
        inputs.append(TxInput(coin.txid, coin.index, script, _SEQUENCE, witness))
    return Transaction(2, tuple(inputs), outs)


def _open(
    lock: Lock, i: int, digests: _Digests, signer: Signer
) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the scriptSig and the witness that open input `i`."""
    if lock.type is ScriptType.P2WPKH:
        signature = signer.ecdsa(lock.secret, digests.segwit(i))
        return b"", (signature, lock.opener)
    if lock.type is ScriptType.P2TR:
        return b"", (signer.schnorr(lock.secret, lock.opener, digests.taproot(i)),)
    if lock.type is ScriptType.P2WSH:
        return b"", (_NO_SIGNATURE, _NO_KEY, lock.opener)
    if lock.type is ScriptType.P2SH:
        return _push(_NO_SIGNATURE) + _push(_NO_KEY) + _push(lock.opener), ()
    signature = _push(signer.ecdsa(lock.secret, digests.legacy(i)))
    if lock.type is ScriptType.P2PK:
        return signature, ()
    return signature + _push(lock.opener), ()


def _push(data: bytes) -> bytes:
    return bytes([len(data)]) + data


class _Digests:
    """The digests to sign, with what all inputs share hashed only once."""

    def __init__(self, coins: Sequence[Coin], outputs: tuple[TxOutput, ...]) -> None:
        self._coins = coins
        self._outputs = outputs
        self._prevouts = b"".join([coin.outpoint for coin in coins])
        self._sequences = struct.pack("<I", _SEQUENCE) * len(coins)
        self._outs = b"".join(
            [
                struct.pack("<qB", out.value, len(out.script)) + out.script
                for out in outputs
            ]
        )
        self._segwit: tuple[bytes, bytes] | None = None
        self._taproot = b""

    def segwit(self, i: int) -> bytes:
        """BIP 143, for P2WPKH."""
        if self._segwit is None:
            head = double_sha256(self._prevouts) + double_sha256(self._sequences)
            self._segwit = (_VERSION + head, double_sha256(self._outs))
        head, outs = self._segwit
        coin = self._coins[i]
        code = b"\x19\x76\xa9\x14" + coin.lock.script[2:] + b"\x88\xac"
        value = struct.pack("<qI", coin.value, _SEQUENCE)
        tail = outs + bytes(4) + _SIGHASH_ALL
        return double_sha256(head + coin.outpoint + code + value + tail)

    def taproot(self, i: int) -> bytes:
        """BIP 341, key path, SIGHASH_DEFAULT."""
        if not self._taproot:
            amounts = b"".join([struct.pack("<q", coin.value) for coin in self._coins])
            scripts = b"".join([_push(coin.lock.script) for coin in self._coins])
            parts = (self._prevouts, amounts, scripts, self._sequences, self._outs)
            hashes = b"".join([sha256(part).digest() for part in parts])
            self._taproot = bytes(2) + _VERSION + bytes(4) + hashes + bytes(1)
        return tagged_hash(b"TapSighash", self._taproot + struct.pack("<I", i))

    def legacy(self, i: int) -> bytes:
        """Hash the transaction with only input `i`'s script filled in."""
        inputs = tuple(
            TxInput(
                coin.txid, coin.index, coin.lock.script if k == i else b"", _SEQUENCE
            )
            for k, coin in enumerate(self._coins)
        )
        return double_sha256(
            Transaction(2, inputs, self._outputs).serialise() + _SIGHASH_ALL
        )
