"""The tag store: one folder holding what files say about addresses.

`tags.sqlite` holds the claims, `manifest.json` names the files they come from
and one hash, `manifest_sha256`, over all of it. The hash depends on content
alone: not on the order or number of imports, the clock or the machine.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dalil.attribution import schema
from dalil.attribution.actors import ActorIndex
from dalil.attribution.database import TagDatabase
from dalil.attribution.importing import ImportReport, import_into
from dalil.attribution.reader import files_among
from dalil.attribution.services import kind_rank, service_kind
from dalil.chains.registry import read_address
from dalil.chains.repair import suggest
from dalil.errors import AddressError, StoreError
from dalil.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dalil.attribution.model import SourceFile, Tag
    from dalil.attribution.source_text import ImportOptions
    from dalil.progress import Progress

__all__ = ["TagStore"]

_CHUNK = 500


class TagStore:
    """Read and extend one store of tags.

    Use `open` (or ``with TagStore.open(path) as store``); several readers may
    have one store open while an import runs, and see it before or after, never
    between.
    """

    def __init__(self, path: Path, database: TagDatabase) -> None:
        self.path = path
        self._database = database
        self._actors: ActorIndex | None = None
        self._files: dict[str, SourceFile] | None = None

    @classmethod
    def open(cls, path: Path | str, *, create: bool = False) -> TagStore:
        """Open the store in folder `path`.

        Raises
        ------
        NotFoundError
            If there is none and `create` is not set.
        StoreError
            If it is damaged, of another kind, or written by a later Dalil.
        """
        folder = Path(path)
        return cls(folder, TagDatabase.open(folder, create=create))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; the store's own methods fail from then on."""
        self._database.close()

    @property
    def manifest_sha256(self) -> str:
        """The identity of all that the store holds, as hex."""
        return str(self.manifest()["manifest_sha256"])

    def manifest(self) -> dict[str, Any]:
        """Return what `manifest.json` says: counts, files and the one hash."""
        names = "sha256, name, kind, n_bytes, retrieved, digest, n_tags, n_refused"
        query = f"SELECT {names} FROM file ORDER BY sha256"  # noqa: S608 - no input
        files = [dict(row) for row in self._database.rows(query)]
        content = schema.canonical_json([file["digest"] for file in files])
        [(n_actors,)] = self._database.rows("SELECT count(*) FROM actor")
        return {
            "schema": f"dalil-tags/{schema.SCHEMA_VERSION}",
            "manifest_sha256": sha256(content.encode()).hexdigest(),
            "n_files": len(files),
            "n_tags": sum(file["n_tags"] for file in files),
            "n_refused": sum(file["n_refused"] for file in files),
            "n_actors": n_actors,
            "files": files,
        }

    def damaged_files(self) -> list[str]:
        """Hash every row again; name the files whose rows are not as imported."""
        return [
            file.name
            for sha, file in sorted(self._known_files().items())
            if self._digest_again(file) != self._digest_of(sha)
        ]

    def import_files(
        self,
        paths: Iterable[Path],
        options: ImportOptions | None = None,
        progress: Progress = silent,
    ) -> ImportReport:
        """Import files, and folders of them: all of it, or nothing.

        A file that is here already adds nothing, whatever it is now called.

        Raises
        ------
        InputError
            If any file is damaged or of no known kind. The store is then as
            it was, the other files included.
        """
        files = files_among(paths)
        self._files = self._actors = None
        with self._database.transaction() as database:
            report = import_into(database, files, options, progress)
        manifest = self.manifest()
        self._write_manifest(manifest)
        report.manifest_sha256 = manifest["manifest_sha256"]
        return report

    def find(self, text: str, chain: str | None = None) -> list[Tag]:
        """Find the tags of one address, in any spelling of it.

        Parameters
        ----------
        text : str
            An address, or the text a file prints for a chain without codec.
        chain : str, optional
            CAIP-2; only tags that can speak of this chain.

        Raises
        ------
        AddressError
            If `text` fails its checksum or is no address; the message names
            what is near. An address without tags gives an empty list.
        """
        readings = [r for r in read_address(text) if r.checksum != "invalid"]
        spellings = {text, *(reading.canonical for reading in readings)}
        tags = [
            tag for many in self.find_many(spellings, chain).values() for tag in many
        ]
        if not readings and not tags:
            raise self._failing(text)
        return tags

    def find_many(
        self, addresses: Iterable[str], chain: str | None = None
    ) -> dict[str, list[Tag]]:
        """Find the tags of many addresses, given in their canonical spelling.

        Returns
        -------
        dict
            From address to its tags by file and line; untagged ones are left
            out. Takes about 20 µs a tag found.
        """
        wanted = sorted(set(addresses))
        found: dict[str, list[Tag]] = {}
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            query = f"SELECT * FROM tag WHERE address IN ({marks})"  # noqa: S608
            for tag in self._tags(query, chunk):
                if chain is None or tag.is_of(chain):
                    found.setdefault(tag.address, []).append(tag)
        return {address: sorted(tags, key=_place) for address, tags in found.items()}

    def all_tags(self, chain: str | None = None) -> Iterator[Tag]:
        """Go through all tags, by file and line."""
        query = "SELECT * FROM tag ORDER BY file_sha256, line, address, label"
        for tag in self._tags(query):
            if chain is None or tag.is_of(chain):
                yield tag

    def addresses(self, chain: str | None = None) -> list[str]:
        """List the tagged addresses, each once, sorted; of one chain if given."""
        rows = self._database.rows(
            "SELECT DISTINCT address, chains FROM tag ORDER BY address"
        )
        if chain is None:
            return list(dict.fromkeys(row["address"] for row in rows))
        wanted = {chain, "eip155:*"} if chain.startswith("eip155:") else {chain}
        fits = {
            row["address"]: None for row in rows if wanted & set(row["chains"].split())
        }
        return list(fits)

    def services(self, chain: str | None = None) -> dict[str, tuple[str, str]]:
        """Map every address that is a service's to its kind and name.

        The name is the actor's, or the label where no actor is named. Where
        tags differ, the most telling kind stands, then the first by file and
        line; `conflicts` shows the others.
        """
        found: dict[str, tuple[str, str]] = {}
        for tag in sorted(self.all_tags(chain), key=_place):
            kind = service_kind(tag)
            if kind is None:
                continue
            known = found.get(tag.address)
            if known is None or kind_rank(kind) < kind_rank(known[0]):
                found[tag.address] = kind, tag.actor_name or tag.actor or tag.label
        return found

    def _write_manifest(self, manifest: dict[str, Any]) -> None:
        draft = self.path / f".manifest.{os.getpid()}.tmp"
        with draft.open("w", encoding="utf-8") as out:
            json.dump(manifest, out, ensure_ascii=False, indent=1, sort_keys=True)
            out.write("\n")
            out.flush()
            os.fsync(out.fileno())
        draft.replace(self.path / "manifest.json")

    def _tags(self, query: str, values: Sequence[Any] = ()) -> Iterator[Tag]:
        files, actors = self._known_files(), self._known_actors()
        for row in self._database.rows(query, values):
            try:
                file = files[row["file_sha256"]]
                tag = schema.tag_of_row(row, file, actors.find(row["actor"]))
            except (KeyError, TypeError, ValueError):
                raise StoreError(
                    "a row of the tag store is damaged", self.path
                ) from None
            yield tag

    def _known_files(self) -> dict[str, SourceFile]:
        if self._files is None:
            files = map(schema.file_of_row, self._database.rows("SELECT * FROM file"))
            self._files = {file.sha256: file for file in files}
        return self._files

    def _known_actors(self) -> ActorIndex:
        if self._actors is None:
            rows = self._database.rows("SELECT * FROM actor")
            self._actors = ActorIndex(map(schema.actor_of_row, rows))
        return self._actors

    def _digest_of(self, sha: str) -> str:
        [row] = self._database.rows("SELECT digest FROM file WHERE sha256 = ?", [sha])
        return str(row["digest"])

    def _digest_again(self, file: SourceFile) -> str:
        tables = [
            [
                tuple(row)
                for row in self._database.rows(
                    f"SELECT * FROM {table} WHERE file_sha256 = ?",  # noqa: S608
                    [file.sha256],
                )
            ]
            for table in ("tag", "actor", "problem")
        ]
        return schema.digest_of(file, *tables)

    def _failing(self, text: str) -> AddressError:
        readings = read_address(text)
        why = (
            readings[0].reason
            if readings
            else "not an address of any chain Dalil knows"
        )
        rows = self._database.rows(
            "SELECT DISTINCT address FROM tag WHERE lower(address) = ? LIMIT 5",
            [text.lower()],
        )
        near = sorted({*suggest(text), *(row["address"] for row in rows)})
        if near:
            why += f" (near it, and valid: {', '.join(near)}; compare with the source)"
        return AddressError(why, text)


def _place(tag: Tag) -> tuple[str, int, str]:
    return tag.file_name, tag.line, tag.label
