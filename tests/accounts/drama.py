"""A random play on Anvil: mints, payments that fail, freezes, forged transfers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.chains.evm import keccak256

if TYPE_CHECKING:
    from dalil.exercise.dice import Dice
    from tests.accounts.anvil import Anvil, Contract

__all__ = ["Drama"]

_MOVE = "transfer(address,uint256)"
_FROM = "transferFrom(address,address,uint256)"
_SUBMIT = "submitTransaction(address,uint256,bytes)"


@dataclass
class Drama:
    """Sends random calls to a node; nothing of what comes of them is foreseen.

    Attributes
    ----------
    sent : list of str
        Hash of every transaction, those that failed too.
    """

    node: Anvil
    dice: Dice
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.issuer, self.signer, self.cosigner, *self.people = self.node.accounts
        self.dollar = self.node.deploy(self.issuer, "ExerciseDollar", "uint256", 10**30)
        self.fake = self.node.deploy(self.issuer, "LookAlike")
        self.wallet = self.node.deploy(
            self.issuer,
            "ExerciseMultisig",
            "address[]",
            [self.signer, self.cosigner],
        )
        self._n_submitted = 0

    def play(self, n_blocks: int) -> None:
        """Mine blocks of some ten calls each; a few blocks stay empty."""
        for _ in range(n_blocks):
            if not self.dice.chance(10):
                for _ in range(self.dice.between(1, 20)):
                    self.sent.append(self._something())
            self.node.mine()

    def retire(self) -> None:
        """Hand the token to the multisig wallet: from now on two must agree."""
        call = "setOwner(address)"
        self.sent.append(self.dollar.send(self.issuer, call, self.wallet.address))
        self.node.mine()

    def freeze_in_two_steps(self, who: str, blocks_between: int) -> None:
        """Submit, let the world go on, confirm."""
        data = keccak256(b"addBlackList(address)")[:4] + bytes(12)
        data += bytes.fromhex(who[2:])
        submitted = self.wallet.send(self.signer, _SUBMIT, self.dollar.address, 0, data)
        self.node.mine()
        self.play(blocks_between)
        confirm = "confirmTransaction(uint256)"
        confirmed = self.wallet.send(self.cosigner, confirm, self._n_submitted)
        self._n_submitted += 1
        self.node.mine()
        self.sent += [submitted, confirmed]

    def _amount(self) -> int:
        """Draw an amount of any size up to 96 bits; some are zero."""
        return self.dice.below(1 << self.dice.between(1, 60)) << self.dice.below(37)

    def _something(self) -> str:
        dollar, dice = self.dollar, self.dice
        who, other = dice.choice(self.people), dice.choice(self.people)
        way, amount = dice.below(100), self._amount()
        if way < 25:
            return dollar.send(self.issuer, _MOVE, who, amount)
        if way < 55:
            return dollar.send(who, _MOVE, other, amount)
        if way < 62:
            return dollar.send(who, "approve(address,uint256)", other, amount)
        if way < 70:
            return dollar.send(who, _FROM, other, who, amount >> 20)
        if way < 76:
            some = [dice.choice(self.people) for _ in range(dice.between(0, 4))]
            parts = [amount >> 8] * len(some)
            return self._many(who, some, parts)
        if way < 80:
            return dollar.send(self.issuer, "issue(uint256)", amount)
        if way < 83:
            return dollar.send(self.issuer, "redeem(uint256)", amount)
        if way < 86:
            return dollar.send(self.issuer, "addBlackList(address)", who)
        if way < 89:
            return dollar.send(self.issuer, "removeBlackList(address)", who)
        if way < 91:
            return dollar.send(self.issuer, "destroyBlackFunds(address)", who)
        if way < 94:
            say = "say(address,address,uint256)"
            return self.fake.send(who, say, who, other, amount)
        return self.node.send(who, other, value=amount % 10**18)

    def _many(self, who: str, to: list[str], amounts: list[int]) -> str:
        call = "transferMany(address[],uint256[])"
        return self.dollar.send(who, call, to, amounts)

    def balance(self, contract: Contract, who: str, at: int) -> int:
        """Ask the node what somebody held at a height."""
        return contract.ask("balanceOf(address)", who, at=at)
