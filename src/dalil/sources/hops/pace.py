"""Asking politely: not too often, and less often when told so."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from dalil.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Busy", "GaveUp", "Pace"]

T = TypeVar("T")
_LONGEST_WAIT = 120.0


class Busy(Exception):  # noqa: N818 - a state, not a fault
    """A server did not answer this time; another try may do.

    Parameters
    ----------
    reason : str
    after : float, optional
        Seconds the server asks to wait.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class GaveUp(SourceError):  # noqa: N818 - a state, not a fault
    """The server cannot be asked any more for now."""


class Pace:
    """When the next request may leave, and what to do when one fails.

    Parameters
    ----------
    rate : float or None
        Requests a second at most; None for no limit.
    pause : float, default 1.0
        Seconds before the second try; doubles with each further one, less a
        random part of up to a half so that many clients do not come together.
    attempts : int, default 6
        Tries at most.
    """

    def __init__(
        self, rate: float | None, *, pause: float = 1.0, attempts: int = 6
    ) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._pause = pause
        self._attempts = attempts
        self._next = 0.0
        self.n_requests = 0
        self.n_retries = 0

    def ask(self, what: str, call: Callable[[], T]) -> T:
        """Make a request, again where it fails for now.

        Raises
        ------
        GaveUp
            If it fails each time, or the server wants a longer rest than two
            minutes. What was fetched so far is kept.
        """
        last = Busy("never asked")
        for attempt in range(self._attempts):
            self._wait_for_turn()
            self.n_requests += 1
            try:
                return call()
            except Busy as busy:
                last = busy
            if last.after is not None and last.after > _LONGEST_WAIT:
                raise GaveUp(
                    f"the server asks to be left alone for {last.after:.0f} s; what "
                    "was fetched is kept, run the command again then",
                    what,
                )
            if attempt + 1 < self._attempts:
                self.n_retries += 1
                time.sleep(max(last.after or 0.0, self._rest(attempt)))
        raise GaveUp(
            f"the server did not answer after {self._attempts} tries ({last.reason}); "
            "what was fetched is kept, run the command again later",
            what,
        )

    def _rest(self, attempt: int) -> float:
        part = 1 - random.random() / 2  # noqa: S311 - spreads load, guards nothing
        return min(self._pause * float(1 << attempt), 60.0) * part

    def _wait_for_turn(self) -> None:
        now = time.monotonic()
        if now < self._next:
            time.sleep(self._next - now)
        self._next = max(now, self._next) + self._gap
