"""The smallest bundle of a real chain: Bitcoin's first block, retyped.

Public record, the same in every copy of the chain; its work cannot be made
anew, which regtest's can.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.networks import MAINNET
from dalil.chains.bitcoin.transaction import Transaction, TxInput, TxOutput
from dalil.evidence import bundle
from dalil.evidence.document import CaseFacts, Document, LedgerFacts, Summary
from dalil.evidence.findings import Finding
from dalil.evidence.material import BlockProof, Material
from dalil.evidence.questions import Text
from dalil.evidence.statements import Pays, PaysPremises
from dalil.exercise.blocks import GENESIS
from dalil.ids import format_txid

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["genesis_case"]

_TIME, _BITS, _NONCE = 1_231_006_505, 0x1D00_FFFF, 2_083_236_893
_HEADLINE = b"The Times 03/Jan/2009 Chancellor on brink of second bailout for banks"
_KEY = bytes.fromhex(
    "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6"
    "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f"
)


def genesis_case(folder: Path) -> Path:
    """Write a bundle that states what block 0 pays."""
    script = b"\x04\xff\xff\x00\x1d\x01\x04" + bytes([len(_HEADLINE)]) + _HEADLINE
    spend = TxInput(bytes(32), 0xFFFF_FFFF, script, 0xFFFF_FFFF)
    paid = TxOutput(5_000_000_000, bytes([65]) + _KEY + b"\xac")
    tx = Transaction(1, (spend,), (paid,), 0)
    assert tx.serialise() in GENESIS, "regtest's first block holds the same transaction"
    header = struct.pack("<i32s32sIII", 1, bytes(32), tx.txid, _TIME, _BITS, _NONCE)
    txid = format_txid(tx.txid)
    finding = Finding.of(
        Pays(
            chain=MAINNET.caip2,
            txid=txid,
            n=0,
            address=_KEY.hex(),
            value_sat=5_000_000_000,
        ),
        PaysPremises(
            height=0,
            block_hash=MAINNET.genesis,
            position=0,
            time_utc="2009-01-03T18:15:05Z",
        ),
    )
    document = Document(
        dalil="0.1.0",
        case=CaseFacts(title="Genesis"),
        ledgers=(
            LedgerFacts(
                chain=MAINNET.caip2,
                manifest_sha256="cd" * 32,
                first_height=0,
                tip_height=0,
                tip_hash=MAINNET.genesis,
                contiguous=True,
            ),
        ),
        summary=Summary(headline=Text("The first block.", "الكتلة الأولى.")),
        findings=(finding,),
    )
    material = Material(
        chain=MAINNET.caip2,
        transactions={txid: tx.serialise()},
        proofs={txid: BlockProof(0, 0, (), header)},
    )
    bundle.write(folder / "genesis", document, material)
    return folder / "genesis"
