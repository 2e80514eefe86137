"""Proofs of transfers, made of a node's answers that the case has saved.

A ledger of accounts keeps no raw bytes. Where the case names saved answers (TRON
blocks; Ethereum blocks with all their receipts), what they prove is proven;
all else stays a node's or a file's word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dalil.chains import tron
from dalil.chains.evm.address import decode_address as evm_payload
from dalil.chains.evm.plain import check_ethereum, recover_signer
from dalil.chains.evm.proving import ethereum_proof
from dalil.chains.tron.plain import check_tron
from dalil.chains.tron.proving import tron_proof
from dalil.errors import DalilError
from dalil.sources.accounts.tronfiles import saved_files, saved_items

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dalil.evidence.account_statements import Proof, Transfers

__all__ = ["SavedProofs"]

_TRANSFER_TOPIC = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
_CALL = 31
_SOURCE = "the blocks' own headers; nobody else vouches for this set of producers"


class _Place(NamedTuple):
    path: Path
    item: int
    row: int


class SavedProofs:
    """What saved answers of a node prove about one chain.

    Parameters
    ----------
    chain : str
        CAIP-2.
    paths : iterable of Path
        Files and folders of JSON or JSON lines: for TRON what
        ``wallet/getblockbynum`` answers, for Ethereum objects of ``block`` (with
        its transactions) and ``receipts`` (all of them).

    Attributes
    ----------
    used : dict of str to dict
        Proofs by transaction, as a bundle carries them.
    witnesses : dict of str to str
        TRON: the producers of the blocks used, and the keys that signed them.
    """

    def __init__(self, chain: str, paths: Iterable[Path]) -> None:
        self.chain, self._on_tron = chain, chain in tron.NETWORKS
        self.used: dict[str, dict[str, Any]] = {}
        self.witnesses: dict[str, str] = {}
        self._places: dict[str, _Place] = {}
        self._open: tuple[Path, list[Any]] | None = None
        for folder in paths:
            for path in saved_files(folder):
                self._index(path)

    def to_json(self) -> dict[str, Any] | None:
        """Lay out what was used, as a bundle carries it; None where nothing was."""
        if not self.used:
            return None
        shared = {"witnesses": self.witnesses, "witnesses_source": _SOURCE}
        return {"transactions": self.used} | (shared if self._on_tron else {})

    def prove(self, statement: Transfers) -> Proof:
        """Prove a transfer where saved answers do; say how it is shown."""
        place = self._places.get(statement.txid)
        if place is None:
            return "node-asserted"
        try:
            proof = self.used.get(statement.txid) or self._made(place)
            shown = self._shows(proof, statement)
        except (DalilError, ValueError, LookupError, TypeError):
            return "node-asserted"
        if not shown:
            return "node-asserted"
        self.used[statement.txid] = proof
        return "tron-tree" if self._on_tron else "receipt-trie"

    def _items(self, path: Path) -> list[Any]:
        if self._open is None or self._open[0] != path:
            self._open = (path, saved_items(path))
        return self._open[1]

    def _index(self, path: Path) -> None:
        for at, item in enumerate(self._items(path)):
            if not isinstance(item, dict):
                continue
            rows, name = (
                (item.get("transactions"), "txID")
                if self._on_tron
                else (item.get("receipts"), "transactionHash")
            )
            for index, row in enumerate(rows if isinstance(rows, list) else ()):
                if isinstance(row, dict) and isinstance(row.get(name), str):
                    self._places[row[name]] = _Place(path, at, index)

    def _made(self, place: _Place) -> dict[str, Any]:
        item = self._items(place.path)[place.item]
        if not self._on_tron:
            return ethereum_proof(item["block"], item["receipts"], place.row)
        proof = tron_proof(item, place.row)
        header = bytes.fromhex(proof["header"])
        signature = bytes.fromhex(proof["witness_signature"])
        self.witnesses |= _producer(header, signature)
        return proof

    def _shows(self, proof: dict[str, Any], statement: Transfers) -> bool:
        reference = statement.token.rpartition("/")[2].partition(":")[2]
        if not self._on_tron:
            return _in_receipt(check_ethereum(proof), statement, reference)
        found = check_tron(proof, self.witnesses, recover_signer)
        parties = [
            tron.decode_address(a).hex() for a in (statement.from_, statement.to)
        ]
        if found["kind"] == _CALL:
            named = found["contract"] == tron.decode_address(reference).hex()
        else:
            named = statement.place == "tx" and found.get("asset", "195") == reference
        moved = [found.get("from"), found.get("to"), str(found.get("amount"))]
        return (
            bool(found["success"]) and named and moved == [*parties, statement.amount]
        )


def _producer(header: bytes, signature: bytes) -> dict[str, str]:
    from hashlib import sha256

    from dalil.chains.tron.block import read_header

    signer = recover_signer(sha256(header).digest(), signature).hex()
    return {read_header(header).witness.hex()[-40:]: signer}


def _in_receipt(found: dict[str, Any], statement: Transfers, reference: str) -> bool:
    ends = [evm_payload(a).hex() for a in (statement.from_, statement.to)]
    if statement.place == "tx":
        told = [found.get("from"), found.get("to"), str(found.get("value"))]
        return found["status"] != 0 and told == [*ends, statement.amount]
    wanted = {
        "address": evm_payload(reference).hex(),
        "topics": [_TRANSFER_TOPIC, *("0" * 24 + end for end in ends)],
        "data": f"{int(statement.amount):064x}",
    }
    return found["status"] != 0 and wanted in found["logs"]
