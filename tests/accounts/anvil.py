"""A real Ethereum node for tests: Anvil, on this machine's loopback.

`Anvil` starts one on a free port and ends exactly the process it started. What
it answers, an Ethereum client's own code computed.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from eth_abi.abi import decode, encode

from dalil.chains.evm import keccak256
from tests.accounts.contracts import bytecode
from tests.node import NodeError, free_port

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

__all__ = ["Anvil", "Contract"]

_START_SECONDS = 30
_BLOCK_SECONDS = 12
_GAS = hex(3_000_000)


class Contract(NamedTuple):
    """A contract that stands on a node."""

    node: Anvil
    address: str

    def send(self, sender: str, call: str, *values: object) -> str:
        """Send a call such as ``transfer(address,uint256)``; the hash of its tx."""
        return self.node.send(sender, self.address, data_of(call, values))

    def ask(self, call: str, *values: object, at: int | str = "latest") -> int:
        """Ask for a number, as of a height."""
        tx = {"to": self.address, "data": data_of(call, values)}
        height = at if isinstance(at, str) else hex(at)
        answer = bytes.fromhex(self.node.rpc("eth_call", tx, height)[2:])
        return int(decode(["uint256"], answer)[0])


def data_of(call: str, values: Sequence[object]) -> str:
    """Write a call's data, as another library encodes it."""
    kinds = [kind for kind in call[call.index("(") + 1 : -1].split(",") if kind]
    return "0x" + (keccak256(call.encode())[:4] + encode(kinds, values)).hex()


class Anvil:
    """A node that runs from ``with`` to its end; blocks come when asked for.

    Attributes
    ----------
    accounts : list of str
        Addresses it signs for, each with coins; lower case.
    """

    def __init__(self, program: Path, *, n_accounts: int = 30) -> None:
        self._port = free_port()
        self._command = [
            str(program),
            *("--host", "127.0.0.1", "--port", str(self._port)),
            *("--accounts", str(n_accounts), "--no-mining", "--silent"),
            *("--timestamp", "1738368000", "--order", "fifo"),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self.accounts: list[str] = []

    @property
    def url(self) -> str:
        """Where it answers JSON-RPC."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Anvil:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise
        self.rpc("anvil_setBlockTimestampInterval", _BLOCK_SECONDS)
        self.accounts = [a.lower() for a in self.rpc("eth_accounts")]
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
                raise NodeError("Anvil ended at once", process.returncode)
            try:
                self.rpc("eth_chainId")
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
            else:
                return
        raise NodeError("Anvil did not answer in time", _START_SECONDS)

    def stop(self) -> None:
        """End the node; safe to repeat."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def rpc(self, method: str, *params: object) -> Any:
        """Call the node; its `result`, or `NodeError` with its own words."""
        body = json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        )
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with closing(connection):
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        if "error" in answer:
            raise NodeError(method, answer["error"])
        return answer["result"]

    @property
    def height(self) -> int:
        """Number of the last block."""
        return int(self.rpc("eth_blockNumber"), 16)

    def mine(self, n_blocks: int = 1) -> int:
        """Put what waits into a block, and more blocks behind it; the height."""
        for _ in range(n_blocks):
            self.rpc("evm_mine")
        return self.height

    def send(self, sender: str, to: str, data: str = "0x", value: int = 0) -> str:
        """Send a transaction whether or not it will fail; its hash.

        Gas is set, so that nothing is tried beforehand and refused.
        """
        tx = {"from": sender, "to": to, "data": data, "value": hex(value), "gas": _GAS}
        return str(self.rpc("eth_sendTransaction", tx))

    def deploy(
        self, sender: str, name: str, kinds: str = "", *values: object
    ) -> Contract:
        """Put a contract of ``contracts.json`` on the chain, in a block of its own."""
        code = bytecode(name) + (encode([kinds], values).hex() if kinds else "")
        tx = {"from": sender, "data": "0x" + code, "gas": _GAS}
        made = self.rpc("eth_sendTransaction", tx)
        self.mine()
        receipt = self.receipt(made)
        assert receipt["status"] == "0x1", receipt
        return Contract(self, str(receipt["contractAddress"]).lower())

    def receipt(self, tx: str) -> dict[str, Any]:
        """Read a transaction's receipt; it must be in a block."""
        found: dict[str, Any] | None = self.rpc("eth_getTransactionReceipt", tx)
        assert found is not None, tx
        return found
