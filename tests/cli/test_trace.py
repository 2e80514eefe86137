"""`dalil trace`: from blocks, tags and prices to what reached whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from dalil.cli.main import main
from dalil.exercise import MiniChain, Payee, Share
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"
WIRE = {
    "name",
    "direct_sat",
    "lower_sat",
    "upper_sat",
    "haircut_sat",
    "fifo_sat",
    "lifo_sat",
    "poison_sat",
}


@dataclass(frozen=True)
class World:
    """An appeal takes in 800,000; 300,000 reach a listed wallet, the rest a pool.

    The pool's deposit address is untagged, but is swept together with its
    tagged one.
    """

    ledger: Path
    tags: Path
    prices: Path
    appeal: str
    listed: str
    deposit: str
    funding: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    chain = MiniChain(seed=11)
    appeal, listed, pool = (chain.wallet(n) for n in ("appeal", "listed", "pool"))
    seed = appeal.lock()
    funding = chain.faucet.pays(seed, 800_000)
    coin = funding.made[0][0]
    assert coin is not None
    to_listed, deposit, hot = listed.lock(), pool.lock(), pool.lock()
    paid = chain.transact(
        [Share([coin], [Payee(300_000, to_listed), Payee(499_000, deposit)])]
    )
    other = chain.faucet.pays(hot, 600_000).made[0][0]
    swept = paid.made[0][1]
    assert swept is not None
    assert other is not None
    chain.transact([Share([swept, other], [Payee(1_098_000, pool.lock())])])
    chain.mine()
    folder = tmp_path_factory.mktemp("trace")
    chain.write(folder / "blocks")
    build_from_blocks(folder / "ledger", open_blocks(folder / "blocks"))
    rows = [
        "address,label,actor,concepts,source",
        f"{chain.addresses(listed)[0]},EXERCISE / تمرين,Exercise\x1b[31m Wallet,,x",
        f"{chain.addresses(pool)[1]},EXERCISE / تمرين,Exercise Pool,exchange,x",
    ]
    (folder / "tags.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    main(["tags", "import", str(folder / "tags.csv"), "--tags", str(folder / "t")])
    (folder / "prices.csv").write_text("date,USD\n1999-01-01,1\n", encoding="utf-8")
    return World(
        folder / "ledger",
        folder / "t",
        folder / "prices.csv",
        chain.addresses(appeal)[0],
        chain.addresses(listed)[0],
        chain.addresses(pool)[0],
        funding.outpoint(0),
    )


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str]:
    code: object = 0
    try:
        main(["trace", *map(str, args)])
    except SystemExit as end:
        code = end.code
    return int(str(code)), capsys.readouterr().out


def asked(capsys: pytest.CaptureFixture[str], *args: object) -> dict[str, Any]:
    code, out = run(capsys, *args, "--json")
    found: dict[str, Any] = json.loads(out)
    assert code == 0, found
    return found


def by_name(result: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {
        t["name"]: (t["direct_sat"], t["lower_sat"], t["upper_sat"])
        for t in result["targets"]
    }


def test_says_what_reached_whom(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("forward", world.ledger, "--from", world.appeal, "--tags", world.tags)
    result = asked(capsys, *where)
    assert by_name(result) == {
        "Exercise\x1b[31m Wallet": (300_000, 300_000, 300_000),
        # Met by cluster only, so nothing of it is direct.
        "Exercise Pool": (0, 499_000, 499_000),
    }
    assert all(set(target) >= WIRE for target in result["targets"])
    assert {stop["reason"] for stop in result["stops"]} == {"exchange", "target"}
    assert result["naming"]["n_border_addresses_by_cluster"] == 1
    assert result["fees"]["lower_sat"] == 1_000
    assert result["unspent"]["upper_sat"] == 0


def test_without_spreading_the_trace_goes_on_to_the_hot_wallet(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("forward", world.ledger, "--from", world.appeal, "--tags", world.tags)
    result = asked(capsys, *where, "--profile", "none")
    assert "Exercise Pool" not in by_name(result)
    assert result["unspent"]["upper_sat"] == 499_000


def test_backward_names_who_paid(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    to = f"Campaign={world.appeal}"
    result = asked(capsys, "backward", world.ledger, "--from", world.listed, "--to", to)
    assert by_name(result) == {"Campaign": (300_000, 300_000, 300_000)}


def test_seeds_may_follow_one_another_and_be_outpoints(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    result = asked(
        capsys, "forward", world.ledger, "--from", world.funding, ABSENT, world.appeal
    )
    assert (result["seeds"]["n"], result["seeds"]["total_sat"]) == (1, 800_000)
    assert result["seeds"]["absent"] == [ABSENT]


def test_an_absent_address_gives_zeros(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    result = asked(capsys, "forward", world.ledger, "--from", ABSENT)
    assert (result["seeds"]["n"], result["targets"], result["stops"]) == (0, [], [])


def test_stops_where_asked_to(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("forward", world.ledger, "--from", world.appeal)
    result = asked(capsys, *where, "--stop-at", world.deposit)
    reasons = {stop["address"]: stop["reason"] for stop in result["stops"]}
    assert reasons == {world.deposit: "requested stop"}
    result = asked(capsys, *where, "--max-hops", 1)
    assert {stop["reason"] for stop in result["stops"]} == {"hop limit"}
    result = asked(capsys, *where, "--min-value", 400_000)
    assert result["limits"]["min_value"] == 400_000
    result = asked(capsys, *where, "--until", "1970-01-02")
    assert result["seeds"]["n_outside_time_limit"] == 1


def test_a_whole_cluster_may_be_the_seed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    result = asked(
        capsys, "forward", world.ledger, "--from", world.deposit, "--whole-cluster"
    )
    assert result["seeds"]["n_addresses"] == 2
    assert result["seeds"]["total_sat"] == 499_000 + 600_000


def test_a_missing_day_says_no_price(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    args = (
        "forward",
        world.ledger,
        "--from",
        world.appeal,
        "--to",
        f"P={world.listed}",
    )
    code, out = run(capsys, *args, "--prices", world.prices)
    assert code == 0
    assert "no price for" in out
    money = asked(capsys, *args, "--prices", world.prices)["targets"][0]["money"]
    assert (money["lower"], money["currency"]) == (None, "USD")


def test_text_opens_with_the_answer_and_drives_no_terminal(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("forward", world.ledger, "--from", world.appeal, "--tags", world.tags)
    code, out = run(capsys, *where)
    assert code == 0
    assert out.startswith("0.00800000 BTC in 1 seed outputs")
    assert "exactly 0.00300000 BTC in all" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--from", ABSENT[:-1] + "3"], 3),
        (["--from", ABSENT, "--until", "yesterday"], 2),
        (["--from", ABSENT, "--to", "no address"], 2),
        (["--from", ABSENT, "--max-hops", "0"], 2),
        (["--from", "00" * 32 + ":1"], 3),
        (["--from", ABSENT, "--profile", "wild", "--whole-cluster"], 3),
        (["--from", ABSENT, "--prices", "nowhere.csv"], 3),
        (["--from", ABSENT, "--tags", "nowhere"], 3),
        ([], 2),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_explains_what_is_wrong(
    world: World, capsys: pytest.CaptureFixture[str], args: list[str], code: int
) -> None:
    ended, out = run(capsys, "forward", world.ledger, *args, "--json")
    assert ended == code
    assert set(json.loads(out)["error"]) == {"code", "message", "value"}
