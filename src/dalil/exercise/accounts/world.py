"""Make an account exercise: blocks in several forms, appeals, tags, and the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.chains import tron
from dalil.chains.tokens import token_caip19
from dalil.errors import InputError
from dalil.exercise.accounts.cast import AccountCast
from dalil.exercise.accounts.channel import write_channel
from dalil.exercise.accounts.coins import CHAIN, COINS
from dalil.exercise.accounts.poisoner import FAKES
from dalil.exercise.accounts.rows import batches_of, write_etl
from dalil.exercise.accounts.source import AccountBatches
from dalil.exercise.accounts.stage import AccountStage, Size
from dalil.exercise.accounts.tags import PublicAccounts
from dalil.exercise.accounts.tronjson import write_tron_json
from dalil.exercise.accounts.truth import NOTICE, true_story
from dalil.progress import silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.exercise.accounts.chain import Block
    from dalil.progress import Progress

__all__ = ["AccountWorld", "make_account_world"]

_LEAST_DAYS = 20
_CHARTER = """\
# EXERCISE / تمرين: an invented case on a test network.
exercise = true
title = "EXERCISE Zinnia, accounts / تمرين زينيا"
purpose = "Training: find where the donations of an invented campaign went"
legal_basis = "none needed: exercise"
authority = "Exercise Authority"
analyst = "Exercise Analyst"
reviewer = ""
retention_date = 2026-12-31
language = "en"
ledgers = ["../ledger"]
tags = ["../tags/actors.yaml", "../tags/services.yaml"]
"""


@dataclass(frozen=True)
class AccountWorld:
    """A world that was played to its end.

    Attributes
    ----------
    truth : dict
        What ``truth.json`` holds.
    """

    folder: Path | None
    truth: dict[str, Any]
    blocks: Sequence[Block]

    @property
    def source(self) -> AccountBatches:
        """The chain as a source, in memory; a new one each time."""
        return self.source_on(CHAIN)

    def source_on(self, chain: str) -> AccountBatches:
        """Give the same blocks under another chain's id, such as `EVM_CHAIN`."""
        source = AccountBatches(chain, lambda: batches_of(chain, self.blocks))
        source.report.decimals.update(
            {
                token_caip19(chain, coin.kind, coin.key): (coin.symbol, coin.decimals)
                for coin in (*COINS, *FAKES)
            }
        )
        return source


def make_account_world(
    seed: int = 1,
    folder: Path | None = None,
    size: Size | None = None,
    progress: Progress = silent,
) -> AccountWorld:
    """Play an account exercise, and write it into `folder` if there is one.

    The same seed and size give the same bytes in every file. In the folder:
    ``etl/`` token transfers as ethereum-etl has them; ``tron/`` a node's answers;
    ``case/`` the captured channel and a charter without a reviewer; ``tags/``;
    ``truth.json``, which is written last: a folder without it is unfinished.

    Parameters
    ----------
    seed : int, default 1
    folder : Path, optional
        Empty or absent on disk.
    size : Size, optional
        By default 60 days, 150 people, 600 strangers who rent energy: some 9,000
        transactions in 3 s. The bench asks for 50,000 strangers.
    progress : Progress

    Raises
    ------
    InputError
        If the folder holds something, or the size is too small for the plot.
    """
    size = Size() if size is None else size
    if size.days < _LEAST_DAYS or size.n_people < 1 or size.n_children < 0:
        raise InputError(f"an account exercise takes {_LEAST_DAYS} days or more", size)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"cannot make the folder ({error.strerror})"
            raise InputError(what, folder) from None
        if any(folder.iterdir()):
            message = "the folder is not empty; name another or empty it"
            raise InputError(message, folder)
    stage = AccountStage(seed, size)
    cast = AccountCast.on(stage)
    for hour in cast.play(stage):
        progress("playing the exercise", hour + 1, size.days * 24)
    tags = PublicAccounts(stage, tron.encode_address)
    truth = true_story(stage, cast, tags.tagged, tron.encode_address)
    if folder is not None:
        _write(folder, stage, cast, tags, truth)
    return AccountWorld(folder, truth, stage.chain.blocks)


def _write(
    folder: Path,
    stage: AccountStage,
    cast: AccountCast,
    tags: PublicAccounts,
    truth: dict[str, Any],
) -> None:
    blocks = stage.chain.blocks
    write_etl(folder / "etl", blocks, [*COINS, *FAKES])
    write_tron_json(folder / "tron", blocks)
    tags.write(folder / "tags", "TRX")
    (folder / "case" / "telegram").mkdir(parents=True)
    channel = write_channel(cast.campaign.postings, tron.encode_address)
    (folder / "case" / "telegram" / "result.json").write_bytes(channel)
    (folder / "case" / "case.toml").write_text(_CHARTER, encoding="utf-8")
    (folder / "EXERCISE.txt").write_text(NOTICE + "\n", encoding="utf-8")
    part = folder / "truth.json.part"
    part.write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(folder / "truth.json")
