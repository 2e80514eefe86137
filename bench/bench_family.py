"""What a header of each chain of Bitcoin's family costs to read and to prove.

    .venv/bin/python bench/bench_family.py

Headers are the chains' own first blocks, and one merged-mined and one solved
header made as the tests make them. Medians of repeated calls on one thread.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dalil.chains.bitcoin.family.headers import proves_work, read_header
from dalil.chains.bitcoin.networks import network_by_name
from tests.chains.family.mining import AUX_VERSION, Aux
from tests.chains.family.test_genesis import KNOWN, first_block
from tests.chains.family.test_headers import ZCASH_SOLUTION, zcash_header
from tests.chains.family.writer import header, sha256d

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMES = 60
MILLION = 1_000_000


def milliseconds(call: Callable[[], object]) -> float:
    """Median time of a call, the first one (which may compile) left out."""
    call()
    taken = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1e3 * statistics.median(taken)


def headers() -> dict[str, tuple[str, bytes]]:
    """Header bytes of each kind, with the network they are of."""
    first = {it.network: first_block(it) for it in KNOWN}
    doge = network_by_name("dogecoin-regtest")
    own = header(bytes(32), bytes(32), 9, doge.limit_bits, 0, AUX_VERSION)
    solution = bytes.fromhex(ZCASH_SOLUTION)
    return {
        "SHA-256d (Bitcoin, Bitcoin Cash)": ("mainnet", first["mainnet"]),
        "scrypt (Litecoin)": ("litecoin", first["litecoin"]),
        "AuxPoW and scrypt (Dogecoin)": (
            "dogecoin-regtest",
            own + Aux(sha256d(own), doge.limit_bits).raw,
        ),
        "X11 (Dash)": ("dash", first["dash"]),
        "Equihash 200, 9 (Zcash)": (
            "zcash",
            zcash_header(1477641360, 0x1F07FFFF, 0x1257, solution),
        ),
    }


def main() -> None:
    """Print the table."""
    print("| a header's work | read, ms | prove, ms | a million of both, minutes |")
    print("|---|--:|--:|--:|")
    for name, (network_name, raw) in headers().items():
        network = network_by_name(network_name)
        found, _ = read_header(network, raw)
        assert proves_work(found, network), name
        read = milliseconds(lambda n=network, r=raw: read_header(n, r))  # type: ignore[misc]
        prove = milliseconds(lambda n=network, h=found: proves_work(h, n))  # type: ignore[misc]
        minutes = (read + prove) * MILLION / 60_000
        print(f"| {name} | {read:.3f} | {prove:.3f} | {minutes:.1f} |")


if __name__ == "__main__":
    main()
