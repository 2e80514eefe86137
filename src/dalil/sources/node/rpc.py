"""JSON-RPC to a node: bounded answers, failures told apart by kind."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dalil.errors import NodeError
from dalil.sources.node.connection import Answer, Connection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.sources.node.access import NodeAccess
    from dalil.sources.node.patience import Patience

__all__ = ["Rpc", "read_json"]

_SMALL = 1 << 24
_SECONDS = 60.0
_WARMING_UP, _NOT_FOUND, _MISC = -28, -5, -1
_OK, _UNAUTHORIZED, _FORBIDDEN, _UNAVAILABLE = 200, 401, 403, 503


def _no_constant(name: str) -> None:
    raise ValueError(name)


def read_json(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    """Read JSON with exact numbers: amounts are decimals, never floats.

    Raises
    ------
    NodeError
        ``bad_answer`` if it is none, or is nested too deeply.
    """
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        what = "JSON nested too deeply"
    except (ValueError, ArithmeticError):
        what = "no JSON"
    raise NodeError("bad_answer", f"the node's answer is refused: {what}", raw[:60])


class Rpc:
    """Calls by name, from any thread; unknown fields are left alone.

    Parameters
    ----------
    access : NodeAccess
        Where, and with which credentials.
    patience : Patience
        How a node that starts, restarts or is overloaded is waited for.
    seconds : float
        An answer must be whole after so long.
    """

    def __init__(
        self, access: NodeAccess, patience: Patience, seconds: float = _SECONDS
    ) -> None:
        self.access = access
        self.patience = patience
        self._seconds = seconds
        self._idle: list[Connection] = []

    def ask(
        self, method: str, path: str, *, limit: int, body: bytes = b"", **headers: str
    ) -> Answer:
        """Ask by HTTP, on a connection nobody else is using; see `Connection.ask`."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = Connection(self.access, self._seconds)
        try:
            return connection.ask(method, path, limit=limit, body=body, headers=headers)
        finally:
            self._idle.append(connection)

    def close(self) -> None:
        """Hang up; the next question dials anew."""
        while self._idle:
            self._idle.pop().close()

    def call(self, method: str, *params: object, limit: int = _SMALL) -> Any:  # noqa: ANN401 - JSON
        """Call once; the `result`.

        Parameters
        ----------
        limit : int
            Bytes the answer may have.

        Raises
        ------
        NodeError
            By kind, see `NodeError.KINDS`.
        """
        body = {"jsonrpc": "1.0", "id": 0, "method": method, "params": params}
        return self.patience.of(lambda: self._result(self._post(body, limit)))

    def batch(self, method: str, params: Sequence[Sequence[object]]) -> list[Any]:
        """Make many calls of one method in one question; results in order."""
        body = [
            {"jsonrpc": "1.0", "id": i, "method": method, "params": list(each)}
            for i, each in enumerate(params)
        ]
        if not body:
            return []
        return self.patience.of(lambda: self._results(body))

    def _results(self, body: list[dict[str, Any]]) -> list[Any]:
        answers = self._post(body, _SMALL)
        if isinstance(answers, dict):
            self._result(answers)
        if not isinstance(answers, list) or len(answers) != len(body):
            raise self._bad("a batch without its answers")
        found: dict[int, Any] = {}
        for answer in answers:
            number = answer.get("id") if isinstance(answer, dict) else None
            if type(number) is not int:
                raise self._bad("an answer without a number")
            found[number] = self._result(answer)
        if set(found) != set(range(len(body))):
            raise self._bad("answers to other questions")
        return [found[i] for i in range(len(body))]

    def _post(self, body: object, limit: int) -> Any:  # noqa: ANN401 - JSON
        answer = self.ask(
            "POST",
            "/",
            limit=limit,
            body=json.dumps(body).encode(),
            Authorization=self.access.authorization(),
        )
        self._check_status(answer)
        return read_json(answer.body)

    def _check_status(self, answer: Answer) -> None:
        """Refuse what no JSON stands behind."""
        status, name = answer.status, self.access.name
        if status == _UNAUTHORIZED:
            why = "the node refuses the credentials; is the cookie of this node"
            raise NodeError("refused", why, self.access.secret or name)
        if status == _FORBIDDEN:
            why = "the node refuses this machine or this method (rpcallowip, whitelist)"
            raise NodeError("refused", why, name)
        if status == _UNAVAILABLE:
            raise NodeError("busy", "the node has too much to do", name)
        if status != _OK and not answer.body.lstrip().startswith((b"{", b"[")):
            raise self._bad(f"HTTP status {status}")

    def _result(self, answer: Any) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(answer, dict):
            raise self._bad("no JSON-RPC answer")
        error = answer.get("error")
        if error is None:
            if "result" not in answer:
                raise self._bad("neither result nor error")
            return answer["result"]
        code = error.get("code") if isinstance(error, dict) else None
        said = str(error.get("message") if isinstance(error, dict) else error)[:200]
        if code == _WARMING_UP:
            raise NodeError("busy", "the node is starting", said)
        if code == _NOT_FOUND:
            raise NodeError("unknown_block", "the node does not know the block", said)
        if code == _MISC and "pruned" in said:
            raise NodeError(
                "pruned", "the node has pruned a block that is needed", said
            )
        raise NodeError("refused", "the node refuses the call", f"{code}: {said}")

    def _bad(self, what: str) -> NodeError:
        return NodeError(
            "bad_answer", f"the node's answer is refused: {what}", self.access.name
        )
