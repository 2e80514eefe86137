"""The dollar's issuer: mints, and freezes in two steps that everyone can watch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.chains.accounts import EventKind
from dalil.exercise.accounts.chain import Told
from dalil.exercise.accounts.coins import DOLLAR, NATIVE
from dalil.exercise.accounts.stage import DOLLARS
from dalil.exercise.accounts.tronform import Call

if TYPE_CHECKING:
    from dalil.exercise.accounts.chain import Tx
    from dalil.exercise.accounts.services import AccountExchange
    from dalil.exercise.accounts.stage import AccountActor, AccountStage

__all__ = ["Freeze", "Issuer"]

_SUPPLY = 400_000_000 * DOLLARS
_FUEL = 50_000_000 * DOLLARS


@dataclass(slots=True)
class Freeze:
    """A planted freeze; blocks are numbers, -1 where it did not come to that."""

    account: bytes
    submit_hour: int
    window_hours: int
    runs: bool
    """Whether its holder pays money away inside the window."""
    then: str
    """``stays``, ``lifted`` or ``destroyed``."""
    ref: int = -1
    submitted: int = -1
    executed: int = -1
    ended: int = -1
    outflow: list[bytes] = field(default_factory=list)
    """Transactions inside the window."""
    outflow_amount: int = 0
    frozen_amount: int = 0


class Issuer:
    """Mints in the first block; freezes a few accounts of an invented fraud.

    Attributes
    ----------
    freezes : list of Freeze
    wallet : bytes
        The multisig wallet that owns the token: one owner submits a call,
        another confirms, and only then it is made.
    """

    def __init__(
        self,
        stage: AccountStage,
        actor: AccountActor,
        fraud: AccountActor,
        exchange: AccountExchange,
    ) -> None:
        self.actor = actor
        self.wallet = stage.account(actor, "wallet")
        self._owners = [stage.account(actor, "owner") for _ in range(3)]
        self._exchange, self._ref = exchange, 0
        self._dice = stage.dice(actor.id)
        self._loot = stage.account(fraud, "loot")
        last = stage.size.days * 24
        ends = ("stays", "lifted", "destroyed")
        self.freezes = [
            Freeze(
                stage.account(fraud, "account"),
                last // 4 + last // 10 * i,
                1 + i % 3,
                runs=i % 2 == 0,
                then=ends[i % 3],
            )
            for i in range(6)
        ]

    def open_market(
        self, stage: AccountStage, exchanges: list[AccountExchange]
    ) -> None:
        """Mint everything there is into exchanges' wallets: all others buy there."""
        for exchange in exchanges:
            stage.chain.mint(DOLLAR, self.wallet, exchange.hot, _SUPPLY)
            for purse in (exchange.hot, exchange.fuel):
                stage.chain.mint(NATIVE, self.wallet, purse, _FUEL)

    def act(self, stage: AccountStage) -> None:
        """Move each planted freeze on by what is due in this hour."""
        for freeze in self.freezes:
            since = stage.hour - freeze.submit_hour
            if -200 <= since < freeze.window_hours and since % 40 == 10:
                self._deal(stage, freeze)
            if since == 0:
                self._submit(stage, freeze, "addBlackList(address)")
                freeze.submitted = stage.chain.height
            if 0 <= since < freeze.window_hours and freeze.runs:
                self._run(stage, freeze)
            if since == freeze.window_hours:
                self._freeze(stage, freeze)
            if since == freeze.window_hours + 5:  # too late: it fails
                stage.chain.pay(DOLLAR, freeze.account, self._loot, DOLLARS)
            if since == freeze.window_hours + 72:
                self._end(stage, freeze)

    def _deal(self, stage: AccountStage, freeze: Freeze) -> None:
        """Do business as usual: money comes from an exchange, some goes on."""
        amount = self._dice.between(2_000, 9_000) * DOLLARS
        self._exchange.withdraw(stage, freeze.account, amount)
        stage.chain.pay(DOLLAR, freeze.account, self._loot, amount // 3)

    def _run(self, stage: AccountStage, freeze: Freeze) -> None:
        amount = stage.held(freeze.account) // 2
        if amount and stage.chain.pay(DOLLAR, freeze.account, self._loot, amount):
            freeze.outflow.append(stage.chain.last_hash)
            freeze.outflow_amount += amount

    def _freeze(self, stage: AccountStage, freeze: Freeze) -> None:
        tx = self._confirm(stage, freeze)
        token = DOLLAR.key
        stage.chain.tell(tx, Told(EventKind.FREEZE, token, freeze.account))
        self._executed(stage, tx, freeze)
        stage.chain.frozen.add((DOLLAR, freeze.account))
        freeze.executed = stage.chain.height
        freeze.frozen_amount = stage.held(freeze.account)

    def _end(self, stage: AccountStage, freeze: Freeze) -> None:
        if freeze.then == "stays":
            return
        freeze.ended = stage.chain.height
        if freeze.then == "lifted":
            self._submit(stage, freeze, "removeBlackList(address)")
            tx = self._confirm(stage, freeze)
            token = DOLLAR.key
            stage.chain.tell(tx, Told(EventKind.UNFREEZE, token, freeze.account))
            stage.chain.frozen.discard((DOLLAR, freeze.account))
        else:
            self._submit(stage, freeze, "destroyBlackFunds(address)")
            tx = self._confirm(stage, freeze)
            stage.chain.wipe(tx, DOLLAR, freeze.account)
        self._executed(stage, tx, freeze)

    def _submit(self, stage: AccountStage, freeze: Freeze, what: str) -> None:
        """Ask the wallet for a call; who asks confirms it at once."""
        freeze.ref, self._ref = self._ref, self._ref + 1
        chain, asked = stage.chain, (DOLLAR.key, what.encode(), freeze.account)
        call = Call("submitTransaction(address,uint256,bytes)", self.wallet, asked)
        tx = chain.act(self._owners[0], call)
        kind, about = EventKind.SUBMISSION, (freeze.account, DOLLAR.key)
        if what.startswith("remove"):
            kind = EventKind.UNFREEZE_SUBMISSION
        if what.startswith("destroy"):  # no freeze is asked for, nor lifted
            about = (b"", b"")
        chain.tell(tx, Told(kind, self.wallet, *about, ref=freeze.ref))
        self._agree(stage, tx, freeze, self._owners[0])

    def _confirm(self, stage: AccountStage, freeze: Freeze) -> Tx:
        call = Call("confirmTransaction(uint256)", self.wallet, (freeze.ref,))
        tx = stage.chain.act(self._owners[1], call)
        self._agree(stage, tx, freeze, self._owners[1])
        return tx

    def _agree(self, stage: AccountStage, tx: Tx, freeze: Freeze, who: bytes) -> None:
        kind = EventKind.CONFIRMATION
        stage.chain.tell(tx, Told(kind, self.wallet, other=who, ref=freeze.ref))

    def _executed(self, stage: AccountStage, tx: Tx, freeze: Freeze) -> None:
        stage.chain.tell(tx, Told(EventKind.EXECUTION, self.wallet, ref=freeze.ref))
