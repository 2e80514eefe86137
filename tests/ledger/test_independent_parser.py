"""Another library's parser reads every real block: txids and addresses agree.

python-bitcoinlib is the judge. Where it is wrong or silent the case is named:
it folds a bare key into the P2PKH address of that key, which is a claim about
two scripts; and it knows no witness version above 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import bitcoin
import pytest
from bitcoin.core import CBlock, CTransaction
from bitcoin.core.serialize import BytesIO, VarIntSerializer
from bitcoin.wallet import CBitcoinAddress, CBitcoinAddressError

from dalil.chains.bitcoin.networks import network_by_name
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.ledger import NO_ADDRESS, Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks
from tests.ledger.core_files import split

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = [
    "range_560062_560086/blk00000.dat",
    "genesis_0_4312/blk00000.dat",
    "out_of_order",
    "eras/block169482.dat",
    "eras/block481829.dat",
    "eras/block702861_taproot.raw",
    "undo/block300025.raw",
    "prevouts/block413567.raw",
    "undo/block928848.raw",
]
TESTNET = {"undo/block928848.raw"}


def blocks_of(path: Path) -> list[bytes]:
    files = sorted(path.glob("blk*.dat")) if path.is_dir() else [path]
    found = []
    for file in files:
        data = file.read_bytes()
        framed = data[:4] == bytes.fromhex("f9beb4d9")
        found += split(data) if framed else [data]
    return found


def their_transactions(raw: bytes) -> list[CTransaction]:
    stream = BytesIO(raw[80:])
    n_tx = VarIntSerializer.stream_deserialize(stream)
    return [CTransaction.stream_deserialize(stream) for _ in range(n_tx)]


def their_address(script: bytes) -> str | None:
    try:
        return str(CBitcoinAddress.from_scriptPubKey(bitcoin.core.CScript(script)))
    except CBitcoinAddressError:
        return None


@pytest.mark.parametrize("source", SOURCES)
def test_txids_and_addresses_agree(
    real_data: Path, tmp_path: Path, source: str
) -> None:
    path = real_data / "bitcoin" / source
    network = network_by_name("testnet3" if source in TESTNET else "mainnet")
    bitcoin.SelectParams("testnet" if source in TESTNET else "mainnet")
    build_from_blocks(tmp_path / "ledger", open_blocks(path, network))
    ledger = Ledger.open(tmp_path / "ledger")
    raw_by_hash = {
        CBlock.deserialize(raw[:80] + b"\0").GetHash(): raw for raw in blocks_of(path)
    }
    assert len(raw_by_hash) == ledger.n_blocks
    seen = 0
    for block in range(ledger.n_blocks):
        raw = raw_by_hash[ledger.block_hash[block].tobytes()]
        for tx, theirs in enumerate(
            their_transactions(raw), int(ledger.block_first_tx[block])
        ):
            assert theirs.GetTxid() == ledger.tx_txid[tx].tobytes()
            first = int(ledger.tx_first_output[tx])
            for output, their in enumerate(theirs.vout, first):
                seen += 1
                assert their.nValue == ledger.output_value[output]
                agrees(ledger, output, bytes(their.scriptPubKey))
    assert seen == ledger.n_outputs


def agrees(ledger: Ledger, output: int, script: bytes) -> None:
    theirs = their_address(script)
    number = int(ledger.output_address[output])
    ours = None if number == NO_ADDRESS else ledger.address_text(number)
    kind = ScriptType(int(ledger.output_type[output]))
    if kind is ScriptType.P2PK:
        assert ours == script[1:-1].hex()
    elif kind in (ScriptType.P2TR, ScriptType.WITNESS_UNKNOWN):
        assert theirs is None
    else:
        assert ours == theirs
