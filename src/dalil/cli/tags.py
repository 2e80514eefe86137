"""`dalil tags`: import what is said about addresses, and look it up."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import click

from dalil.cli.output import Ticker, emit, json_option
from dalil.errors import UsageError
from dalil.settings import default_tag_store

__all__ = ["tags"]

_SHOWN = 3

_store_option = click.option(
    "--tags",
    "store_path",
    type=click.Path(path_type=Path, file_okay=False),
    help="The tag store's folder (default: ./tags, or DALIL_TAGS).",
)


@click.group(name="tags")
def tags() -> None:
    """Who an address is said to belong to, by whom, and since when.

    A tag is a claim with a source, not a fact. Tags that contradict each other
    are kept and shown side by side.
    """


@tags.command(name="import")
@click.argument(
    "paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@_store_option
@click.option(
    "--retrieved",
    metavar="DATE",
    help="The day the files were fetched (YYYY-MM-DD), where they do not say.",
)
@click.option(
    "--concept",
    help="The concept of rows whose file declares none, such as `exchange`.",
)
@json_option
def import_tags(
    paths: tuple[Path, ...],
    store_path: Path | None,
    retrieved: str | None,
    concept: str | None,
    *,
    as_json: bool,
) -> None:
    """Import TagPacks, ActorPacks (YAML), CSV and sanction lists (JSON).

    A folder stands for all such files in it. All files are imported, or none:
    a damaged one is refused with its line. What was imported before adds
    nothing. Addresses that fail their checksum are not imported; each is
    reported with a suggestion, and none is repaired.

    \b
    Example:
      dalil tags import packs/ list.csv --tags case-tags --retrieved 2026-08-22
    """
    from dalil.attribution import ImportOptions, TagStore
    from dalil.attribution.source_text import day_of

    if retrieved is not None and day_of(retrieved) != retrieved:
        raise UsageError("--retrieved is no day (YYYY-MM-DD)", retrieved)
    folder = store_path or default_tag_store()
    fresh, options = not folder.exists(), ImportOptions(retrieved, concept)
    try:
        with TagStore.open(folder, create=True) as store:
            report = store.import_files(paths, options, Ticker())
    except BaseException:
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    result = {"store": str(folder)} | report.to_json()
    emit(result, as_json=as_json, text=lambda: _told_import(result))


@tags.command(name="find")
@click.argument("address")
@_store_option
@json_option
def find(address: str, store_path: Path | None, *, as_json: bool) -> None:
    """Show every tag of ADDRESS, and which of them contradict each other.

    An address without tags gives an empty list; that proves nothing about it.
    One that fails its checksum ends with exit code 3 and says what is near.

    \b
    Example:
      dalil tags find 1111111111111111111114oLvT2 --json
    """
    from dalil.attribution import TagStore, conflicts, service_kind

    with TagStore.open(store_path or default_tag_store()) as store:
        found = store.find(address)
    result = {
        "address": address,
        "tags": [tag.to_json() | {"service": service_kind(tag)} for tag in found],
        "conflicts": [conflict.to_json() for conflict in conflicts(found)],
    }
    emit(result, as_json=as_json, text=lambda: _told_tags(result))


@tags.command(name="info")
@_store_option
@json_option
def info(store_path: Path | None, *, as_json: bool) -> None:
    """Name the files in the store and its hash, and hash every row again.

    \b
    Example:
      dalil tags info --tags case-tags
    """
    from dalil.attribution import TagStore

    folder = store_path or default_tag_store()
    with TagStore.open(folder) as store:
        result = store.manifest() | {"damaged_files": store.damaged_files()}
        result["n_addresses"] = len(store.addresses())
    emit(result, as_json=as_json, text=lambda: _told_info(folder, result))
    if result["damaged_files"]:
        raise SystemExit(1)


def _told_import(result: dict[str, Any]) -> str:
    from dalil.attribution.model import PROBLEM_KINDS

    lines = [
        f"{result['new']:,} new tags from {result['n_files']} files "
        f"({result['duplicates']:,} known before, {result['refused']:,} refused, "
        f"{result['actors']:,} actors) in {result['store']}",
        f"manifest {result['manifest_sha256']}",
    ]
    lines += [
        f"{file['name']}: imported before, adds nothing"
        for file in result["files"]
        if file["already_here"]
    ]
    shown: Counter[str] = Counter()
    for warning in sorted(result["warnings"], key=lambda one: str(one["kind"])):
        kind = warning["kind"]
        shown[kind] += 1
        if shown[kind] == 1:
            count = result["warnings_by_kind"][kind]
            lines.append(f"{kind}: {count:,} ({PROBLEM_KINDS[kind]})")
        if shown[kind] <= _SHOWN:
            lines.append("  " + _told_warning(warning))
    if any(count > _SHOWN for count in shown.values()):
        lines.append("every warning: --json")
    return _printable(lines)


def _told_warning(warning: dict[str, Any]) -> str:
    where = f"{warning['file']}, line {warning['line']}"
    what = ": ".join(part for part in (warning["address"], warning["problem"]) if part)
    said = f" ({warning['suggestion']})" if warning["suggestion"] else ""
    return f"{where}: {what}{said}"


def _told_tags(result: dict[str, Any]) -> str:
    lines = [f"{len(result['tags'])} tags"]
    for tag in result["tags"]:
        about = ", ".join([tag["actor_name"] or tag["actor"] or "", *tag["concepts"]])
        lines.append(f"{tag['label']}  [{about.strip(', ')}]")
        days = f"{tag['valid_from'] or '?'} to {tag['valid_to'] or '?'}"
        lines.append(
            f"  confidence {tag['confidence'] or 'not stated'}, holds {days}, "
            f"retrieved {tag['retrieved'] or '?'}"
        )
        lines.append(f"  {tag['source'] or 'no source'}")
        lines.append(f"  {tag['file_name']}, line {tag['line']}")
    lines += [f"contradiction, {one['why']}" for one in result["conflicts"]]
    return _printable(lines)


def _told_info(folder: Path, result: dict[str, Any]) -> str:
    lines = [
        f"{folder}: {result['n_tags']:,} tags of {result['n_addresses']:,} addresses, "
        f"{result['n_actors']:,} actors, from {result['n_files']} files",
        f"manifest {result['manifest_sha256']}",
    ]
    lines += [
        f"  {file['name']}  {file['n_tags']:,} tags, {file['n_refused']:,} refused, "
        f"retrieved {file['retrieved'] or '?'}"
        for file in sorted(result["files"], key=lambda one: str(one["name"]))
    ]
    lines += [f"rows changed since import: {name}" for name in result["damaged_files"]]
    return _printable(lines)


def _printable(lines: list[str]) -> str:
    """Escape what would steer a terminal or reorder its text: files are strangers'."""
    return "\n".join(
        "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
        for line in lines
    )
