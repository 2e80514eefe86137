"""Records of block and undo files: put whole or not at all, and found again."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.transaction import double_sha256
from dalil.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dalil.sources.blockfiles import Record

__all__ = ["put_record", "undo_places"]


def undo_places(path: Path, records: Iterable[Record]) -> list[int]:
    """Find where the undo data of the first records begin, and where they end.

    They stand in a file beside the records', in the same order; each is tied
    to its block by its checksum. The first that is missing ends the list.

    Returns
    -------
    list of int
        One offset more than there are records with undo data.
    """
    raw = path.read_bytes() if path.is_file() else b""
    places = [0]
    for record in records:
        at = places[-1]
        size = struct.unpack_from("<I", raw, at + 4)[0] if len(raw) >= at + 8 else 0
        body, check = raw[at + 8 : at + 8 + size], raw[at + 8 + size :][:32]
        if not size or double_sha256(record.header.previous + body) != check:
            break
        places.append(at + size + 40)
    return places


def put_record(path: Path, *parts: bytes) -> int:
    """Append bytes to a file, whole or not at all.

    Returns
    -------
    int
        Where they begin.

    Raises
    ------
    StoreError
        If the disk does not take them; what it took is cut off again.
    """
    try:
        with path.open("ab", buffering=0) as out:
            at = out.tell()
            try:
                for part in parts:
                    left = memoryview(part)
                    while left:
                        left = left[out.write(left) :]
            except OSError:
                out.truncate(at)
                raise
    except OSError as error:
        why = f"the disk does not take the block ({error.strerror})"
        raise StoreError(why, path) from None
    return at
