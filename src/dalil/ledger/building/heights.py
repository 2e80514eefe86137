"""At which height a chain of blocks starts: known, stated, or not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.family.coinbase import coinbase_script
from dalil.chains.bitcoin.header import coinbase_height

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.ledger.store.commit import Commit
    from dalil.sources.blockfiles import Record
    from dalil.sources.blockfolder import BlockFolder

__all__ = ["first_height"]


def first_height(
    ledger: Path, base: Commit, keep: int, folder: BlockFolder, first: Record
) -> tuple[bool, int]:
    """Tell whether heights are only relative, and the first new block's height.

    The height follows from the last of the `keep` blocks that stay, from the
    genesis hash, or from the coinbase (BIP 34). Where none of them tells,
    heights count from 0 and are marked relative: nothing is guessed.
    """
    if keep:
        relative = base.manifest["heights"] == "relative"
        return relative, int(base.read(ledger, "block.height")[keep - 1]) + 1
    if first.header.hash[::-1].hex() == folder.network.genesis:
        return False, 0
    height = _stated(folder, first)
    return (True, 0) if height is None else (False, height)


def _stated(folder: BlockFolder, record: Record) -> int | None:
    raw = folder.files[record.file].read(record.at, record.size)
    script = coinbase_script(raw, record.body, folder.network.form)
    return coinbase_height(script, record.header.version, folder.network.name)
