"""``dalil intake``: captured files to verified indicators."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.output import Ticker, emit, json_option
from dalil.errors import InputError

if TYPE_CHECKING:
    from dalil.intake import Extraction, Indicator

__all__ = ["intake"]

_SHOWN = 100


@click.group()
def intake() -> None:
    """Read captured files: text, HTML, Telegram exports, PDF.

    Nothing in a file is executed and nothing is fetched.
    """


@intake.command("extract")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def extract_command(files: tuple[Path, ...], *, as_json: bool) -> None:
    """List the addresses, links and names that captured FILES hold.

    Each indicator states its exact place (code points of the decoded text),
    its raw form, the steps from there to its value, and the verdict of its
    checksum: valid, repaired (one look-alike reading passes), none (the form
    has no checksum) or invalid (the shape of an address, but a slip in it).
    No case is needed; senders' names are never printed.

    \b
    Example:
      dalil intake extract appeal.html result.json
      dalil intake extract --json flyer.pdf | jq '.indicators[].value'

    Exit code 3 where none of the files could be read; what could not be read
    in part is said in the notes.
    """
    from dalil.intake import extract_all

    found = extract_all(files, progress=Ticker())
    if not any(extraction.readable for extraction in found):
        notes = "; ".join(note for e in found for note in e.notes)
        names = ", ".join(e.exhibit.name for e in found)
        raise InputError(f"nothing could be read ({notes})", names)
    emit(_wire(found), as_json=as_json, text=lambda: _text(found))


def _wire(found: list[Extraction]) -> dict[str, Any]:
    return {
        "indicators": [i.to_json() for e in found for i in e.indicators],
        "exhibits": [
            {
                **e.exhibit.to_json(),
                "role": e.role,
                "readable": e.readable,
                "attachments": list(e.attachments),
                "notes": list(e.notes),
            }
            for e in found
        ],
        "notes": [f"{e.exhibit.name}: {note}" for e in found for note in e.notes],
    }


def _text(found: list[Extraction]) -> str:
    lines = []
    for extraction in found:
        exhibit, indicators = extraction.exhibit, extraction.indicators
        lines.append(f"{exhibit.name}  {exhibit.sha256[:16]}…  {exhibit.media_type}")
        lines += [_line(indicator) for indicator in indicators[:_SHOWN]]
        if len(indicators) > _SHOWN:
            lines.append(f"  … {len(indicators) - _SHOWN} more (--json lists all)")
        if not indicators:
            lines.append("  no indicators")
        lines += [f"  note: {note}" for note in extraction.notes]
    return "\n".join(lines)


def _line(found: Indicator) -> str:
    chain = found.chain or "|".join(found.chains)
    place = " ".join(f"{key} {value}" for key, value in found.where.items())
    told = " ".join(
        filter(None, [found.quoted and f"quoted ({found.quoted})", place, chain])
    )
    return (
        f"  {found.kind:8} {found.checksum:8} {found.value}"
        f"  [{found.start}:{found.end}] {told}".rstrip()
    )
