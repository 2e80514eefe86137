"""JSON-RPC 2.0 to a node of an account chain: paced, bounded, never believed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dalil.errors import DalilError, SourceError
from dalil.sources.accounts.numbers import clip
from dalil.sources.accounts.strictjson import parse
from dalil.sources.hops.http import Http
from dalil.sources.hops.pace import Busy, Pace

if TYPE_CHECKING:
    from dalil.sources.accounts.place import NodePlace

__all__ = ["JsonRpc", "RpcError"]

MOST = 1 << 28
"""Bytes of the longest answer: the receipts of a full block are some 10 MB."""
_RATE_REMOTE = 10.0
_RATE_WORDS = ("rate limit", "too many requests", "capacity", "request limit")
_WIDE_WORDS = (
    "more than",
    "too many results",
    "too large",
    "block range",
    "range is too",
    "response size",
    "limit exceeded",
    "max results",
    "exceed",
)
_UNKNOWN_METHOD = -32601


class RpcError(SourceError):
    """A node answered a call with an error of its own.

    Parameters
    ----------
    number : int
        The error's code.
    message : str
    """

    def __init__(self, method: str, number: int, message: str) -> None:
        said = "".join(c if c.isprintable() else "?" for c in message[:200])
        super().__init__(f"the node refuses {method} ({number}: {said})")
        self.number = number
        self.said = said.lower()

    @property
    def unknown_method(self) -> bool:
        """Whether the node does not have such a call."""
        words = ("not found", "not supported", "does not exist", "unsupported method")
        return self.number == _UNKNOWN_METHOD or any(w in self.said for w in words)

    @property
    def too_wide(self) -> bool:
        """Whether a question of fewer blocks may be answered."""
        return any(word in self.said for word in _WIDE_WORDS)


class JsonRpc:
    """Calls by name over one connection.

    Parameters
    ----------
    place : NodePlace
    rate : float, optional
        Questions a second at most; by default 10, and no limit on this machine.
    pause : float
        Seconds before a second try.
    """

    def __init__(
        self, place: NodePlace, *, rate: float | None = None, pause: float = 1.0
    ) -> None:
        if rate is None and not place.local:
            rate = _RATE_REMOTE
        self.place = place
        self._pause = pause
        self._pace = Pace(rate, pause=pause)
        self._http: Http | None = None
        self._n = 0

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        """Call once, again where the node is busy; the `result`.

        Raises
        ------
        RpcError
            If the node answers with an error.
        SourceError
            If it does not answer, or with what is no JSON-RPC.
        """
        # An error that says "slow down" is waited for as a status 429 is.
        waits = Pace(None, pause=self._pause)
        return waits.ask(method, lambda: self._result(method, list(params)))

    def _result(self, method: str, params: list[object]) -> Any:  # noqa: ANN401
        self._n += 1
        body = {"jsonrpc": "2.0", "id": self._n, "method": method, "params": params}
        if self._http is None:
            self._http = Http(self.place.base, self._pace)
        raw = self._http.post(self.place.path, json.dumps(body).encode(), method, MOST)
        try:
            answer = parse(raw, self.place.name)
        except DalilError as error:
            raise SourceError(f"the answer to {method} is refused", error) from error
        if not isinstance(answer, dict):
            raise SourceError(f"no JSON-RPC answer to {method}", clip(answer))
        if answer.get("error") is not None:
            self._fail(method, answer["error"])
        if answer.get("id") != self._n:
            raise SourceError(f"an answer to another question than {method}", self._n)
        if "result" not in answer:
            raise SourceError(f"neither result nor error to {method}", self.place.name)
        return answer["result"]

    def _fail(self, method: str, error: object) -> None:
        told = error if isinstance(error, dict) else {}
        number = told.get("code")
        message = str(told.get("message", error))[:300]
        lower = message.lower()
        if number == 429 or any(word in lower for word in _RATE_WORDS):
            raise Busy(message[:100])
        raise RpcError(method, number if type(number) is int else 0, message)

    def close(self) -> None:
        """Hang up; the next question dials anew."""
        if self._http is not None:
            self._http.close()
        self._http = None
