"""Read ``case.toml``: bounded, typed, and loud about what it does not know.

Paths are taken from the case's folder and may lead out of it, to ledgers and
lists the user keeps elsewhere; an exhibit's may not.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from dalil.cases.charter import (
    CHARTER_FILE,
    LANGUAGES,
    PROFILES,
    ROLES,
    CaseLimits,
    Charter,
    ExhibitRole,
    Privacy,
    Role,
    Seed,
    TokenPrices,
)
from dalil.cases.fields import Fields
from dalil.chains.registry import read_one
from dalil.errors import DalilError, InputError, LimitError, NotFoundError
from dalil.ids import format_outpoint, parse_outpoint

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_CHARTER_BYTES", "read_charter", "read_seed"]

MAX_CHARTER_BYTES = 1_000_000
_DEEP_KEY = re.compile(
    r"""(?<![\w"'-])(?>(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')\s*+\.\s*+){16}"""
)
"""A key with sixteen dots means nothing here, and a key with many thousands
would make the TOML reader take memory in their square."""
_MAX_HOPS = 1_000_000
_MAX_SAT = 2_100_000_000_000_000


def read_charter(folder: Path) -> Charter:
    """Read the charter in `folder`; a folder without one has a blank charter.

    Raises
    ------
    NotFoundError
        If there is no such folder.
    InputError
        If the file is no TOML, a value has the wrong type, a seed is no valid
        address or outpoint or names no published source, or an exhibit's path
        climbs out of the case.
    LimitError
        If the file is larger than `MAX_CHARTER_BYTES`, or a text or list is
        too long.
    """
    if not folder.is_dir():
        raise NotFoundError("no such case folder; `dalil case new` makes one", folder)
    warnings: list[str] = []
    top = Fields(_load(folder / CHARTER_FILE), "", warnings)
    charter = _charter(folder, top)
    top.done()
    return replace(charter, warnings=tuple(warnings))


def _load(path: Path) -> dict[str, Any]:
    if path.is_symlink():
        raise InputError("case.toml must be a file of the case, not a link", path)
    if not path.exists():
        return {}
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_CHARTER_BYTES + 1)
        if len(raw) > MAX_CHARTER_BYTES:
            raise LimitError(f"case.toml exceeds {MAX_CHARTER_BYTES:,} bytes", path)
        text = raw.decode()
        if _DEEP_KEY.search(text):
            raise LimitError("case.toml has a key of more than 16 parts", path)
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise InputError(
            f"case.toml is not UTF-8 at byte {error.start}", path
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"case.toml is not valid TOML: {error}", path) from error
    except RecursionError:
        raise LimitError("case.toml nests too deeply", path) from None
    except OSError as error:
        raise InputError(
            f"case.toml cannot be read ({error.strerror})", path
        ) from error


def _charter(folder: Path, top: Fields) -> Charter:
    prices, currency = _prices(folder, top.text_or_table("prices", "file"))
    return Charter(
        folder=folder,
        title=top.text("title", folder.resolve().name),
        purpose=top.text("purpose"),
        legal_basis=top.text("legal_basis"),
        authority=top.text("authority"),
        analyst=top.text("analyst"),
        reviewer=top.text("reviewer"),
        retention_date=top.day("retention_date"),
        exercise=top.flag("exercise", default=False),
        language=top.one_of("language", LANGUAGES, "en"),
        ledgers=_paths(folder, top.texts("ledgers")),
        tags=_paths(folder, top.texts("tags")),
        prices=prices,
        token_prices=tuple(
            _token_prices(folder, one) for one in top.tables("token_prices")
        ),
        node_answers=_paths(folder, top.texts("node_answers")),
        currency=currency,
        profile=_profile(top.table("rules")),
        limits=_limits(top.table("limits")),
        privacy=_privacy(top.table("privacy")),
        seeds=tuple(_seed(seed) for seed in top.tables("seeds")),
        exhibits=_exhibits(top.tables("exhibits")),
    )


def _paths(folder: Path, texts: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(folder / text for text in texts)


def _prices(folder: Path, fields: Fields) -> tuple[Path | None, str]:
    file = fields.text("file")
    currency = fields.text("currency", "USD").upper()
    fields.done()
    return (folder / file if file else None), currency


def _token_prices(folder: Path, fields: Fields) -> TokenPrices:
    token, file = fields.text("token"), fields.text("file")
    fields.done()
    if not token or not file:
        where = fields.name("")[:-1]
        raise InputError(f"case.toml: {where} needs a token and a file", token or file)
    return TokenPrices(token, folder / file)


def _profile(fields: Fields) -> str:
    profile = fields.one_of("profile", PROFILES, "default")
    fields.done()
    return profile


def _limits(fields: Fields) -> CaseLimits:
    limits = CaseLimits(
        max_hops=fields.whole("max_hops", low=1, high=_MAX_HOPS),
        until=fields.moment("until"),
        min_value_sat=fields.whole("min_value_sat", low=0, high=_MAX_SAT) or 0,
    )
    fields.done()
    return limits


def _privacy(fields: Fields) -> Privacy:
    pseudonyms = fields.flag("pseudonyms", default=True)
    why_not = fields.text("why_not")
    fields.done()
    if not pseudonyms and not why_not:
        raise InputError(
            "case.toml: privacy.pseudonyms = false needs privacy.why_not: the ground"
            " on which senders' names may stand in the clear"
        )
    return Privacy(pseudonyms, why_not)


def _seed(fields: Fields) -> Seed:
    address, outpoint = fields.text("address"), fields.text("outpoint")
    source, note = fields.text("source"), fields.text("note")
    fields.done()
    where = fields.name("")[:-1]
    if bool(address) == bool(outpoint):
        raise InputError(
            f"case.toml: {where} needs an address or an outpoint, not both"
        )
    try:
        return read_seed(address or outpoint, source, note)
    except DalilError as error:
        raise InputError(f"case.toml: {where}: {error.message}", error.value) from error


def read_seed(text: str, source: str, note: str = "") -> Seed:
    """Read an address or an outpoint as a seed with its published source.

    Raises
    ------
    InputError
        If it is neither, fails its checksum, or names no source.
    """
    if not source.strip():
        raise InputError("a seed needs its published source (who says so, where)", text)
    if ":" in text:
        return Seed(format_outpoint(*parse_outpoint(text)), "outpoint", source, note)
    return Seed(read_one(text).canonical, "address", source, note)


def _exhibits(listed: list[Fields]) -> tuple[ExhibitRole, ...]:
    roles: dict[str, Role] = {}
    for fields in listed:
        file = _inside(fields.name("file"), fields.text("file"))
        if file in roles:
            raise InputError(f"case.toml: {fields.name('file')} is listed twice", file)
        roles[file] = cast("Role", fields.one_of("role", ROLES, "appeal"))
        fields.done()
    return tuple(ExhibitRole(file, role) for file, role in roles.items())


def _inside(name: str, text: str) -> str:
    path = PurePosixPath(text)
    climbs = path.is_absolute() or ".." in path.parts or "\\" in text or not path.parts
    if climbs:
        raise InputError(f"case.toml: {name} must lie in the case's folder", text)
    return str(path)
