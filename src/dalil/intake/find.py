"""The indicators of one passage: found in its views, proved on its text."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dalil.intake.chunks import address_hits
from dalil.intake.homoglyphs import Budget
from dalil.intake.hosts import EXPLORERS
from dalil.intake.links import host_of, link_hits
from dalil.intake.normalise import steps_between
from dalil.intake.records import Indicator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.intake.links import LinkHit
    from dalil.intake.records import Passage, View
    from dalil.intake.steps import Step
    from dalil.intake.tokens import Hit

__all__ = ["Search", "find_indicators"]

_SCHEME = re.compile(r"(bitcoin|ethereum|tron):(?://)?(?:pay-)?\Z", re.IGNORECASE)
_LONGEST_SCHEME = 16
_CHAIN_ID = re.compile(r"@([1-9][0-9]{0,19})(?![0-9])")
_AROUND = frozenset({"url", "page"})


@dataclass(slots=True)
class Search:
    """What the searches of one extraction share."""

    budget: Budget = field(default_factory=Budget)
    unproved: int = 0
    """Candidates left out because no listed steps lead from raw form to value."""


@dataclass(frozen=True, slots=True)
class _Proof:
    """Where a hit stands in the exhibit, and the steps from there to its value."""

    raw: str
    start: int
    end: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Naming:
    """The chain an address is of, and what says so."""

    chain: str | None
    chains: tuple[str, ...]
    basis: str | None


def find_indicators(passage: Passage, search: Search) -> list[Indicator]:
    """Find the indicators of one passage, in order of their place.

    Returns
    -------
    list of Indicator
        For each, ``passage.text[start:end] == raw`` and its steps lead from
        `raw` to `value`; `id`, `exhibit` and `mention` are still empty.
    """
    found: list[Indicator] = []
    for view in passage.views_or_self():
        found += _Finder(passage, view, search).indicators()
    return sorted(found, key=lambda i: (i.start, i.end, i.kind))


@dataclass(frozen=True, slots=True)
class _Finder:
    passage: Passage
    view: View
    search: Search

    def indicators(self) -> Iterator[Indicator]:
        text = self.view.folded.text
        telegram = self.passage.source["op"] == "telegram_text"
        links = list(link_hits(text, telegram=telegram))
        for link in links:
            proof = self._prove(link.start, link.end, link.value, link.late)
            if proof is not None:
                yield self._indicator(
                    proof, kind=link.kind, value=link.value, checksum=link.checksum
                )
        urls = [link for link in links if link.kind in _AROUND]
        starts = [link.start for link in urls]
        for hit in address_hits(text, self.search.budget):
            before = bisect_right(starts, hit.start) - 1
            inside = before >= 0 and urls[before].end >= hit.end
            yield from self._address(hit, urls[before] if inside else None)

    def _address(self, hit: Hit, url: LinkHit | None) -> Iterator[Indicator]:
        naming = _by_form(hit)
        proof = self._prove_uri(hit)
        if proof is not None:
            naming = _by_uri(hit, proof.raw) or naming
        else:
            value, late = hit.verdict.value, hit.late
            proof = self._prove(hit.start, hit.end, value, late, hit.removed)
            naming = (_by_explorer(hit, url) if url else None) or naming
        if proof is not None:
            repaired = any(step["op"] == "homoglyphs" for step in hit.late)
            found = self._indicator(
                proof,
                kind="address",
                value=hit.verdict.value,
                checksum="repaired" if repaired else hit.verdict.checksum,
            )
            yield replace(
                found,
                chain=naming.chain,
                chains=naming.chains,
                chain_basis=naming.basis,
                form=hit.verdict.form,
                key=hit.verdict.key,
            )

    def _prove_uri(self, hit: Hit) -> _Proof | None:
        text = self.view.folded.text
        scheme = _SCHEME.search(text, max(0, hit.start - _LONGEST_SCHEME), hit.start)
        if scheme is None:
            return None
        chain_id = _CHAIN_ID.match(text, hit.end)
        end = chain_id.end() if chain_id else hit.end
        step: Step = {"op": "uri_scheme", "scheme": scheme[1].lower()}
        late, removed = (step, *hit.late), hit.removed
        start, value = scheme.start(), hit.verdict.value
        return self._prove(start, end, value, late, removed, count=False)

    def _prove(
        self,
        start: int,
        end: int,
        value: str,
        late: tuple[Step, ...],
        removed: str = "",
        *,
        count: bool = True,
    ) -> _Proof | None:
        start, end = self.view.folded.source_span(start, end)
        raw = self.passage.text[start:end]
        markup = bool(self.passage.views)
        steps = steps_between(raw, value, late, markup=markup, removed=removed)
        if steps is None:
            self.search.unproved += count
            return None
        return _Proof(raw, start, end, (self.passage.source, *steps))

    def _indicator(
        self, proof: _Proof, *, kind: str, value: str, checksum: str
    ) -> Indicator:
        spots, quotes = self.view.spots, self.passage.quotes
        before = bisect_right(spots, proof.start, key=lambda spot: spot.start) - 1
        spot = spots[before] if before >= 0 else None
        quote = bisect_right(quotes, proof.start, key=lambda q: q[0]) - 1
        within = quotes[quote][1] if quote >= 0 else None
        return Indicator(
            kind,
            value,
            proof.raw,
            proof.start,
            proof.end,
            {**self.passage.where, **(spot.where if spot else {})},
            checksum,
            proof.steps,
            quoted=within or self.passage.quoted,
            hidden=spot.hidden if spot else self.passage.hidden,
            message=self.passage.message,
            key=value,
        )


def _by_form(hit: Hit) -> _Naming:
    verdict = hit.verdict
    return _Naming(verdict.chain, verdict.chains, "form" if verdict.chain else None)


def _by_uri(hit: Hit, raw: str) -> _Naming | None:
    if hit.verdict.form != "evm" or raw[:9].lower() != "ethereum:":
        return None
    chain_id = _CHAIN_ID.search(raw)
    chain = f"eip155:{chain_id[1] if chain_id else 1}"
    return _Naming(chain, (chain,), "uri")


def _by_explorer(hit: Hit, url: LinkHit) -> _Naming | None:
    host = host_of(url.value).removeprefix("www.")
    chain = EXPLORERS.get(host)
    if hit.verdict.form != "evm" or chain is None:
        return None
    return _Naming(chain, (chain,), "explorer")
