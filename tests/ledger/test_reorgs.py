"""Random scripts of extending, forking and overtaking, against a plain model.

Each script grows a tree of blocks and gives the builder some of them at a time,
as a node's folder fills. After every step the ledger must hold, in every
table, what a plain model says of the branch with the most work.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks
from tests.ledger.core_files import framed
from tests.ledger.naive_ledger import Block, grow, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SCRIPTS = int(os.environ.get("DALIL_REORG_SCRIPTS", "60"))


@pytest.fixture
def memory_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that need not reach a disk: these tests sync thousands of times."""
    import tempfile

    room = Path("/dev/shm")
    if not os.access(room, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=room) as name:
        yield Path(name)


def rows(keys: NDArray[np.uint8]) -> list[bytes]:
    return [row.tobytes() for row in keys]


def agree(ledger: Ledger, chain: list[Block]) -> None:
    """Every table of the ledger is what the model says."""
    want = tables(chain)
    blocks = zip(
        ledger.block_height.tolist(),
        rows(ledger.block_hash),
        ledger.block_first_tx.tolist(),
        strict=False,
    )
    assert list(blocks) == want["block"]
    assert rows(ledger.tx_txid) == want["txid"]
    assert ledger.tx_first_input.tolist()[:-1] == want["first_input"]
    assert ledger.tx_first_output.tolist()[:-1] == want["first_output"]
    assert ledger.input_spends.tolist() == want["spends"]
    assert ledger.output_value.tolist() == want["value"]
    assert ledger.output_address.tolist() == want["address"]
    keys = zip(ledger.address_type.tolist(), rows(ledger.address_key), strict=True)
    assert list(keys) == want["key"]
    assert ledger.outside_input.size == 0
    n_outputs = np.arange(ledger.n_outputs)
    assert ledger.spenders(n_outputs).tolist() == want["spent_by"]
    assert ledger.output_spent_by.tolist() == want["spent_by"]
    for address, history in enumerate(want["history"]):
        assert ledger.outputs_of_address(address).tolist() == history
        assert ledger.n_outputs_of_address(address) == len(history)
        assert ledger.find_address(ledger.address_text(address)) == address
    for tx, txid in enumerate(want["txid"]):
        assert ledger.find_tx(txid) == tx


def play(seed: int, folder: Path) -> None:
    """One script: grow a tree, show it to the builder bit by bit, compare."""
    rng = random.Random(seed)
    shown = [grow(None, rng)]
    hidden: list[Block] = []
    best, held = shown[0], None
    readers: list[tuple[Ledger, list[Block]]] = []
    for step in range(rng.randrange(3, 9)):
        fork = best
        for _ in range(rng.choice([0, 0, 1, 2, best.height])):
            fork = fork.parent or fork
        for _ in range(rng.choice([1, 1, 2, 5])):
            fork = grow(fork, rng)
            (hidden if held and rng.random() < 0.2 else shown).append(fork)
        if rng.random() < 0.5:
            shown += hidden
            hidden.clear()
        rng.shuffle(shown)
        (folder / f"blk{step:05d}.dat").write_bytes(framed(b.raw for b in shown))
        connected = _connected(shown + ([held] if held else []))
        heights = [block.height for block in connected]
        report = build_from_blocks(folder / "ledger", open_blocks(folder))
        ledger = Ledger.open(folder / "ledger")
        tip = next(b for b in connected if b.hash == ledger.block_hash[-1].tobytes())
        assert tip.height == max(heights)
        if held and held.height == tip.height:
            assert tip.hash == held.hash
            assert report.added == report.rolled_back == 0
        agree(ledger, tip.chain)
        for old, chain in readers:
            agree(old, chain)
        readers = [*readers[-2:], (ledger, tip.chain)]
        best = held = tip


def _connected(blocks: list[Block]) -> list[Block]:
    """Blocks whose ancestors are all there."""
    here = {block.hash for block in blocks}
    return [b for b in blocks if all(a.hash in here for a in b.chain)]


@pytest.mark.parametrize("batch", range(6))
def test_any_script_leaves_what_the_model_says(batch: int, memory_folder: Path) -> None:
    for seed in range(batch, SCRIPTS, 6):
        folder = memory_folder / str(seed)
        folder.mkdir()
        play(seed, folder)
