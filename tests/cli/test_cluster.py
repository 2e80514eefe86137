"""`dalil cluster`: from a chain of paying wallets to clusters and their reasons."""

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

    from dalil.exercise.locks import Lock
    from dalil.exercise.signing import Coin

ABSENT = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"


@dataclass(frozen=True)
class World:
    """Alice spends a with b, then b with c; strangers mix d, e, f, g, h."""

    ledger: Path
    alice: list[str]
    strangers: list[str]
    txids: list[str]
    mix: str


def paid_to(chain: MiniChain, lock: Lock, value: int) -> Coin:
    """A coin from the faucet."""
    coin = chain.faucet.pays(lock, value).made[0][0]
    assert coin is not None
    return coin


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    chain = MiniChain(seed=7)
    alice, shop = chain.wallet("alice"), chain.wallet("shop")
    a, b, c = (alice.lock() for _ in range(3))
    coins = [paid_to(chain, lock, 400_000) for lock in (a, b, b, c)]
    first = chain.transact([Share([coins[0], coins[1]], [Payee(790_000, shop.lock())])])
    second = chain.transact(
        [Share([coins[2], coins[3]], [Payee(790_000, shop.lock())])]
    )
    shares = []
    mixers = [chain.wallet(f"mixer {k}") for k in range(5)]
    for mixer in mixers:
        coin = paid_to(chain, mixer.lock(), 1_000_500)
        shares.append(Share([coin], [Payee(1_000_000, mixer.lock())]))
    mix = chain.transact(shares)
    chain.mine()
    folder = tmp_path_factory.mktemp("world")
    chain.write(folder / "blocks")
    build_from_blocks(folder / "ledger", open_blocks(folder / "blocks"))
    return World(
        folder / "ledger",
        chain.addresses(alice)[:3],
        [chain.addresses(mixer)[0] for mixer in mixers],
        [first.id, second.id],
        mix.id,
    )


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, dict[str, Any]]:
    code: object = 0
    try:
        main(["cluster", *args, "--json"])
    except SystemExit as end:
        code = end.code
    return int(str(code)), json.loads(capsys.readouterr().out)


def test_shows_a_cluster_by_its_first_member(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    code, result = run(capsys, "show", str(world.ledger), world.alice[2])
    assert code == 0
    assert result["cluster"] == world.alice[0]
    assert result["n_addresses"] == 3
    assert result["n_bridges"] == 2
    assert result["received_sat"] == 1_600_000
    assert result["contested"] is False
    assert result["tags"] == []
    parts = {
        (link["n_parts"], link["n_addresses_second"]) for link in result["weak_links"]
    }
    assert parts <= {(2, 1)}


def test_says_why_two_addresses_share_a_cluster(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b, c = world.alice
    code, result = run(capsys, "why", str(world.ledger), a, c)
    assert code == 0
    assert result["same_cluster"] is True
    assert result["links"] == [
        {"txid": world.txids[0], "rule": "co-spend", "from": a, "to": b},
        {"txid": world.txids[1], "rule": "co-spend", "from": b, "to": c},
    ]
    assert result["holds_under"] == ["strict", "default", "broad"]


def test_a_mix_joins_nobody(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = world.strangers[:2]
    _, result = run(capsys, "why", str(world.ledger), one, other)
    assert result["same_cluster"] is False
    assert result["links"] == result["holds_under"] == []
    main(["ledger", "tx", str(world.ledger), world.mix, "--json"])
    assert json.loads(capsys.readouterr().out)["coinjoin"] == "whirlpool"


def test_an_address_shares_a_cluster_with_itself_without_a_reason(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    a = world.alice[0]
    _, result = run(capsys, "why", str(world.ledger), a, a)
    assert (result["same_cluster"], result["links"]) == (True, [])


def test_an_absent_address_gives_zeros_and_no_failure(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    code, result = run(capsys, "show", str(world.ledger), ABSENT)
    assert code == 0
    assert (result["cluster"], result["n_addresses"], result["n_bridges"]) == (
        None,
        0,
        0,
    )
    assert result["contested"] is False
    code, result = run(capsys, "why", str(world.ledger), world.alice[0], ABSENT)
    assert (code, result["same_cluster"], result["links"]) == (0, False, [])


def tagged(folder: Path, rows: list[tuple[str, str, str]]) -> Path:
    """A tag store of an invented CSV list."""
    lines = [
        "address,label,actor,category,source",
        *(
            f"{address},{label},{label},{category},https://exercise.example/{category}"
            for address, label, category in rows
        ),
    ]
    file = folder / "list.csv"
    file.write_text("\n".join(lines) + "\n")
    main(["tags", "import", str(file), "--tags", str(folder / "tags"), "--json"])
    return folder / "tags"


def test_tags_of_every_member_are_shown(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tagged(
        tmp_path, [(world.alice[1], "Exercise Exchange Kestrel", "exchange")]
    )
    capsys.readouterr()
    _, result = run(
        capsys, "show", str(world.ledger), world.alice[0], "--tags", str(store)
    )
    [tag] = result["tags"]
    assert (tag["address"], tag["label"]) == (
        world.alice[1],
        "Exercise Exchange Kestrel",
    )
    assert result["contested"] is False


def test_actors_that_exclude_each_other_contest_the_cluster_but_never_split_it(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        (world.alice[0], "Exercise Exchange Kestrel", "exchange"),
        (world.alice[2], "Exercise Ransom Heron", "ransomware"),
    ]
    store = tagged(tmp_path, rows)
    capsys.readouterr()
    args = ("show", str(world.ledger), world.alice[0], "--tags", str(store))
    _, result = run(capsys, *args)
    assert result["contested"] is True
    assert result["n_addresses"] == 3
    assert any("Kestrel" in why and "Heron" in why for why in result["contradictions"])
    main(["cluster", *args])
    assert "contested: " in capsys.readouterr().out


def test_people_are_told_in_words(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b, _ = world.alice
    main(["cluster", "show", str(world.ledger), a])
    assert "addresses 3, received 0.01600000 BTC" in capsys.readouterr().out
    main(["cluster", "why", str(world.ledger), a, b])
    assert f"co-spend {world.txids[0]}" in capsys.readouterr().out
    main(["cluster", "why", str(world.ledger), a, ABSENT])
    assert "proves nothing" in capsys.readouterr().out
    main(["cluster", "show", str(world.ledger), ABSENT])
    assert "not in this ledger" in capsys.readouterr().out


BAD = {
    "no address at all": (3, "bad_address", ["show", "LEDGER", "nonsense"]),
    "an address of another network": (
        3,
        "bad_address",
        ["show", "LEDGER", "1111111111111111111114oLvT2"],
    ),
    "an unknown profile": (
        3,
        "bad_input",
        ["show", "LEDGER", ABSENT, "--profile", "lenient"],
    ),
    "a store that is not there": (
        3,
        "not_found",
        ["show", "LEDGER", "MEMBER", "--tags", "/nowhere"],
    ),
    "no ledger": (3, "bad_store", ["show", "/nowhere", ABSENT]),
}


@pytest.mark.parametrize(("code", "name", "args"), BAD.values(), ids=BAD.keys())
def test_errors(
    code: int,
    name: str,
    args: list[str],
    world: World,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = {"LEDGER": str(world.ledger), "MEMBER": world.alice[0]}
    ended, result = run(capsys, *(real.get(arg, arg) for arg in args))
    assert (ended, result["error"]["code"]) == (code, name)
