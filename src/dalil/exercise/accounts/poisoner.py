"""Address poisoning: look-alikes, transfers of nothing, and dollars that are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.chains.accounts import TokenKind, TransferKind
from dalil.exercise.accounts.coins import DOLLAR, Coin, exercise_key
from dalil.exercise.accounts.lookalikes import look_alike
from dalil.exercise.accounts.stage import DOLLARS

if TYPE_CHECKING:
    from dalil.exercise.accounts.chain import Move
    from dalil.exercise.accounts.services import AccountExchange
    from dalil.exercise.accounts.stage import AccountActor, AccountStage

__all__ = ["FAKES", "Poisoner", "Trap"]

FAKES = (
    Coin("USDT", 6, TokenKind.CONTRACT, exercise_key("fake dollar, same letters")),
    Coin("USDТ", 6, TokenKind.CONTRACT, exercise_key("fake dollar, Cyrillic T")),
)
"""Not the exercise's dollar, whatever they call themselves."""

_DUST = 1_000
_LEAST = 50 * DOLLARS


@dataclass(frozen=True, slots=True)
class Trap:
    """An address that waits to be copied from a history."""

    address: bytes
    imitates: bytes
    victim: bytes


class Poisoner:
    """Watches who pays whom, and puts a look-alike of the payee into histories.

    Attributes
    ----------
    traps : list of Trap
    """

    def __init__(
        self, stage: AccountStage, actor: AccountActor, exchange: AccountExchange
    ) -> None:
        self.actor = actor
        self.purse = stage.account(actor, "purse")
        self.traps: list[Trap] = []
        self._exchange = exchange
        self._dice = stage.dice(actor.id)
        self._seen: list[Move] = []
        self._busy = False
        stage.chain.watchers.append(self._watch)

    def _watch(self, move: Move) -> None:
        worth = move.kind is TransferKind.TOKEN and move.coin == DOLLAR
        if worth and move.amount >= _LEAST and not self._busy:
            self._seen = [*self._seen[-30:], move]

    def act(self, stage: AccountStage) -> None:
        """Every sixth hour, imitate the payee of somebody's latest payments."""
        if stage.hour == 30:
            self._exchange.withdraw(stage, self.purse, 50 * DOLLARS)
        if stage.hour < 31 or stage.hour % 6 or not self._seen:
            return
        seen = [m for m in self._seen if self._is_prey(stage, m)]
        if not seen:
            return
        self._busy = True
        self._poison(stage, self._dice.choice(seen))
        self._busy = False

    def _is_prey(self, stage: AccountStage, move: Move) -> bool:
        payer, payee = stage.owner.get(move.payer), stage.owner.get(move.payee)
        if payer is None or payee is None:
            return False
        return payer[0].kind in ("people", "campaign", "charity")

    def _poison(self, stage: AccountStage, move: Move) -> None:
        made = look_alike(move.payee, f"{stage.seed}/{len(self.traps)}")
        trap = stage.account(self.actor, "look_alike", made)
        self.traps.append(Trap(trap, move.payee, move.payer))
        chain, way = stage.chain, self._dice.below(3)
        if way == 0:
            chain.pretend(self.purse, DOLLAR, [(move.payer, trap, 0)])
        elif way == 1:
            fake = self._dice.choice(FAKES)
            chain.pretend(self.purse, fake, [(move.payer, trap, move.amount)])
        elif chain.pay(DOLLAR, self.purse, trap, _DUST):
            stage.noise.add(chain.last_hash)
            chain.pay(DOLLAR, trap, move.payer, _DUST)
        stage.noise.add(chain.last_hash)
