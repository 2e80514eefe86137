"""A real Bitcoin node on regtest, as an independent judge.

`RegtestNode` starts one on this machine's loopback, with its own folder and
free ports, and ends exactly the process it started. What it accepts, real
consensus code accepted.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import subprocess
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["NodeError", "RegtestNode", "free_port"]

_START_SECONDS = 60
_STOP_SECONDS = 60


class NodeError(RuntimeError):
    """The node refused a call, or did not start."""


def free_port() -> int:
    """A port nobody listens on, at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RegtestNode:
    """A node that runs from ``with`` to its end.

    Parameters
    ----------
    program : Path
        The launcher, from the fixture `node_program`.
    folder : Path
        An empty folder of the test's own.
    arguments : str
        More of the node's options, such as ``-blocksxor=0``. Undo files are
        always written; block files are XOR-obfuscated unless told otherwise.

    Examples
    --------
    ``with RegtestNode(node_program, tmp_path) as node: node.mine(101)``
    """

    def __init__(self, program: Path, folder: Path, *arguments: str) -> None:
        self._rpc_port = free_port()
        self._datadir = folder
        self._command = [
            str(program),
            "-regtest",
            f"-datadir={folder}",
            f"-rpcport={self._rpc_port}",
            "-rpcbind=127.0.0.1",
            "-rpcallowip=127.0.0.1",
            "-listen=0",
            "-connect=0",
            "-dnsseed=0",
            "-rest=1",
            "-fallbackfee=0.0001",
            "-printtoconsole=0",
            *arguments,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def blocks(self) -> Path:
        """The folder of ``blk*.dat``, ``rev*.dat`` and ``xor.dat``."""
        return self._datadir / "regtest" / "blocks"

    @property
    def url(self) -> str:
        """Where it answers RPC and REST."""
        return f"http://127.0.0.1:{self._rpc_port}"

    @property
    def cookie(self) -> Path:
        """The file of its credentials; another one after each start."""
        return self._datadir / "regtest" / ".cookie"

    def __enter__(self) -> RegtestNode:
        self._datadir.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, error, trace
        self.stop()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise NodeError("the node ended at once", process.returncode)
            try:
                self.rpc("getblockchaininfo")
            except (OSError, NodeError, http.client.HTTPException):
                time.sleep(0.05)
            else:
                return
        raise NodeError("the node did not answer in time", _START_SECONDS)

    def stop(self) -> None:
        """End the node so that everything it knows is on disk; safe to repeat."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _connection(self) -> closing[http.client.HTTPConnection]:
        return closing(
            http.client.HTTPConnection("127.0.0.1", self._rpc_port, timeout=120)
        )

    def rpc(self, method: str, *params: object, wallet: str | None = None) -> Any:
        """Call the node; its `result`, or `NodeError` with its own words."""
        cookie = (self._datadir / "regtest" / ".cookie").read_bytes()
        body = json.dumps({"id": 0, "method": method, "params": params})
        headers = {"Authorization": "Basic " + base64.b64encode(cookie).decode()}
        path = "/" if wallet is None else f"/wallet/{wallet}"
        with self._connection() as connection:
            connection.request("POST", path, body, headers)
            answer = json.loads(connection.getresponse().read())
        if answer["error"] is not None:
            raise NodeError(method, answer["error"])
        return answer["result"]

    def rest(self, path: str) -> bytes:
        """Read ``/rest/<path>``, such as ``block/<hash>.bin``."""
        with self._connection() as connection:
            connection.request("GET", f"/rest/{path}")
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != http.client.OK:
            raise NodeError(path, answer.status, body[:200])
        return body

    def submit_block(self, raw: bytes) -> str | None:
        """Hand over a block; None where accepted, else the node's reason."""
        answer = self.rpc("submitblock", raw.hex())
        return None if answer is None else str(answer)

    def mine(self, n_blocks: int, address: str | None = None) -> list[str]:
        """Mine to `address` (by default nobody's); the new blocks' hashes."""
        if address is None:
            mined = self.rpc("generatetodescriptor", n_blocks, "raw(51)")
        else:
            mined = self.rpc("generatetoaddress", n_blocks, address)
        return [str(block) for block in mined]
