"""A wallet of an exercise: it holds coins, picks among them, makes change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.exercise.locks import Lock
    from dalil.exercise.minichain import MiniChain, Paid
    from dalil.exercise.signing import Coin

__all__ = ["Payee", "Share", "Wallet", "fee_for"]

DUST_SAT = 1_000
_INPUT_VBYTES = {
    ScriptType.P2PK: 115,
    ScriptType.P2PKH: 149,
    ScriptType.P2SH: 162,
    ScriptType.P2WPKH: 69,
    ScriptType.P2WSH: 72,
    ScriptType.P2TR: 58,
}


@dataclass(frozen=True, slots=True)
class Payee:
    """An output to be: a wallet's lock, or a bare script that nobody spends."""

    value: int
    lock: Lock | None = None
    script: bytes = b""


@dataclass(frozen=True, slots=True)
class Share:
    """One party's part in a transaction: the coins it brings, what it pays.

    Coins and payees stand in the order the party means them: the first coins
    go to the first payees. Where the outputs end up in the transaction is
    another matter. What is left over is the party's part of the fee.
    """

    coins: Sequence[Coin]
    payees: Sequence[Payee]


def fee_for(coins: Sequence[Coin], n_outputs: int, rate: int) -> int:
    """Satoshi of fee at `rate` satoshi per virtual byte, slightly generous."""
    inputs = sum([_INPUT_VBYTES[coin.lock.type] for coin in coins])
    return rate * (12 + inputs + 43 * n_outputs)


class Wallet:
    """Coins with one owner on a `MiniChain`.

    Made by `MiniChain.wallet`. Each receipt gets a fresh address and each
    payment fresh change, unless `reuses` says that the owner knows no better.

    Attributes
    ----------
    coins : dict
        Spendable coins by outpoint (36 bytes), oldest first.
    """

    def __init__(
        self, chain: MiniChain, number: int, name: str, kind: ScriptType
    ) -> None:
        self.chain = chain
        self.number = number
        self.name = name
        self.kind = kind
        self.reuses = False
        self.coins: dict[bytes, Coin] = {}
        self._last: Lock | None = None

    def __repr__(self) -> str:
        return f"<Wallet {self.name} {self.balance} sat>"

    @property
    def balance(self) -> int:
        """Spendable satoshi."""
        return sum([coin.value for coin in self.coins.values()])

    def lock(self) -> Lock:
        """Return the lock for the next receipt: fresh, unless addresses are reused."""
        if self._last is None or not self.reuses:
            self._last = self.chain.issue_lock(self)
        return self._last

    def address(self) -> str:
        """Return the address of `lock`."""
        return self.lock().address

    def pays(self, payee: Wallet | Lock, value: int, *, fee_rate: int = 5) -> Paid:
        """Pay `value` satoshi to another wallet's next address, or to a lock.

        Raises
        ------
        InputError
            If the coins do not suffice for value and fee.
        """
        lock = payee.lock() if isinstance(payee, Wallet) else payee
        return self.pays_all([Payee(value, lock)], fee_rate=fee_rate)

    def pays_all(
        self,
        payees: Sequence[Payee],
        *,
        fee_rate: int = 5,
        coins: Sequence[Coin] | None = None,
        change: Lock | None = None,
    ) -> Paid:
        """Pay several at once, change last; `coins` overrides the choice of coins.

        Raises
        ------
        InputError
            If the coins do not suffice for the values and the fee.
        """
        wanted = sum([payee.value for payee in payees])
        if coins is None:
            coins = self.pick(wanted, len(payees) + 1, fee_rate)
        fee = fee_for(coins, len(payees) + 1, fee_rate)
        rest = sum([coin.value for coin in coins]) - wanted - fee
        if rest < 0:
            raise InputError(f"{self.name} lacks coins for", wanted + fee)
        outputs = list(payees)
        if rest > DUST_SAT:
            outputs.append(Payee(rest, change or self.lock()))
        return self.chain.transact([Share(coins, outputs)])

    def sweeps(
        self, to: Lock, coins: Sequence[Coin] | None = None, *, fee_rate: int = 5
    ) -> Paid:
        """Send `coins`, or everything, to one lock.

        Raises
        ------
        InputError
            If the coins are not worth their fee.
        """
        coins = list(self.coins.values()) if coins is None else coins
        rest = sum([coin.value for coin in coins]) - fee_for(coins, 1, fee_rate)
        if rest <= DUST_SAT:
            raise InputError(f"{self.name} has nothing worth sweeping", rest)
        return self.chain.transact([Share(coins, [Payee(rest, to)])])

    def pick(self, wanted: int, n_outputs: int, fee_rate: int = 5) -> list[Coin]:
        """Choose coins, oldest first, until they cover `wanted` and their fee.

        Raises
        ------
        InputError
            If all coins together do not.
        """
        chosen: list[Coin] = []
        total = 0
        for coin in self.coins.values():
            chosen.append(coin)
            total += coin.value
            if total >= wanted and total >= wanted + fee_for(
                chosen, n_outputs, fee_rate
            ):
                return chosen
        raise InputError(f"{self.name} lacks coins for", wanted)
