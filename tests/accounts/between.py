"""A server between a source and its node, which lets the world change mid-way."""

from __future__ import annotations

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Between"]


class Between:
    """Hands every question on; does something before the n-th of one method.

    Attributes
    ----------
    asked : list of str
        Methods, in the order they were asked.
    """

    def __init__(
        self, url: str, method: str, nth: int, act: Callable[[], None]
    ) -> None:
        asked: list[str] = []
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    asked.append(json.loads(body)["method"])
                    if asked[-1] == method and asked.count(method) == nth:
                        act()
                question = urllib.request.Request(
                    url, body, {"Content-Type": "application/json"}
                )
                with urllib.request.urlopen(question, timeout=60) as answer:
                    told = answer.read()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_request(self, code: object = "-", size: object = "-") -> None:
                pass

        self.asked = asked
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Between:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, error, trace
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
