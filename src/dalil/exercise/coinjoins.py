"""CoinJoins as four protocols shape them, each with people who take part.

Shapes after the protocols' own papers and clients: Whirlpool's five equal
outputs from premix and remix coins; Wasabi 1's one output of about 0.1 BTC a
head, with change and a coordinator's fee; WabiSabi's decomposition of fifty
inputs and more into standard denominations; JoinMarket's makers and taker.

References
----------
Stütz, Stockinger, Moreno-Sanchez, Haslhofer, Maffei (2022), "Adoption and
Actual Privacy of Decentralized CoinJoin Implementations in Bitcoin", AFT.
Schnoering, Vazirgiannis (2023), "Heuristics for Detecting CoinJoin
Transactions on the Bitcoin Blockchain".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError
from dalil.exercise.wallet import DUST_SAT, Payee, Share

if TYPE_CHECKING:
    from dalil.exercise.dice import Dice
    from dalil.exercise.people import Crowd, Person
    from dalil.exercise.signing import Coin
    from dalil.exercise.stage import Stage
    from dalil.exercise.wallet import Wallet

__all__ = ["STANDARD_DENOMINATIONS", "Rounds", "coins_for", "decompose"]

_TENTH = 10_000_000
_MOST = 4_300_000_000_000
_LEAST = 5_000
_FEE_RATE = 3
_INPUT_VBYTES, _OUTPUT_VBYTES = 69, 43


def _denominations() -> tuple[int, ...]:
    found: set[int] = set()
    for factor, base in ((1, 2), (1, 3), (2, 3), (1, 10), (2, 10), (5, 10)):
        value = factor
        while value <= _MOST:
            found.add(value)
            value *= base
    return tuple(sorted((v for v in found if v >= _LEAST), reverse=True))


STANDARD_DENOMINATIONS = _denominations()
"""WabiSabi clients' amounts: 2^k, 3^k, 2·3^k, 10^k, 2·10^k, 5·10^k, descending."""


def decompose(value: int, dice: Dice, most: int = 9) -> list[int]:
    """Split satoshi into standard denominations; a larger rest is change.

    The sum is at most `value`, and short of it by less than 5000 satoshi.

    >>> from dalil.exercise.dice import Dice
    >>> sum(decompose(100_000_000, Dice(1, "round"))) > 100_000_000 - 5_000
    True
    """
    parts: list[int] = []
    while value >= _LEAST and len(parts) < most:
        fitting = [d for d in STANDARD_DENOMINATIONS if d <= value][:4]
        parts.append(dice.choice(fitting) if dice.chance(50) else fitting[0])
        value -= parts[-1]
    if value >= _LEAST:
        parts.append(value)
    return parts


class Rounds:
    """Holds Wasabi 1, WabiSabi and JoinMarket rounds among the savers.

    A round that finds too few people with suitable coins does not take place.
    """

    def __init__(self, stage: Stage, crowd: Crowd) -> None:
        actor = stage.cast("coordinator_iris", "Exercise Coordinator Iris", "mixer")
        self.fees = stage.wallet(actor, "fees", reuses=True)
        stage.following.absorbing.add(self.fees.number)
        self.actor = actor
        self._crowd = crowd
        self._dice = stage.dice("rounds")

    def act(self, stage: Stage) -> None:
        """Hold the rounds due in this tick."""
        scale = stage.scale
        if stage.is_day(every=7, offset=3) and stage.day >= 20:
            for _ in range(self._dice.times(1 + scale, 2)):
                self._joinmarket(stage)
        if stage.is_day(every=20, offset=10, tick=2) and stage.day >= 30:
            for _ in range(1 + scale // 8):
                self._wasabi1(stage)
        if stage.is_day(every=20, offset=5, tick=3) and stage.day >= 45:
            for _ in range(1 + scale // 8):
                self._wasabi2(stage)

    def _hold(self, stage: Stage, kind: str, shares: list[Share]) -> None:
        order: Literal["chance", "value"] = "value" if kind == "wasabi2" else "chance"
        stage.coinjoins[stage.chain.transact(shares, order=order).id] = kind

    def _candidates(self, *, segwit_only: bool) -> list[Person]:
        people = self._dice.shuffled(self._crowd.savers)
        if segwit_only:
            people = [p for p in people if p.wallet.kind is ScriptType.P2WPKH]
        return people

    def _wasabi1(self, stage: Stage) -> None:
        denomination = _TENTH - self._dice.below(300_000)
        wanted = self._dice.between(12, 30 if stage.scale < 10 else 70)
        shares: list[Share] = []
        for person in self._candidates(segwit_only=True):
            coins = coins_for(person.wallet, denomination + 300_000)
            if coins:
                shares.append(_wasabi1_share(person.wallet, coins, denomination))
            if len(shares) == wanted:
                break
        if len(shares) < 11:
            return
        fee = denomination * 3 * len(shares) // 1000
        coordinator = Share([], [Payee(fee, self.fees.lock())])
        self._hold(stage, "wasabi1", [*shares, coordinator])

    def _wasabi2(self, stage: Stage) -> None:
        segwit_only = self._dice.chance(50)
        wanted = self._dice.between(55, 90 if stage.scale < 10 else 220)
        shares: list[Share] = []
        n_inputs = 0
        for person in self._candidates(segwit_only=segwit_only):
            coins = [c for c in person.wallet.coins.values() if c.value > 20_000]
            coins = coins[: self._dice.between(2, 8)]
            if not coins or n_inputs >= wanted:
                continue
            n_inputs += len(coins)
            fee = _FEE_RATE * (_INPUT_VBYTES * len(coins) + 10 * _OUTPUT_VBYTES)
            values = decompose(sum(c.value for c in coins) - fee, self._dice)
            payees = [Payee(value, person.wallet.lock()) for value in values]
            shares.append(Share(coins, payees))
        if n_inputs >= 50:
            self._hold(stage, "wasabi2", shares)

    def _joinmarket(self, stage: Stage) -> None:
        amount = self._dice.between(3_000_000, 15_000_000)
        wanted = self._dice.between(4, 9)
        shares: list[Share] = []
        paid_to_makers = 0
        for person in self._candidates(segwit_only=True):
            coins = coins_for(person.wallet, amount + 200_000)
            if not coins:
                continue
            taker = len(shares) == wanted - 1
            earned = 0 if taker else self._dice.between(300, 4_000)
            fee = _FEE_RATE * (70 * 2 * wanted + 86 * wanted) if taker else 0
            rest = sum(c.value for c in coins) - amount
            rest += earned if not taker else -paid_to_makers - fee
            paid_to_makers += earned
            payees = [Payee(amount, person.wallet.lock())]
            payees.append(Payee(rest, person.wallet.lock()))
            shares.append(Share(coins, payees))
            if taker:
                self._hold(stage, "joinmarket", shares)
                return


def coins_for(wallet: Wallet, value: int) -> list[Coin]:
    """Choose coins of at least 50,000 satoshi worth `value`; none if they do not do."""
    coins = [c for c in wallet.coins.values() if c.value >= 50_000]
    chosen: list[Coin] = []
    total = 0
    for coin in coins:
        chosen.append(coin)
        total += coin.value
        if total >= value:
            return chosen
        if len(chosen) == 7:
            break
    return []


def _wasabi1_share(wallet: Wallet, coins: list[Coin], denomination: int) -> Share:
    fee = denomination * 3 // 1000 * 2 + _FEE_RATE * (_INPUT_VBYTES * len(coins) + 86)
    rest = sum(c.value for c in coins) - denomination - fee
    payees = [Payee(denomination, wallet.lock())]
    if rest > DUST_SAT:
        payees.append(Payee(rest, wallet.lock()))
    elif rest < 0:
        raise InputError("too little for a round", rest)
    return Share(coins, payees)
