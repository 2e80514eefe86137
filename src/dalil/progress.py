"""How long work reports where it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """Called now and then by long work; must be cheap and must not raise."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` (0 if unknown) of `what` is finished."""


def silent(what: str, done: int, total: int) -> None:
    """Ignore all progress; the default listener."""
    del what, done, total
