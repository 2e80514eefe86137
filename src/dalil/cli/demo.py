"""`dalil demo`: the main job on an invented world, from nothing to a scored case."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.demo_text import demo_text
from dalil.cli.output import Ticker, emit, json_option, say_compiling
from dalil.errors import CheckFailed, InputError

if TYPE_CHECKING:
    from dalil.progress import Progress

__all__ = ["demo"]

_MARK = "EXERCISE.txt"


@click.command()
@click.argument(
    "folder", metavar="[DIR]", type=click.Path(path_type=Path), default="demo"
)
@click.option("--lang", type=click.Choice(["en", "ar"]), default="en", help="en or ar.")
@click.option("--seed", default=1, show_default=True, help="Which world.")
@json_option
def demo(folder: Path, lang: str, seed: int, as_json: bool) -> None:  # noqa: FBT001
    """Make a world in DIR, work its case, verify the bundle, score the result.

    Everything is invented and marked EXERCISE; nothing is downloaded. DIR is
    `demo` unless you say otherwise; an earlier exercise there is made anew.

    Example: dalil demo --lang ar
    """
    say_compiling()
    _clear(folder)
    result = _run(folder, lang, seed, Ticker())
    emit(result, as_json=as_json, text=lambda: demo_text(result, folder, lang))
    if not (result["verified"] and result["score"]["ok"]):
        raise CheckFailed("the demo's case did not come out as it should", folder)


def _clear(folder: Path) -> None:
    """Take an earlier exercise away; refuse to touch anything else."""
    if not folder.exists():
        return
    if not folder.is_dir() or (
        any(folder.iterdir()) and not (folder / _MARK).is_file()
    ):
        raise InputError("this is no earlier exercise; name another folder", folder)
    shutil.rmtree(folder)


def _run(folder: Path, lang: str, seed: int, progress: Progress) -> dict[str, Any]:
    from dalil.cases.investigate import investigate
    from dalil.cases.reading import read_charter
    from dalil.exercise.score import score_case
    from dalil.exercise.world import make_world
    from dalil.ledger import Ledger
    from dalil.ledger.build import build_from_blocks
    from dalil.ledger.describe import describe_ledger
    from dalil.sources.blockfolder import open_blocks

    make_world(folder, seed, 1, progress, language=lang)
    blocks = open_blocks(folder / "blocks", progress=progress)
    build_from_blocks(folder / "ledger", blocks, progress)
    ledger = Ledger.open(folder / "ledger")
    worked = investigate(read_charter(folder / "case"), None, progress)
    progress("scoring against the truth", 0, 0)
    score = score_case(folder, folder / "case", ledger)
    facts = describe_ledger(ledger)
    return worked.to_json() | {"ledger": facts, "score": score.to_json()}
