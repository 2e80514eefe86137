"""Read block files with another tool; run inside that tool's environment.

    python read_with_peer.py TOOL FILE-OR-FOLDER

Prints transactions seen, inputs resolved, seconds, and seconds of preparation
that were left out. Tools:

* bitcoin-explorer: blocks as dicts with addresses. It wants Core's block index
  (LevelDB), which is written first, untimed.
* bitcoin-explorer-connected: the same, every input replaced by the output it
  spends, by its own sequential iterator, which keeps unspent outputs in memory
  and must begin with genesis.
* blockchain-parser: ids, inputs and values, not addresses; mainnet only.
* bitcoinkernel: Bitcoin Core's own library. Blocks are handed to
  btck_block_create as bytes (the Python class copies them byte by byte first),
  which computes all ids; nothing else is asked.
* bitcoinkernel-connected: the same library on its own data folder, made by
  importing the blocks first, with full validation, untimed; every output and
  every output spent is read through its Python classes.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def files_of(source: Path) -> list[Path]:
    return sorted(source.glob("blk*.dat")) if source.is_dir() else [source]


def records(raw: bytes) -> Iterator[tuple[int, int]]:
    """Where each whole block lies in a file: offset and size."""
    at = 0
    while at + 97 < len(raw):
        size = struct.unpack("<I", raw[at + 4 : at + 8])[0]
        if at + 8 + size <= len(raw):
            yield at + 8, size
        at += 8 + size


def varint(n: int) -> bytes:
    out = [n & 0x7F]
    while n > 0x7F:
        n = (n >> 7) - 1
        out.append(n & 0x7F | 0x80)
    return bytes(reversed(out))


def write_index(source: Path, folder: Path) -> int:
    """Write the LevelDB block index Core would have; returns how many blocks."""
    import plyvel

    (folder / "blocks").mkdir()
    after: dict[bytes, tuple[bytes, tuple[int, int], bytes, bytes]] = {}
    for number, file in enumerate(files_of(source)):
        link = folder / "blocks" / f"blk{number:05d}.dat"
        link.symlink_to(file.resolve())
        raw = file.read_bytes()
        for at, _ in records(raw):
            header = raw[at : at + 80]
            digest = hashlib.sha256(hashlib.sha256(header).digest()).digest()
            entry = (header, (number, at), digest, raw[at + 80 : at + 83])
            after.setdefault(header[4:36], entry)
    made = {entry[2] for entry in after.values()}
    previous = next(key for key in after if key not in made)
    height, index = 0, plyvel.DB(str(folder / "blocks/index"), create_if_missing=True)
    while previous in after:
        header, place, digest, count = after[previous]
        n_tx = count[0] if count[0] < 253 else struct.unpack("<H", count[1:])[0]
        fields = (200_000, height, 8 | 5, n_tx, *place)
        index.put(b"b" + digest, b"".join(map(varint, fields)) + header)
        height, previous = height + 1, digest
    index.put(b"l", struct.pack("<I", 0))
    index.close()
    return height


def explorer(source: Path, *, connected: bool = False) -> tuple[int, int, float, float]:
    import bitcoin_explorer

    with tempfile.TemporaryDirectory() as name:
        before = time.perf_counter()
        n_blocks = write_index(source, Path(name))
        start = time.perf_counter()
        chain = bitcoin_explorer.BitcoinDB(name, tx_index=False)
        if not connected:
            n = sum(len(chain.get_block(i)["txdata"]) for i in range(n_blocks))
            return n, 0, time.perf_counter() - start, start - before
        n = resolved = 0
        for block in chain.get_block_iter_range(n_blocks, connected=True):
            for tx in block["txdata"]:
                n += 1
                resolved += len(tx["input"])
        return n, resolved, time.perf_counter() - start, start - before


def parser(source: Path) -> tuple[int, int, float, float]:
    from blockchain_parser.block import Block
    from blockchain_parser.blockchain import get_blocks

    start, n = time.perf_counter(), 0
    for file in files_of(source):
        for raw in get_blocks(str(file)):
            for tx in Block(raw).transactions:
                n += 1
                tx.txid  # noqa: B018 - computed when asked for
                for entry in tx.inputs:
                    entry.transaction_hash  # noqa: B018
                for output in tx.outputs:
                    output.value  # noqa: B018
    return n, 0, time.perf_counter() - start, 0.0


def kernel(source: Path) -> tuple[int, int, float, float]:
    import pbk.capi.bindings as capi

    start, n = time.perf_counter(), 0
    for file in files_of(source):
        raw = file.read_bytes()
        for at, size in records(raw):
            block = capi.btck_block_create(raw[at : at + size], size)
            n += int(capi.btck_block_count_transactions(block))
            capi.btck_block_destroy(block)
    return n, 0, time.perf_counter() - start, 0.0


def kernel_connected(source: Path) -> tuple[int, int, float, float]:
    import pbk

    with tempfile.TemporaryDirectory() as name:
        before = time.perf_counter()
        manager = regtest_manager(pbk, Path(name))
        manager.import_blocks(files_of(source))
        start, n, resolved = time.perf_counter(), 0, 0
        for entry in manager.get_active_chain().block_tree_entries:
            block = manager.blocks[entry]
            for tx in block.transactions:
                n += 1
                tx.txid  # noqa: B018 - computed when asked for
                for output in tx.outputs:
                    output.amount  # noqa: B018
            if entry.height:
                for spent in manager.block_spent_outputs[entry].transactions:
                    for coin in spent.coins:
                        coin.output.amount  # noqa: B018
                        resolved += 1
        return n, resolved, time.perf_counter() - start, start - before


def regtest_manager(pbk: Any, folder: Path) -> Any:  # noqa: ANN401 - has no types
    options = pbk.ContextOptions()
    options.set_chainparams(pbk.ChainParameters(pbk.ChainType.REGTEST))
    context = pbk.Context(options)
    places = (str(folder / "data"), str(folder / "blocks"))
    return pbk.ChainstateManager(pbk.ChainstateManagerOptions(context, *places))


if __name__ == "__main__":
    tools = {
        "bitcoin-explorer": explorer,
        "bitcoin-explorer-connected": lambda path: explorer(path, connected=True),
        "blockchain-parser": parser,
        "bitcoinkernel": kernel,
        "bitcoinkernel-connected": kernel_connected,
    }
    print(*tools[sys.argv[1]](Path(sys.argv[2])))
