"""`dalil case`: open a case, look at it, read its record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.output import emit, json_option
from dalil.errors import InputError, UsageError

if TYPE_CHECKING:
    from dalil.cases import Captured, Charter, Seed

__all__ = ["case"]

_path = click.Path(path_type=Path)
_case_argument = click.argument("folder", metavar="CASE", type=_path)


@click.group()
def case() -> None:
    """Cases: a folder of captured files with a charter.

    The charter is case.toml; blank values are allowed and leave every result
    a DRAFT. Everything else you put into the folder is taken as captured.
    """


@case.command()
@_case_argument
@click.option(
    "--seed",
    "seeds",
    metavar="ADDRESS",
    multiple=True,
    help="Where the money starts: an address, or an outpoint txid:index.",
)
@click.option(
    "--source",
    "sources",
    metavar="TEXT",
    multiple=True,
    help="Who published the seed, where: one for each seed, or one for all.",
)
@click.option("--ledger", "ledgers", multiple=True, type=_path, help="A ledger to use.")
@click.option("--tags", multiple=True, type=_path, help="A tag store, or a tag file.")
@click.option("--prices", type=_path, help="Daily prices, a CSV file.")
@click.option("--title", default="", help="The case's name.")
@click.option(
    "--lang", type=click.Choice(["en", "ar"]), default="en", show_default=True
)
@json_option
def new(
    folder: Path,
    *,
    seeds: tuple[str, ...],
    sources: tuple[str, ...],
    ledgers: tuple[Path, ...],
    tags: tuple[Path, ...],
    prices: Path | None,
    title: str,
    lang: str,
    as_json: bool,
) -> None:
    """Open a case: write a commented case.toml into the folder CASE.

    Captured files may lie there already. An existing case.toml stays as it
    is, and the command ends with an error.

    \b
    Example:
      dalil case new my-case --seed ADDRESS --source "Bulletin 1, page 3"
      dalil investigate my-case --ledger my-ledger
    """
    from dalil.cases.template import NewCase, create_case

    plan = NewCase(
        title=title.strip(),
        language=lang,
        seeds=_read_seeds(seeds, sources),
        ledgers=[_existing(path) for path in ledgers],
        tags=[_existing(path) for path in tags],
        prices=_existing(prices) if prices else None,
    )
    written = create_case(folder, plan)
    commands = _next_commands(folder, ledgers)
    emit(
        {"case": str(folder), "charter": str(written), "next": commands},
        as_json=as_json,
        text=lambda: "\n".join([_OPENED[lang].format(written), *commands]),
    )


_OPENED = {
    "en": "Opened {}. Fill it in, put captured files beside it, then:",
    "ar": "فُتحت القضية {}. املأ الميثاق وضع الملفات الملتقطة بجانبه، ثم:",
}


def _read_seeds(seeds: tuple[str, ...], sources: tuple[str, ...]) -> list[Seed]:
    from dalil.cases.reading import read_seed

    if len(sources) == 1:
        sources *= max(len(seeds), 1)
    if len(sources) != len(seeds):
        message = "give one --source for each --seed, or a single one for all"
        raise UsageError(message, f"{len(seeds)} seeds, {len(sources)} sources")
    return [
        read_seed(seed, source) for seed, source in zip(seeds, sources, strict=True)
    ]


def _existing(path: Path) -> Path:
    if not path.exists():
        raise InputError("no such file or folder", path)
    return path


def _next_commands(folder: Path, ledgers: tuple[Path, ...]) -> list[str]:
    ledger = ledgers[0] if ledgers else "LEDGER"
    build = [] if ledgers else ["  dalil ledger build LEDGER --blocks DIR_OR_FILE"]
    return [
        *build,
        f"  dalil case show {folder}",
        f"  dalil investigate {folder} --ledger {ledger}",
        f"  dalil verify {folder}/bundle",
    ]


@case.command()
@_case_argument
@json_option
def show(folder: Path, *, as_json: bool) -> None:
    """Show the charter as it is understood, and what counts as captured.

    Says what a release still lacks, and which keys of case.toml are not known.

    \b
    Example:
      dalil case show world/case
    """
    from dalil.cases import captured_files, read_charter

    charter = read_charter(folder)
    captured = captured_files(charter)
    emit(
        _shown(charter, captured),
        as_json=as_json,
        text=lambda: _show_text(charter, captured),
    )


def _shown(charter: Charter, captured: Captured) -> dict[str, Any]:
    day = charter.retention_date
    return {
        "case": str(charter.folder),
        "title": charter.title,
        "purpose": charter.purpose,
        "legal_basis": charter.legal_basis,
        "authority": charter.authority,
        "analyst": charter.analyst,
        "reviewer": charter.reviewer or None,
        "retention_date": day.isoformat() if day else None,
        "exercise": charter.exercise,
        "language": charter.language,
        "missing": list(charter.missing()),
        "ledgers": [str(path) for path in charter.ledgers],
        "tags": [str(path) for path in charter.tags],
        "prices": str(charter.prices) if charter.prices else None,
        "profile": charter.profile,
        "limits": {
            "max_hops": charter.limits.max_hops,
            "until": charter.limits.until,
            "min_value_sat": charter.limits.min_value_sat,
        },
        "pseudonyms": charter.privacy.pseudonyms,
        "seeds": [
            {"seed": seed.text, "source": seed.source, "note": seed.note}
            for seed in charter.seeds
        ],
        "captured": [
            {"file": file.name, "role": file.role, "bytes": file.n_bytes}
            for file in captured.files
        ],
        "notes": list(captured.notes),
        "warnings": list(charter.warnings),
    }


def _show_text(charter: Charter, captured: Captured) -> str:
    lacking = ", ".join(charter.missing())
    lines = [
        f"{charter.title}" + ("  EXERCISE / تمرين" if charter.exercise else ""),
        f"DRAFT; a release lacks {lacking}" if lacking else "DRAFT until reviewed",
        *(f"seed     {seed.text}  ({seed.source})" for seed in charter.seeds),
        *(f"ledger   {path}" for path in charter.ledgers),
        *(f"tags     {path}" for path in charter.tags),
        *([f"prices   {charter.prices}"] if charter.prices else []),
        f"captured {len(captured.files):,} files",
        *(f"  {f.role:7} {f.n_bytes:>12,} B  {f.name!s}" for f in captured.files),
        *(f"note     {note}" for note in captured.notes),
        *(f"warning  {warning}" for warning in charter.warnings),
    ]
    return "\n".join(lines)


@case.command()
@_case_argument
@click.option("--head", metavar="HEX", help="The hash the last entry must have.")
@json_option
def log(folder: Path, head: str | None, *, as_json: bool) -> None:
    """Print the case's record and re-check its chain of hashes.

    Exit code 1 where an entry was changed, removed or put in between. Entries
    cut from the end are noticed only against a hash noted elsewhere: --head.

    \b
    Example:
      dalil case log world/case
    """
    from dalil.cases.chain import check_chain
    from dalil.cases.record import Record

    entries = Record(folder).entries()
    verdict = check_chain(entries, head)
    emit(
        {**verdict.to_json(), "entries": [entry.to_json() for entry in entries]},
        as_json=as_json,
        text=lambda: "\n".join([*map(str, entries), str(verdict)]),
    )
    if not verdict.ok:
        raise SystemExit(1)
