"""`dalil ledger verify`: check a ledger against its manifest and its blocks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dalil.cli.output import Ticker, emit, json_option, say_compiling

if TYPE_CHECKING:
    from dalil.ledger.verifying import Verified

__all__ = ["verify"]


@click.command()
@click.argument("ledger_path", metavar="LEDGER", type=click.Path(path_type=Path))
@click.option(
    "--sample",
    type=click.IntRange(0),
    default=25,
    show_default=True,
    help="How many blocks to read again from their files; the manifest's hash "
    "chooses which.",
)
@click.option("--whole", is_flag=True, help="Read every block again.")
@json_option
def verify(
    ledger_path: Path,
    sample: int,
    whole: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Check LEDGER: its bytes, its links both ways, its headers, its blocks.

    Every chunk is hashed again, every link followed both ways, every Merkle root
    computed; then blocks are read from the files they came from by another
    reader and compared field by field. Of a ledger of accounts every index is
    made again from the columns. Exit code 1 if anything is wrong.

    Example: dalil ledger verify my-ledger --sample 1000
    """
    say_compiling()
    from dalil.ledger.accounts import AccountLedger, is_account_ledger, verify_accounts
    from dalil.ledger.verifying import verify_ledger

    if is_account_ledger(ledger_path):
        done = verify_accounts(AccountLedger.open(ledger_path), Ticker())
    else:
        done = verify_ledger(
            ledger_path, n_blocks=None if whole else sample, progress=Ticker()
        )
    result = {
        "manifest_sha256": done.manifest_sha256,
        "ok": done.ok,
        "checks": [
            {
                "check": check.name,
                "n": check.n,
                "problem": check.problem or None,
                "skipped": check.skipped or None,
            }
            for check in done.checks
        ],
        "not_checked": done.not_checked,
    }
    emit(result, as_json=as_json, text=lambda: _text(done))
    if not done.ok:
        sys.exit(1)


def _text(done: Verified) -> str:
    rows = [f"manifest {done.manifest_sha256}"]
    for check in done.checks:
        verdict = check.problem or check.skipped or "ok"
        rows.append(f"{check.name:<28}{check.n:>14,}  {verdict}")
    rows += ["not checked:", *(f"  {gap}" for gap in done.not_checked)]
    return "\n".join(rows)
