"""`dalil exercise`: make a world with a known truth, and score a case against it."""

from __future__ import annotations

from pathlib import Path

import click

from dalil.cli.output import Ticker, emit, json_option

__all__ = ["exercise"]


@click.group()
def exercise() -> None:
    """Worlds with a known truth.

    Everything in one is invented: parties, money, appeals. Its blocks are
    valid on a private regtest chain, so every tool can be tried on them and
    its answers compared with what really happened.
    """


@exercise.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--seed", default=1, show_default=True, help="Which world.")
@click.option(
    "--scale",
    default=1,
    show_default=True,
    help="1 is about 3,500 transactions; 250 about 500,000.",
)
@json_option
def make(folder: Path, seed: int, scale: int, *, as_json: bool) -> None:
    r"""Make an exercise in DIR: blocks, a case to work, tags, prices, truth.

    The same seed and scale give the same bytes.

    \b
    DIR/blocks/      valid regtest blocks, as Bitcoin Core keeps them
    DIR/case/        captured appeals and reports, with case.toml
    DIR/tags/        what the public knows of the services
    DIR/prices.csv   invented prices
    DIR/truth.json   what really happened; do not look before you have worked

    \b
    Example:
      dalil exercise make world --seed 7
      dalil ledger build world/ledger --blocks world/blocks
    """
    from dalil.exercise.world import make_world

    made = make_world(folder, seed, scale, Ticker())
    emit(
        made.to_json(),
        as_json=as_json,
        text=lambda: (
            f"Made an exercise in {folder}: {made.n_tx:,} transactions in "
            f"{made.n_blocks:,} blocks, {made.n_exhibits} captured files.\n"
            f"Next: dalil ledger build {folder}/ledger --blocks {folder}/blocks"
        ),
    )
