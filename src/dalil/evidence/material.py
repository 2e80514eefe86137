"""What a bundle is made of beside its findings: the raw premises, as plain data.

`Material` can be filled by hand or from a ledger (`dalil.evidence.gathering`).
It holds bytes as they are on the chain and on disk; nothing here is checked,
since the bundle's own verifier will do that in front of any reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dalil.evidence.statements import TagClaim

__all__ = [
    "BlockProof",
    "Material",
    "PriceRow",
    "TagExtract",
    "ToldPrevout",
    "literal_fields",
]


@dataclass(frozen=True, slots=True)
class BlockProof:
    """Where a transaction stands: its block, and the way up to the header."""

    height: int
    position: int
    branch: tuple[bytes, ...]
    """(32 bytes each, hash order) siblings from the leaf upwards."""
    header: bytes
    """(80 bytes)"""


@dataclass(frozen=True, slots=True)
class ToldPrevout:
    """What undo data tell of an output whose transaction is not at hand."""

    value_sat: int
    script: bytes | None


@dataclass(frozen=True, slots=True)
class TagExtract:
    """The words of a tag in its source file.

    `line` is that of the tag (from 1), `text` its lines as they are, `header`
    what the file says of all its tags (column names, or the part before them).
    """

    file_sha256: str
    file_name: str
    line: int | None
    text: str
    header: str = ""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One price, with the line and the header it was read from."""

    series_sha256: str
    currency: str
    day: str
    price: str
    text: str
    header: str


@dataclass(slots=True, kw_only=True)
class Material:
    """Everything that findings refer to, by the names they use.

    Parameters
    ----------
    chain : str, optional
        CAIP-2 id of the chain the transactions are of; None without any.
    transactions : dict of txid to bytes
        Raw; those of the findings, and those that made what they spend.
    proofs : dict of txid to BlockProof
        For every transaction whose inclusion is to be shown.
    unproven : set of txid
        Transactions of the findings whose place no proof shows.
    headers : dict of height to bytes
        Further headers, so that runs hang together or reach an anchor.
    prevouts : dict of outpoint to ToldPrevout
        For inputs whose source transaction is not in `transactions`.
    exhibits : dict of SHA-256 to Path
        Captured files; leave one out and its findings are not checked.
    texts : dict of SHA-256 to str
        Texts extracted from exhibits, for `AppearsPremises.text_sha256`.
    account_proofs : dict of CAIP-2 to dict
        ``transactions`` by id, and for TRON ``witnesses`` with their source; see
        docs/account-proofs.md.
    """

    chain: str | None = None
    transactions: dict[str, bytes] = field(default_factory=dict)
    proofs: dict[str, BlockProof] = field(default_factory=dict)
    unproven: set[str] = field(default_factory=set)
    headers: dict[int, bytes] = field(default_factory=dict)
    prevouts: dict[str, ToldPrevout] = field(default_factory=dict)
    exhibits: dict[str, Path] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    tags: list[TagExtract] = field(default_factory=list)
    prices: list[PriceRow] = field(default_factory=list)
    account_proofs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add_text(self, text: str) -> str:
        """Keep an extracted text; return the hash that names it."""
        name = sha256(text.encode()).hexdigest()
        self.texts[name] = text
        return name

    def all_headers(self) -> dict[int, bytes]:
        """Map heights to headers, those of proofs included, ascending."""
        held = dict(self.headers)
        held |= {proof.height: proof.header for proof in self.proofs.values()}
        return dict(sorted(held.items()))


def literal_fields(claim: TagClaim, extract: TagExtract) -> tuple[str, ...]:
    """Name the fields of a tag that stand word for word in its extract.

    A verifier holds these against the extract and lists the others as not
    checked, so that a date that is not written there is not taken on trust.
    """
    text = f"{extract.header}\n{extract.text}"
    found = []
    for name in (
        "actor",
        "concepts",
        "confidence",
        "label",
        "retrieved",
        "source",
        "valid_from",
        "valid_to",
    ):
        value = getattr(claim, name)
        words: Iterable[str] = (value,) if isinstance(value, str) else value or ()
        words = list(words)
        if words and all(word in text for word in words):
            found.append(name)
    return tuple(found)
