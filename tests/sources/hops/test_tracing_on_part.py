"""Less of the chain makes an interval wider, never narrower, and never false."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.networks import REGTEST
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.build_saved import build_from_saved
from dalil.sources.blockfolder import open_blocks
from dalil.sources.hops.expand import Limits
from dalil.tracing.follow import trace
from dalil.tracing.request import Direction, Mark, TraceRequest
from tests.sources.hops.servers import Electrum, Esplora
from tests.sources.hops.world import Town, fetch, make_town

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town()


@pytest.fixture(scope="module")
def whole(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("whole")
    build_from_blocks(folder / "l", open_blocks(town.chain.write(folder / "blocks")))
    return Ledger.open(folder / "l")


def interval(ledger: Ledger, town: Town, target: str) -> tuple[int, int, int]:
    """(direct, lower, upper) of what reached `target` from the payer's address."""
    start, end = ledger.find_address(town.start), ledger.find_address(target)
    assert start is not None
    if end is None:
        return 0, 0, 0
    request = TraceRequest(
        Direction.FORWARD, addresses=[start], marks=[Mark(end, "target")]
    )
    found = trace(ledger, request).targets
    if not found:
        return 0, 0, 0
    amounts = found[0].amounts
    return found[0].direct_sat, amounts.lower_sat, amounts.upper_sat


@pytest.mark.parametrize("kind", [Esplora, Electrum])
def test_the_whole_s_interval_lies_in_the_part_s(
    kind: Any, town: Town, whole: Ledger, tmp_path: Path
) -> None:
    targets = [town.shop, *town.chain.addresses(town.chain.wallets[3])[:2]]
    met = 0
    with kind(town.book, REGTEST) as server:
        for hops in (1, 3, 6):
            found = fetch(server.source, tmp_path / "c", [town.start], Limits(hops))
            build_from_saved(tmp_path / f"{hops}", found.saved)
            part = Ledger.open(tmp_path / f"{hops}")
            for target in targets:
                if part.find_address(target) is None:
                    continue
                direct, low, high = interval(whole, town, target)
                near = interval(part, town, target)
                assert near[0] <= direct
                assert near[1] <= low
                if hops == 6:  # every payment between them is in the part
                    assert high <= near[2]
                    met += bool(near[2])
    assert met
