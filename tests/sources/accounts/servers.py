"""Nodes on this machine's loopback that serve made-up chains, and may be set to lie.

Blocks are real ones as far as hashes go: headers hash to their names, receipts
come to their roots. What a test makes false is false in one point only.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from dalil.chains.evm.events import TRANSFER, Log
from dalil.chains.evm.header import block_hash, header_rlp
from dalil.chains.evm.receipts import Receipt, bloom_of, encode_receipt
from dalil.chains.evm.trie import trie_root
from dalil.chains.tron.block import block_id, header_raw
from dalil.chains.tron.merkle import merkle_root
from dalil.chains.tron.proto import bytes_field, number_field
from dalil.chains.tron.transaction import tx_leaf

__all__ = ["TOKEN", "Answer", "EvmChain", "NodeServer", "TronChain", "hexed"]

TOKEN = b"\xaa" * 20
Json = dict[str, Any]


class Answer(NamedTuple):
    """What goes back as it is, in place of what a node would say."""

    status: int
    body: bytes
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed


Twist = Callable[[str, Any, Any], Any]


def hexed(raw: bytes) -> str:
    return "0x" + raw.hex()


def straight(_method: str, _params: Any, answer: Any) -> Any:
    return answer


class NodeServer:
    """Serves a chain from ``with`` to its end; `twist` changes answers."""

    def __init__(self, chain: EvmChain | TronChain, twist: Twist = straight) -> None:
        self.chain, self.twist = chain, twist
        self.asked: list[tuple[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                made = outer._answer(self.path, json.loads(raw))
                self.send_response(made.status)
                for name, value in made.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(made.body)))
                self.end_headers()
                self.wfile.write(made.body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> NodeServer:
        threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, told: Json) -> Answer:
        rpc = isinstance(self.chain, EvmChain)
        method = told["method"] if rpc else path.rpartition("/")[2]
        params = told["params"] if rpc else told
        self.asked.append((method, params))
        found = self.twist(method, params, self.chain.answer(method, params))
        if isinstance(found, Answer):
            return found
        if not rpc:
            return Answer(200, json.dumps(found).encode())
        body = {"jsonrpc": "2.0", "id": told["id"]}
        error = isinstance(found, dict) and "code" in found and "message" in found
        body |= {"error": found} if error else {"result": found}
        return Answer(200, json.dumps(body).encode())


class EvmChain:
    """Blocks of transfers of one token; `fork` gives a sibling from a height on."""

    def __init__(self, n_blocks: int, per_block: int = 2, salt: int = 0) -> None:
        self.chain_id = 1
        self.blocks: list[Json] = []
        self.receipts: list[list[Json]] = []
        self.grow(n_blocks, per_block, salt)

    def grow(self, n_blocks: int, per_block: int = 2, salt: int = 0) -> None:
        for _ in range(n_blocks):
            self._add(per_block, salt)

    def fork(self, at: int, n_blocks: int, salt: int = 1) -> EvmChain:
        """Give another chain that shares blocks below `at`."""
        other = EvmChain(0)
        other.blocks, other.receipts = self.blocks[:at], self.receipts[:at]
        other.grow(n_blocks, salt=salt)
        return other

    def _add(self, per_block: int, salt: int) -> None:
        number = len(self.blocks)
        parent = self.blocks[-1]["hash"] if self.blocks else "0x" + "00" * 32
        txs: list[Json] = []
        receipts: list[Json] = []
        encoded: list[bytes] = []
        every: list[Log] = []
        for place in range(per_block):
            name = hexed(sha256(f"{number} {place} {salt}".encode()).digest())
            failed = place % 5 == 4
            log = Log(
                TOKEN,
                [TRANSFER, bytes(31) + b"\x01", bytes(31) + b"\x02"],
                (1000 * number + place).to_bytes(32, "big"),
            )
            logs = [] if failed else [log]
            gas = 21_000 * (place + 1)
            encoded.append(encode_receipt(Receipt(2, int(not failed), gas, logs)))
            common = {"transactionIndex": hex(place), "blockNumber": hex(number)}
            tx = {"hash": name, "from": hexed(b"\x01" * 20), "to": hexed(TOKEN)}
            txs.append(
                tx | common | {"value": hex(place), "input": "0x", "type": "0x2"}
            )
            told = {"transactionHash": name, "status": hex(int(not failed))}
            told |= {"type": "0x2", "cumulativeGasUsed": hex(gas)}
            told |= {"gasUsed": hex(21_000), "effectiveGasPrice": hex(7)}
            rows = [
                {
                    "address": hexed(log.address),
                    "topics": [hexed(topic) for topic in log.topics],
                    "data": hexed(log.data),
                    "logIndex": hex(len(every) + i),
                    "transactionHash": name,
                    "removed": False,
                }
                | common
                for i in range(len(logs))
            ]
            every += logs
            receipts.append(told | common | {"logs": rows})
        block: Json = {
            "parentHash": parent,
            "sha3Uncles": "0x" + "00" * 32,
            "miner": "0x" + "00" * 20,
            "stateRoot": hexed(bytes([salt]) * 32),
            "transactionsRoot": "0x" + "00" * 32,
            "receiptsRoot": hexed(trie_root(encoded)),
            "logsBloom": hexed(bloom_of(every)),
            "difficulty": "0x0",
            "number": hex(number),
            "gasLimit": "0x0",
            "gasUsed": "0x0",
            "timestamp": hex(1_700_000_000 + 12 * number),
            "extraData": "0x",
            "mixHash": "0x" + "00" * 32,
            "nonce": "0x" + "00" * 8,
        }
        name = hexed(block_hash(header_rlp(block)))
        for each in (*txs, *receipts, *(r for told in receipts for r in told["logs"])):
            each["blockHash"] = name
        self.blocks.append(block | {"hash": name, "transactions": txs})
        self.receipts.append(receipts)

    @property
    def logs(self) -> list[Json]:
        return [log for told in self.receipts for r in told for log in r["logs"]]

    def answer(self, method: str, params: Any) -> Any:
        if method == "eth_chainId":
            return hex(self.chain_id)
        if method == "eth_blockNumber":
            return hex(len(self.blocks) - 1)
        if method == "eth_getBlockByNumber":
            number = int(params[0], 16)
            return self.blocks[number] if number < len(self.blocks) else None
        if method == "eth_getBlockReceipts":
            number = int(params[0], 16)
            return self.receipts[number] if number < len(self.receipts) else None
        if method == "eth_getTransactionReceipt":
            every = (r for told in self.receipts for r in told)
            return next((r for r in every if r["transactionHash"] == params[0]), None)
        if method == "eth_getLogs":
            first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
            return [g for g in self.logs if first <= int(g["blockNumber"], 16) <= last]
        return {"code": -32601, "message": "the method does not exist"}


def _address(field: int, letter: bytes) -> bytes:
    return bytes_field(field, b"\x41" + letter * 20)


def _tron_tx(number: int, place: int, salt: int, ret: str) -> Json:
    value = _address(1, b"\x01") + _address(2, b"\x02") + number_field(3, 5 + place)
    kind = number_field(1, 1)
    contract = kind + bytes_field(2, bytes_field(2, value))
    raw = bytes_field(1, f"{number} {place} {salt}".encode()) + bytes_field(
        11, contract
    )
    return {
        "txID": sha256(raw).hexdigest(),
        "raw_data_hex": raw.hex(),
        "signature": [],
        "ret": [{"contractRet": ret}],
    }


class TronChain:
    """Blocks of coins sent, each third one of which failed."""

    def __init__(self, n_blocks: int, salt: int = 0) -> None:
        self.blocks: list[Json] = []
        self.infos: list[list[Json]] = []
        self.grow(n_blocks, salt)

    def grow(self, n_blocks: int, salt: int = 0) -> None:
        for _ in range(n_blocks):
            self._add(salt)

    def fork(self, at: int, n_blocks: int, salt: int = 1) -> TronChain:
        other = TronChain(0)
        other.blocks, other.infos = self.blocks[:at], self.infos[:at]
        other.grow(n_blocks, salt)
        return other

    def _add(self, salt: int) -> None:
        number = len(self.blocks)
        fate = ("SUCCESS", "SUCCESS", "REVERT")
        txs = [_tron_tx(number, place, salt, fate[place]) for place in range(3)]
        parent = self.blocks[-1]["blockID"] if self.blocks else "00" * 32
        header = {
            "number": number,
            "txTrieRoot": merkle_root([tx_leaf(tx) for tx in txs]).hex(),
            "witness_address": "41" + "07" * 20,
            "parentHash": parent,
            "version": 29,
            "timestamp": 1_700_000_000_000 + 3000 * number,
        }
        block: Json = {"block_header": {"raw_data": header}, "transactions": txs}
        block["blockID"] = block_id(header_raw(block)).hex()
        self.blocks.append(block)
        infos = [
            {
                "id": tx["txID"],
                "blockNumber": number,
                "fee": 100,
                "receipt": {} if ret == "SUCCESS" else {"result": ret},
                "log": []
                if ret != "SUCCESS"
                else [
                    {
                        "address": "0a" * 20,
                        "topics": [TRANSFER.hex(), "00" * 31 + "01", "00" * 31 + "02"],
                        "data": f"{number:064x}",
                    }
                ],
            }
            for tx, ret in zip(txs, fate, strict=True)
        ]
        self.infos.append(infos)

    @property
    def caip2(self) -> str:
        return "tron:0x" + str(self.blocks[0]["blockID"])[-8:]

    def answer(self, method: str, params: Any) -> Any:
        if method == "getnowblock":
            return self.blocks[-1]
        number = params["num"]
        if method == "getblockbynum":
            return self.blocks[number] if number < len(self.blocks) else {}
        assert method == "gettransactioninfobyblocknum"
        return self.infos[number]
