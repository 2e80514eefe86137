"""A tiny deterministic chain: wallets pay each other, valid blocks come out.

>>> chain = MiniChain(seed=1)
>>> alice, bob = chain.wallet("alice"), chain.wallet("bob", "p2pkh")
>>> funding = chain.fund(alice, 5_000_000)
>>> payment = alice.pays(bob, 3_000_000)
>>> bob.balance
3000000
>>> height = chain.mine()
>>> len(chain.blocks) == height + 1
True
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dalil.chains.bitcoin.address import classify_script
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.chains.bitcoin.transaction import double_sha256
from dalil.errors import InputError
from dalil.exercise.addressbook import AddressBook
from dalil.exercise.blocks import (
    GENESIS,
    BlockFiles,
    assemble_block,
    coinbase,
    subsidy,
)
from dalil.exercise.dice import Dice
from dalil.exercise.keys import KeyRing, Signer
from dalil.exercise.locks import Lock, lock_with_key, lock_without_key
from dalil.exercise.pending import PendingBlock
from dalil.exercise.signing import Coin, sign
from dalil.exercise.wallet import Share, Wallet
from dalil.ids import format_outpoint, format_txid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dalil.chains.bitcoin.transaction import Transaction

__all__ = ["MiniChain", "Paid"]

_MATURITY = 100
_START = 1_735_689_600
_STEP = 600
_KINDS = {kind.label: kind for kind in ScriptType}
_KEYLESS = (ScriptType.P2SH, ScriptType.P2WSH)


@dataclass(frozen=True, slots=True)
class Paid:
    """A transaction that was made: the bytes, and the coins it created.

    `made` lists the new coins share by share in the order they were meant;
    None stands for an output nobody holds, such as OP_RETURN.
    """

    tx: Transaction
    txid: bytes
    made: tuple[tuple[Coin | None, ...], ...]

    @property
    def id(self) -> str:
        """The txid as people write it."""
        return format_txid(self.txid)

    def outpoint(self, nth: int = 0) -> str:
        """Name the `nth` output the first share meant, as ``txid:index``."""
        coin = self.made[0][nth]
        assert coin is not None
        return format_outpoint(self.txid, coin.index)


class MiniChain:
    """Builds a valid regtest chain from what its wallets do.

    Blocks satisfy Bitcoin's consensus rules: work, Merkle roots, heights,
    subsidies, maturity, witness commitments, signatures. The same seed and
    the same calls give the same bytes.

    Parameters
    ----------
    seed : int, default 0
        Decides keys and where outputs stand in their transactions.
    sink : callable, optional
        Takes each block when it is mined, genesis first; by default they are
        kept in `blocks`.
    warm_up : int, default 101
        Blocks mined at once, so that the first reward can be spent.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        sink: Callable[[bytes], None] | None = None,
        warm_up: int = 101,
        start_utc: int = _START,
    ) -> None:
        self.seed = seed
        self.blocks: list[bytes] = []
        self.book = AddressBook()
        self.wallets: list[Wallet] = []
        self.watchers: list[Callable[[Sequence[Share], Paid], None]] = []
        self.height = 0
        self.n_tx = 1
        self.tip = double_sha256(GENESIS[:80])
        self.time_utc = start_utc
        self._sink = sink or self.blocks.append
        self._dice = Dice(seed, "positions")
        self._keys = KeyRing(str(seed).encode())
        self._signer = Signer(str(seed).encode())
        self._maturing: deque[tuple[int, Coin]] = deque()
        self._block = PendingBlock()
        self._sink(GENESIS)
        self.faucet = self.wallet("faucet")
        for _ in range(warm_up):
            self.mine()

    def wallet(self, name: str, kind: str | ScriptType = ScriptType.P2WPKH) -> Wallet:
        """Open a wallet whose addresses are of one script type.

        Raises
        ------
        InputError
            If `kind` is no script type.
        """
        if isinstance(kind, str):
            if kind not in _KINDS:
                raise InputError(f"unknown script type (one of {[*_KINDS]})", kind)
            kind = _KINDS[kind]
        wallet = Wallet(self, len(self.wallets), name, kind)
        self.wallets.append(wallet)
        return wallet

    def issue_lock(self, wallet: Wallet) -> Lock:
        """Make a fresh lock for `wallet` and enter it in the book."""
        number = len(self.book)
        if wallet.kind in _KEYLESS:
            lock = lock_without_key(wallet.kind, number, owner=wallet.number)
        else:
            lock = lock_with_key(wallet.kind, *self._keys[number], owner=wallet.number)
        self.book.add(wallet.number, *classify_script(lock.script))
        return lock

    def fund(self, wallet: Wallet, value: int) -> Paid:
        """Pay `wallet` from the faucet, which the warm-up's rewards fill.

        Raises
        ------
        InputError
            If the faucet has run dry; mine more blocks.
        """
        return self.faucet.pays(wallet, value)

    def transact(
        self, shares: Sequence[Share], *, order: Literal["chance", "value"] = "chance"
    ) -> Paid:
        """Make one transaction of one or more parties' shares.

        Parameters
        ----------
        shares : sequence of Share
            Who brings what and pays whom.
        order : {"chance", "value"}
            Leave the positions of inputs and outputs to chance, so that they
            tell nothing, or sort both by value, the largest first.

        Raises
        ------
        InputError
            If a coin is not spendable, or the outputs exceed the inputs.
        """
        coins = [coin for share in shares for coin in share.coins]
        payees = [
            (s, p, payee)
            for s, share in enumerate(shares)
            for p, payee in enumerate(share.payees)
        ]
        fee = sum([c.value for c in coins]) - sum([p.value for _, _, p in payees])
        if fee < 0:
            raise InputError("outputs exceed inputs by", -fee)
        for coin in coins:
            if self.wallets[coin.lock.owner].coins.pop(coin.outpoint, None) is None:
                raise InputError(
                    "not spendable", format_outpoint(coin.txid, coin.index)
                )
        coins, payees = self._dice.shuffled(coins), self._dice.shuffled(payees)
        if order == "value":
            coins.sort(key=lambda coin: -coin.value)
            payees.sort(key=lambda entry: -entry[2].value)
        outputs = [
            (p.value, p.lock.script if p.lock else p.script) for _, _, p in payees
        ]
        tx = sign(coins, outputs, self._signer)
        self._room_for(tx)
        txid = self._block.add(tx, fee)
        made: list[list[Coin | None]] = [[None] * len(s.payees) for s in shares]
        for index, (s, p, payee) in enumerate(payees):
            if payee.lock is not None:
                coin = Coin(txid, index, payee.value, payee.lock)
                self.wallets[payee.lock.owner].coins[coin.outpoint] = coin
                made[s][p] = coin
        paid = Paid(tx, txid, tuple(tuple(m) for m in made))
        for watch in self.watchers:
            watch(shares, paid)
        return paid

    def mine(self, miner: Wallet | None = None, time_utc: int | None = None) -> int:
        """Close the block with all transactions made since the last one.

        Returns
        -------
        int
            The block's height. Its reward goes to `miner` (by default the
            faucet) and can be spent a hundred blocks later.
        """
        self.height += 1
        self.time_utc = max(time_utc or self.time_utc + _STEP, self.time_utc + 1)
        lock = (miner or self.faucet).lock()
        block, self._block = self._block, PendingBlock()
        reward = subsidy(self.height) + block.fee
        mint = coinbase(
            self.height,
            [(reward, lock.script)],
            block.wtxids if block.has_witness else (),
        )
        txids = [mint.txid, *block.txids]
        body = [mint.serialise(), *block.body]
        self.tip, raw = assemble_block(self.tip, self.time_utc, txids, body)
        self.n_tx += len(txids)
        self._sink(raw)
        self._maturing.append((self.height, Coin(mint.txid, 0, reward, lock)))
        while self._maturing and self._maturing[0][0] + _MATURITY <= self.height + 1:
            coin = self._maturing.popleft()[1]
            self.wallets[coin.lock.owner].coins[coin.outpoint] = coin
        return self.height

    def write(self, folder: Path) -> Path:
        """Write the kept blocks as ``blk*.dat`` files into `folder`; return it."""
        with BlockFiles(folder) as files:
            for block in self.blocks:
                files.append(block)
        return folder

    def addresses(self, wallet: Wallet) -> list[str]:
        """Return every address `wallet` ever issued, oldest first."""
        return self.book.of(wallet.number)

    def _room_for(self, tx: Transaction) -> None:
        """Close the block early where another transaction would not fit."""
        if not self._block.fits(tx):
            self.mine(time_utc=self.time_utc + 1)
