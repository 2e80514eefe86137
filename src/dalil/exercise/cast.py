"""Who plays in an exercise, and the order in which they act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.exercise.campaign import Campaign, Outlets
from dalil.exercise.coinjoins import Rounds
from dalil.exercise.commerce import PayJoins, Peeler, Shops
from dalil.exercise.givers import Broker, Charity, ClosedExchange, Impostor
from dalil.exercise.people import Crowd, Miners
from dalil.exercise.services import Exchange, Processor
from dalil.exercise.whirlpool import Whirlpool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.exercise.stage import Player, Stage

__all__ = ["Cast"]

_POOL_DENOMINATION_SAT = 1_000_000


@dataclass(frozen=True)
class Cast:
    """All players of one exercise."""

    miners: Miners
    exchanges: list[Exchange]
    processor: Processor
    crowd: Crowd
    shops: Shops
    peeler: Peeler
    payjoins: PayJoins
    charities: list[Charity]
    broker: Broker
    closed: ClosedExchange
    rounds: Rounds
    whirlpool: Whirlpool
    impostor: Impostor
    campaign: Campaign

    @classmethod
    def on(cls, stage: Stage) -> Cast:
        """Bring everybody on stage; names are invented and say EXERCISE."""
        exchanges = [
            Exchange(
                stage, stage.cast(f"exchange_{name.lower()}", title, "exchange"), hot
            )
            for name, title, hot in (
                ("Amber", "Exercise Exchange Amber", ScriptType.P2PKH),
                ("Birch", "Exercise Exchange Birch", ScriptType.P2SH),
                ("Cobalt", "Exercise Exchange Cobalt", ScriptType.P2WPKH),
            )
        ]
        amber, birch, cobalt = exchanges
        miners = Miners(
            stage, exchanges, ["Exercise Pool Maple", "Exercise Pool Nettle"]
        )
        shops = [
            stage.wallet(
                stage.cast(f"shop_{i}", f"Exercise shop {i}", "merchant"), "till"
            )
            for i in range(3)
        ]
        dahlia = stage.cast(
            "processor_dahlia", "Exercise Processor Dahlia", "payment_processor"
        )
        processor = Processor(stage, dahlia, shops)
        crowd = Crowd(stage, exchanges, shops, processor)
        charities = [
            Charity(
                stage,
                stage.cast(f"charity_{name.lower()}", title, "charity"),
                crowd,
                cobalt,
                layers,
            )
            for name, title, layers in (
                ("Fig", "Exercise Charity Fig", 0),
                ("Grape", "Exercise Charity Grape", 3),
                ("Hazel", "Exercise Charity Hazel", 0),
            )
        ]
        elm = stage.cast("broker_elm", "Exercise Broker Elm", "broker")
        broker = Broker(stage, elm, crowd, cobalt)
        closed = ClosedExchange(stage, crowd)
        whirlpool = Whirlpool(stage, crowd, _POOL_DENOMINATION_SAT)
        outlets = Outlets(amber, birch, cobalt, closed, broker, whirlpool)
        zinnia = stage.cast("campaign_zinnia", "Exercise Campaign Zinnia", "campaign")
        quince = stage.cast("impostor_quince", "Exercise Impostor Quince", "impostor")
        return cls(
            miners,
            exchanges,
            processor,
            crowd,
            Shops(stage, shops, crowd),
            Peeler(stage, crowd, birch),
            PayJoins(stage, crowd),
            charities,
            broker,
            closed,
            Rounds(stage, crowd),
            whirlpool,
            Impostor(stage, quince, crowd, birch),
            Campaign(stage, zinnia, crowd, outlets),
        )

    def __iter__(self) -> Iterator[Player]:
        """Go through the players in the order in which they act."""
        players: list[Player] = [self.miners, *self.exchanges, self.crowd]
        players += [
            self.processor,
            self.peeler,
            self.payjoins,
            *self.charities,
            self.broker,
        ]
        players += [self.closed, self.rounds, self.whirlpool, self.impostor]
        yield from (*players, self.campaign)

    def play(self, stage: Stage) -> Iterator[int]:
        """Warm up and act through every tick; yields the tick just mined."""
        stage.warm_up(self.miners.wallets)
        for tick in range(stage.n_ticks):
            stage.tick = tick
            for player in self:
                player.act(stage)
            stage.chain.mine(self.miners.of(tick), stage.time_utc)
            yield tick
