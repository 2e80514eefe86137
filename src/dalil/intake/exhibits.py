"""Captured files become exhibits: read once, named by hash, kept read-only.

The name a file arrived under is metadata and never becomes part of a path, so
nothing in a name can climb. Symbolic links, devices and pipes are refused.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dalil.errors import InputError, StoreError
from dalil.intake.media import media_type
from dalil.intake.records import Exhibit
from dalil.settings import MAX_EXHIBIT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["describe", "open_captured", "printable_name", "take_in"]

_CHUNK = 1 << 20
_HEAD = 65536
_READ = frozenset({"application/json", "application/pdf", "text/html", "text/plain"})


def open_captured(path: Path) -> IO[bytes]:
    """Open a captured file for reading, whatever its name.

    Raises
    ------
    InputError
        If it does not exist, cannot be read, or is not a regular file (a
        symbolic link, a folder, a device, a pipe); the message says which.
    """
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = os.open(path, flags)
    except (OSError, ValueError) as error:
        if path.is_symlink():
            message = "a symbolic link is not taken in; name the file it leads to"
            raise InputError(message, printable_name(path)) from error
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(
            f"cannot read a captured file ({reason})", printable_name(path)
        ) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError("not a regular file", printable_name(path))
    return os.fdopen(handle, "rb")


def printable_name(path: Path) -> str:
    r"""Return a file's own name as text that every output can hold.

    >>> printable_name(Path("a/b\udcff\n.txt"))
    'b\\xff\\n.txt'
    """
    name = os.fsencode(path.name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def describe(file: IO[bytes], path: Path) -> Exhibit:
    """Hash an opened file and tell its type; nothing is copied.

    Costs one read of the file. A file larger than `MAX_EXHIBIT_BYTES` is
    hashed and noted as left unread.
    """
    file.seek(0)
    head = file.read(_HEAD)
    digest, n_bytes = hashlib.sha256(head), len(head)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        n_bytes += len(chunk)
    notes = []
    if n_bytes > MAX_EXHIBIT_BYTES:
        notes.append(f"larger than {MAX_EXHIBIT_BYTES} bytes: hashed, left unread")
    kind = media_type(head, path.name)
    if kind not in _READ:
        notes.append(f"not read ({kind}): media and archives are kept, not opened")
    name = printable_name(path)
    return Exhibit(digest.hexdigest(), name, n_bytes, kind, notes=tuple(notes))


def take_in(paths: Iterable[Path], exhibits_dir: Path) -> list[Exhibit]:
    """Copy captured files, read-only and each once, into the exhibits folder.

    Parameters
    ----------
    paths : iterable of Path
        The files as captured; they are only read.
    exhibits_dir : Path
        Made where missing. A copy's name is its SHA-256, nothing else; it is
        complete or not there, whatever interrupts.

    Returns
    -------
    list of Exhibit
        In the order of `paths`. A file that is too large is described with
        ``stored=False`` and a note. Exhibits hold what was captured, names
        and all; pseudonyms begin with what `extract` derives from them.

    Raises
    ------
    InputError
        If a path is not a readable regular file.
    StoreError
        If a copy under the same hash has other content.
    """
    exhibits_dir.mkdir(parents=True, exist_ok=True)
    taken = []
    for path in map(Path, paths):
        with open_captured(path) as file:
            exhibit = describe(file, path)
            if exhibit.n_bytes <= MAX_EXHIBIT_BYTES:
                _store(file, exhibits_dir, exhibit.sha256)
                exhibit = replace(exhibit, stored=True)
        taken.append(exhibit)
    return taken


def _store(file: IO[bytes], folder: Path, sha256: str) -> None:
    target = folder / sha256
    if target.exists():
        with open_captured(target) as kept:
            if describe(kept, target).sha256 != sha256:
                message = "an exhibit's copy no longer has the hash it is named by"
                raise StoreError(message, target)
        return
    handle, name = tempfile.mkstemp(prefix=".incoming-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as copy:
            _copy(file, copy, sha256)
            copy.flush()
            os.fchmod(copy.fileno(), 0o444)
            os.fsync(copy.fileno())
        Path(name).replace(target)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _copy(file: IO[bytes], copy: IO[bytes], sha256: str) -> None:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        copy.write(chunk)
    if digest.hexdigest() != sha256:
        raise InputError("a captured file changed while it was being read", sha256)
