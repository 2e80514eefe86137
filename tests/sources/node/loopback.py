"""A little server of our own that answers like a node, or in ways no node does."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.header import header_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    Answer = Callable[["Talk"], None]

__all__ = ["Loopback", "Talk", "dripping", "raw", "reply"]


class Talk(BaseHTTPRequestHandler):
    """One question; `name` is the RPC method or the first part of the REST path."""

    protocol_version = "HTTP/1.1"
    server: Loopback
    name = ""
    params: list[Any]

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = self.path.removeprefix("/rest/").split("/")
        self.name, self.params = "/" + parts[0], parts[1:]
        self.server.answer(self)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        first = body[0] if isinstance(body, list) else body
        self.name, self.params = first["method"], first["params"]
        self.server.questions = body
        self.server.answer(self)

    def say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def reply(result: object, *, status: int = 200) -> Answer:
    """Answer with a result, or with an error where it is a dict with a code."""
    is_error = isinstance(result, dict) and "code" in result
    body = {"result": None, "error": result} if is_error else {"result": result}
    return lambda talk: talk.say(status, json.dumps(body | {"id": 0}).encode())


def raw(body: bytes, *, status: int = 200, stated: int | None = None) -> Answer:
    """Answer with bytes; `stated` is the length claimed for them."""

    def answer(talk: Talk) -> None:
        talk.send_response(status)
        size = len(body) if stated is None else stated
        talk.send_header("Content-Length", str(size))
        talk.end_headers()
        talk.wfile.write(body)
        talk.close_connection = True

    return answer


def dripping(seconds: float) -> Answer:
    """Send a byte now and then, never the whole."""

    def answer(talk: Talk) -> None:
        talk.close_connection = True
        end = time.monotonic() + seconds
        talk.send_response(200)
        talk.send_header("Content-Length", "1000000")
        talk.end_headers()
        while time.monotonic() < end:
            try:
                talk.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.02)

    return answer


class Loopback(ThreadingHTTPServer):
    """Serves a chain of blocks from genesis on; `tricks` answer instead, by name.

    A trick is used for each question of its name, or only as often as there
    are entries where it is a list.
    """

    daemon_threads = True
    questions: Any = None

    def __init__(self, blocks: Sequence[bytes], *, rest: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.blocks, self.rest = list(blocks), rest
        self.tricks: dict[str, Answer | list[Answer]] = {}
        self.asked: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def answer(self, talk: Talk) -> None:
        self.asked.append(talk.name)
        trick = self.tricks.get(talk.name)
        if isinstance(trick, list):
            trick = trick.pop(0) if trick else None
        if trick is not None:
            trick(talk)
        elif talk.name.startswith("/"):
            self._rest_answer(talk)
        else:
            self._rpc_answer(talk)

    def height(self, name: str) -> int | None:
        wanted = bytes.fromhex(name)[::-1]
        found = (i for i, b in enumerate(self.blocks) if header_hash(b[:80]) == wanted)
        return next(found, None)

    def name(self, height: int) -> str:
        return header_hash(self.blocks[height][:80])[::-1].hex()

    def _rest_answer(self, talk: Talk) -> None:
        height = self.height(talk.params[-1].removesuffix(".bin"))
        if not self.rest or height is None or talk.name == "/spenttxouts":
            talk.say(404, b"")
        elif talk.name == "/headers":
            count = int(talk.params[0])
            headers = [block[:80] for block in self.blocks[height : height + count]]
            talk.say(200, b"".join(headers))
        else:
            talk.say(200, self.blocks[height])

    def _rpc_answer(self, talk: Talk) -> None:
        body = self.questions
        if isinstance(body, list):
            answers = [self._one(q) for q in body]
            talk.say(200, json.dumps(answers).encode())
        else:
            talk.say(200, json.dumps(self._one(body)).encode())

    def _one(self, question: dict[str, Any]) -> dict[str, Any]:
        method, params = question["method"], question["params"]
        result: Any = None
        if method == "getblockhash":
            result = self.name(params[0])
        elif method == "getbestblockhash":
            result = self.name(len(self.blocks) - 1)
        elif method == "getblockcount":
            result = len(self.blocks) - 1
        else:
            height = self.height(params[0])
            if height is None:
                unknown = {"code": -5, "message": "Block not found"}
                return {"result": None, "error": unknown, "id": question["id"]}
            block = self.blocks[height]
            if method == "getblock":
                result = block.hex()
            elif params[1:] == [False]:
                result = block[:80].hex()
            else:
                result = {"height": height, "confirmations": 1, "new_field": [{}]}
        return {"result": result, "error": None, "id": question["id"], "more": 1}
