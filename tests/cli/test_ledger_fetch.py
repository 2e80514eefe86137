"""`dalil ledger fetch`: from a server to a partial ledger, and again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.networks import REGTEST
from dalil.cli import main
from dalil.ledger import Ledger
from tests.sources.hops.servers import Esplora
from tests.sources.hops.world import Town, make_town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town()


@pytest.fixture
def server(town: Town) -> Iterator[Esplora]:
    with Esplora(town.book, REGTEST) as running:
        yield running


class Ran:
    """What a command left behind."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *args: object) -> None:
        self.code = 0
        try:
            main([str(arg) for arg in args])
        except SystemExit as end:
            self.code = int(end.code or 0)
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def test_makes_a_partial_ledger_and_says_what_it_is(
    server: Esplora, town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ledger", "fetch", tmp_path / "l", "--source", server.source]
    command += ["--seed", town.start, "--hops", "3", "--max-history", "20"]
    ran = Ran(capsys, *command, "--json")
    assert ran.code == 0, ran.err
    told = ran.json
    assert told["contiguous"] is False
    assert told["n_tx"] == told["n_proven"] > 5
    assert set(told) >= {
        "chain",
        "manifest_sha256",
        "n_at_last_hop",
        "n_beyond_max_tx",
        "n_borders",
        "n_missing",
        "n_refused",
        "n_unconfirmed",
        "n_unproven",
        "notes",
    }
    assert (tmp_path / "l.cache" / "dalil-hops.json").is_file()
    assert "learns" not in ran.err, "this machine learns nothing new"
    info = Ran(capsys, "ledger", "info", tmp_path / "l", "--json").json
    assert info["manifest_sha256"] == told["manifest_sha256"]
    again = Ran(capsys, *command, "--json").json
    assert again == told
    plain = Ran(capsys, *command, "--offline")
    assert "partial: transactions around seeds" in plain.out
    assert told["manifest_sha256"] in plain.out


def test_goes_further_in_the_same_place_and_readers_keep_what_they_have(
    server: Esplora, town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ledger", "fetch", tmp_path / "l", "--source", server.source]
    command += ["--seed", town.middle]
    near = Ran(capsys, *command, "--hops", "0", "--json").json
    reader = Ledger.open(tmp_path / "l")
    (tmp_path / "l" / "cache").mkdir()
    far = Ran(capsys, *command, "--hops", "2", "--backward", "--json").json
    assert (near["n_tx"], reader.n_tx) == (1, 1)
    assert reader.txid(0) == town.middle
    assert reader.raw_tx(0) == town.book.raw(town.middle)
    assert reader.merkle_branch(0) == town.book.branch(town.middle)
    assert far["n_tx"] > 1
    assert (tmp_path / "l" / "cache").is_dir()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["l", "l.cache"]


def test_seeds_may_stand_in_a_file(
    server: Esplora, town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "seeds.txt"
    file.write_text(f"# EXERCISE\n\n {town.middle}  # passed on\n{town.start}\n")
    source = ["--source", server.source, "--hops", "1", "--json"]
    one = Ran(capsys, "ledger", "fetch", tmp_path / "a", *source, "--seeds", file).json
    command = ["ledger", "fetch", tmp_path / "b", *source]
    two = Ran(capsys, *command, "--seed", town.middle, "--seed", town.start).json
    assert one["manifest_sha256"] == two["manifest_sha256"]
    for content, code in ((b"# none\n", "usage"), (b"\xff\xfe", "bad_input")):
        file.write_bytes(content)
        ran = Ran(capsys, *command, "--seeds", file)
        assert ran.json["error"]["code"] == code
    assert Ran(capsys, *command, "--seeds", tmp_path / "no").code == 3


def test_verify_holds_it_against_its_proofs(
    server: Esplora, town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ledger", "fetch", tmp_path / "l", "--source", server.source]
    told = Ran(capsys, *command, "--seed", town.start, "--json").json
    verify = ["ledger", "verify", tmp_path / "l", "--json"]
    checks = {c["check"]: c for c in Ran(capsys, *verify).json["checks"]}
    proven = checks["Merkle proofs kept"]
    assert (proven["n"], proven["problem"]) == (told["n_proven"], None)
    (file,) = (tmp_path / "l").rglob("proofs")
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    ran = Ran(capsys, *verify)
    assert ran.code == 1
    assert "does not hold" in ran.out


def test_a_kill_between_two_renames_loses_nothing(
    server: Esplora, town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ledger", "fetch", tmp_path / "l", "--source", server.source]
    command += ["--seed", town.middle, "--json"]
    first = Ran(capsys, *command).json
    (tmp_path / "l").rename(tmp_path / ".l.old")
    assert Ran(capsys, *command).json == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["l", "l.cache"]


WRONG: list[tuple[str, list[str], int, str]] = [
    ("no source", ["--seed", "{middle}"], 2, "usage"),
    ("no seed", ["--source", "{source}"], 2, "usage"),
    ("plain http", ["--source", "esplora:http://a.example", "--seed", "x"], 2, "usage"),
    (
        "an address of another network",
        ["--source", "{source}", "--seed", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"],
        3,
        "bad_address",
    ),
    (
        "another network insisted on",
        ["--source", "{source}", "--seed", "{middle}", "--network", "mainnet"],
        3,
        "bad_source",
    ),
    (
        "offline at first",
        ["--source", "{source}", "--seed", "{middle}", "--offline"],
        3,
        "not_found",
    ),
    (
        "nobody there",
        ["--source", "esplora:http://127.0.0.1:9", "--seed", "x"],
        3,
        "bad_source",
    ),
    (
        "a pin for Esplora",
        ["--source", "{source}", "--seed", "{middle}", "--pin", "ab"],
        2,
        "usage",
    ),
    (
        "an HTTP proxy for Electrum",
        [
            "--source",
            "electrum:localhost",
            "--seed",
            "x",
            "--proxy",
            "http://localhost",
        ],
        2,
        "usage",
    ),
    (
        "a proxy that is none",
        ["--source", "{source}", "--seed", "{middle}", "--proxy", "nonsense"],
        2,
        "usage",
    ),
    (
        "SOCKS without its library, or without a proxy there",
        [
            "--source",
            "{source}",
            "--seed",
            "{middle}",
            "--proxy",
            "socks5://127.0.0.1:9",
        ],
        0,
        "usage bad_source",
    ),
]


@pytest.mark.parametrize(
    ("options", "code", "name"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    options: list[str],
    code: int,
    name: str,
    server: Esplora,
    town: Town,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [o.format(source=server.source, middle=town.middle) for o in options]
    ran = Ran(capsys, "ledger", "fetch", tmp_path / "l", *given, "--json")
    assert json.loads(ran.out)["error"]["code"] in name.split()
    assert ran.code == code or not code
    assert "Traceback" not in ran.err
    assert not (tmp_path / "l").exists()


def test_a_ledger_of_blocks_is_never_replaced(
    server: Esplora, town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town.chain.write(tmp_path / "blocks")
    Ran(capsys, "ledger", "build", tmp_path / "l", "--blocks", tmp_path / "blocks")
    before = Ledger.open(tmp_path / "l").manifest_sha256
    command = ["ledger", "fetch", tmp_path / "l", "--source", server.source]
    ran = Ran(capsys, *command, "--seed", town.middle, "--json")
    assert ran.code == 3
    assert "built from blocks" in ran.out
    assert server.asked == [], "refused before anybody was asked"
    assert Ledger.open(tmp_path / "l").manifest_sha256 == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("mine")
    command[2] = tmp_path / "mine"
    assert Ran(capsys, *command, "--seed", town.middle).code == 3
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["note.txt"]


def test_another_machine_is_told_of_once(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked through a proxy on this machine that is not there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", lambda _seconds: None)
        ran = Ran(
            capsys,
            *("ledger", "fetch", tmp_path / "l", "--seed", town.middle),
            *("--source", "esplora:https://a.example", "--rate", "1000"),
            *("--proxy", "http://127.0.0.1:9"),
        )
    assert ran.code == 3
    assert ran.err.count("a.example learns which addresses") == 1


def test_build_points_to_fetch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for source in ("esplora:https://a.example", "electrum:a.example"):
        ran = Ran(capsys, "ledger", "build", tmp_path / "l", "--source", source)
        assert ran.code == 2
        assert "dalil ledger fetch LEDGER" in ran.err
