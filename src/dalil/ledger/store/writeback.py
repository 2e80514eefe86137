"""Asking the system to begin with writing, ahead of the `fsync` that waits for it."""

from __future__ import annotations

import ctypes

__all__ = ["begin_sync"]

_WRITE = 2  # SYNC_FILE_RANGE_WRITE
_LIBC = ctypes.CDLL(None)
_HERE = hasattr(_LIBC, "sync_file_range")
if _HERE:
    _SPAN = (ctypes.c_int64, ctypes.c_int64)
    _LIBC.sync_file_range.argtypes = (ctypes.c_int, *_SPAN, ctypes.c_uint)


def begin_sync(file: int) -> None:
    """Ask that a file's pages be written, without waiting; Linux only.

    Says nothing of what is on the disk: errors, and the waiting, are left to
    `os.fsync`. Other systems begin when that is called.
    """
    if _HERE:
        _LIBC.sync_file_range(file, 0, 0, _WRITE)
