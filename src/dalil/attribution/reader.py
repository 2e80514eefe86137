"""From paths to contents: which files there are, and who reads which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.attribution.csv_file import read_csv_file
from dalil.attribution.sanctions_json import read_json_file
from dalil.attribution.source_text import ImportOptions, SourceText
from dalil.attribution.tagpack import read_yaml_file
from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dalil.attribution.contents import Contents

__all__ = ["files_among", "read_file"]

_READERS = {
    ".csv": read_csv_file,
    ".json": read_json_file,
    ".yaml": read_yaml_file,
    ".yml": read_yaml_file,
}


def files_among(paths: Iterable[Path]) -> list[Path]:
    """List the files meant: folders stand for all tag files in and under them.

    Sorted by name, each once, so that an import does not depend on the order
    it was asked in.

    Raises
    ------
    InputError
        If a path does not exist, or a folder holds no tag file.
    """
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            inside = [
                p
                for p in path.rglob("*")
                if p.suffix.lower() in _READERS and p.is_file()
            ]
            if not inside:
                kinds = ", ".join(_READERS)
                raise InputError(f"no tag file ({kinds}) in this folder", path)
            found.update(inside)
        elif path.exists():
            found.add(path)
        else:
            raise InputError("no such file", path)
    return sorted(found, key=lambda path: (path.name, str(path)))


def read_file(path: Path, options: ImportOptions | None = None) -> Contents:
    """Read one file of tags or actors.

    Raises
    ------
    InputError
        If it is damaged or of no kind known; it is refused whole.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(_READERS)
        raise InputError(f"no tag file: its name ends in none of {kinds}", path)
    return reader(SourceText.read(path), options or ImportOptions())
