"""A whole exercise: valid, repeatable, and true to what it says of itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.errors import InputError
from dalil.exercise.campaign import POOL_SIZE
from dalil.exercise.following import FEE
from dalil.exercise.stage import START_UTC
from dalil.exercise.world import make_world
from tests.exercise.consensus import accepted_height
from tests.node import RegtestNode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.exercise.truth import Truth
    from dalil.ledger import Ledger


def blocks_of(world: Path) -> Iterator[bytes]:
    data = (world / "blocks" / "blk00000.dat").read_bytes()
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at + 8 : at + 8 + size]
        at += 8 + size


def digests(world: Path) -> dict[str, str]:
    return {
        str(path.relative_to(world)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(world.rglob("*"))
        if path.is_file()
    }


def test_cores_own_validation_accepts_every_block(
    world: Path, truth: Truth, tmp_path: Path
) -> None:
    height = accepted_height(blocks_of(world), tmp_path)
    assert height == truth.document["blocks"]["tip_height"]


def test_a_real_node_accepts_every_block(
    world: Path, truth: Truth, node_program: Path, tmp_path: Path
) -> None:
    file = world / "blocks" / "blk00000.dat"
    with RegtestNode(node_program, tmp_path / "node") as node:
        for block in list(blocks_of(world))[1:]:
            refusal = node.submit_block(block)
            assert refusal is None, f"{file}: {refusal}"
        assert node.rpc("getbestblockhash") == truth.document["blocks"]["tip_hash"]


def test_another_process_with_another_hash_seed_makes_the_same_bytes(
    world: Path, tmp_path: Path
) -> None:
    program = (
        "import sys, pathlib; from dalil.exercise.world import make_world; "
        "make_world(pathlib.Path(sys.argv[1]), seed=7)"
    )
    again = tmp_path / "again"
    environment = os.environ | {"PYTHONHASHSEED": "4242", "TZ": "Asia/Tokyo"}
    subprocess.run(
        [sys.executable, "-c", program, str(again)], check=True, env=environment
    )
    assert digests(again) == digests(world)


def test_another_seed_makes_another_world(world: Path, tmp_path: Path) -> None:
    other = make_world(tmp_path / "other", seed=8)
    ours = json.loads((world / "truth.json").read_text())["blocks"]["tip_hash"]
    assert other.tip_hash != ours


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        make_world(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("scale", [0, -1, 2_001])
def test_a_scale_out_of_range_is_refused(scale: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="scale"):
        make_world(tmp_path / "world", scale=scale)


def test_nothing_half_written_is_left(world: Path) -> None:
    assert not list(world.rglob("*.part"))


def test_the_ledger_counts_what_the_truth_counts(ledger: Ledger, truth: Truth) -> None:
    blocks = truth.document["blocks"]
    assert ledger.n_tx == blocks["n_tx"]
    assert ledger.n_blocks == blocks["n_blocks"]
    assert np.count_nonzero(ledger.input_spends == -1) == 0


def test_every_address_on_the_ledger_has_a_known_owner(
    ledger: Ledger, truth: Truth
) -> None:
    texts = {ledger.address_text(i) for i in range(ledger.n_addresses)}
    strangers = texts - set(truth.owner)
    assert len(strangers) == 1, "only genesis pays somebody outside the exercise"
    assert len(strangers.pop()) == 130


def test_every_receipt_is_on_the_ledger(ledger: Ledger, truth: Truth) -> None:
    for receipt in truth.receipts:
        output = ledger.find_outpoint(receipt.outpoint)
        assert output is not None
        assert int(ledger.output_value[output]) == receipt.value
        address = ledger.address_text(int(ledger.output_address[output]))
        assert address == receipt.address


def test_hops_account_for_every_satoshi_of_what_they_spend(
    ledger: Ledger, truth: Truth
) -> None:
    for hop in truth.hops:
        tx = ledger.find_tx(hop.txid)
        assert tx is not None
        spent: Counter[str] = Counter()
        received: Counter[int] = Counter()
        for part in hop.parts:
            spent[part.outpoint] += part.value
            received[part.output] += part.value
        first, last = ledger.tx_first_input[tx], ledger.tx_first_input[tx + 1]
        values = {
            ledger.prevout(int(i)): int(ledger.input_values(np.array([i]))[0])
            for i in range(int(first), int(last))
        }
        assert all(values[outpoint] == value for outpoint, value in spent.items())
        start = int(ledger.tx_first_output[tx])
        for n, value in received.items():
            if n != FEE:
                assert value <= int(ledger.output_value[start + n])
                address = int(ledger.output_address[start + n])
                assert ledger.address_text(address) == hop.owners[n][1]


def test_every_kind_of_coinjoin_takes_place(truth: Truth) -> None:
    kinds = Counter(truth.coinjoins.values())
    assert set(kinds) == {"whirlpool", "wasabi1", "wasabi2", "joinmarket"}
    assert min(kinds.values()) >= 2


def test_the_campaign_receives_by_every_route(truth: Truth) -> None:
    by_route: dict[str, set[str]] = defaultdict(set)
    for receipt in truth.receipts:
        by_route[receipt.route].add(receipt.address)
    assert len(by_route["P1"]) == 1, "a static address"
    assert len(by_route["P2"]) == POOL_SIZE, "a rotating pool"
    receipts = [r for r in truth.receipts if r.route == "P3"]
    assert len(by_route["P3"]) == len(receipts), "an address per donor"
    [hosted] = by_route["P4"]
    assert truth.kind[truth.actor_of(hosted) or ""] == "exchange"


def test_its_money_leaves_by_every_outlet(truth: Truth) -> None:
    reached = {
        (flow["to"], flow["behind_coinjoin_sat"] > 0)
        for flow in truth.document["flows"]
        if flow["seeds"] == "all donations"
    }
    assert {
        ("broker_elm", False),
        ("exchange_birch", False),
        ("exchange_date", False),
        ("liquidator", False),
        ("exchange_cobalt", True),
    } <= reached


def test_no_money_of_the_campaign_reaches_a_charity(truth: Truth) -> None:
    owners = {owner for hop in truth.hops for owner, _ in hop.owners.values()}
    assert "charity" not in {truth.kind[owner] for owner in owners}


def test_donations_to_charities_look_like_the_campaigns(
    ledger: Ledger, truth: Truth
) -> None:
    """P14: the medians of what both receive are of one size."""
    published = [
        address
        for address, wallet in truth.owner.items()
        if wallet.endswith("/published") and ledger.find_address(address) is not None
    ]
    assert len(published) == 3
    for address in published:
        found = ledger.find_address(address)
        assert found is not None
        benign = np.median(ledger.output_value[ledger.outputs_of_address(found)])
        ours = np.median([r.value for r in truth.receipts if r.route == "P1"])
        assert 0.4 < benign / ours < 2.5


def test_days_are_realistic_and_times_rise(ledger: Ledger) -> None:
    times = np.asarray(ledger.block_time).astype(np.int64)
    assert (np.diff(times) > 0).all()
    days = {int(t) // 86_400 for t in times if t >= START_UTC}
    assert len(days) == 90


def test_every_address_belongs_to_an_exercise_network(truth: Truth) -> None:
    assert {address[0] for address in truth.owner} <= set("bmn2")
    assert all(a.startswith("bcrt1") for a in truth.owner if a[0] == "b")


def test_a_larger_scale_grows_in_proportion(tmp_path: Path, truth: Truth) -> None:
    made = make_world(tmp_path / "larger", seed=7, scale=4)
    bodies = truth.document["blocks"]
    ours = bodies["n_tx"] - bodies["n_blocks"]
    assert 2.5 < (made.n_tx - made.n_blocks) / ours < 5
