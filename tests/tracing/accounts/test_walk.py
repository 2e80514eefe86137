"""How far a walk over accounts goes, and what it reads to go there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.ledger.accounts.literal import HandAccounts
from dalil.progress import silent
from dalil.tracing.accounts.book import Book
from dalil.tracing.accounts.growing import Places, Stack
from dalil.tracing.accounts.opening import opening_balances
from dalil.tracing.accounts.reach import reach, seed_codes
from dalil.tracing.accounts.request import AccountRequest
from dalil.tracing.request import Direction, Limits
from tests.tracing.accounts.worlds import Move, World, worlds

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
SETTINGS = settings(max_examples=150, deadline=None)


def reached(
    world: World, direction: Direction, seed: int, **limits: int
) -> tuple[list[int], list[int]]:
    """Walk from one transfer; list payments by transfer, and the accounts read."""
    ledger = world.ledger()
    request = AccountRequest(direction, 0, transfers=[seed], limits=Limits(**limits))
    book = Book(ledger, 0, request.limits)
    seeds = np.array([seed])
    forward = direction is FORWARD
    codes = seed_codes(book, seeds, forward=forward, summable=True)
    page, walked = reach(book, request, seeds, codes, silent)
    return page.pay_id[walked.payment].tolist(), page.address.tolist()


def by_hand(world: World, seed: int, max_hops: int) -> set[int]:
    """Payments reached forward: keep, for each account, the fewest hops to it."""
    hops = {world.moves[seed].to: 0} if world.moves[seed].to != "NOBODY" else {}
    found, balances = set(), world.balances()
    for i, move in enumerate(world.moves):
        depth = hops.get(move.source, max_hops)
        if i <= seed or not move.moves or depth >= max_hops:
            continue
        found.add(i)
        if balances[i + 1].get(move.source, 0) == 0:
            del hops[move.source]
        if move.to != "NOBODY" and depth + 1 < max_hops:
            hops[move.to] = min(depth + 1, hops.get(move.to, max_hops))
    return found


@SETTINGS
@given(worlds(n_moves=14), st.data(), st.integers(1, 4))
def test_what_is_reached_is_what_counting_hops_by_hand_reaches(
    world: World, data: st.DataObject, max_hops: int
) -> None:
    moving = [i for i, move in enumerate(world.moves) if move.moves]
    if not moving:
        return
    seed = data.draw(st.sampled_from(moving))
    payments, _ = reached(world, FORWARD, seed, max_hops=max_hops)
    assert payments == sorted(by_hand(world, seed, max_hops))


@SETTINGS
@given(
    worlds(n_moves=14),
    st.data(),
    st.sampled_from(Direction),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_the_guard_on_size_keeps_the_first_and_drops_only_what_comes_after(
    world: World, data: st.DataObject, direction: Direction, most: int, hops: int
) -> None:
    moving = [i for i, move in enumerate(world.moves) if move.moves]
    if not moving:
        return
    seed = data.draw(st.sampled_from(moving))
    every, _ = reached(world, direction, seed, max_hops=hops)
    few, _ = reached(world, direction, seed, max_hops=hops, max_transactions=most)
    assert few == every[:most]


def test_each_account_that_money_comes_to_is_read_once_and_no_other() -> None:
    world = World()
    for source, to in ("xa", "ab", "bc", "ca", "ab", "dc", "de"):
        world.moves.append(Move(source, to, 1))
    ledger = world.ledger()
    payments, read = reached(world, FORWARD, 0)
    assert payments == [1, 2, 3, 4]
    assert sorted(map(ledger.address_text, read)) == ["a", "b", "c"]


def test_a_chain_of_thousands_of_hops_is_walked() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a0", 5)
    for i in range(3_000):
        ledger.pay(f"a{i}", f"a{i + 1}", 5)
    book = Book(ledger, 0, Limits())
    request = AccountRequest(FORWARD, 0, transfers=[0])
    seeds = np.array([0])
    codes = seed_codes(book, seeds, forward=True, summable=True)
    _, walked = reach(book, request, seeds, codes, silent)
    assert walked.payment.size == 3_000


@given(st.lists(st.lists(st.integers(0, 1 << 40), max_size=40), max_size=8))
def test_places_are_those_of_a_dictionary(groups: list[list[int]]) -> None:
    places, known = Places(), dict[int, int]()
    for group in groups:
        new = sorted(set(group) - set(known))
        places.add(np.array(new, dtype=np.int64))
        known.update(zip(new, range(len(known), len(known) + len(new)), strict=True))
    asked = np.array([*known, -5, 1 << 41], dtype=np.int64)
    told = [known.get(a, -1) for a in asked.tolist()]
    assert places.find(asked).tolist() == told


def test_places_and_stacks_outgrow_the_room_they_began_with() -> None:
    places, stack, keys = Places(), Stack(np.int64), np.arange(100_000) << 20
    for part in np.array_split(keys, 7):
        places.add(part)
        stack.push(part)
    assert (places.find(keys) == np.arange(keys.size)).all()
    assert (stack.rows == keys).all()


class _Asked(HandAccounts):
    """A ledger that lists its anchors, and counts how often it is asked."""

    anchor_address = np.array([3], np.uint32)
    anchor_token = np.array([0], np.uint32)
    n_asked = 0

    def opening_balance(self, address: int, token: int, /) -> int | None:
        self.n_asked += 1
        return (
            70
            if (address, token) == (3, 0)
            else super().opening_balance(address, token)
        )


@pytest.mark.parametrize(
    ("from_genesis", "other"),
    [(True, 0), (False, -1)],
    ids=["from genesis others held nothing", "else nobody knows"],
)
def test_accounts_without_an_anchor_are_asked_for_once(
    from_genesis: bool, other: int
) -> None:
    ledger = _Asked(from_genesis=from_genesis)
    told = opening_balances(ledger, np.arange(6), 0)
    assert told == [other, other, other, 70, other, other]
    assert ledger.n_asked == 2
    assert opening_balances(ledger, np.arange(0), 0) == []


def test_where_blocks_are_missing_nothing_is_known_of_any_account() -> None:
    ledger = HandAccounts()
    ledger.anchor("a", 5)
    ledger.contiguous = False
    assert opening_balances(ledger, np.arange(3), 0) == [-1] * 3
