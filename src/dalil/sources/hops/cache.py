"""What was fetched, in files: replaced whole, bounded, never believed on reading."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Cache"]

_MARKER = "dalil-hops.json"
_FORMAT = "dalil-hops/1"
_MAX_FILE = 1 << 26


class Cache:
    """A folder of small files, each under the name of what it holds.

    ::

        dalil-hops.json          of which chain
        tx/ab/TXID               raw transaction; hashes to its name
        block/ab/HASH            header; hashes to its name
        proof/ab/TXID            block, height, position, branch
        said/SERVER/N/KIND/ab/…  a server's word: histories, places, spends

    A file is written beside its place and renamed into it, so that a kill at
    any moment leaves whole files only. What is read back may have been
    changed by anyone: callers check it as if a server had sent it, and a
    file that is no JSON, too large, or no plain file counts as absent.
    No time of the clock is kept. One process writes at a time, by a lock that
    `close` lets go.

    Parameters
    ----------
    folder : Path
        Made when the first file is written.
    chain : str
        CAIP-2; one cache holds one chain.
    server : str
        The folder name under which this server's word is kept apart.

    Raises
    ------
    StoreError
        If the folder is another chain's cache, or holds something else.
    """

    def __init__(self, folder: Path, chain: str, server: str) -> None:
        self._folder = folder
        self._server = server
        self._epoch = 0
        self._lock: int | None = None
        self._marker = {"chain": chain, "format": _FORMAT}
        self.n_damaged = 0
        found = self.chain_of(folder)
        if found not in (None, chain):
            raise StoreError("this cache is of another chain", found)
        kept = self.read_json("said", f"{server}epoch") or {}
        if isinstance(kept.get("epoch"), int):
            self._epoch = kept["epoch"]
        self._doubted = kept.get("doubted") is True

    @staticmethod
    def chain_of(folder: Path) -> str | None:
        """Tell which chain's cache a folder is; None if it is empty or not there."""
        if not folder.exists():
            return None
        if not folder.is_dir():
            raise StoreError("a cache is a folder; this is a file", folder)
        marker = folder / _MARKER
        if not marker.is_file():
            if any(p.name not in ("lock", f".{_MARKER}") for p in folder.iterdir()):
                raise StoreError("this folder is not empty and no cache", folder)
            return None
        raw = _read(marker)
        try:
            told = json.loads(raw or b"")
            form, chain = told["format"], told["chain"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise StoreError("the cache's marker is damaged", marker) from error
        if form != _FORMAT or not isinstance(chain, str):
            raise StoreError(f"this Dalil reads {_FORMAT}, the cache is", form)
        return chain

    def _path(self, kind: str, name: str) -> Path:
        if not name.isalnum():
            raise InputError("not a name in a cache", name)
        return self._folder / kind / name[:2] / name

    def _said(self, kind: str) -> str:
        return f"said/{self._server}/{self._epoch}/{kind}"

    def doubt(self) -> None:
        """Note that this server was wrong, so that its word is asked for anew.

        What hashes check is kept; `begin_anew` acts on the note.
        """
        if not self._doubted:
            self._doubted = True
            self._keep_epoch()

    def begin_anew(self) -> None:
        """Set aside what a doubted server said."""
        if self._doubted:
            self._epoch, self._doubted = self._epoch + 1, False
            self._keep_epoch()

    def _keep_epoch(self) -> None:
        word = {"doubted": self._doubted, "epoch": self._epoch}
        self.write_json("said", f"{self._server}epoch", word)

    def read(self, kind: str, name: str) -> bytes | None:
        """Read a file's bytes; None if it is not there, or no plain small file."""
        return _read(self._path(kind, name))

    def read_json(self, kind: str, name: str) -> dict[str, Any] | None:
        """Read a JSON object; None if there is none that can be read."""
        raw = self.read(kind, name)
        if raw is None:
            return None
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        self.n_damaged += 1
        return None

    def read_said(self, kind: str, name: str) -> dict[str, Any] | None:
        """Read what this server said."""
        return self.read_json(self._said(kind), name)

    def write(self, kind: str, name: str, content: bytes) -> None:
        """Put a file in its place, whole.

        Raises
        ------
        StoreError
            If the disk is full, the folder may not be written, or another
            process is writing to it.
        """
        path = self._path(kind, name)
        try:
            self._begin()
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)
        except OSError as error:
            raise StoreError(f"cannot write ({error.strerror})", path) from error

    def _begin(self) -> None:
        """Take the lock and mark the folder, before the first write."""
        if self._lock is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise StoreError(
                "another process is using this cache", self._folder
            ) from error
        self._lock = handle
        marker = json.dumps(self._marker, sort_keys=True).encode()
        if not (self._folder / _MARKER).exists():
            _replace(self._folder / _MARKER, marker)

    def close(self) -> None:
        """Let others write."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write_json(self, kind: str, name: str, value: dict[str, Any]) -> None:
        """Put a JSON object in its place."""
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
        self.write(kind, name, text.encode())

    def write_said(self, kind: str, name: str, value: dict[str, Any]) -> None:
        """Keep what this server said."""
        self.write_json(self._said(kind), name, value)


def _replace(path: Path, content: bytes) -> None:
    """Write beside, then rename; a kill's leftover goes with the next try."""
    beside = path.with_name(f".{path.name}")
    beside.unlink(missing_ok=True)
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _read(path: Path) -> bytes | None:
    """Read a plain file of a bounded size; never wait on a pipe, follow no link."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_size > _MAX_FILE:
            return None
        return file.read(_MAX_FILE)
