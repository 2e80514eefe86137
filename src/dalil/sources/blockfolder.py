"""A folder or file of blocks: every record of one network, and what was odd."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.family.headers import proves_work
from dalil.chains.bitcoin.networks import MAINNET, REGTEST
from dalil.errors import BlockDataError
from dalil.progress import silent
from dalil.settings import MAX_BLOCK_BYTES
from dalil.sources.blockfiles import (
    BlockFile,
    FileScan,
    Note,
    Record,
    header_at,
    networks_of,
    scan_file,
    xor_key,
)
from dalil.sources.recognising import recognise, split_by_fork, unproven

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.chains.bitcoin.networks import Network
    from dalil.progress import Progress

__all__ = ["BlockFolder", "open_blocks", "proves_work"]


@dataclass(slots=True)
class BlockFolder:
    """All records found, of one network.

    `refused` holds records whose header does not prove the work it claims, or
    claims less than the network's least; they are noted and left out.
    """

    network: Network
    files: list[BlockFile]
    records: list[Record]
    notes: list[Note] = field(default_factory=list)


def _block_files(path: Path) -> list[Path]:
    if path.is_dir():
        inner = path / "blocks"
        found = sorted(path.glob("blk*.dat")) or sorted(inner.glob("blk*.dat"))
        if not found:
            raise BlockDataError(
                "no blk*.dat in this folder; name Bitcoin Core's blocks folder, "
                "or one file",
                path,
            )
        return found
    if not path.is_file():
        raise BlockDataError("no such file or folder", path)
    return [path]


def open_blocks(
    path: Path, network: Network | None = None, progress: Progress = silent
) -> BlockFolder:
    """Find the blocks under a path.

    Parameters
    ----------
    path : Path
        Core's ``blocks`` folder (or its data folder), one ``blk*.dat``, or a
        file holding one bare block.
    network : Network, optional
        Insist on this network; by default the first magic found decides, and
        where networks share it, what the first blocks are.

    Raises
    ------
    BlockDataError
        If nothing there is a block: the message says whether the folder is
        empty, obfuscated without its key, or of another network.
    """
    files = [BlockFile(p, xor_key(p)) for p in _block_files(path)]
    folder = BlockFolder(network or MAINNET, files, [])
    chosen = network
    for index, file in enumerate(files):
        progress("looking for blocks", index, len(files))
        scan = scan_file(file, index, chosen)
        likely = None if chosen else recognise(file, scan)
        if likely is not scan.network and likely is not None:
            scan = scan_file(file, index, likely)
        if not scan.records:
            scan = _bare_block(file, index, chosen) or scan
            if scan.records and scan.network and not network:
                said = f"a bare block names no network; read as {scan.network.name}'s"
                scan.notes.append(Note(file.path.name, 0, said))
        chosen = chosen or scan.network
        folder.records += scan.records
        folder.notes += scan.notes
        if not scan.records and file.size:
            folder.notes.append(Note(file.path.name, 0, "no block in this file"))
    progress("looking for blocks", len(files), len(files))
    if not folder.records:
        raise BlockDataError(_why_nothing(files, network), path)
    folder.network = network or split_by_fork(chosen or MAINNET, folder.records)
    _refuse_unproven(folder)
    return folder


def _bare_block(
    file: BlockFile, index: int, network: Network | None
) -> FileScan | None:
    """Take a file that is one block without any framing, as nodes serve it."""
    if not 81 <= file.size <= MAX_BLOCK_BYTES:
        return None
    for candidate in (network,) if network else (REGTEST, MAINNET):
        try:
            header, body = header_at(file, 0, file.size, candidate)
        except BlockDataError:
            continue
        if proves_work(header, candidate):
            return FileScan(candidate, [Record(index, 0, file.size, header, body)])
    return None


def _refuse_unproven(folder: BlockFolder) -> None:
    """Leave out records without proof of work; all of them: an error."""
    reasons = unproven(folder.records, folder.network)
    for record in folder.records:
        reason = reasons.get(id(record))
        if reason:
            name = folder.files[record.file].path.name
            folder.notes.append(Note(name, record.at - 8, f"refused: {reason}"))
    proven = [record for record in folder.records if id(record) not in reasons]
    if not proven:
        raise BlockDataError(
            f"no block here proves {folder.network.name}'s work; are these blocks "
            "of another network under its magic",
            folder.files[0].path,
        )
    folder.records = proven


def _why_nothing(files: list[BlockFile], network: Network | None) -> str:
    if not any(file.size for file in files):
        return "the block files are empty"
    first = next(file for file in files if file.size)
    magic = first.read(0, 4)
    others = " or ".join(other.name for other in networks_of(magic))
    if network and others:
        return f"these blocks are {others}'s, not {network.name}'s; use --network"
    if not first.key:
        return (
            f"no block found: the file starts with {magic.hex()}, which is no "
            "network's magic. If the node obfuscates its files, put its xor.dat "
            "beside them"
        )
    return "no block found, with the key in xor.dat applied; is it this folder's key"
