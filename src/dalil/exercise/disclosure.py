"""Tell the truth once the play is over: everything, into one file."""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.networks import REGTEST
from dalil.exercise.flows import true_flows
from dalil.exercise.prices import MISSING_DAY
from dalil.exercise.stage import DAY, START_UTC
from dalil.exercise.truth import NOTICE, SCHEMA, Truth, hop_to_json, write_json
from dalil.ids import format_txid
from dalil.units import utc_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.exercise.cast import Cast
    from dalil.exercise.exhibits import CaseFiles
    from dalil.exercise.publictags import PublicTags
    from dalil.exercise.stage import Stage

__all__ = ["write_truth"]


def write_truth(
    path: Path, stage: Stage, cast: Cast, tags: PublicTags, exhibits: CaseFiles
) -> None:
    """Write ``truth.json`` of a play that has ended.

    Actors come last and are written one by one: they are the large part.
    """
    receipts = sorted(
        [*cast.campaign.receipts, *cast.impostor.receipts],
        key=lambda receipt: (receipt.time_utc, receipt.outpoint),
    )
    hops = [hop_to_json(hop) for hop in stage.following.hops]
    followed: dict[str, Any] = {
        "actors": [
            {"id": actor.id, "kind": actor.kind, "wallets": {}}
            for actor in stage.actors
        ],
        "tagged": tags.tagged,
        "receipts": [receipt.to_json() for receipt in receipts],
        "hops": hops,
        "coinjoins": stage.coinjoins,
    }
    truth = Truth.from_json(followed)
    sections: dict[str, Any] = {
        "schema": SCHEMA,
        "notice": NOTICE,
        "seed": stage.seed,
        "scale": stage.scale,
        "chain": REGTEST.caip2,
        "blocks": {
            "n_blocks": stage.chain.height + 1,
            "n_tx": stage.chain.n_tx,
            "tip_height": stage.chain.height,
            "tip_hash": format_txid(stage.chain.tip),
        },
        "exhibits": exhibits.to_json(),
        "postings": [asdict(posting) for posting in cast.campaign.postings],
        "flows": _flows(truth, stage, cast),
        "traps": _traps(cast, tags),
        **{
            name: followed[name] for name in ("tagged", "coinjoins", "receipts", "hops")
        },
        "actors": _actors(stage),
    }
    write_json(path, sections.items())


def _flows(truth: Truth, stage: Stage, cast: Cast) -> list[dict[str, Any]]:
    """Tell what became of the donations, for the seeds a case may start from."""
    published = {posting.address for posting in cast.campaign.postings}
    mine = [r for r in truth.receipts if r.to == cast.campaign.actor.id]
    copied = [r for r in truth.receipts if r.to == cast.impostor.actor.id]
    found = []
    for seeds, receipts in (
        ("published addresses", [r for r in mine if r.address in published]),
        ("all donations", mine),
        ("the impostor's", copied),
    ):
        flows = true_flows(truth, [r.outpoint for r in receipts])
        found += [
            {
                "seeds": seeds,
                "seed_sat": sum(r.value for r in receipts),
                "to": actor.id,
                "name": actor.name,
                "kind": actor.kind,
                "arrived_sat": flow.arrived,
                "reached_tagged_sat": flow.reached_tagged,
                "behind_coinjoin_sat": flow.behind_coinjoin,
            }
            for actor in stage.actors
            if (flow := flows.get(actor.id))
        ]
    return found


def _traps(cast: Cast, tags: PublicTags) -> list[dict[str, Any]]:
    charity, impostor = cast.charities[0], cast.impostor
    missing = utc_day(START_UTC + MISSING_DAY * DAY)
    return [
        {
            "trap": "a report names a charity beside the appeal's address",
            "file": "press/news.html",
            "address": charity.address,
            "belongs_to": charity.actor.id,
        },
        {
            "trap": "an impostor's copy of the appeal",
            "file": "press/copycat.html",
            "address": impostor.address,
            "belongs_to": impostor.actor.id,
        },
        {"trap": "a day without a price", "day": missing},
        {
            "trap": "payments that join two owners (PayJoin)",
            "txids": cast.payjoins.txids,
        },
        {
            "trap": "a charity with the campaign's chain of hubs",
            "address": cast.charities[1].address,
            "belongs_to": cast.charities[1].actor.id,
        },
        *tags.traps,
    ]


def _actors(stage: Stage) -> Iterator[dict[str, Any]]:
    """Go through the actors with their addresses, one at a time."""
    places: dict[int, array[int]] = defaultdict(lambda: array("I"))
    for place, owner in enumerate(stage.chain.book.owners):
        places[owner].append(place)
    for actor in stage.actors:
        wallets = {
            stage.owner[wallet.number][1]: [
                stage.chain.book[place] for place in places[wallet.number]
            ]
            for wallet in actor.wallets
        }
        yield {
            "id": actor.id,
            "name": actor.name,
            "kind": actor.kind,
            "wallets": wallets,
        }
