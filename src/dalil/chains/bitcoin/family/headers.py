"""Headers of any chain of the family: their id, their end, the work they prove.

On Bitcoin one hash is both a block's name and its work. Elsewhere they part:
Litecoin and Dogecoin name by SHA-256d and work by scrypt, Dogecoin mostly on
another chain's header; Zcash hashes a long header whose Equihash solution is
part of the proof; Dash names and works by X11.
"""

from __future__ import annotations

import struct
from hashlib import scrypt

from dalil.chains.bitcoin.family.auxpow import AUXPOW_BIT, chain_id_of, read_auxpow
from dalil.chains.bitcoin.family.equihash import is_solution, solution_bytes
from dalil.chains.bitcoin.header import Header, meets_target
from dalil.chains.bitcoin.network import Form, Network, Work
from dalil.chains.bitcoin.transaction import double_sha256
from dalil.errors import BlockDataError

__all__ = ["header_room", "proves_work", "read_header"]

_PLAIN = 80
_LONG = 140
_AUXPOW_ROOM = 4096


def header_room(network: Network) -> int:
    """Count the bytes that mostly hold all of a header and what proves it."""
    if network.form is Form.DOGECOIN:
        return _AUXPOW_ROOM
    if network.form is Form.ZCASH:
        return _LONG + 3 + solution_bytes(*network.equihash)
    return _PLAIN


def read_header(network: Network, data: bytes) -> tuple[Header, int]:
    """Read the header that `data` starts with, and where it ends.

    Returns
    -------
    Header
        Its `fault` is set where an AuxPoW or a solution proves nothing. The
        work itself is for `proves_work`.
    int
        Where the count of transactions lies.

    Raises
    ------
    BlockDataError
        If the bytes end before the header does, or an AuxPoW is none.
    """
    if network.form is Form.ZCASH:
        return _read_long(network, data)
    if len(data) < _PLAIN:
        raise BlockDataError("a header ends early", f"{len(data)} bytes")
    header = Header.parse(data[:_PLAIN])
    if network.work is Work.X11:
        from dalil.chains.bitcoin.family.x11 import x11

        return _replaced(header, x11(header.raw), b"", ""), _PLAIN
    if network.form is Form.DOGECOIN and header.version & AUXPOW_BIT:
        return _with_auxpow(network, header, data)
    return header, _PLAIN


def _with_auxpow(network: Network, header: Header, data: bytes) -> tuple[Header, int]:
    proof, end = read_auxpow(data, _PLAIN)
    fault = proof.fault(header.hash, network.aux_chain, strict=network.strict_aux)
    if network.strict_aux and chain_id_of(header.version) != network.aux_chain:
        fault = "its version is of another chain in merged mining"
    return _replaced(header, header.hash, proof.parent, fault), end


def _replaced(header: Header, name: bytes, parent: bytes, fault: str) -> Header:
    return Header(
        header.raw,
        name,
        header.previous,
        header.time,
        header.bits,
        header.version,
        parent,
        fault,
    )


def _read_long(network: Network, data: bytes) -> tuple[Header, int]:
    size = solution_bytes(*network.equihash)
    count = bytes([size]) if size < 0xFD else b"\xfd" + struct.pack("<H", size)
    start = _LONG + len(count)
    end = start + size
    if len(data) < end or data[_LONG:start] != count:
        raise BlockDataError("a header has no solution of its length", "Equihash")
    solved = is_solution(data[:_LONG], data[start:end], *network.equihash)
    fault = "" if solved else "its Equihash solution is none"
    header = Header.parse(data[:68] + data[100:112])
    return _replaced(header, double_sha256(data[:end]), b"", fault), end


def proves_work(header: Header, network: Network) -> bool:
    """Tell whether a header proves work that the network accepts.

    Cost: nothing where the hash that names the block is the one that worked;
    0.3 ms for scrypt, outside the interpreter lock.
    """
    if header.fault or (network.fixed_bits and header.bits != network.limit_bits):
        return False
    value = header.hash
    if network.work is Work.SCRYPT:
        if network.aux_chain and header.version & AUXPOW_BIT and not header.parent:
            return False
        worked = header.parent or header.raw
        value = scrypt(worked, salt=worked, n=1024, r=1, p=1, dklen=32)
    return meets_target(value, header.bits, network.limit_bits)
