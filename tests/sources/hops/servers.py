"""An Esplora and an Electrum server on this machine, which tests may set to lie."""

from __future__ import annotations

import json
import socketserver
import threading
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

from dalil.chains.bitcoin.address import (
    classify_script,
    decode_anywhere,
    encode_address,
    script_of,
)
from dalil.chains.bitcoin.header import header_hash
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES
from dalil.chains.bitcoin.transaction import TxOutput, parse_tx
from dalil.ids import format_txid

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.chains.bitcoin.networks import Network
    from tests.sources.hops.book import Told

__all__ = ["Answer", "Electrum", "Esplora"]


class Answer(NamedTuple):
    """What goes back to who asked."""

    status: int
    body: bytes
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed


@dataclass
class _Server:
    """A server in a thread; `asked` lists what it was asked."""

    book: Told
    network: Network
    twist: Callable[[str, Any], Any] = lambda _path, answer: answer
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        raise NotImplementedError

    def start(self, server: Any) -> None:
        self.server = server
        server.daemon_threads = True
        server.owner = self
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def counts(self) -> Counter[str]:
        """How often each kind of thing was asked."""
        return Counter(path.split("/")[1] for path in self.asked)

    def forget(self) -> None:
        self.asked.clear()


class Esplora(_Server):
    """Answers as Blockstream's API does."""

    page_size = 25

    def open(self) -> None:
        self.start(ThreadingHTTPServer(("127.0.0.1", 0), _EsploraHandler))

    @property
    def source(self) -> str:
        return f"esplora:http://127.0.0.1:{self.port}/api"

    def answer(self, path: str) -> Answer:
        self.asked.append(path)
        given = self._plain(path)
        twisted = self.twist(path, given)
        assert isinstance(twisted, Answer)
        return twisted

    def _plain(self, path: str) -> Answer:
        words = path.strip("/").split("/")
        found = self._route(words)
        if found is None:
            return Answer(404, b"not found")
        body = found if isinstance(found, str) else json.dumps(found)
        return Answer(200, body.encode())

    def _route(self, words: list[str]) -> Any:
        match words:
            case ["block-height", height]:
                header = self.book.header(int(height))
                return None if header is None else format_txid(header_hash(header))
            case ["blocks", "tip", "height"]:
                return str(self.book.tip)
            case ["block", name, "header"]:
                return self._header(name)
            case ["tx", txid, *rest] if self.book.raw(txid) is not None:
                return self._tx_route(txid, rest)
            case ["address", text, *rest]:
                _, kind, payload = decode_anywhere(text)
                return self._script(sha256(script_of(kind, payload)).digest(), rest)
            case ["scripthash", name, *rest]:
                return self._script(bytes.fromhex(name), rest)
        return None

    def _header(self, name: str) -> str | None:
        for height in range(self.book.tip, -1, -1):
            header = self.book.header(height)
            if header is not None and format_txid(header_hash(header)) == name:
                return header.hex()
        return None

    def _tx_route(self, txid: str, rest: list[str]) -> Any:
        match rest:
            case []:
                return self.tx(txid)
            case ["status"]:
                return self.status(txid)
            case ["outspends"]:
                raw = self.book.raw(txid)
                assert raw is not None
                return [
                    {"spent": False}
                    if (by := self.book.spender(txid, n)) is None
                    else {"spent": True, "txid": by, "vin": 0}
                    for n in range(len(parse_tx(raw).outputs))
                ]
            case ["merkle-proof"] if (stand := self.book.stand(txid)) is not None:
                branch = [format_txid(one) for one in self.book.branch(txid)]
                place = {"block_height": stand.height, "pos": stand.position}
                return place | {"merkle": branch}
        return None

    def _script(self, name: bytes, rest: list[str]) -> Any:
        chain = self.book.history(name)[::-1]
        pending = self.book.pending(name)
        match rest:
            case []:
                stats = {"chain_stats": {"tx_count": len(chain)}}
                return stats | {"mempool_stats": {"tx_count": len(pending)}}
            case ["txs"]:
                return [self.tx(t) for t in [*pending, *chain[: self.page_size]]]
            case ["txs", "chain", last] if last in chain:
                at = chain.index(last) + 1
                return [self.tx(t) for t in chain[at : at + self.page_size]]
        return None

    def status(self, txid: str) -> dict[str, Any]:
        stand = self.book.stand(txid)
        if stand is None:
            return {"confirmed": False}
        header = self.book.header(stand.height)
        assert header is not None
        return {
            "confirmed": True,
            "block_height": stand.height,
            "block_hash": format_txid(header_hash(header)),
            "block_time": int.from_bytes(header[68:72], "little"),
        }

    def tx(self, txid: str) -> dict[str, Any]:
        raw = self.book.raw(txid)
        assert raw is not None
        tx = parse_tx(raw)
        return {
            "txid": txid,
            "version": tx.version,
            "locktime": tx.lock_time,
            "vin": [
                {
                    "txid": format_txid(spend.txid),
                    "vout": spend.index,
                    "prevout": self._output(
                        self.book.prevout(format_txid(spend.txid), spend.index)
                    )
                    if not tx.is_coinbase
                    else None,
                    "scriptsig": spend.script.hex(),
                    "witness": [item.hex() for item in spend.witness],
                    "sequence": spend.sequence,
                }
                for spend in tx.inputs
            ],
            "vout": [self._output(output) for output in tx.outputs],
            "status": self.status(txid),
        }

    def _output(self, output: TxOutput | None) -> dict[str, Any] | None:
        if output is None:
            return None
        kind, payload = classify_script(output.script)
        stated = {}
        if kind in ADDRESS_TYPES:
            text = encode_address(self.network, kind, payload)
            stated["scriptpubkey_address"] = text
        return {"scriptpubkey": output.script.hex(), "value": output.value, **stated}


class _EsploraHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        owner: Esplora = self.server.owner  # type: ignore[attr-defined]
        owner.agents.add(str(self.headers["User-Agent"]))
        answer = owner.answer(self.path.removeprefix("/api"))
        headers = {"Content-Length": str(len(answer.body))} | answer.headers
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        if int(headers["Content-Length"]) != len(answer.body):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class Electrum(_Server):
    """Answers as ElectrumX and its kin do."""

    def open(self) -> None:
        self.start(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _ElectrumHandler))

    @property
    def source(self) -> str:
        return f"electrum:127.0.0.1:{self.port}"

    def answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        path = f"/{method.split('.')[-1]}/" + "/".join(str(p) for p in params)
        self.asked.append(path)
        try:
            given = {"result": self._result(method, params)}
        except LookupError as error:
            given = {"error": {"code": 2, "message": f"not found: {error}"}}
        twisted = self.twist(path, given)
        assert isinstance(twisted, dict | bytes)
        return twisted  # type: ignore[return-value]

    def _result(self, method: str, params: list[Any]) -> Any:
        book = self.book
        match method, params:
            case "server.version", [name, "1.4"]:
                self.agents.add(str(name))
                return ["test", "1.4"]
            case "blockchain.headers.subscribe", []:
                header = book.header(book.tip)
                assert header is not None
                return {"height": book.tip, "hex": header.hex()}
            case "blockchain.block.header", [height]:
                header = book.header(height)
                if header is None:
                    raise LookupError(height)
                return header.hex()
            case "blockchain.scripthash.get_history", [name]:
                return self._history(bytes.fromhex(name)[::-1])
            case "blockchain.transaction.get", [txid]:
                raw = book.raw(txid)
                if raw is None:
                    raise LookupError(txid)
                return raw.hex()
            case "blockchain.transaction.get_merkle", [txid, height]:
                stand = book.stand(txid)
                if stand is None or stand.height != height:
                    raise LookupError(txid)
                branch = [format_txid(one) for one in book.branch(txid)]
                place = {"block_height": stand.height, "pos": stand.position}
                return place | {"merkle": branch}
        raise LookupError(method)

    def _history(self, name: bytes) -> list[dict[str, Any]]:
        rows = []
        for txid in self.book.history(name):
            stand = self.book.stand(txid)
            assert stand is not None
            rows.append({"tx_hash": txid, "height": stand.height})
        pending = self.book.pending(name)
        return rows + [{"tx_hash": t, "height": 0, "fee": 1} for t in pending]


class _ElectrumHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        owner: Electrum = self.server.owner  # type: ignore[attr-defined]
        for line in self.rfile:
            call = json.loads(line)
            answer = owner.answer(call["method"], call["params"])
            try:
                if isinstance(answer, bytes):
                    self.wfile.write(answer)
                    return
                head = {"jsonrpc": "2.0", "id": call["id"]}
                self.wfile.write(json.dumps(head | answer).encode() + b"\n")
            except OSError:
                return
