"""What a careful reader would find in an exercise's files."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CaseFiles", "Mention"]


@dataclass(frozen=True, slots=True)
class Mention:
    """An address that a file names, once or more often."""

    file: str
    value: str
    checksum: str
    """``valid``, or ``invalid`` where the file misspells it."""
    where: dict[str, int]
    """``message`` or ``page`` of the first mention; empty for a plain page."""
    belongs_to: str


@dataclass
class CaseFiles:
    """Writes captured files into a case folder and notes what they mention.

    Attributes
    ----------
    sha256 : dict
        Of every file written, by its path within the folder.
    role : dict
        ``appeal`` or ``report``, by path.
    mentions : list of Mention
        Distinct by file, value and checksum.
    """

    folder: Path
    owner: dict[str, str]
    """Actor of each address that may be named."""
    sha256: dict[str, str] = field(default_factory=dict)
    role: dict[str, str] = field(default_factory=dict)
    mentions: list[Mention] = field(default_factory=list)

    def write(self, file: str, data: bytes, role: str) -> None:
        """Write one captured file."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(data)
        part.replace(path)
        self.sha256[file] = sha256(data).hexdigest()
        self.role[file] = role

    def mention(self, file: str, address: str, **where: int) -> None:
        """Note that `file` names a valid address."""
        self._note(Mention(file, address, "valid", where, self.owner[address]))

    def misspelling(self, file: str, raw: str, meant: str, **where: int) -> None:
        """Note that `file` misspells the address `meant` as `raw`."""
        self._note(Mention(file, raw, "invalid", where, self.owner[meant]))

    def _note(self, new: Mention) -> None:
        key = (new.file, new.value, new.checksum)
        if key not in {(m.file, m.value, m.checksum) for m in self.mentions}:
            self.mentions.append(new)

    def to_json(self) -> list[dict[str, Any]]:
        """Return files with their mentions, as in ``truth.json``."""
        return [
            {
                "file": file,
                "sha256": digest,
                "role": self.role[file],
                "indicators": [
                    {
                        "kind": "address",
                        "value": m.value,
                        "checksum": m.checksum,
                        "where": m.where,
                        "belongs_to": m.belongs_to,
                    }
                    for m in self.mentions
                    if m.file == file
                ],
            }
            for file, digest in self.sha256.items()
        ]
