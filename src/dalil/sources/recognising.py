"""Whose blocks these are, where several networks frame theirs alike.

Regtest chains share one magic, and nodes of Bitcoin Cash frame blocks on disk
as Bitcoin's do. The genesis block tells them apart, else the kind of work, else
the block with which one chain left the other. What none of them tells is taken
for the first network's, and `--network` says otherwise.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.family.headers import proves_work
from dalil.chains.bitcoin.header import work_of
from dalil.chains.bitcoin.network import Work
from dalil.chains.bitcoin.networks import ALL_NETWORKS
from dalil.errors import BlockDataError
from dalil.sources.blockfiles import header_at, networks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.chains.bitcoin.header import Header
    from dalil.chains.bitcoin.network import Network
    from dalil.sources.blockfiles import BlockFile, FileScan, Record

__all__ = ["recognise", "split_by_fork", "unproven"]

_LOOKED_AT = 12
"""Blocks whose work must fit: by chance one of the wrong kind does half the time."""
_THREADS = 2
_PIECE = 256


def recognise(file: BlockFile, scan: FileScan) -> Network | None:
    """Tell which of the networks that share a scan's magic the blocks are of.

    Returns
    -------
    Network or None
        The scan's own where nothing speaks for another; None without records.
    """
    if scan.network is None:
        return None
    magic = scan.network.magic
    candidates = [n for n in ALL_NETWORKS if magic in n.magics]
    if len(candidates) == 1 or not scan.records:
        return scan.network
    read = [(n, _headers(file, scan.records[:_LOOKED_AT], n)) for n in candidates]
    for network, headers in read:
        if any(header.hash[::-1].hex() == network.genesis for header in headers):
            return network
    for network, headers in read:
        if headers and all(proves_work(header, network) for header in headers):
            return network
    return scan.network


def _headers(
    file: BlockFile, records: Sequence[Record], network: Network
) -> list[Header]:
    try:
        return [header_at(file, r.at, r.size, network)[0] for r in records]
    except BlockDataError:
        return []


def split_by_fork(network: Network, records: Sequence[Record]) -> Network:
    """Follow the chain that left `network`, if its first own block is there.

    Blocks before a fork belong to both chains and are taken for the older one.

    Raises
    ------
    BlockDataError
        If nothing says which chain left, but a block is too easy for `network`.
    """
    for other in networks_of(network.magic):
        own, others = _names(other.own_blocks), _names(other.others_blocks)
        met = {r.header.hash for r in records if r.header.hash in own | others}
        if met & own and not met & others:
            return other
    since, bits = network.easiest_since
    least, most = work_of(network.limit_bits), work_of(bits) // 4
    easy = [
        r for r in records if r.header.time > since and least <= r.header.work < most
    ]
    if easy:
        named = " or ".join(n.name for n in networks_of(network.magic))
        raise BlockDataError(
            f"a block is too easy to be {network.name}'s, whose magic other chains "
            f"use too; say with --network whose blocks these are ({named})",
            easy[0].header.hash[::-1].hex(),
        )
    return network


def _names(blocks: tuple[str, ...]) -> set[bytes]:
    return {bytes.fromhex(block)[::-1] for block in blocks}


def unproven(records: Sequence[Record], network: Network) -> dict[int, str]:
    """Tell of each record that cannot be the network's why, by the record's `id`.

    Work that costs time to check (scrypt) is checked on two threads.
    """
    pieces = [records[at : at + _PIECE] for at in range(0, len(records), _PIECE)]
    found: dict[int, str] = {}
    if network.work is Work.SCRYPT and len(pieces) > 1:
        with ThreadPoolExecutor(_THREADS) as pool:
            for some in pool.map(lambda piece: _faults(piece, network), pieces):
                found |= some
        return found
    return _faults(records, network)


def _faults(records: Sequence[Record], network: Network) -> dict[int, str]:
    return {
        id(record): reason
        for record in records
        if (reason := _fault(record.header, network))
    }


def _fault(header: Header, network: Network) -> str:
    if header.fault:
        return header.fault
    if not proves_work(header, network):
        return "its header does not prove the work that this network asks for"
    if header.hash in _names(network.others_blocks):
        return "with it another chain left this one"
    return ""
