"""The tag store's tables, and how rows become tags and back."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dalil.attribution.model import Actor, SourceFile, Tag

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from dalil.attribution.model import Problem

__all__ = [
    "APPLICATION_ID",
    "SCHEMA",
    "SCHEMA_VERSION",
    "actor_of_row",
    "canonical_json",
    "claim_of",
    "digest_of",
    "file_of_row",
    "rows_of_actors",
    "rows_of_problems",
    "rows_of_tags",
    "tag_of_row",
]

APPLICATION_ID = 0x44616C74
SCHEMA_VERSION = 1
SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE file (
    sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL,
    n_bytes INTEGER NOT NULL, retrieved TEXT, header TEXT NOT NULL,
    digest TEXT NOT NULL, n_tags INTEGER NOT NULL, n_refused INTEGER NOT NULL
) STRICT;
CREATE TABLE tag (
    address TEXT NOT NULL, chain TEXT, chains TEXT NOT NULL,
    checksum TEXT NOT NULL, label TEXT NOT NULL, actor TEXT,
    concepts TEXT NOT NULL, source TEXT, confidence TEXT, valid_from TEXT,
    valid_to TEXT, retrieved TEXT, currency TEXT,
    file_sha256 TEXT NOT NULL REFERENCES file, line INTEGER NOT NULL,
    extra TEXT NOT NULL
) STRICT;
CREATE INDEX tag_address ON tag (address);
CREATE INDEX tag_folded ON tag (lower(address));
CREATE INDEX tag_file ON tag (file_sha256, line);
CREATE TABLE actor (
    id TEXT NOT NULL, name TEXT NOT NULL, concepts TEXT NOT NULL,
    aliases TEXT NOT NULL, extra TEXT NOT NULL,
    file_sha256 TEXT NOT NULL REFERENCES file
) STRICT;
CREATE TABLE problem (
    line INTEGER NOT NULL, address TEXT NOT NULL, kind TEXT NOT NULL,
    what TEXT NOT NULL, refused INTEGER NOT NULL,
    file_sha256 TEXT NOT NULL REFERENCES file
) STRICT;
"""


def canonical_json(value: Any) -> str:  # noqa: ANN401 - as wide as JSON
    """Write a value in the one way that its hash is taken of."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def claim_of(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Tell what a row of `tag` claims, leaving out on which line it stands."""
    return row[:14] + row[15:]


def rows_of_tags(tags: Iterable[Tag]) -> list[tuple[Any, ...]]:
    """Make rows of table `tag`."""
    return [
        (
            tag.address,
            tag.chain,
            " ".join(tag.chains),
            tag.checksum,
            tag.label,
            tag.actor,
            canonical_json(tag.concepts),
            tag.source,
            tag.confidence,
            tag.valid_from,
            tag.valid_to,
            tag.retrieved,
            tag.currency,
            tag.file_sha256,
            tag.line,
            canonical_json(tag.extra),
        )
        for tag in tags
    ]


def rows_of_actors(actors: Iterable[Actor], file: str) -> list[tuple[Any, ...]]:
    """Make rows of table `actor`."""
    return [
        (
            actor.id,
            actor.name,
            canonical_json(actor.concepts),
            canonical_json(actor.aliases),
            canonical_json(actor.extra),
            file,
        )
        for actor in actors
    ]


def rows_of_problems(problems: Iterable[Problem], file: str) -> list[tuple[Any, ...]]:
    """Make rows of table `problem`; suggestions depend on the store, so not kept."""
    return [(p.line, p.address, p.kind, p.what, int(p.refused), file) for p in problems]


def file_of_row(row: sqlite3.Row) -> SourceFile:
    """Make a file of a row of table `file`."""
    return SourceFile(
        sha256=row["sha256"],
        name=row["name"],
        kind=row["kind"],
        n_bytes=row["n_bytes"],
        retrieved=row["retrieved"],
        header=json.loads(row["header"]),
    )


def actor_of_row(row: sqlite3.Row) -> Actor:
    """Make an actor of a row of table `actor`."""
    return Actor(
        id=row["id"],
        name=row["name"],
        concepts=tuple(json.loads(row["concepts"])),
        aliases=tuple(json.loads(row["aliases"])),
        extra=json.loads(row["extra"]),
    )


def tag_of_row(row: sqlite3.Row, file: SourceFile, actor: Actor | None) -> Tag:
    """Make a tag of a row, its file and the ActorPack entry it names."""
    return Tag(
        address=row["address"],
        chain=row["chain"],
        chains=tuple(row["chains"].split()),
        checksum=row["checksum"],
        label=row["label"],
        actor=row["actor"],
        concepts=tuple(json.loads(row["concepts"])),
        source=row["source"],
        confidence=row["confidence"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        retrieved=row["retrieved"],
        currency=row["currency"],
        file_sha256=row["file_sha256"],
        file_name=file.name,
        line=row["line"],
        extra={**file.header, **json.loads(row["extra"])},
        actor_id=actor.id if actor else None,
        actor_name=actor.name if actor else None,
        actor_concepts=actor.concepts if actor else (),
    )


def digest_of(
    file: SourceFile,
    tags: Iterable[tuple[Any, ...]],
    actors: Iterable[tuple[Any, ...]],
    problems: Iterable[tuple[Any, ...]],
) -> str:
    """Hash all that a file adds to the store, its rows in one fixed order."""
    head = (file.sha256, file.name, file.kind, file.n_bytes, file.retrieved)
    hasher = sha256(canonical_json([head, file.header]).encode())
    for rows in (tags, actors, problems):
        lines = sorted(canonical_json(row) for row in rows)
        hasher.update(canonical_json(lines).encode())
    return hasher.hexdigest()
