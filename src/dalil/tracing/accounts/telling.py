"""Telling what a traced graph of accounts only numbers: names, sums, ends."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import TokenKind
from dalil.tracing.accounts.naming import coin_name, coin_names
from dalil.tracing.accounts.receipts import Receipts, moved
from dalil.tracing.accounts.result import (
    APART,
    AccountStop,
    AccountStopTotal,
    AccountTarget,
    Payer,
    leaving_sight,
)
from dalil.tracing.amounts import Amounts, Figures, direct_coins, figures
from dalil.tracing.groups import Meeting, called, coins_with
from dalil.tracing.request import Direction, Mark
from dalil.tracing.setbounds import set_bounds
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import AccountView
    from dalil.progress import Progress
    from dalil.tracing.accounts.graph import AccountGraph
    from dalil.tracing.accounts.naming import Unit
    from dalil.tracing.accounts.request import AccountRequest
    from dalil.tracing.columns import I64

__all__ = ["AccountTeller"]

_MOST_PAYERS = 10


def _unseen(view: AccountView, token: int) -> str | None:
    """Say why seed money may have moved unseen; None if it cannot have."""
    if not view.contiguous:
        return (
            "blocks are missing from the ledger, or its source cannot tell; money may "
            "have moved there"
        )
    if view.token_kind[token] == TokenKind.NATIVE:
        return (
            "the chain's own coin also moves in calls, rewards and stakes, which no "
            "ledger shows whole; money may have moved there"
        )
    return None


class AccountTeller:
    """Names what a graph only numbers, and sums what it only lists."""

    def __init__(
        self,
        view: AccountView,
        request: AccountRequest,
        graph: AccountGraph,
        unit: Unit,
    ) -> None:
        self.view, self.request, self.unit = view, request, unit
        self.graph, self.flow = graph, graph.flow
        self.figures: Figures = figures(graph.flow)
        self.met: dict[int, Meeting] = self._meetings()
        self._receipts = Receipts(view, request.token)
        self.reentry = None
        if self.flow.n_seeds:
            self.reentry = _unseen(view, request.token)
        self.gaps = leaving_sight(graph) if self.reentry else None

    def _meetings(self) -> dict[int, Meeting]:
        """Name every coin that met a mark, by the date it did."""
        coins = np.flatnonzero(coins_with(self.flow, StopCode.MARKED))
        holders = self.graph.holder[coins].tolist()
        book: dict[int, list[Mark]] = {holder: [] for holder in holders}
        for mark in self.request.marks:
            if mark.address in book:
                book[mark.address].append(mark)
        times = self._times(self.flow.output[coins])
        rows = zip(coins.tolist(), holders, times, strict=True)
        told: dict[tuple[int, int], Meeting] = {}
        met = {}
        for coin, holder, time in rows:
            key = (holder, time)
            if key not in told:
                told[key] = called(book[holder], time)
            met[coin] = told[key]
        return met

    def _times(self, transfers: I64) -> list[int]:
        view = self.view
        block = view.block_of_tx(view.tx_of_transfer(transfers))
        times: list[int] = np.asarray(view.block_time)[block].tolist()
        return times

    def coded(self, *codes: StopCode) -> NDArray[np.bool_]:
        """(n_coins,) the coins that stop for one of some reasons."""
        return np.isin(self.flow.code, np.array(codes, dtype=np.uint8))

    def ends(self, coins: Iterable[int]) -> NDArray[np.bool_]:
        """Mark coins in a mask."""
        mask = np.zeros(self.flow.value.size, dtype=np.bool_)
        mask[list(coins)] = True
        return mask

    def amounts(self, ends: NDArray[np.bool_], received: int | None = None) -> Amounts:
        """Read every figure for a set of ends."""
        bounds = set_bounds(self.flow, ends, gaps=self.gaps, receipts=received)
        return self.figures.of_ends(ends, bounds)

    def targets(self, progress: Progress) -> list[AccountTarget]:
        """Sum up every name that was met, by name."""
        by_name: defaultdict[str, list[int]] = defaultdict(list)
        for coin, meeting in self.met.items():
            by_name[meeting.name].append(coin)
        at_home = self._at_home()
        targets = []
        for done, (name, coins) in enumerate(sorted(by_name.items())):
            progress("bounding", done, len(by_name))
            targets.append(self._target(name, coins, at_home))
        return targets

    def _target(
        self, name: str, coins: list[int], at_home: NDArray[np.bool_]
    ) -> AccountTarget:
        flow = self.flow
        owned = [c for c in coins if self.met[c].by in ("tag", "request")]
        forward = flow.direction is Direction.FORWARD
        named = self.ends(owned)
        if forward:
            direct = direct_coins(flow, self.figures.lower, at_home, named)
        else:
            # A seed that a named account paid is an end itself.
            direct = named & (np.arange(flow.value.size) < flow.n_seeds)
        names = {n for c in coins for n in self.met[c].names}
        held = {m.address for m in self.request.marks if m.name in names}
        token, ends = self.request.token, flow.output[coins]
        total = moved(self.view, token, held, ends, out=not forward)
        return AccountTarget(
            name=name,
            reason=self.met[coins[0]].reason,
            direct=sum(flow.value[direct].tolist()),
            amounts=self.amounts(self.ends(coins), total),
            unit=self.unit,
            coins=tuple(coins),
            seeds_total=flow.seed_total,
            total=total,
            payers=self._payers(coins) if forward else (),
            n_indirect=len(coins) - len(owned),
            direct_coins=tuple(np.flatnonzero(direct).tolist()),
        )

    def _payers(self, coins: list[int]) -> tuple[Payer, ...]:
        paid: defaultdict[int, int] = defaultdict(int)
        last: dict[int, int] = {}
        transfers = self.flow.output[coins]
        payer = np.asarray(self.view.transfer_from)[transfers].tolist()
        rows = zip(payer, transfers.tolist(), coins, strict=True)
        for address, transfer, coin in rows:
            paid[address] += int(self.flow.value[coin])
            last[address] = max(transfer, last.get(address, 0))
        most = sorted(paid, key=lambda address: (-paid[address], address))
        return tuple(
            Payer(
                self.view.address_text(address),
                paid[address],
                self._receipts.until(address, last[address]),
            )
            for address in most[:_MOST_PAYERS]
        )

    def stop_totals(self) -> list[AccountStopTotal]:
        """Sum up every reason but names, which are targets."""
        apart = (*APART, StopCode.MARKED)
        masks = {code: self.coded(code) for code in StopCode if code not in apart}
        return [
            AccountStopTotal(code.reason, int(mask.sum()), self.amounts(mask))
            for code, mask in masks.items()
            if mask.any()
        ]

    def described(self, ends: NDArray[np.bool_]) -> list[AccountStop]:
        """Describe ends, in the order money was followed."""
        view, coins = self.view, np.flatnonzero(ends)
        names = coin_names(view, self.graph, coins)
        holders = self.graph.holder[coins].tolist()
        texts = {address: view.address_text(address) for address in set(holders)}
        rows = zip(coins.tolist(), holders, strict=True)
        return [self._stop(c, names[c], texts[holder]) for c, holder in rows]

    def _stop(self, coin: int, where: str, address: str) -> AccountStop:
        code, value = int(self.flow.code[coin]), int(self.flow.value[coin])
        met = self.met.get(coin)
        held = code == StopCode.UNSPENT
        reason = "held" if held else StopCode(code).reason
        return AccountStop(
            reason=met.reason if met else reason,
            where=where,
            value=None if value < 0 else value,
            amounts=self.figures.of_coin(coin),
            name=met.name if met else None,
            address=address,
        )

    def _at_home(self) -> NDArray[np.bool_]:
        """Seeds, and what lies at the accounts seeds came to."""
        seeds = self.graph.holder[: self.flow.n_seeds]
        return np.isin(self.graph.holder, seeds)

    def seeds_on_services(self) -> list[dict[str, str]]:
        """List the seeds that came to a named service."""
        book: defaultdict[int, set[str]] = defaultdict(set)
        for mark in self.request.marks:
            if mark.reason != "target":
                book[mark.address].add(mark.name)
        transfers = self.flow.output[: self.flow.n_seeds]
        owners = np.asarray(self.view.transfer_to)[transfers].tolist()
        return [
            {
                "where": coin_name(self.view, self.graph, coin),
                "name": " | ".join(sorted(book[owner])),
            }
            for coin, owner in enumerate(owners)
            if owner in book
        ]
