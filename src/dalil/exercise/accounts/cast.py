"""Who plays in an account exercise, and in which order they act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.exercise.accounts.appeals import POOL_SIZE, Appeal, Outlet
from dalil.exercise.accounts.coins import NATIVE
from dalil.exercise.accounts.issuer import Issuer
from dalil.exercise.accounts.lotus import Lotus
from dalil.exercise.accounts.people import AccountCrowd
from dalil.exercise.accounts.poisoner import Poisoner
from dalil.exercise.accounts.services import (
    AccountBroker,
    AccountExchange,
    EnergyRental,
)
from dalil.exercise.accounts.stage import DOLLARS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.exercise.accounts.stage import AccountPlayer, AccountStage

__all__ = ["AccountCast"]


@dataclass(frozen=True)
class AccountCast:
    """All players of one account exercise."""

    issuer: Issuer
    exchanges: list[AccountExchange]
    brokers: list[AccountBroker]
    rental: EnergyRental
    crowd: AccountCrowd
    campaign: Appeal
    charities: list[Appeal]
    lotus: Lotus
    poisoner: Poisoner

    @classmethod
    def on(cls, stage: AccountStage) -> AccountCast:
        """Bring everybody on stage; names are invented and say EXERCISE."""
        exchanges = _exchanges(stage)
        amber, birch, cobalt = exchanges
        brokers = _brokers(stage, cobalt)
        rental = EnergyRental(
            stage, stage.cast("rental_reed", "Exercise Energy Rental Reed", "rental")
        )
        crowd = AccountCrowd(stage, exchanges, brokers, rental)
        campaign = Appeal(
            stage,
            stage.cast("campaign_zinnia", "Exercise Campaign Zinnia", "campaign"),
            crowd,
            rental,
        )
        charities = [
            Appeal(
                stage,
                stage.cast(
                    f"charity_{name.lower()}", f"Exercise Charity {name}", "charity"
                ),
                crowd,
                rental,
                pool_size=pool_size,
            )
            for name, pool_size in (("Fig", POOL_SIZE), ("Grape", 5), ("Hazel", 1))
        ]
        elm, oak = brokers
        campaign.own_money = amber
        for appeal in (campaign, *charities):
            appeal.outlets += [
                Outlet(elm.desk, 5, 1, 2),
                Outlet(birch.deposit_of(stage, appeal.collector), 4, 2, 3),
                Outlet(oak.desk, 11, 4, 3),
            ]
        lotus = Lotus(
            stage,
            stage.cast("service_lotus", "Exercise Payment Service Lotus", "service"),
            stage.cast("listed_moth", "Exercise listed wallet Moth", "listed"),
            exchanges,
        )
        campaign.outlets.append(Outlet(lotus.listed, 13, 6, 5))
        issuer = Issuer(
            stage,
            stage.cast("issuer_quartz", "Exercise Dollar Issuer Quartz", "issuer"),
            stage.cast("fraud_thorn", "Exercise fraud Thorn", "fraud"),
            birch,
        )
        poisoner = Poisoner(
            stage,
            stage.cast("poisoner_wasp", "Exercise poisoner Wasp", "poisoner"),
            amber,
        )
        stage.chain.time_utc = stage.time_of(0)
        issuer.open_market(stage, exchanges)
        for purse in (rental.pool, poisoner.purse):
            amber.withdraw(stage, purse, 50_000 * DOLLARS, NATIVE)
        for appeal in (campaign, *charities):
            birch.withdraw(stage, appeal.fuel, 5_000 * DOLLARS, NATIVE)
        return cls(
            issuer,
            exchanges,
            brokers,
            rental,
            crowd,
            campaign,
            charities,
            lotus,
            poisoner,
        )

    def __iter__(self) -> Iterator[AccountPlayer]:
        """Go through the players in the order in which they act."""
        players: list[AccountPlayer] = [self.issuer, *self.exchanges, *self.brokers]
        players += [self.rental, self.crowd, self.campaign, *self.charities]
        yield from (*players, self.lotus, self.poisoner)

    def play(self, stage: AccountStage) -> Iterator[int]:
        """Act through every hour, a block each; yields the hour just closed."""
        for hour in range(stage.size.days * 24):
            stage.hour, stage.chain.time_utc = hour, stage.time_of(hour)
            for player in self:
                player.act(stage)
            stage.chain.close()
            yield hour


def _exchanges(stage: AccountStage) -> list[AccountExchange]:
    return [
        AccountExchange(
            stage,
            stage.cast(
                f"exchange_{name.lower()}", f"Exercise Exchange {name}", "exchange"
            ),
        )
        for name in ("Amber", "Birch", "Cobalt")
    ]


def _brokers(stage: AccountStage, exchange: AccountExchange) -> list[AccountBroker]:
    return [
        AccountBroker(
            stage,
            stage.cast(f"broker_{name.lower()}", f"Exercise Broker {name}", "broker"),
            exchange,
        )
        for name in ("Elm", "Oak")
    ]
