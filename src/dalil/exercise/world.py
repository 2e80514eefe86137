"""Make an exercise: blocks, a case to work, tags, prices, and the truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError
from dalil.exercise.blocks import BlockFiles
from dalil.exercise.casefile import case_text
from dalil.exercise.cast import Cast
from dalil.exercise.disclosure import write_truth
from dalil.exercise.exhibits import write_exhibits
from dalil.exercise.prices import price_table
from dalil.exercise.publictags import PublicTags
from dalil.exercise.stage import Stage
from dalil.exercise.truth import NOTICE
from dalil.ids import format_txid
from dalil.progress import silent

if TYPE_CHECKING:
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
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder ({error.strerror})", folder) from None
    if any(folder.iterdir()):
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
    write_truth(folder / "truth.json", stage, cast, tags, exhibits)
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
