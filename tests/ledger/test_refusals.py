"""What a ledger's folder may hold that is refused: with a reason, and left as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.networks import network_by_name
from dalil.cli import main
from dalil.errors import StoreError
from dalil.ledger import Ledger
from dalil.ledger.accounts.layout import FORMAT as ACCOUNTS
from dalil.ledger.build import build_from_blocks
from dalil.ledger.layout import CHUNK_BYTES
from dalil.ledger.store.commit import Commit
from dalil.ledger.store.opening import writing
from dalil.sources.blockfolder import open_blocks
from tests.ledger.breaking import add, in_child, scenes, small_pieces
from tests.ledger.core_files import framed
from tests.ledger.test_build import play

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).resolve().parents[2]
Told = tuple[int, dict[str, Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of several runs, blocks to add, and another ledger."""
    folder = tmp_path_factory.mktemp("refusals")
    with small_pieces():
        scenes(folder)
        add(folder / "twin", folder / "half.dat")
    return folder


def command(capsys: pytest.CaptureFixture[str], *args: object) -> Told:
    """Exit code and the error on stdout; nothing else of it is a traceback."""
    code = 0
    try:
        main([str(arg) for arg in args])
    except SystemExit as end:
        code = int(end.code or 0)
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, json.loads(said.out).get("error")


def bytes_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder: what it holds, and when it last changed."""
    files = [folder] if folder.is_file() else folder.rglob("*")
    return {
        str(file): (file.read_bytes()[:CHUNK_BYTES], file.stat().st_mtime_ns)
        for file in files
        if file.is_file()
    }


def edit(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change what `commit.json` says."""

    def do(ledger: Path) -> None:
        file = ledger / "commit.json"
        content = json.loads(file.read_bytes())
        change(content)
        file.write_text(json.dumps(content))

    return do


def replaced(content: bytes) -> Callable[[Path], None]:
    def do(ledger: Path) -> None:
        (ledger / "commit.json").write_bytes(content)

    return do


def columns(content: dict[str, Any]) -> dict[str, Any]:
    told = content["manifest"]["columns"]
    assert isinstance(told, dict)
    return told


def files(content: dict[str, Any]) -> dict[str, Any]:
    told = content["files"]
    assert isinstance(told, dict)
    return told


def of_run(k: int, value: object, at: int) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        files(content)["runs"][k][at] = value

    return change


def rows_of_run(k: int, table: str, by: int) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        files(content)["runs"][k][1][table][1] += by

    return change


def one(ledger: Path, pattern: str) -> Path:
    return sorted(ledger.glob(pattern))[0]


def shorten(pattern: str, by: int) -> Callable[[Path], None]:
    def do(ledger: Path) -> None:
        file = one(ledger, pattern)
        os.truncate(file, max(0, file.stat().st_size - by))

    return do


def swap_runs(ledger: Path) -> None:
    a, b = sorted(ledger.glob("runs/*"))[:2]
    first = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(first)


def run_of_twin(ledger: Path) -> None:
    """A run of the same rows, bit for bit as good, of a ledger with another seed."""
    twin = ledger.with_name("twin")
    theirs = json.loads((twin / "commit.json").read_bytes())["files"]["runs"]
    ours = json.loads((ledger / "commit.json").read_bytes())["files"]["runs"]
    assert ours[0][:2] == theirs[0][:2]
    shutil.copy(twin / "runs" / theirs[0][0], ledger / "runs" / ours[0][0])


def alter_run(at: int, to: bytes) -> Callable[[Path], None]:
    def do(ledger: Path) -> None:
        with one(ledger, "runs/*").open("r+b") as file:
            file.seek(at)
            file.write(to)

    return do


def sparse_commit(ledger: Path) -> None:
    os.truncate(ledger / "commit.json", (1 << 28) + 1)


def folder_as_commit(ledger: Path) -> None:
    (ledger / "commit.json").unlink()
    (ledger / "commit.json").mkdir()


def older_format(ledger: Path) -> None:
    (ledger / "commit.json").unlink()
    (ledger / "current").write_text("3\n")


@dataclass(frozen=True)
class Case:
    why: str
    damage: Callable[[Path], object]
    says: str


DAMAGED = "commit is damaged"
CASES = [
    Case("an empty commit", replaced(b""), DAMAGED),
    Case("half a commit", shorten("commit.json", 100), DAMAGED),
    Case("a commit that is no JSON", replaced(b"\x00" * 512), DAMAGED),
    Case("a commit that is not UTF-8", replaced(b'{"format": "\xff\xfe"}'), DAMAGED),
    Case("a commit nested too deep", replaced(b"[" * 300_000), DAMAGED),
    Case(
        "a commit nested too deep inside",
        replaced(b'{"format":"dalil-ledger/2","manifest":' + b'{"a":' * 200_000),
        DAMAGED,
    ),
    Case("a commit that is a list", replaced(b"[1, 2]"), "this Dalil reads"),
    Case("a commit that is null", replaced(b"null"), "this Dalil reads"),
    Case("a number of a million digits", replaced(b"9" * 1_000_000), DAMAGED),
    Case("a commit of more than 256 MB", sparse_commit, "too large"),
    Case("a folder in the commit's place", folder_as_commit, "no plain file"),
    Case("a newer format", edit(lambda c: c.update(format="dalil-ledger/3")), "/3"),
    Case("an older format", older_format, "older format"),
    Case("no manifest", edit(lambda c: c.pop("manifest")), DAMAGED),
    Case("no files", edit(lambda c: c.pop("files")), DAMAGED),
    Case("no tip", edit(lambda c: c["manifest"].pop("tip")), DAMAGED),
    Case(
        "a chain that is a number",
        edit(lambda c: c["manifest"].update(chain=1)),
        DAMAGED,
    ),
    Case(
        "a chain nobody knows",
        edit(lambda c: c["manifest"].update(chain="bip122:00")),
        "bip122:00",
    ),
    Case(
        "chunks of another size",
        edit(lambda c: c["manifest"].update(chunk_bytes=1 << 20)),
        "another format",
    ),
    Case(
        "a foreign column",
        edit(lambda c: columns(c).update({"tx.colour": columns(c)["tx.version"]})),
        "foreign column: tx.colour",
    ),
    Case(
        "a missing column",
        edit(lambda c: columns(c).pop("tx.txid")),
        "lacks a column: tx.txid",
    ),
    Case(
        "a wrong element type",
        edit(lambda c: columns(c)["output.value"].update(dtype="<f8")),
        "another element type: output.value",
    ),
    Case(
        "a wrong width",
        edit(lambda c: columns(c)["tx.txid"].update(width=20)),
        "another element type: tx.txid",
    ),
    Case(
        "more rows than the table has",
        edit(lambda c: columns(c)["tx.version"].update(rows=10**6)),
        "column has other rows than its table: tx.version",
    ),
    Case(
        "more rows than there are bytes on earth",
        edit(lambda c: columns(c)["tx.txid"].update(rows=1 << 62)),
        "lacks hashes",
    ),
    Case(
        "rows beyond 64 bits",
        edit(lambda c: columns(c)["tx.txid"].update(rows=1 << 80)),
        DAMAGED,
    ),
    Case(
        "fewer rows than none",
        edit(lambda c: columns(c)["tx.txid"].update(rows=-1)),
        DAMAGED,
    ),
    Case(
        "rows that are no whole number",
        edit(lambda c: columns(c)["tx.txid"].update(rows=5.0)),
        DAMAGED,
    ),
    Case(
        "rows that are words",
        edit(lambda c: columns(c)["tx.txid"].update(rows="5")),
        DAMAGED,
    ),
    Case(
        "a column without hashes",
        edit(lambda c: columns(c)["tx.txid"].update(chunks=[])),
        "lacks hashes",
    ),
    Case(
        "a hash that is none",
        edit(lambda c: columns(c)["tx.txid"].update(chunks=["../" * 21 + "a"])),
        "lacks hashes",
    ),
    Case(
        "a chunk in no edition",
        edit(lambda c: files(c)["editions"].update({"tx.txid": []})),
        "other chunks",
    ),
    Case(
        "an edition that is a path",
        edit(lambda c: files(c)["editions"].update({"tx.txid": ["../../x"]})),
        DAMAGED,
    ),
    Case(
        "an edition that was never made",
        edit(lambda c: files(c)["editions"].update({"tx.txid": [99]})),
        "tx.txid lacks a file",
    ),
    Case(
        "editions of no column",
        edit(lambda c: files(c)["editions"].update({"../..": [1]})),
        DAMAGED,
    ),
    Case(
        "a run's name with ../", edit(of_run(0, "../00000000001.run", 0)), "elsewhere"
    ),
    Case("a run's name from the root", edit(of_run(0, "/etc/1.run", 0)), "elsewhere"),
    Case("a run's name that is a number", edit(of_run(0, 5, 0)), DAMAGED),
    Case("a run without hash", edit(of_run(0, "", 2)), DAMAGED),
    Case("a run with another's hash", edit(of_run(0, "0" * 64, 2)), "another than"),
    Case("a run's rows in words", edit(of_run(0, "all", 1)), DAMAGED),
    Case(
        "a run that ends late",
        edit(rows_of_run(0, "tx", 1)),
        "does not follow the one before",
    ),
    Case(
        "a last run that ends beyond the tables",
        edit(rows_of_run(-1, "tx", 1)),
        "do not end where its tables do",
    ),
    Case(
        "a lacking run",
        edit(lambda c: files(c)["runs"].pop()),
        "do not end where its tables do",
    ),
    Case("no runs", edit(lambda c: files(c)["runs"].clear()), "do not end"),
    Case(
        "a run named twice",
        edit(lambda c: files(c)["runs"].append(files(c)["runs"][0])),
        "does not follow",
    ),
    Case(
        "a block file's path with ../",
        edit(lambda c: files(c).update(block_files=["blocks/../../secret"])),
        "leads elsewhere",
    ),
    Case(
        "a block file that is a number",
        edit(lambda c: files(c).update(block_files=[7])),
        DAMAGED,
    ),
    Case("a seed too long", edit(lambda c: files(c).update(seed="f" * 17)), DAMAGED),
    Case("a seed below zero", edit(lambda c: files(c).update(seed="-1")), DAMAGED),
    Case("a seed that is none", edit(lambda c: files(c).update(seed="seed")), DAMAGED),
    Case(
        "a commit number below zero",
        edit(lambda c: files(c).update(number=-1)),
        DAMAGED,
    ),
    Case(
        "a column cut short",
        shorten("columns/tx.txid/*", 1),
        "tx.txid is shorter",
    ),
    Case(
        "a column's file missing",
        lambda ledger: one(ledger, "columns/output.value/*").unlink(),
        "output.value lacks a file",
    ),
    Case(
        "a column's folder missing",
        lambda ledger: shutil.rmtree(ledger / "columns/input.spends"),
        "input.spends lacks a file",
    ),
    Case(
        "a run missing",
        lambda ledger: one(ledger, "runs/*").unlink(),
        "a run of the ledger cannot be read",
    ),
    Case("a run cut short", shorten("runs/*", 1), "cut short"),
    Case("a run cut to nothing", shorten("runs/*", 10**9), "cannot be read"),
    Case("a run that is another file", alter_run(0, b"PK\3\4"), "no run of a ledger"),
    Case("a run of a newer format", alter_run(8, b"\3"), "format 2 are read"),
    Case("a run of the format before", alter_run(8, b"\1"), "this one is: 1"),
    Case("a run with another header", alter_run(40, b"\xff" * 9), "header of a run"),
    Case("two runs in each other's place", swap_runs, "other rows"),
    Case("a run of the same rows of another ledger", run_of_twin, "another than"),
]


def test_a_ledger_of_accounts_is_called_one(made: Path, tmp_path: Path) -> None:
    said = "this is a ledger of accounts; this command reads ledgers of outputs"
    ledger = tmp_path / "ledger"
    shutil.copytree(made / "half", ledger)
    edit(lambda c: c.update(format=ACCOUNTS))(ledger)
    with pytest.raises(StoreError, match=f"{said}: {ACCOUNTS}"):
        Commit.load(ledger)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_a_damaged_ledger_is_refused_and_left_as_it_is(
    case: Case, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger"
    shutil.copytree(made / "half", ledger)
    shutil.copytree(made / "twin", tmp_path / "twin")
    case.damage(ledger)
    before = bytes_of(ledger)
    reading = command(capsys, "ledger", "info", ledger, "--json")
    blocks = made / "trunk.dat"
    adding = command(capsys, "ledger", "build", ledger, "--blocks", blocks, "--json")
    checking = command(capsys, "ledger", "verify", ledger, "--json")
    for code, error in (reading, adding, checking):
        assert code == 3
        assert error["code"] in {"bad_store", "bad_input"}
        assert case.says in f"{error['message']}: {error['value']}"
    assert bytes_of(ledger) == before


# -- where there is no ledger, or not this one ---------------------------------


def test_another_chains_blocks_are_refused(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, blocks = tmp_path / "ledger", made / "trunk.dat"
    shutil.copytree(made / "half", ledger)
    mainnet = network_by_name("mainnet").caip2
    edit(lambda c: c["manifest"].update(chain=mainnet))(ledger)
    before = bytes_of(ledger)
    told = command(capsys, "ledger", "build", ledger, "--blocks", blocks, "--json")
    assert (told[0], told[1]["code"]) == (3, "bad_input")
    assert "these blocks are regtest's" in told[1]["message"]
    assert bytes_of(ledger) == before


def test_a_ledger_not_built_from_blocks_is_not_added_to(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, blocks = tmp_path / "ledger", made / "trunk.dat"
    shutil.copytree(made / "half", ledger)
    edit(lambda c: c["manifest"].update(source="transactions"))(ledger)
    before = bytes_of(ledger)
    told = command(capsys, "ledger", "build", ledger, "--blocks", blocks, "--json")
    assert "not built from blocks" in told[1]["message"]
    assert bytes_of(ledger) == before


def test_a_file_in_a_ledgers_place_is_refused(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger"
    ledger.write_text("a letter")
    blocks = made / "half.dat"
    for args in (("info", ledger), ("build", ledger, "--blocks", blocks)):
        code, error = command(capsys, "ledger", *args, "--json")
        assert (code, error["code"]) == (3, "bad_store")
    below = command(
        capsys, "ledger", "build", ledger / "x", "--blocks", blocks, "--json"
    )
    assert below[0] == 3
    assert ledger.read_text() == "a letter"


def test_a_second_writer_is_refused_and_the_first_goes_on(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger"
    shutil.copytree(made / "half", ledger)
    with writing(ledger):
        before = bytes_of(ledger)
        code, error = command(
            capsys, "ledger", "build", ledger, "--blocks", made / "trunk.dat", "--json"
        )
        assert (code, error["code"]) == (3, "bad_store")
        assert "another process is writing" in error["message"]
        assert bytes_of(ledger) == before
        assert command(capsys, "ledger", "info", ledger, "--json")[0] == 0
    add(ledger, made / "trunk.dat")


def test_a_lock_whose_folder_is_gone_holds_nothing(tmp_path: Path) -> None:
    """A first build that fails takes its folder with it, under a waiting second one."""

    def fail() -> None:
        with writing(tmp_path / "ledger"):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not (tmp_path / "ledger").exists()
    with writing(tmp_path / "ledger"):
        (tmp_path / "ledger/lock").unlink()
        (tmp_path / "ledger/lock").touch()
        with writing(tmp_path / "ledger"):
            pass


@pytest.fixture
def read_only(tmp_path: Path) -> list[str]:
    """A command before a command: a namespace in which a folder is read-only."""
    program = shutil.which("unshare")
    place = tmp_path / "place"
    place.mkdir()
    mount = f"mount -t tmpfs none {place} && cp -r {{0}} {place}/ledger && "
    probe = [program or "", "-rm", "sh", "-c", f"mount -t tmpfs none {place}"]
    if (
        not program
        or subprocess.run(probe, capture_output=True, check=False).returncode
    ):
        pytest.skip("no user namespaces: no read-only folder")
    return [program, "-rm", "sh", "-c", mount + f"mount -o remount,ro {place} && {{1}}"]


def test_a_read_only_ledger_is_read_and_not_written_to(
    read_only: list[str], made: Path, tmp_path: Path
) -> None:
    ledger, blocks = tmp_path / "place/ledger", made / "trunk.dat"
    dalil = f"{sys.executable} -m dalil.cli ledger"
    script = (
        f"{dalil} info {ledger} && "
        f"{dalil} build {ledger} --blocks {blocks}; echo $?; "
        f"{dalil} build {tmp_path}/place/new --blocks {blocks}; echo $?"
    )
    *before, last = read_only
    done = subprocess.run(
        [*before, last.format(made / "half", script)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "n_blocks" in done.stdout
    assert done.stdout.split()[-2:] == ["3", "3"]
    assert done.stderr.count("read-only") == 2
    assert "Traceback" not in done.stderr


def test_two_first_builds_at_once_leave_one_whole_ledger(tmp_path: Path) -> None:
    file = tmp_path / "blk.dat"
    file.write_bytes(framed(play(1, 1, 3)))

    def build() -> None:
        build_from_blocks(tmp_path / "ledger", open_blocks(file))

    build_from_blocks(tmp_path / "warm", open_blocks(file))
    with ThreadPoolExecutor(3) as threads:
        codes = list(threads.map(lambda _: in_child(build), range(6)))
    assert 0 in codes
    assert identity(tmp_path / "ledger") == identity(tmp_path / "warm")


def identity(ledger: Path) -> str:
    return Ledger.open(ledger).manifest_sha256
