"""Waiting for a node: longer each time, never for ever, never past a stop."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from dalil.errors import NodeError
from dalil.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.progress import Progress

__all__ = ["Patience"]

_T = TypeVar("_T")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class Patience:
    """How long a failing node is waited for, and who may end the wait.

    Parameters
    ----------
    seconds : float
        A node that starts, restarts or is overloaded is asked again for so
        long, counted from the first failure in a row.
    stop : threading.Event, optional
        Set by whoever wants the waiting to end.
    progress : Progress, optional
        Told what is waited for.
    """

    def __init__(
        self,
        seconds: float = 600.0,
        stop: threading.Event | None = None,
        progress: Progress = silent,
    ) -> None:
        self.seconds = seconds
        self.stop = stop or threading.Event()
        self._progress = progress
        self.met = False
        """Whether the node ever answered: one that never did is an error at
        once, since then the address is likely wrong."""

    def of(self, question: Callable[[], _T]) -> _T:
        """Ask until there is an answer.

        Raises
        ------
        NodeError
            The last failure, where waiting ended or does not help.
        """
        pause, since = _FIRST_PAUSE, time.monotonic()
        while True:
            try:
                answer = question()
            except NodeError as error:
                waitable = error.kind == "busy" or (
                    self.met and error.kind == "unreachable"
                )
                late = time.monotonic() - since + pause > self.seconds
                if not waitable or late or self.stop.is_set():
                    raise
                self._progress(f"waiting: {error}", 0, 0)
            else:
                self.met = True
                return answer
            self.stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
