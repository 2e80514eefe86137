"""`dalil address`: what a text is, as an address, on every chain known."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.output import emit, json_option

if TYPE_CHECKING:
    from dalil.chains.registry import Reading

__all__ = ["address"]


@click.command(name="address")
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@json_option
def address(texts: tuple[str, ...], *, as_json: bool) -> None:
    """Read TEXT as an address in every way that fits.

    Shows chain, form, checksum verdict and the other spellings of the same
    account; for a text that fails, why, and which valid addresses are near.
    A verdict of `none` means that the form carries no checksum: a slip in it
    gives another address that looks as good.

    \b
    Example:
      dalil address T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb

    Exits 1 if any TEXT is no address or fails its checksum.
    """
    looked_at = [_look_at(text) for text in texts]
    emit({"addresses": looked_at}, as_json=as_json, text=lambda: _told(looked_at))
    if any(one["verdict"] in ("invalid", "unread") for one in looked_at):
        sys.exit(1)


def _look_at(text: str) -> dict[str, Any]:
    from dalil.chains.registry import read_address
    from dalil.chains.repair import suggest

    readings = read_address(text)
    verdict = readings[0].checksum if readings else "unread"
    fails = verdict in ("invalid", "unread")
    return {
        "text": text,
        "verdict": verdict,
        "readings": [_reading(reading) for reading in readings],
        "suggestions": list(suggest(text)) if fails else [],
    }


def _reading(reading: Reading) -> dict[str, Any]:
    from dalil.chains.registry import other_forms

    return {
        "chain": reading.chain,
        "chains": list(reading.chains),
        "form": reading.form,
        "canonical": reading.canonical,
        "checksum": reading.checksum,
        "reason": reading.reason,
        "payload": reading.payload.hex(),
        "other_forms": other_forms(reading),
    }


def _told(looked_at: list[dict[str, Any]]) -> str:
    lines: list[str] = []
    for one in looked_at:
        lines.append(ascii(one["text"])[1:-1])
        for reading in one["readings"]:
            lines += _told_reading(reading)
        if not one["readings"]:
            lines.append("  not an address of any chain Dalil knows")
        lines += [
            f"  near it, and valid: {near} (compare with the source before use)"
            for near in one["suggestions"]
        ]
    return "\n".join(lines)


def _told_reading(reading: dict[str, Any]) -> list[str]:
    chains = " or ".join(reading["chains"])
    if reading["checksum"] == "invalid":
        return [f"  {reading['form']}: fails, {reading['reason']}"]
    verdict = {
        "valid": "checksum valid",
        "none": "no checksum, so a slip would not show",
    }[reading["checksum"]]
    lines = [f"  {reading['form']} on {chains}: {verdict}"]
    lines.append(f"    canonical  {reading['canonical']}")
    lines += [f"    {name:<10} {text}" for name, text in reading["other_forms"].items()]
    return lines
