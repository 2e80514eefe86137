"""The truth of an account exercise, in one file; addresses as the chain spells them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dalil.chains.accounts import TxStatus
from dalil.chains.tokens import token_caip19
from dalil.exercise.accounts.coins import CHAIN, DOLLAR
from dalil.exercise.accounts.poisoner import FAKES

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.exercise.accounts.appeals import Appeal
    from dalil.exercise.accounts.cast import AccountCast
    from dalil.exercise.accounts.issuer import Freeze
    from dalil.exercise.accounts.stage import AccountStage

__all__ = ["NOTICE", "SCHEMA", "true_story"]

SCHEMA = "dalil-exercise-accounts-truth/1"
NOTICE = (
    "EXERCISE / تمرين: invented parties, worthless coins under a test network's id; "
    "nothing here says anything about anybody."
)


def true_story(
    stage: AccountStage,
    cast: AccountCast,
    tagged: dict[str, str],
    text: Callable[[bytes], str],
) -> dict[str, Any]:
    """Tell everything there is to know of a play that has ended.

    Amounts are decimal strings of base units. ``flows`` tell, for the donations
    to all addresses of the appeal together, how much of them first arrived at
    each party's address: one allocation that conserves value at every step, so
    whatever interval is sound contains it. ``direct`` is what the collector
    sent there in all, which no allocation exceeds.
    """
    return {
        "schema": SCHEMA,
        "notice": NOTICE,
        "seed": stage.seed,
        "chain": CHAIN,
        "token": token_caip19(CHAIN, DOLLAR.kind, DOLLAR.key),
        "decimals": DOLLAR.decimals,
        "blocks": _blocks(stage),
        "postings": [
            {"time_utc": p.time_utc, "address": text(p.address)}
            for p in cast.campaign.postings
        ],
        "donations": [
            {
                "block": d.block,
                "from": text(d.giver),
                "to": text(d.to),
                "amount": str(d.amount),
            }
            for d in stage.earmarks.donations
        ],
        "flows": _flows(stage, text),
        "patterns": [
            _pattern(appeal, text) for appeal in (cast.campaign, *cast.charities)
        ],
        "deposits": {
            text(key): exchange.actor.id
            for exchange in cast.exchanges
            for key in exchange.actor.accounts.get("deposit", [])
        },
        "rental": {
            "pool": text(cast.rental.pool),
            "n_children": len(set(stage.children)),
        },
        "poisoning": _poisoning(stage, cast, text),
        "freezes": [_freeze(freeze, text) for freeze in cast.issuer.freezes],
        "service_wallet": {
            "address": text(cast.lotus.wallet),
            "listed": text(cast.lotus.listed),
            "taken_in": str(cast.lotus.taken_in),
            "to_listed": str(cast.lotus.to_listed),
        },
        "tagged": tagged,
        "actors": _actors(stage, text),
    }


def _actors(stage: AccountStage, text: Callable[[bytes], str]) -> list[dict[str, Any]]:
    return [
        {
            "id": actor.id,
            "name": actor.name,
            "kind": actor.kind,
            "accounts": {
                role: [text(key) for key in keys]
                for role, keys in actor.accounts.items()
            },
        }
        for actor in stage.actors
    ]


def _poisoning(
    stage: AccountStage, cast: AccountCast, text: Callable[[bytes], str]
) -> dict[str, Any]:
    return {
        "txids": sorted(name.hex() for name in stage.noise),
        "traps": [
            {
                "address": text(trap.address),
                "imitates": text(trap.imitates),
                "victim": text(trap.victim),
            }
            for trap in cast.poisoner.traps
        ],
        "fake_tokens": [token_caip19(CHAIN, c.kind, c.key) for c in FAKES],
    }


def _blocks(stage: AccountStage) -> dict[str, Any]:
    blocks = stage.chain.blocks
    txs = [tx for block in blocks for tx in block.txs]
    return {
        "n_blocks": len(blocks),
        "n_tx": len(txs),
        "n_failed": sum(tx.status is TxStatus.FAILED for tx in txs),
        "n_transfers": sum(len(tx.moves) for tx in txs),
        "n_events": sum(len(tx.told) for tx in txs),
        "tip_hash": blocks[-1].hash.hex(),
    }


def _flows(stage: AccountStage, text: Callable[[bytes], str]) -> list[dict[str, Any]]:
    donations, direct = Counter[bytes](), Counter[bytes]()
    for arrival in stage.earmarks.arrivals:
        donations[arrival.to] += arrival.donations
    for block in stage.chain.blocks:
        for move in (move for tx in block.txs for move in tx.moves):
            if move.coin == DOLLAR and stage.passes_on(move.payer):
                direct[move.payee] += move.amount
    return [
        {
            "to": text(key),
            "actor": stage.owner[key][0].id,
            "amount": str(amount),
            "direct": str(direct[key]),
        }
        for key, amount in sorted(donations.items())
    ]


def _pattern(appeal: Appeal, text: Callable[[bytes], str]) -> dict[str, Any]:
    return {
        "actor": appeal.actor.id,
        "pool": [text(posting.address) for posting in appeal.postings],
        "collector": text(appeal.collector),
        "fuel": text(appeal.fuel),
    }


def _freeze(freeze: Freeze, text: Callable[[bytes], str]) -> dict[str, Any]:
    return {
        "account": text(freeze.account),
        "submitted": freeze.submitted,
        "executed": freeze.executed,
        "ended": freeze.ended,
        "then": freeze.then,
        "frozen": str(freeze.frozen_amount),
        "outflow": [name.hex() for name in freeze.outflow],
        "outflow_amount": str(freeze.outflow_amount),
    }
