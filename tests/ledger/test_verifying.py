"""`dalil ledger verify`: good ledgers pass, and every kind of damage is found by name."""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dalil.chains.bitcoin.transaction import read_tx
from dalil.cli import main
from dalil.errors import StoreError
from dalil.exercise import MiniChain
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.build_saved import build_from_saved
from dalil.ledger.layout import COLUMNS
from dalil.ledger.runs import Run
from dalil.ledger.runs.file import DTYPES, encode_header
from dalil.ledger.store.commit import Commit, RunRows
from dalil.ledger.store.merging import named_run
from dalil.ledger.verifying import Verified, verify_ledger
from dalil.sources.blockfolder import open_blocks
from dalil.sources.esplora import read_esplora
from tests.ledger.breaking import add, small_pieces
from tests.ledger.core_files import framed
from tests.ledger.naive_ledger import grow
from tests.sources.test_esplora import esplora

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`chain`: several runs, inputs from outside; `saved`: told of by an explorer."""
    folder = tmp_path_factory.mktemp("verifying")
    rng = random.Random(5)
    chain = [grow(None, rng)]
    while len(chain) < 40:
        chain.append(grow(chain[-1], rng))
    (folder / "blk.dat").write_bytes(framed(block.raw for block in chain[12:]))
    with small_pieces(5, 4):
        add(folder / "chain", folder / "blk.dat")
    _save(folder)
    for name in ("chain", "saved"):
        assert verify_ledger(folder / name).ok
    return folder


def _save(folder: Path) -> None:
    told = MiniChain(seed=6)
    a, b = told.wallet("a"), told.wallet("b", "p2pk")
    told.fund(a, 5_000_000)
    told.mine()
    for value in (1_000_000, 300_000, 200_000):
        a.pays(b, value)
    b.pays(a, 250_000)
    told.mine()
    rows, known = [], {}
    for height, raw in enumerate(told.blocks):
        at = 81
        while at < len(raw):
            tx, at = read_tx(raw, at)
            known[tx.txid] = tx
            if not tx.is_coinbase:
                rows.append(esplora(tx, known, height))
    (folder / "saved.json").write_text(json.dumps(rows))
    build_from_saved(folder / "saved", read_esplora([folder / "saved.json"]))


def copied(made: Path, name: str, tmp_path: Path) -> Path:
    shutil.copytree(made / name, tmp_path / name)
    return tmp_path / name


def problems(done: Verified) -> dict[str, str]:
    return {check.name: check.problem for check in done.checks if check.problem}


# -- what is good passes, and says what it is not ----------------------------------


def test_real_blocks_pass_whole(real_data: Path, tmp_path: Path) -> None:
    build_from_blocks(
        tmp_path / "ledger", open_blocks(real_data / "bitcoin/genesis_0_4312")
    )
    done = verify_ledger(tmp_path / "ledger")
    assert done.ok, problems(done)
    assert {check.name: check.n for check in done.checks}["blocks read again"] == 4313
    assert not any("not read again" in gap for gap in done.not_checked)


def test_a_range_of_real_blocks_passes_and_says_what_was_left(
    real_data: Path, tmp_path: Path
) -> None:
    folder = real_data / "bitcoin/range_560062_560086"
    build_from_blocks(tmp_path / "ledger", open_blocks(folder))
    done = verify_ledger(tmp_path / "ledger", n_blocks=2)
    assert done.ok, problems(done)
    assert any("23 of 25 blocks, not read again" in gap for gap in done.not_checked)


def test_runs_of_runs_and_a_taken_back_branch_pass(tmp_path: Path) -> None:
    rng = random.Random(8)
    trunk = [grow(None, rng)]
    while len(trunk) < 25:
        trunk.append(grow(trunk[-1], rng))
    fork = trunk[:9]
    while len(fork) < 31:
        fork.append(grow(fork[-1], rng))
    with small_pieces(2, 2, 3):
        for n, chain in enumerate((trunk, fork)):
            file = tmp_path / f"{n}.dat"
            file.write_bytes(framed(block.raw for block in chain))
            add(tmp_path / "ledger", file)
            done = verify_ledger(tmp_path / "ledger")
            assert done.ok, problems(done)


def test_told_transactions_pass_and_their_word_is_named(made: Path) -> None:
    done = verify_ledger(made / "saved")
    gaps = " ".join(done.not_checked)
    assert "source's word" in gaps
    assert "inputs from outside" in gaps
    assert {check.name: check.n for check in done.checks}["blocks read again"] > 0


# -- bytes that are not what was written ---------------------------------------------


def flip(file: Path, at: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        byte = opened.read(1)[0]
        opened.seek(at)
        opened.write(bytes([byte ^ 0x10]))


@pytest.mark.parametrize("name", COLUMNS)
def test_one_bit_of_a_column_is_found_by_its_name(
    name: str, made: Path, tmp_path: Path
) -> None:
    ledger = copied(made, "chain", tmp_path)
    file = Commit.load(ledger).files(ledger, name)[0]
    flip(file, random.Random(name).randrange(file.stat().st_size))
    done = verify_ledger(ledger, n_blocks=0)
    assert list(problems(done)) == ["chunks hashed"]
    assert f"column {name}, chunk 0" in problems(done)["chunks hashed"]
    assert any(check.skipped for check in done.checks)


def test_all_changed_columns_are_named(made: Path, tmp_path: Path) -> None:
    ledger = copied(made, "chain", tmp_path)
    commit = Commit.load(ledger)
    one, other = (commit.files(ledger, f"tx.{n}")[0] for n in ("version", "locktime"))
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    told = problems(verify_ledger(ledger))["chunks hashed"]
    assert "column tx.version" in told
    assert "column tx.locktime" in told


@pytest.mark.parametrize("section", DTYPES)
def test_one_bit_of_a_run_is_found_by_its_section(
    section: str, made: Path, tmp_path: Path
) -> None:
    for name in ("chain", "saved"):
        ledger = copied(made, name, tmp_path)
        for run in Ledger.open(ledger).runs.runs:
            place = run.places[section]
            if place.size:
                flip(run.path, place.offset + place.size // 2)
                told = problems(verify_ledger(ledger))
                assert f"{section} of a run" in told["runs hashed"]
                assert str(run.path) in told["runs hashed"]
                return
    pytest.fail(f"no run has {section}")


# -- columns that were forged, manifest and all -----------------------------------------


def forge(ledger: Path, name: str, change: Callable[[NDArray[Any]], object]) -> None:
    """Change a column, and the manifest's hash of it with it."""
    commit = Commit.load(ledger)
    column, file = COLUMNS[name], commit.files(ledger, name)[0]
    rows = np.frombuffer(file.read_bytes(), column.dtype).copy()
    change(rows.reshape(column.shape(commit.n_rows(name))))
    file.write_bytes(rows.tobytes())
    digest = sha256(rows.tobytes()).hexdigest()
    commit.manifest["columns"][name]["chunks"] = [digest]
    commit.save(ledger)


def put(index: Any, value: int) -> Callable[[NDArray[Any]], None]:
    def change(rows: NDArray[Any]) -> None:
        rows[index] = value

    return change


def add_to(index: Any, by: int) -> Callable[[NDArray[Any]], None]:
    def change(rows: NDArray[Any]) -> None:
        rows[index] += np.asarray(by).astype(rows.dtype)

    return change


def swap(rows: NDArray[Any]) -> None:
    """Exchange two rows that differ, as late as can be."""
    for k in range(rows.shape[0] - 1, 0, -1):
        if np.any(rows[k] != rows[k - 1]):
            rows[[k - 1, k]] = rows[[k, k - 1]]
            return


def earlier(rows: NDArray[Any]) -> None:
    """Let what a block added count for the block before, once."""
    rows[np.flatnonzero(np.diff(rows[:-1]))[0] + 1] -= 1


def later(rows: NDArray[Any]) -> None:
    """Let the first input that spends inside spend the last output spent."""
    rows[np.flatnonzero(rows >= 0)[0]] = rows.max()


@dataclass(frozen=True)
class Forged:
    why: str
    column: str
    change: Callable[[NDArray[Any]], object]
    check: str
    ledger: str = "chain"


READ = "blocks read again"
FORGED = [
    Forged("a block one higher", "block.height", add_to(3, 1), "rows in order"),
    Forged(
        "a block at another time",
        "block.time",
        add_to(3, 1),
        "headers linked, with work",
    ),
    Forged(
        "a block by another hash",
        "block.hash",
        add_to((3, 0), 1),
        "headers linked, with work",
    ),
    Forged("a tip by another hash", "block.hash", add_to((-1, 0), 1), "rows in order"),
    Forged(
        "a header on another block",
        "block.header",
        add_to((3, 9), 1),
        "headers linked, with work",
    ),
    Forged("two headers exchanged", "block.header", swap, "headers linked, with work"),
    Forged(
        "a header without work",
        "block.header",
        add_to((0, 76), 1),
        "headers linked, with work",
    ),
    Forged(
        "a tx moved to the next block",
        "block.first_tx",
        add_to(4, -1),
        "Merkle roots of txids",
    ),
    Forged("blocks that go back", "block.first_tx", put(4, 0), "rows in order"),
    Forged(
        "addresses seen earlier",
        "block.first_address",
        earlier,
        "addresses as they appear",
    ),
    Forged(
        "an input told earlier",
        "block.first_outside",
        earlier,
        "addresses as they appear",
    ),
    Forged(
        "a script seen earlier",
        "block.first_script",
        earlier,
        "addresses as they appear",
    ),
    Forged("another txid", "tx.txid", add_to((7, 3), 1), "Merkle roots of txids"),
    Forged("two txids exchanged", "tx.txid", swap, "Merkle roots of txids"),
    Forged("another version", "tx.version", add_to(5, 1), READ),
    Forged("another lock time", "tx.locktime", add_to(5, 1), READ),
    Forged("an input moved to the next tx", "tx.first_input", add_to(-2, -1), READ),
    Forged(
        "inputs beyond the table", "tx.first_input", put(-1, 10**9), "rows in order"
    ),
    Forged("an output moved to the next tx", "tx.first_output", add_to(-2, -1), READ),
    Forged("outputs that go back", "tx.first_output", put(6, -5), "rows in order"),
    Forged("two spends exchanged", "input.spends", swap, "spends told both ways"),
    Forged("a spend of no output", "input.spends", put(-1, 10**9), "rows in order"),
    Forged(
        "a spend of what comes later",
        "input.spends",
        later,
        "inputs spend what was there",
    ),
    Forged(
        "a spend hidden outside",
        "input.spends",
        put(-1, -1),
        "inputs spend what was there",
    ),
    Forged("another sequence", "input.sequence", add_to(2, 1), READ),
    Forged("another value", "output.value", add_to(5, 1), READ),
    Forged(
        "two addresses exchanged", "output.address", swap, "rows in their histories"
    ),
    Forged("an address that is none", "output.address", put(0, 10**8), "rows in order"),
    Forged(
        "another output type",
        "output.type",
        put(slice(None), 2),
        "scripts and their addresses",
    ),
    Forged(
        "an input told that is none",
        "outside.input",
        add_to(0, -1),
        "inputs spend what was there",
    ),
    Forged("another outpoint told", "outside.outpoint", add_to((0, 5), 1), READ),
    Forged(
        "another address told",
        "outside.address",
        put(0, 1),
        "rows in their histories",
        "saved",
    ),
    Forged(
        "another type told", "outside.type", put(0, 2), "scripts and their addresses"
    ),
    Forged(
        "another address type", "address.type", put(0, 5), "txids and addresses found"
    ),
    Forged(
        "another address key",
        "address.key",
        add_to((0, 0), 1),
        "txids and addresses found",
    ),
    Forged(
        "two addresses' keys exchanged",
        "address.key",
        swap,
        "txids and addresses found",
    ),
    Forged(
        "a script of another address",
        "script.address",
        add_to(0, 1),
        "scripts and their addresses",
    ),
    Forged(
        "another script",
        "script.bytes",
        add_to((0, 5), 1),
        "scripts and their addresses",
    ),
    Forged(
        "a longer script",
        "script.bytes",
        add_to((0, 0), 1),
        "scripts and their addresses",
    ),
    Forged(
        "a script behind its end",
        "script.bytes",
        put((0, 67), 1),
        "scripts and their addresses",
    ),
]


@pytest.mark.parametrize("case", FORGED, ids=lambda case: case.why)
def test_a_forged_column_is_found_though_its_hash_was_forged_too(
    case: Forged, made: Path, tmp_path: Path
) -> None:
    ledger = copied(made, case.ledger, tmp_path)
    shutil.copy(made / "blk.dat", tmp_path)
    forge(ledger, case.column, case.change)
    done = verify_ledger(ledger)
    assert case.check in problems(done), problems(done)
    assert "chunks hashed" not in problems(done)


def test_every_column_has_a_forged_case_but_told_values() -> None:
    assert set(COLUMNS) - {case.column for case in FORGED} == {"outside.value"}


# -- runs that were forged, hashes and all -------------------------------------------------


def forge_run(
    ledger: Path, section: str, change: Callable[[NDArray[Any]], object]
) -> None:
    """Change a section of the last run that has some, its header, and the commit."""
    commit = Commit.load(ledger)
    for k, told in reversed(list(enumerate(commit.runs))):
        path = ledger / "runs" / told.name
        run = Run.open(path)
        place, (dtype, width) = run.places[section], DTYPES[section]
        raw = bytearray(path.read_bytes())
        part = slice(place.offset, place.offset + place.size)
        rows = np.frombuffer(raw[part], dtype).reshape(-1, width).copy()
        before = rows.copy()
        change(rows if width > 1 else rows.reshape(-1))
        if np.array_equal(rows, before):
            continue
        raw[part] = rows.tobytes()
        hashes = run.hashes | {section: sha256(raw[part]).hexdigest()}
        header = encode_header(run.rows, run.counts, hashes)
        raw[: len(header)] = header
        path.write_bytes(raw)
        commit.runs[k] = named_run(path, told.rows)
        commit.save(ledger)
        return
    pytest.fail(f"no run has {section} to change")


def respend(rows: NDArray[Any]) -> None:
    """Give a spent output another spender of the same run, and forget that one."""
    spent = np.flatnonzero(rows.reshape(-1) >= 0)
    if spent.size > 1:
        flat = rows.reshape(-1)
        flat[[spent[0], spent[-1]]] = flat[[spent[-1], spent[0]]]


def swap_spenders(rows: NDArray[Any]) -> None:
    if rows.shape[0] > 1:
        rows[[0, -1], 1] = rows[[-1, 0], 1]


def swap_marked_rows(rows: NDArray[Any]) -> None:
    if rows.shape[0] > 1:
        low = rows[:, 1] & np.uint64(0xFFFF_FFFF)
        rows[:2, 1] ^= low[:2] ^ low[1::-1][:2]


def forget(rows: NDArray[Any]) -> None:
    spent = np.flatnonzero(rows >= 0)
    if spent.size:
        rows[spent[0]] = -1


def another(rows: NDArray[Any]) -> None:
    """Let a history begin with an earlier row than it does."""
    if rows.size and rows[0] > 0:
        rows[0] -= 1


def empty(rows: NDArray[Any]) -> None:
    """Let a sieve say that nothing is there."""
    rows[:] = 0


@pytest.mark.parametrize(
    ("section", "change", "check"),
    [
        pytest.param(
            "spent.own", respend, "spends told both ways", id="wrong-spenders"
        ),
        pytest.param("spent.own", forget, "spends told both ways", id="a-spend-hidden"),
        pytest.param("spent.older", swap_spenders, "spends told both ways", id="older"),
        pytest.param(
            "history.rows", another, "rows in their histories", id="wrong-row"
        ),
        pytest.param(
            "history.older", another, "rows in their histories", id="wrong-owner"
        ),
        pytest.param(
            "tx.entries", swap_marked_rows, "txids and addresses found", id="wrong-txid"
        ),
        pytest.param(
            "address.entries",
            swap_marked_rows,
            "txids and addresses found",
            id="wrong-address",
        ),
        pytest.param("tx.sieve", empty, "runs hashed", id="a-txid-that-joins-miss"),
        pytest.param("address.sieve", empty, "runs hashed", id="an-address-they-miss"),
    ],
)
def test_a_forged_run_is_found_though_its_hashes_were_forged_too(
    section: str,
    change: Callable[[NDArray[Any]], object],
    check: str,
    made: Path,
    tmp_path: Path,
) -> None:
    ledger = copied(made, "chain", tmp_path)
    shutil.copy(made / "blk.dat", tmp_path)
    forge_run(ledger, section, change)
    told = problems(verify_ledger(ledger))
    assert check in told, told


# -- what lies under it -----------------------------------------------------------------------


def test_a_block_changed_under_the_ledger_is_found(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, ledger = tmp_path / "blk.dat", tmp_path / "ledger"
    shutil.copy(made / "blk.dat", file)
    add(ledger, file)
    assert run(capsys, ledger, "--whole") == (0, {})
    flip(file, 8 + 4)  # the first block's header names another parent
    assert "holds another block" in run(capsys, ledger, "--whole")[1][READ]
    flip(file, 8 + 4)
    flip(file, file.stat().st_size - 1)  # the last block's last lock time
    assert "holds other bytes" in run(capsys, ledger, "--whole")[1][READ]
    os.truncate(file, file.stat().st_size // 2)
    assert "shorter" in run(capsys, ledger, "--whole")[1][READ]
    file.unlink()
    code, told = run(capsys, ledger, "--whole")
    assert code == 1
    assert "put it back" in told[READ]
    assert run(capsys, ledger, "--sample", "0") == (0, {})


def run(
    capsys: pytest.CaptureFixture[str], ledger: Path, *options: str
) -> tuple[int, dict[str, str]]:
    """Exit code, and the problems that the command's JSON tells."""
    code = 0
    try:
        main(["ledger", "verify", str(ledger), *options, "--json"])
    except SystemExit as end:
        code = int(end.code or 0)
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] == (code == 0)
    assert told["not_checked"]
    checks = told["checks"]
    return code, {each["check"]: each["problem"] for each in checks if each["problem"]}


def test_the_command_says_in_words_what_is_wrong_and_what_was_not_looked_at(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = copied(made, "chain", tmp_path)
    flip(Commit.load(ledger).files(ledger, "output.value")[0], 3)
    with pytest.raises(SystemExit) as end:
        main(["ledger", "verify", str(ledger)])
    assert end.value.code == 1
    said = capsys.readouterr().out
    assert "column output.value, chunk 0, is not what the manifest says" in said
    assert "not made" in said
    assert "not checked:" in said


def test_a_place_that_is_damaged_is_told_and_leads_nowhere(
    made: Path, tmp_path: Path
) -> None:
    ledger = copied(made, "chain", tmp_path)
    file = ledger / "columns/raw.place/000000.1"
    for value in (b"\xff" * 16, b"\x00\x00\x00\x00\xff\xff\xff\xff" + bytes(8)):
        file.write_bytes(value + file.read_bytes()[16:])
        told = problems(verify_ledger(ledger))
        assert "is damaged" in told[READ]


def test_a_run_that_is_named_but_not_itself_is_refused(
    made: Path, tmp_path: Path
) -> None:
    ledger = copied(made, "chain", tmp_path)
    commit = Commit.load(ledger)
    commit.runs[0] = replace(commit.runs[0], sha256="0" * 64)
    assert isinstance(commit.runs[0], RunRows)
    commit.save(ledger)
    with pytest.raises(StoreError, match="another than"):
        verify_ledger(ledger)
