"""What the operating system refuses, told so that one can act on it."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dalil.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["told_by_errno"]

_AGAIN = "run the same command again, it goes on where it was; what was committed stays"
_WHY = {
    errno.ENOSPC: f"the disk is full: free space there, then {_AGAIN}",
    errno.EDQUOT: f"the quota of disk space is used up: free space, then {_AGAIN}",
    errno.EFBIG: "a file may not grow as large as this: raise the limit (`ulimit -f`), "
    f"or use another file system, then {_AGAIN}",
    errno.EIO: "the disk fails to read or write: see the system's log, then check what "
    "is here with `dalil ledger verify`; what was committed is not written to",
    errno.EROFS: "the file system is mounted read-only, and a ledger is written here",
    errno.EACCES: "this user may not read or write here",
    errno.EPERM: "this user may not read or write here",
    errno.EMFILE: "too many files are open: raise the limit (`ulimit -n`), then "
    f"{_AGAIN}",
    errno.ENFILE: "the system has too many files open",
    errno.ENOMEM: "the system has no memory or addresses left to map files in",
}


@contextmanager
def told_by_errno(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses inside into a `StoreError`.

    Its value is the folder, or the file where the system names one. A broken
    pipe is not about files, and passes.

    Raises
    ------
    StoreError
        For any other OSError: a full disk, a spent quota, a file-size limit and
        a failing disk each in their own words.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        why = _WHY.get(error.errno or 0, f"files cannot be read or written ({reason})")
        raise StoreError(why, error.filename or folder) from error
