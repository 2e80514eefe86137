"""Read one file of mainnet blocks with another tool; run inside its environment.

    python read_with_peer.py bitcoin-explorer|blockchain-parser FILE

Prints the number of transactions seen. bitcoin-explorer wants Bitcoin Core's
block index, so one is written for the file, in a temporary folder, untimed;
blockchain-parser reads ids, inputs and values, not addresses.
"""

import hashlib
import struct
import sys
import tempfile
import time
from pathlib import Path


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
    (folder / "blocks" / "blk00000.dat").symlink_to(source.resolve())
    raw, at = source.read_bytes(), 0
    after: dict[bytes, tuple[bytes, int, bytes, bytes]] = {}
    while at + 97 < len(raw):
        size = struct.unpack("<I", raw[at + 4 : at + 8])[0]
        header = raw[at + 8 : at + 88]
        digest = hashlib.sha256(hashlib.sha256(header).digest()).digest()
        after.setdefault(header[4:36], (header, at + 8, digest, raw[at + 88 : at + 91]))
        at += 8 + size
    made = {entry[2] for entry in after.values()}
    previous = next(key for key in after if key not in made)
    height, index = 0, plyvel.DB(str(folder / "blocks/index"), create_if_missing=True)
    while previous in after:
        header, place, digest, count = after[previous]
        n_tx = count[0] if count[0] < 253 else struct.unpack("<H", count[1:])[0]
        row = b"".join(map(varint, (200_000, height, 8 | 5, n_tx, 0, place))) + header
        index.put(b"b" + digest, row)
        height, previous = height + 1, digest
    index.put(b"l", struct.pack("<I", 0))
    index.close()
    return height


def explorer(source: Path) -> tuple[int, float]:
    import bitcoin_explorer

    with tempfile.TemporaryDirectory() as name:
        n_blocks = write_index(source, Path(name))
        start = time.perf_counter()
        chain = bitcoin_explorer.BitcoinDB(name, tx_index=False)
        n = sum(len(chain.get_block(i)["txdata"]) for i in range(n_blocks))
        return n, time.perf_counter() - start


def parser(source: Path) -> tuple[int, float]:
    from blockchain_parser.block import Block
    from blockchain_parser.blockchain import get_blocks

    start, n = time.perf_counter(), 0
    for raw in get_blocks(str(source)):
        for tx in Block(raw).transactions:
            n += 1
            tx.txid  # noqa: B018 - computed when asked for
            for entry in tx.inputs:
                entry.transaction_hash  # noqa: B018
            for output in tx.outputs:
                output.value  # noqa: B018
    return n, time.perf_counter() - start


if __name__ == "__main__":
    tool = {"bitcoin-explorer": explorer, "blockchain-parser": parser}[sys.argv[1]]
    n_tx, seconds = tool(Path(sys.argv[2]))
    print(n_tx, seconds)
