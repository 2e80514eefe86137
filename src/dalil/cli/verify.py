"""``dalil verify``: re-check a bundle with Dalil's own copy of the verifier."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dalil.cli.output import emit, json_option

__all__ = ["verify"]


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--root", metavar="HEX", help="The root you were given by another way.")
@json_option
def verify(bundle: Path, root: str | None, *, as_json: bool) -> None:
    """Re-check BUNDLE from its premises: bytes, blocks, amounts, texts, tags.

    Every statement is derived again from raw transactions, headers, exhibits
    and extracts in the bundle; the first false premise of each finding is
    named. What cannot be checked is listed under `not checked`: read it.
    Nothing in the bundle is run; this is the verify.py that came with Dalil,
    and a bundle whose own copy differs is reported.

    Hashes inside a bundle show that it is whole, not who made it. Compare its
    root with the one you were given by another way:

    \b
    Example:
        dalil verify CASE/bundle
        dalil verify CASE/bundle --root 3f0c…

    Exit codes: 0 all checks passed, 1 a check failed, 3 not a bundle.
    docs/verification.md says which forgery is caught by which check.
    """
    from dalil.evidence.verify import as_text
    from dalil.evidence.verifying import verify_bundle

    result = verify_bundle(bundle, root)
    emit(result, as_json=as_json, text=lambda: as_text(result))
    sys.exit(0 if result["ok"] else 1)
