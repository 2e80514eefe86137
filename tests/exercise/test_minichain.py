"""MiniChain: wallets that pay each other in blocks real consensus accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.transaction import double_sha256, read_tx
from dalil.errors import InputError
from dalil.exercise import MiniChain, Payee, Share
from dalil.exercise.blocks import GENESIS, subsidy
from tests.exercise.consensus import accepted_height

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("p2pk", "p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr")


def test_genesis_is_regtests() -> None:
    assert double_sha256(GENESIS[:80])[::-1].hex() == REGTEST.genesis


def test_core_accepts_every_script_type_spending_to_every_other(tmp_path: Path) -> None:
    chain = MiniChain(seed=1)
    wallets = [chain.wallet(kind, kind) for kind in KINDS]
    for wallet in wallets:
        chain.fund(wallet, 10_000_000)
    for payer in wallets:
        for payee in wallets:
            payer.pays(payee, 300_000)
    chain.mine()
    together = wallets[0].lock()
    shares = [Share([*w.coins.values()], [Payee(9_000, together)]) for w in wallets]
    chain.transact(shares)
    chain.mine()
    assert accepted_height(chain.blocks, tmp_path) == chain.height


def test_core_accepts_what_lies_beyond_two_halvings(tmp_path: Path) -> None:
    chain = MiniChain(seed=1, warm_up=310)
    chain.fund(chain.wallet("late"), subsidy(310) * 3)
    chain.mine()
    assert accepted_height(chain.blocks, tmp_path) == 311


def test_the_judge_refuses_a_block_that_mints_too_much(tmp_path: Path) -> None:
    chain = MiniChain(seed=1, warm_up=0)
    chain._block.fee = 1
    chain.mine()
    with pytest.raises(AssertionError, match="refuses block 1"):
        accepted_height(chain.blocks, tmp_path)


def test_the_judge_refuses_a_bad_signature(tmp_path: Path) -> None:
    chain = MiniChain(seed=1)
    chain._signer._r += 1
    chain.fund(chain.wallet("alice"), 1_000)
    chain.mine()
    with pytest.raises(AssertionError, match="refuses block 102"):
        accepted_height(chain.blocks, tmp_path)


def test_a_full_block_is_closed_early(tmp_path: Path) -> None:
    chain = MiniChain(seed=1)
    crowd = chain.wallet("crowd", "p2pkh")
    for _ in range(2):
        chain.faucet.pays_all([Payee(1_000, crowd.lock()) for _ in range(16_000)])
    chain.mine()
    assert chain.height == 103
    assert accepted_height(chain.blocks, tmp_path) == 103


def test_same_seed_same_bytes_and_another_seed_other_bytes() -> None:
    def tip(seed: int) -> bytes:
        chain = MiniChain(seed)
        chain.fund(chain.wallet("alice"), 1_000)
        chain.mine()
        return chain.tip

    assert tip(5) == tip(5)
    assert tip(5) != tip(6)


def test_change_goes_to_a_fresh_address_unless_the_wallet_reuses() -> None:
    chain = MiniChain(seed=1)
    careful, careless = chain.wallet("careful"), chain.wallet("careless")
    careless.reuses = True
    for wallet in (careful, careless):
        chain.fund(wallet, 1_000_000)
        wallet.pays(chain.faucet, 1_000)
    assert len(chain.addresses(careful)) == 2
    assert len(chain.addresses(careless)) == 1


def test_a_coin_is_spent_once() -> None:
    chain = MiniChain(seed=1)
    alice = chain.wallet("alice")
    chain.fund(alice, 10_000)
    share = Share([*alice.coins.values()], [Payee(5_000, alice.lock())])
    chain.transact([share])
    with pytest.raises(InputError, match="not spendable"):
        chain.transact([share])


def test_nobody_pays_what_he_lacks() -> None:
    chain = MiniChain(seed=1)
    alice = chain.wallet("alice")
    with pytest.raises(InputError, match="alice lacks coins"):
        alice.pays(chain.faucet, 1)
    assert alice.coins == {}


def test_rewards_wait_a_hundred_blocks() -> None:
    chain = MiniChain(seed=1, warm_up=0)
    miner = chain.wallet("miner")
    chain.mine(miner)
    for _ in range(98):
        chain.mine()
    assert miner.balance == 0
    chain.mine()
    assert miner.balance == subsidy(1)


def test_an_unknown_script_type_is_refused() -> None:
    with pytest.raises(InputError, match="unknown script type"):
        MiniChain(warm_up=0).wallet("alice", "p2wtf")


def test_written_files_hold_the_blocks_in_regtest_framing(tmp_path: Path) -> None:
    chain = MiniChain(seed=1, warm_up=3)
    data = (chain.write(tmp_path / "blocks") / "blk00000.dat").read_bytes()
    framed = [
        REGTEST.magic + len(block).to_bytes(4, "little") + block
        for block in chain.blocks
    ]
    assert data == b"".join(framed)
    assert [p.name for p in (tmp_path / "blocks").iterdir()] == ["blk00000.dat"]


moves = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 2_000_000)),
    max_size=12,
)


@given(moves)
@settings(deadline=None, max_examples=25)
def test_money_is_conserved_and_outputs_are_where_paid_says(
    steps: list[tuple[int, int, int]],
) -> None:
    chain = MiniChain(seed=3)
    wallets = [chain.wallet(str(i), kind) for i, kind in enumerate(KINDS[1:4])]
    for wallet in wallets:
        chain.fund(wallet, 1_000_000)
    for payer, payee, value in steps:
        try:
            paid = wallets[payer].pays(wallets[payee], value)
        except InputError:
            continue
        tx, _ = read_tx(paid.tx.serialise(), 0)
        coin = paid.made[0][0]
        assert coin is not None
        assert tx.txid == paid.txid == coin.txid
        assert tx.outputs[coin.index].value == value
        assert tx.outputs[coin.index].script == coin.lock.script
        made = sum(output.value for output in tx.outputs)
        made_coins = [c.value for c in paid.made[0] if c is not None]
        assert made == sum(made_coins)
    total = sum(w.balance for w in chain.wallets)
    assert total + chain._block.fee == subsidy(1) * 2
