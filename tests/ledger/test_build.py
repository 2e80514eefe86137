"""Building: atomic, resumable, right across reorgs, unmoved by hostile bytes."""

from __future__ import annotations

import json
import random
import shutil
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.chains.bitcoin.columns import Columns, most_rows
from dalil.chains.bitcoin.forms import BITCOIN
from dalil.chains.bitcoin.parse import fill_blocks
from dalil.chains.bitcoin.transaction import read_tx
from dalil.chains.bitcoin.txids import work_bytes
from dalil.errors import DalilError, InputError, StoreError
from dalil.exercise import MiniChain
from dalil.ledger import Ledger
from dalil.ledger.build import BuildReport, build_from_blocks
from dalil.ledger.describe import dump
from dalil.ledger.layout import canonical_json
from dalil.sources.blockfolder import open_blocks
from tests.ledger.core_files import framed

if TYPE_CHECKING:
    from pathlib import Path


def play(seed: int, payments: int, blocks: int) -> list[bytes]:
    """A chain in which three wallets of three script types pay one another."""
    chain = MiniChain(seed=seed)
    wallets = [chain.wallet(k, k) for k in ("p2wpkh", "p2pkh", "p2sh")]
    for wallet in wallets:
        chain.fund(wallet, 50_000_000)
    chain.mine()
    rng = random.Random(seed)
    for _ in range(blocks):
        for _ in range(payments):
            payer, payee = rng.sample(wallets, 2)
            if payer.balance > 2_000_000:
                payer.pays(payee, rng.randrange(10_000, 1_000_000))
        chain.mine()
    return chain.blocks


@pytest.fixture(scope="module")
def chain() -> list[bytes]:
    return play(1, 4, 12)


def add(target: Path, blocks: list[bytes], name: str = "blk.dat") -> BuildReport:
    file = target.with_name(name)
    file.write_bytes(framed(blocks))
    return build_from_blocks(target, open_blocks(file))


def dumped(target: Path) -> bytes:
    return b"\n".join(canonical_json(row) for row in dump(Ledger.open(target)))


def test_append_equals_one_go(chain: list[bytes], tmp_path: Path) -> None:
    add(tmp_path / "whole", chain, "whole.dat")
    cuts = [0, 1, 50, 103, 110, len(chain)]
    for a, b in pairwise(cuts):
        assert add(tmp_path / "parts", chain[a:b], f"{a}.dat").added == b - a
    assert dumped(tmp_path / "parts") == dumped(tmp_path / "whole")
    whole, parts = (Ledger.open(tmp_path / name) for name in ("whole", "parts"))
    assert whole.manifest_sha256 == parts.manifest_sha256


def test_the_same_blocks_again_change_nothing(
    chain: list[bytes], tmp_path: Path
) -> None:
    add(tmp_path / "ledger", chain)
    before = Ledger.open(tmp_path / "ledger").manifest_sha256
    report = add(tmp_path / "ledger", chain)
    assert (report.added, report.duplicates) == (0, len(chain))
    assert Ledger.open(tmp_path / "ledger").manifest_sha256 == before


def fork(seed: int, shared: int, blocks: int) -> list[bytes]:
    """A chain that shares its first blocks with `play(1, …)`, then differs."""
    chain = MiniChain(seed=1)
    other = chain.wallet("other", "p2wsh")
    while chain.height < shared - 1:
        chain.mine()
    for _ in range(blocks):
        chain.fund(other, 1_000_000 + seed)
        chain.mine()
    return chain.blocks


def test_a_reorg_takes_blocks_back_and_readers_keep_their_snapshot(
    chain: list[bytes], tmp_path: Path
) -> None:
    target = tmp_path / "ledger"
    add(target, chain)
    old = Ledger.open(target)
    spent = old.output_spent_by.copy()
    longer = fork(7, 102, 20)
    shared = sum(a == b for a, b in zip(chain, longer, strict=False))
    assert 0 < shared < len(chain) < len(longer)
    report = add(target, longer)
    assert (report.rolled_back, report.added) == (
        len(chain) - shared,
        len(longer) - shared,
    )
    add(tmp_path / "fresh", longer, "fresh.dat")
    fresh = Ledger.open(tmp_path / "fresh")
    assert Ledger.open(target).manifest_sha256 == fresh.manifest_sha256
    assert dumped(target) == dumped(tmp_path / "fresh")
    assert old.n_blocks == len(chain)
    assert np.array_equal(old.output_spent_by, spent)
    assert old.txid(old.n_tx - 1) == old.txid(old.n_tx - 1)


def test_a_shorter_branch_is_stale_and_changes_nothing(
    chain: list[bytes], tmp_path: Path
) -> None:
    add(tmp_path / "ledger", fork(7, 102, 20))
    before = Ledger.open(tmp_path / "ledger").manifest_sha256
    report = add(tmp_path / "ledger", chain)
    assert report.added == 0
    assert report.stale > 0
    assert Ledger.open(tmp_path / "ledger").manifest_sha256 == before


def test_most_work_is_chosen_whatever_the_order(
    chain: list[bytes], tmp_path: Path
) -> None:
    longer = fork(7, 102, 20)
    mixed = [*chain, *longer]
    random.Random(2).shuffle(mixed)
    report = add(tmp_path / "mixed", mixed, "mixed.dat")
    add(tmp_path / "plain", longer, "plain.dat")
    assert report.stale > 0
    assert dumped(tmp_path / "mixed") == dumped(tmp_path / "plain")


def test_a_reader_does_not_see_what_is_appended_later(
    chain: list[bytes], tmp_path: Path
) -> None:
    target = tmp_path / "ledger"
    add(target, chain[:106], "a.dat")
    reader = Ledger.open(target)
    rows = [reader.n_tx, reader.n_outputs, reader.n_addresses]
    before = b"\n".join(canonical_json(row) for row in dump(reader))
    add(target, chain[106:], "b.dat")
    late = Ledger.__new__(Ledger)
    late.__init__(target, reader._commit)  # type: ignore[misc]
    assert [late.n_tx, late.n_outputs, late.n_addresses] == rows
    assert b"\n".join(canonical_json(row) for row in dump(late)) == before
    last = chain[-1]
    coinbase, _ = read_tx(last, 81)
    assert late.find_tx(coinbase.txid) is None
    assert Ledger.open(target).find_tx(coinbase.txid) is not None


def test_an_unfinished_write_is_undone(chain: list[bytes], tmp_path: Path) -> None:
    target, copy = tmp_path / "ledger", tmp_path / "copy"
    add(target, chain[:106], "a.dat")
    committed = (target / "commit.json").read_bytes()
    add(target, chain[106:110], "b.dat")
    shutil.copytree(target, copy)
    (copy / "commit.json").write_bytes(committed)
    shutil.copytree(target / "runs", copy / "runs", dirs_exist_ok=True)
    assert Ledger.open(copy).n_blocks == 106
    add(copy, chain[106:], "c.dat")
    add(tmp_path / "whole", chain, "whole.dat")
    assert dumped(copy) == dumped(tmp_path / "whole")
    named = json.loads((copy / "commit.json").read_bytes())["files"]["runs"]
    assert sorted(p.name for p in (copy / "runs").iterdir()) == [
        name for name, *_ in named
    ]


def test_an_error_leaves_no_folder_behind(chain: list[bytes], tmp_path: Path) -> None:
    bad = bytearray(chain[0])
    bad[-1] ^= 1
    with pytest.raises(DalilError):
        add(tmp_path / "ledger", [bytes(bad)])
    assert not (tmp_path / "ledger").exists()


def test_refuses_a_folder_that_is_something_else(
    chain: list[bytes], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.odt").write_text("work of years")
    with pytest.raises(StoreError, match="holds no ledger"):
        add(tmp_path / "mine", chain)
    assert (tmp_path / "mine" / "thesis.odt").read_text() == "work of years"


def test_blocks_that_do_not_connect_are_refused(
    chain: list[bytes], tmp_path: Path
) -> None:
    add(tmp_path / "ledger", chain[:50], "a.dat")
    with pytest.raises(InputError, match="do not connect"):
        add(tmp_path / "ledger", chain[60:70], "b.dat")


def test_a_block_with_a_changed_transaction_is_left_out_and_named(
    chain: list[bytes], tmp_path: Path
) -> None:
    bad = bytearray(chain[108])
    bad[-1] ^= 1
    report = add(tmp_path / "ledger", [*chain[:108], bytes(bad), *chain[109:]])
    assert Ledger.open(tmp_path / "ledger").n_blocks == 108
    assert any("Merkle root" in note.problem for note in report.notes)


def plainly_readable(raw: bytes) -> bool:
    """The plain transaction reader's verdict on a block's bytes."""
    try:
        n_tx, at = raw[80], 81
        if n_tx >= 253 or n_tx == 0:
            return False
        for _ in range(n_tx):
            _, at = read_tx(raw, at)
    except (DalilError, IndexError):
        return False
    return at == len(raw)


def test_ten_thousand_mutations_read_as_the_plain_reader_reads_them(
    chain: list[bytes],
) -> None:
    rng, raw = random.Random(11), max(chain, key=len)
    verdicts = {True: 0, False: 0}
    for _ in range(10_000):
        mutant = bytearray(raw)
        for _ in range(rng.randint(1, 3)):
            mutant[rng.randrange(80, len(mutant))] = rng.choice(
                [0, 1, 253, 254, 255, rng.randrange(256)]
            )
        if rng.random() < 0.3:
            del mutant[rng.randrange(81, len(mutant)) :]
        size = len(mutant)
        _, fault = fill_blocks(
            np.frombuffer(mutant, np.uint8),
            np.array([[0, 80, size]]),
            BITCOIN,
            np.empty((2, 3), np.int64),
            Columns.empty(*most_rows(size)),
            np.empty(work_bytes(size), np.uint8),
        )
        readable = plainly_readable(bytes(mutant))
        if fault in {0, 3, 4, 5}:
            negative = not readable  # the plain reader also refuses negative values
            assert readable or negative
        else:
            assert not readable
        verdicts[readable] += 1
    assert min(verdicts.values()) > 100


def test_mutated_files_build_or_say_why(chain: list[bytes], tmp_path: Path) -> None:
    rng, good = random.Random(12), framed(chain[100:])
    refused = 0
    for n in range(150):
        mutant = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            mutant[rng.randrange(len(mutant))] = rng.randrange(256)
        file, target = tmp_path / f"{n}.dat", tmp_path / f"{n}"
        file.write_bytes(mutant)
        try:
            report = build_from_blocks(target, open_blocks(file))
        except DalilError:
            refused += 1
            assert not target.exists()
            continue
        ledger = Ledger.open(target)
        assert ledger.n_blocks == len(chain) - 100 or report.notes or report.detached
    assert refused < 150
