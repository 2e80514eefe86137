"""Make an exercise: blocks, a case to work, tags, prices, and the truth."""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.networks import REGTEST
from dalil.errors import InputError
from dalil.exercise.blocks import BlockFiles
from dalil.exercise.casefile import case_text
from dalil.exercise.cast import Cast
from dalil.exercise.exhibits import write_exhibits
from dalil.exercise.flows import true_flows
from dalil.exercise.prices import MISSING_DAY, price_table
from dalil.exercise.publictags import PublicTags
from dalil.exercise.stage import DAY, START_UTC, Stage
from dalil.exercise.truth import NOTICE, SCHEMA, Truth, hop_to_json, write_json
from dalil.ids import format_txid
from dalil.progress import silent
from dalil.units import utc_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.exercise.exhibits import CaseFiles
    from dalil.progress import Progress

__all__ = ["Made", "make_world"]

MAX_SCALE = 2_000


@dataclass(frozen=True)
class Made:
    """What `make_world` made, in numbers."""

    folder: str
    seed: int
    scale: int
    n_blocks: int
    n_tx: int
    n_addresses: int
    n_exhibits: int
    n_coinjoins: int
    tip_hash: str

    def to_json(self) -> dict[str, Any]:
        """Return the command's JSON object."""
        return asdict(self)


def make_world(
    folder: Path,
    seed: int = 1,
    scale: int = 1,
    progress: Progress = silent,
    *,
    language: str = "en",
) -> Made:
    """Make a synthetic world in `folder`.

    The same seed and scale give the same bytes in every file. Blocks are
    written as they are mined, so memory grows with the people, not with the
    chain: about 1 MB for each unit of scale. Time is about a second for 10,000
    transactions. ``truth.json`` is written last; a folder without it is unfinished.

    Parameters
    ----------
    folder : Path
        Empty or absent.
    seed : int, default 1
        Decides everything that is left to chance.
    scale : int, default 1
        1 gives some 3,500 transactions; they grow in proportion.
    language : {"en", "ar"}
        In which the case asks for its report; appeals come in both.

    Raises
    ------
    InputError
        If the folder holds something, or the scale is out of range.
    """
    if not 1 <= scale <= MAX_SCALE:
        raise InputError(f"the scale must lie between 1 and {MAX_SCALE}", scale)
    if folder.exists() and any(folder.iterdir()):
        raise InputError("the folder is not empty; name another or empty it", folder)
    with BlockFiles(folder / "blocks") as files:
        stage = Stage(seed, scale, files.append)
        cast = Cast.on(stage)
        for tick in cast.play(stage):
            progress("mining the exercise", tick + 1, stage.n_ticks)
    progress("writing exhibits, tags and truth", 0, 0)
    tags = PublicTags(stage, cast)
    tags.write(folder / "tags")
    _write(folder / "prices.csv", price_table(stage.dice("prices")))
    _write(folder / "EXERCISE.txt", f"{NOTICE}\nThe prices are invented too.\n")
    exhibits = _write_case(folder / "case", cast, language)
    _write_truth(folder / "truth.json", stage, cast, tags, exhibits)
    return Made(
        str(folder),
        seed,
        scale,
        stage.chain.height + 1,
        stage.chain.n_tx,
        len(stage.chain.book),
        len(exhibits.sha256),
        len(stage.coinjoins),
        format_txid(stage.chain.tip),
    )


def _write(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _write_case(folder: Path, cast: Cast, language: str) -> CaseFiles:
    charity = cast.charities[0]
    owner = {
        posting.address: "campaign_zinnia"
        if posting.route != "P4"
        else cast.exchanges[0].actor.id
        for posting in cast.campaign.postings
    }
    owner[charity.address] = charity.actor.id
    owner[cast.impostor.address] = cast.impostor.actor.id
    exhibits = write_exhibits(
        folder, cast.campaign.postings, owner, charity.address, cast.impostor.address
    )
    _write(folder / "case.toml", case_text(exhibits, language))
    return exhibits


def _write_truth(
    path: Path, stage: Stage, cast: Cast, tags: PublicTags, exhibits: CaseFiles
) -> None:
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
