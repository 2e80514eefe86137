"""How often CoinJoins are seen, and how often payments are taken for one.

Prints what docs/coinjoin.md quotes: the share of 1,430 transactions collected
as Wasabi 1's that is typed, and every hit among 68,022 ordinary ones (25 real
blocks, with what a ledger of them knows of their inputs), beside the rule of
2017 that other tools use. Run it with the folder of real data:

    python bench/coinjoin_rates.py ../shared/data
"""

from __future__ import annotations

import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.address import decode_address, script_of
from dalil.chains.bitcoin.networks import MAINNET
from dalil.chains.bitcoin.transaction import Transaction, parse_tx
from dalil.clustering.coinjoin import CoinJoinType, coinjoin_verdicts
from dalil.clustering.coinjoin.lines import classify_line
from dalil.clustering.coinjoin.shape import COORDINATORS
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COLLECTED = "bitcoin/coinjoin/wasabi1_raw_txs_1430.tar.gz"
BLOCKS = "bitcoin/range_560062_560086/blk00000.dat"
DUST = (546, 2_730)


def rule_of_2017(tx: Transaction) -> bool:
    """BlockSci's is_coinjoin, without its look at input addresses."""
    values = Counter(output.value for output in tx.outputs)
    most, count = max(values.items(), key=lambda item: item[1])
    participants = (len(tx.outputs) + 1) // 2
    return (
        len(tx.inputs) >= max(2, participants)
        and len(tx.outputs) >= 3
        and count == participants
        and most not in DUST
    )


def collected(archive: Path) -> Iterator[bytes]:
    """Yield the raw transactions of the collection."""
    with tarfile.open(archive) as files:
        for member in files:
            if member.isfile() and member.name.startswith("Data/Transaction/"):
                file = files.extractfile(member)
                assert file is not None
                yield file.read()


def without_coordinator(raw: bytes) -> bytes:
    """Put an unlisted script in the place of the coordinator's."""
    for address in COORDINATORS:
        script = script_of(*decode_address(MAINNET, address))
        raw = raw.replace(script, script[:-1] + bytes([script[-1] ^ 1]))
    return raw


def share(label: str, n: int, total: int) -> str:
    """One line of a table."""
    return f"  {label:<24}{n:>7,}  {n / total:9.4%}"


def report(title: str, found: Iterable[str | None], old: int) -> None:
    """Print how many of some transactions are typed as what."""
    counts = Counter(found)
    total = counts.total()
    print(f"{title}: {total:,} transactions")
    print(share("typed as CoinJoin", total - counts[None], total))
    for label, n in sorted((k, v) for k, v in counts.items() if k):
        print(share(f"  {label}", n, total))
    print(share("the rule of 2017", old, total))


def main() -> None:
    """Print both tables."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    raws = list(collected(data / COLLECTED))
    found = [classify_line(raw.hex().encode()) for raw in raws]
    old = sum(rule_of_2017(parse_tx(raw)) for raw in raws)
    report("Collected as Wasabi 1", [f.coinjoin.label for f in found], old)
    print("  not typed:")
    for raw, verdict in zip(raws, found, strict=True):
        if not verdict.coinjoin:
            odd = parse_tx(raw)
            print(f"    {verdict.txid}  {len(odd.inputs)} in, {len(odd.outputs)} out")
    print()
    hidden = [classify_line(without_coordinator(raw).hex().encode()) for raw in raws]
    report("The same, coordinator hidden", [f.coinjoin.label for f in hidden], old)

    with tempfile.TemporaryDirectory() as folder:
        build_from_blocks(Path(folder, "ledger"), open_blocks(data / BLOCKS))
        ledger = Ledger.open(Path(folder, "ledger"))
        coinjoin_verdicts(ledger)  # compile first
        start = time.perf_counter()
        verdicts = coinjoin_verdicts(ledger)
        seconds = time.perf_counter() - start
        minted = {int(tx) for tx in ledger.block_first_tx[:-1]}
        spends = [tx for tx in range(ledger.n_tx) if tx not in minted]
        labels = [CoinJoinType(int(verdicts.types[tx])).label for tx in spends]
        old = sum(rule_of_2017(parse_tx(ledger.raw_tx(tx))) for tx in spends)
        print()
        report("Blocks 560062 to 560086", labels, old)
        doubts = int((verdicts.suspicious & (verdicts.types == 0)).sum())
        print(share("merely suspicious", doubts, len(spends)))
        print(f"  in {seconds * 1000:.1f} ms: {ledger.n_tx / seconds:,.0f} tx/s")
        for tx, label in zip(spends, labels, strict=True):
            if label:
                print(f"    {ledger.txid(tx)}  {label}")


if __name__ == "__main__":
    main()
