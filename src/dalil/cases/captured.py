"""What counts as captured in a case's folder: everything but the case's own files.

Nothing outside the folder is ever taken in: symbolic links are refused and
noted, and so is all that is no regular file.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dalil.errors import InputError, LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.cases.charter import Charter, Role

__all__ = [
    "MAX_CAPTURED_FILES",
    "MAX_DEPTH",
    "Captured",
    "CapturedFile",
    "captured_files",
]

MAX_CAPTURED_FILES = 100_000
MAX_DEPTH = 32

_OWN = re.compile(
    r"\.tags|\.pseudonym-key|case\.toml|case\.db(-\w+)?|exhibits|bundle"
    r"|(report|findings)([._-].*)?\.(html|pdf|json)"
)
_LIKE_OWN = ("report", "findings", "bundle")


@dataclass(frozen=True, slots=True)
class CapturedFile:
    """One file someone put into the case."""

    path: Path
    name: str
    """Relative to the case's folder, with forward slashes."""
    role: Role
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Captured:
    """The captured files by name, and what was left out and why."""

    files: tuple[CapturedFile, ...]
    notes: tuple[str, ...]


def captured_files(charter: Charter) -> Captured:
    """List the captured files of a case, ordered by name.

    Left out are ``case.toml``, ``case.db``, ``exhibits/``, ``bundle/``,
    reports and findings; with a note, whatever else at the top begins like
    one of these, hidden files, links and devices. A file has the role its
    charter gives it, else it is taken as an appeal.

    Raises
    ------
    InputError
        If the charter gives a role to a file that is not here.
    LimitError
        If there are more than `MAX_CAPTURED_FILES`, or folders nest deeper
        than `MAX_DEPTH`.
    """
    notes: list[str] = []
    roles = {exhibit.file: exhibit.role for exhibit in charter.exhibits}
    files: list[CapturedFile] = []
    for name, entry in _walk(charter.folder, "", notes):
        size = entry.stat(follow_symlinks=False).st_size
        role = roles.pop(name, "appeal")
        files.append(CapturedFile(Path(entry.path), name, role, size))
        if len(files) > MAX_CAPTURED_FILES:
            raise LimitError(
                "a case may hold so many captured files", MAX_CAPTURED_FILES
            )
    if roles:
        missing = min(roles)
        raise InputError("case.toml gives a role to a file that is not here", missing)
    return Captured(tuple(sorted(files, key=lambda f: f.name)), tuple(notes))


def _walk(
    folder: Path, prefix: str, notes: list[str]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    if prefix.count("/") > MAX_DEPTH:
        raise LimitError(f"folders nest deeper than {MAX_DEPTH}", prefix)
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name = prefix + entry.name
        if not prefix and _OWN.fullmatch(entry.name):
            continue
        if refusal := _refusal(entry, name):
            notes.append(f"{_shown(name)}: {refusal}")
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), name + "/", notes)
        else:
            yield name, entry


def _refusal(entry: os.DirEntry[str], name: str) -> str:
    """Say why a file or folder is not taken in; empty where it is."""
    mode = entry.stat(follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        return "a symbolic link, refused"
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "no regular file, refused"
    if entry.name.startswith("."):
        return "hidden, not taken in"
    if name != _shown(name):
        return "its name is not UTF-8; rename it to have it taken in"
    if "/" not in name and name.startswith(_LIKE_OWN):
        return "named like Dalil's own output; rename it to have it taken in"
    return ""


def _shown(name: str) -> str:
    """Make any file name printable, undecodable bytes included."""
    return name.encode("utf-8", "backslashreplace").decode()
