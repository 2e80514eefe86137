"""What a check of an account ledger finds, and what it must."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dalil.errors import InputError, SourceError, StoreError
from dalil.ledger.accounts import (
    AccountLedger,
    Anchor,
    build_accounts,
    describe_account_address,
    describe_account_tx,
    describe_accounts,
    dump_accounts,
    is_account_ledger,
    verify_accounts,
)
from dalil.ledger.layout import canonical_json
from dalil.ledger.store.opening import writing
from dalil.progress import silent
from tests.ledger.accounts.chains import (
    PEOPLE,
    USDT,
    Block,
    Made,
    Move,
    Naive,
    Tx,
    batch_of,
    grow,
    hash_of,
    key,
)
from tests.ledger.accounts.checks import check_all

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of thirty blocks, built in three goes."""
    chain = grow(random.Random(5), [], 30, "it")
    for start in (0, 10, 20):
        build_accounts(
            tmp_path / "it", Made(batch_of(chain[start : start + 10])), silent
        )
    return tmp_path / "it"


def test_a_sound_ledger_passes_every_check(ledger: Path) -> None:
    done = verify_accounts(AccountLedger.open(ledger))
    assert done.ok, done.checks
    assert all(check.n for check in done.checks)
    assert done.not_checked


def test_any_flipped_byte_is_found_or_refused(ledger: Path) -> None:
    rng, found = random.Random(9), 0
    files = sorted(f for f in ledger.rglob("*") if f.is_file() and f.stat().st_size)
    for _ in range(120):
        file = rng.choice(files)
        raw = bytearray(file.read_bytes())
        at = rng.randrange(len(raw))
        raw[at] ^= 1 << rng.randrange(8)
        old = file.read_bytes()
        file.write_bytes(raw)
        try:
            opened = AccountLedger.open(ledger)
            same = json.loads((ledger / "commit.json").read_text())
            ok = verify_accounts(opened).ok
            found += not ok
            if ok:  # between a run's sections, or in what sources said
                assert file.suffix == ".run" or file.name == "commit.json", file
                assert same["format"] == "dalil-accounts/1"
        except StoreError:
            found += 1
        finally:
            file.write_bytes(old)
    assert found > 60
    assert verify_accounts(AccountLedger.open(ledger)).ok


def test_a_cut_file_is_refused_when_opened(ledger: Path) -> None:
    for file in sorted((ledger / "columns").rglob("*.*")) + sorted(
        (ledger / "runs").glob("*.run")
    ):
        if not file.is_file() or not file.stat().st_size:
            continue
        old = file.read_bytes()
        file.write_bytes(old[: len(old) // 2])
        with pytest.raises(StoreError):
            AccountLedger.open(ledger)
        file.write_bytes(old)


FORMATS = {
    "a newer format": {"format": "dalil-accounts/2"},
    "a ledger of outputs": {"format": "dalil-ledger/2"},
    "no format": {"format": 7},
}


@pytest.mark.parametrize("why", FORMATS)
def test_another_format_is_refused_by_reader_and_writer(why: str, ledger: Path) -> None:
    file = ledger / "commit.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | FORMATS[why]))
    with pytest.raises(StoreError):
        AccountLedger.open(ledger)
    with pytest.raises(StoreError):
        build_accounts(ledger, Made(), silent)
    assert is_account_ledger(ledger) == (why == "a newer format")


def test_folders_of_other_things_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    with pytest.raises(StoreError, match="not empty"):
        build_accounts(tmp_path, Made(), silent)
    assert [f.name for f in tmp_path.iterdir()] == ["note"]
    assert not is_account_ledger(tmp_path)


def test_two_writers_are_kept_apart(ledger: Path) -> None:
    with writing(ledger), pytest.raises(StoreError, match="another process"):
        build_accounts(ledger, Made(), silent)


def test_nothing_new_changes_nothing(ledger: Path) -> None:
    before = (ledger / "commit.json").read_bytes()
    report = build_accounts(ledger, Made(), silent)
    assert (report.added, report.rolled_back) == (0, 0)
    assert (ledger / "commit.json").read_bytes() == before


def test_identity_follows_the_chain_and_the_dump_is_the_same(tmp_path: Path) -> None:
    chain = grow(random.Random(4), [], 12, "x")
    build_accounts(tmp_path / "a", Made(batch_of(chain)), silent)
    build_accounts(tmp_path / "b", Made(*(batch_of([b]) for b in chain)), silent)
    a, b = AccountLedger.open(tmp_path / "a"), AccountLedger.open(tmp_path / "b")
    dumps = [b"\n".join(map(canonical_json, dump_accounts(each))) for each in (a, b)]
    assert dumps[0] == dumps[1]
    assert a.manifest_sha256 == b.manifest_sha256
    chain[3].txs.append(Tx(hash_of("one more")))
    build_accounts(tmp_path / "c", Made(batch_of(chain)), silent)
    assert AccountLedger.open(tmp_path / "c").manifest_sha256 != a.manifest_sha256


ALICE, BOB = key("alice"), key("bob")


def _pays(number: int, *amounts: int, parent: bytes = bytes(32)) -> Block:
    moves = [Move(USDT, ALICE, BOB, a, i) for i, a in enumerate(amounts)]
    name = hash_of("block", number)
    return Block(number, name, parent, [Tx(hash_of(number), moves)])


def test_anchors_are_opening_balances_and_part_of_the_identity(tmp_path: Path) -> None:
    source = Made(batch_of([_pays(100, 5, 7)]))
    opening = [Anchor(ALICE, *USDT, 2**70), Anchor(BOB, *USDT, 1)]
    build_accounts(tmp_path / "a", source, silent, anchors=opening)
    build_accounts(tmp_path / "b", source, silent, anchors=opening[::-1])
    build_accounts(tmp_path / "c", source, silent)
    a, b, c = (AccountLedger.open(tmp_path / n) for n in "abc")
    assert a.manifest_sha256 == b.manifest_sha256 != c.manifest_sha256
    alice, bob = (a.find_key(k) for k in (ALICE, BOB))
    assert alice is not None
    assert bob is not None
    assert (a.opening_balance(alice, 0), a.balance(alice, 0)) == (2**70, 2**70 - 12)
    assert a.balance(bob, 0) == 13
    assert c.balance(0, 0) is None
    assert verify_accounts(a).ok
    with pytest.raises(InputError, match="first build"):
        build_accounts(tmp_path / "a", source, silent, anchors=opening)
    with pytest.raises(InputError, match="one address and token"):
        build_accounts(tmp_path / "d", source, silent, anchors=opening * 2)
    assert not (tmp_path / "d").exists()
    build_accounts(tmp_path / "a", Made(batch_of([_pays(90, 1)])), silent)
    again = AccountLedger.open(tmp_path / "a")
    check_all(again, Naive([_pays(90, 1)], sorted([ALICE, BOB])))


def test_a_balance_below_zero_is_none_at_all(tmp_path: Path) -> None:
    source = Made(batch_of([_pays(0, 5)]))
    build_accounts(tmp_path / "a", source, silent)
    ledger = AccountLedger.open(tmp_path / "a")
    assert (ledger.balance(0, 0), ledger.balance(1, 0)) == (None, 5)
    assert ledger.net_received(0, 0) == (-5, -5)
    assert ledger.balance(1, 0, at_block=1) is None


def _unlinked() -> Block:
    return _pays(1, 1, parent=hash_of("nobody"))


def test_blocks_that_do_not_follow_are_refused_and_nothing_stays(
    tmp_path: Path,
) -> None:
    with pytest.raises(SourceError, match="parent differs at: 1"):
        build_accounts(
            tmp_path / "a", Made(batch_of([_pays(0, 1), _unlinked()])), silent
        )
    assert not (tmp_path / "a").exists()


def test_a_gap_makes_a_ledger_that_is_not_contiguous(tmp_path: Path) -> None:
    source = Made(batch_of([_pays(0, 5)]), batch_of([_pays(2, 1)]))
    build_accounts(tmp_path / "a", source, silent)
    ledger = AccountLedger.open(tmp_path / "a")
    assert not ledger.contiguous
    assert ledger.balance(1, 0) is None


BAD: dict[str, dict[str, Any]] = {
    "blocks that descend": {"block_number": np.array([4, 3])},
    "rows that do not add up": {"block_first_tx": np.array([0, 1, 9])},
    "a column too short": {"transfer_kind": np.zeros(1, np.uint8)},
    "an unknown kind": {"transfer_token_kind": np.full(2, 9, np.uint8)},
    "logs in disorder": {
        "tx_first_transfer": np.array([0, 2, 2]),
        "transfer_log": np.array([5, 4], np.int32),
    },
    "a failed transaction that moves": {"tx_status": np.zeros(2, np.uint8)},
}


@pytest.mark.parametrize("why", BAD)
def test_batches_that_cannot_be_are_refused(why: str, tmp_path: Path) -> None:
    first = _pays(3, 1)
    second = _pays(4, 1, parent=first.hash)
    batch = batch_of([first, second])._replace(**BAD[why])
    with pytest.raises(InputError):
        build_accounts(tmp_path / "a", Made(batch), silent)
    assert not (tmp_path / "a").exists()


def test_another_chain_is_refused(ledger: Path) -> None:
    source = Made()
    source.chain = "eip155:1"
    with pytest.raises(InputError, match="chain"):
        build_accounts(ledger, source, silent)


def test_what_is_told_adds_up(ledger: Path) -> None:
    held = AccountLedger.open(ledger)
    told = describe_accounts(held)
    assert sum(told["transfers_by_kind"].values()) == told["n_transfers"]
    assert (told["first_block"], told["last_block"]) == (0, 29)
    for who in PEOPLE:
        address = held.find_key(who)
        assert address is not None
        row = describe_account_address(held, held.address_text(address))
        for token in row["tokens"]:
            number = held.find_token(token["token"])
            assert number is not None
            into = held.amounts(held.transfers_to(address, number))
            assert token["received_amount"] == str(sum(into))
            assert token["n_in"] == len(into)
    for tx in range(held.n_tx):
        told = describe_account_tx(held, held.txid(tx))
        assert told["tx"] == held.txid(tx)
    nobody = describe_account_address(held, "0x" + "11" * 20)
    assert nobody["tokens"] == []
