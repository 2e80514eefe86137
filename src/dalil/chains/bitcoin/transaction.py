"""One Bitcoin transaction: bytes to fields and back, plainly.

The reader for single transactions, where clarity counts; whole blocks go
through the column kernels instead. Both accept what Bitcoin Core's own
deserialiser accepts and nothing else: lengths must be minimal, a witness may
not be empty, and no byte may be left over, so that `serialise` gives back the
very bytes that were read and a txid can be trusted to name them.

Nothing here says that a transaction is valid: no signature is checked, and
no input is known to exist.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from hashlib import sha256

from dalil.errors import BlockDataError
from dalil.settings import MAX_BLOCK_BYTES

__all__ = ["Transaction", "TxInput", "TxOutput", "double_sha256", "parse_tx", "read_tx"]

_NO_TX = bytes(32)
_MIN_INPUT, _MIN_OUTPUT = 41, 9


def double_sha256(data: bytes) -> bytes:
    """Hash twice with SHA-256, as txids and block hashes are made."""
    return sha256(sha256(data).digest()).digest()


@dataclass(frozen=True, slots=True)
class TxInput:
    """One input: the output it spends, and what it shows to spend it."""

    txid: bytes
    """(32 bytes, hash order) the transaction that made the output spent."""
    index: int
    """The output's position in that transaction."""
    script: bytes
    """scriptSig; empty for native segwit."""
    sequence: int
    witness: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TxOutput:
    """One output: an amount and the script that guards it."""

    value: int
    """Satoshi, never negative."""
    script: bytes


@dataclass(frozen=True)
class Transaction:
    r"""A whole transaction; its ids are computed, never told.

    Examples
    --------
    >>> spend = TxInput(bytes(31) + b"\x01", 0, b"", 0xFFFFFFFF, (b"sig",))
    >>> tx = Transaction(2, (spend,), (TxOutput(5000, b"\x6a"),), 0)
    >>> parse_tx(tx.serialise()) == tx
    True
    >>> tx.txid == double_sha256(tx.serialise(witness=False))
    True
    """

    version: int
    inputs: tuple[TxInput, ...]
    outputs: tuple[TxOutput, ...]
    lock_time: int = field(default=0)

    @property
    def txid(self) -> bytes:
        """Return the 32-byte id in hash order; the witness has no part in it."""
        return double_sha256(self.serialise(witness=False))

    @property
    def wtxid(self) -> bytes:
        """Return the 32-byte hash, in hash order, that covers the witness too."""
        return double_sha256(self.serialise())

    @property
    def is_coinbase(self) -> bool:
        """Say whether the only input is the one that mints a block's reward."""
        first = self.inputs[0]
        return (
            len(self.inputs) == 1
            and first.txid == _NO_TX
            and first.index == 0xFFFF_FFFF
        )

    @property
    def has_witness(self) -> bool:
        """Say whether any input carries witness data."""
        return any(spend.witness for spend in self.inputs)

    def serialise(self, *, witness: bool = True) -> bytes:
        """Write the transaction as it goes over the wire.

        With ``witness=False`` the form that the txid hashes.
        """
        extended = witness and self.has_witness
        parts = [struct.pack("<i", self.version), b"\x00\x01" if extended else b""]
        parts.append(_count(len(self.inputs)))
        for spend in self.inputs:
            parts += [spend.txid, struct.pack("<I", spend.index)]
            parts += [_prefixed(spend.script), struct.pack("<I", spend.sequence)]
        parts.append(_count(len(self.outputs)))
        for output in self.outputs:
            parts += [struct.pack("<q", output.value), _prefixed(output.script)]
        if extended:
            for spend in self.inputs:
                parts.append(_count(len(spend.witness)))
                parts += [_prefixed(item) for item in spend.witness]
        parts.append(struct.pack("<I", self.lock_time))
        return b"".join(parts)


def parse_tx(data: bytes) -> Transaction:
    """Read exactly one transaction.

    Raises
    ------
    BlockDataError
        If `data` is not one whole transaction, or bytes follow it. The value
        names the offset of the fault.
    """
    tx, end = read_tx(data, 0)
    if end != len(data):
        raise BlockDataError("bytes follow the transaction", f"offset {end}")
    return tx


def read_tx(data: bytes, offset: int) -> tuple[Transaction, int]:
    """Read the transaction at `offset`; return it and the offset after it.

    Time and memory are linear in the transaction's bytes: a count that the
    bytes left cannot hold is refused before anything is allocated for it.

    Raises
    ------
    BlockDataError
        If the bytes are not a transaction as Bitcoin Core would read one.
    """
    at = _Cursor(data, offset)
    (version,) = struct.unpack("<i", at.take(4))
    extended = at.peek(2)[:1] == b"\x00"
    if extended and at.take(2) != b"\x00\x01":
        raise at.fault("a transaction without inputs, or an unknown flag")
    bare = [_read_input(at) for _ in range(at.count(_MIN_INPUT))]
    outputs = tuple(_read_output(at) for _ in range(at.count(_MIN_OUTPUT)))
    if not bare or not outputs:
        raise at.fault("a transaction without inputs or outputs")
    stacks = [_read_witness(at) if extended else () for _ in bare]
    if extended and not any(stacks):
        raise at.fault("a witness flag without any witness")
    (lock_time,) = struct.unpack("<I", at.take(4))
    inputs = tuple(
        TxInput(*fields, witness) for fields, witness in zip(bare, stacks, strict=True)
    )
    return Transaction(version, inputs, outputs, lock_time), at.offset


def _read_input(at: _Cursor) -> tuple[bytes, int, bytes, int]:
    txid = at.take(32)
    (index,) = struct.unpack("<I", at.take(4))
    script = at.prefixed()
    (sequence,) = struct.unpack("<I", at.take(4))
    return txid, index, script, sequence


def _read_output(at: _Cursor) -> TxOutput:
    (value,) = struct.unpack("<q", at.take(8))
    if value < 0:
        raise at.fault("an output with a negative value")
    return TxOutput(value, at.prefixed())


def _read_witness(at: _Cursor) -> tuple[bytes, ...]:
    return tuple(at.prefixed() for _ in range(at.count(1)))


class _Cursor:
    """A place in some bytes that refuses to leave them."""

    def __init__(self, data: bytes, offset: int) -> None:
        self.data = data
        self.offset = offset

    def fault(self, what: str) -> BlockDataError:
        return BlockDataError(f"not a transaction: {what}", f"offset {self.offset}")

    def peek(self, n: int) -> bytes:
        if n > len(self.data) - self.offset:
            raise self.fault("the bytes end too early")
        return self.data[self.offset : self.offset + n]

    def take(self, n: int) -> bytes:
        taken = self.peek(n)
        self.offset += n
        return taken

    def size(self) -> int:
        """Read a CompactSize, which must be the shortest that holds its number."""
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        width = 2 << (first - 0xFD)
        size = int.from_bytes(self.take(width), "little")
        if size < 0xFD or (width > 2 and size >> (4 * width) == 0):
            raise self.fault("a length not in its shortest form")
        return size

    def count(self, min_bytes: int) -> int:
        """Read how many things follow, each of at least `min_bytes`."""
        count = self.size()
        if count > MAX_BLOCK_BYTES or count * min_bytes > len(self.data) - self.offset:
            raise self.fault("more entries than the bytes left can hold")
        return count

    def prefixed(self) -> bytes:
        return self.take(self.size())


def _count(n: int) -> bytes:
    if n < 0xFD:
        return bytes([n])
    if n <= 0xFFFF:
        return b"\xfd" + struct.pack("<H", n)
    if n <= 0xFFFF_FFFF:
        return b"\xfe" + struct.pack("<I", n)
    return b"\xff" + struct.pack("<Q", n)


def _prefixed(data: bytes) -> bytes:
    return _count(len(data)) + data
