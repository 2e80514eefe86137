"""Two hundred forgeries, by category, and what must become of each.

*rejected*: a check fails and names the premise. *listed*: nothing in a bundle
can show it; the honest bundle's own verification says so beforehand. Either
way the root differs from the one handed over.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from dalil.chains import bech32
from dalil.chains.bitcoin.transaction import double_sha256, parse_tx
from dalil.ids import format_txid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.evidence.forger import Forger, Found

__all__ = ["FORGERIES", "Forgery"]

FLOW_FIGURES = (
    "direct_sat",
    "lower_sat",
    "upper_sat",
    "haircut_sat",
    "fifo_sat",
    "lifo_sat",
    "poison_sat",
)
AMBER, LISTED = "Amber", "Listed"


@dataclass(frozen=True)
class Forgery:
    """One forgery: what is changed, and the premise or the listing that meets it."""

    category: str
    what: str
    edit: Callable[[Forger], None]
    fate: Literal["rejected", "listed"]
    named: str
    """Regular expression over the failures' premises, or over `not_checked`."""
    base: Literal["small", "genesis", "accounts"] = "small"

    @property
    def id(self) -> str:
        return f"{self.category}: {self.what}"


def _other_address(n: int) -> str:
    return bech32.encode("bcrt", 0, sha256(b"other %d" % n).digest()[:20])


def _amounts() -> Iterator[Forgery]:
    for n in range(3):
        for delta in (1, -1, 1_000_000):

            def paid(f: Forger, n: int = n, delta: int = delta) -> None:
                f.of("pays", n)["statement"]["value_sat"] += delta

            yield Forgery(
                "amount", f"payment {n} {delta:+d} sat", paid, "rejected", "value_sat"
            )
    for name in (AMBER, LISTED):
        for figure in FLOW_FIGURES:
            for delta in (1, -1, 250_000):

                def flow(
                    f: Forger, name: str = name, key: str = figure, by: int = delta
                ) -> None:
                    found = f.flow(name)
                    line = f.line(found)
                    found["statement"][key] += by
                    line[key] = found["statement"][key]

                yield Forgery(
                    "amount",
                    f"{figure} of {name} {delta:+d} sat, summary alike",
                    flow,
                    "rejected",
                    rf"statement\.{figure}|summary\.headline",
                )


def _ends() -> Iterator[Forgery]:
    for n in range(4):
        for figure in ("lower_sat", "upper_sat", "haircut_sat", "fifo_sat", "lifo_sat"):

            def end(f: Forger, n: int = n, key: str = figure) -> None:
                stop = f.doc["traces"][0]["ends"][n]
                stop[key] += 1
                f.doc["stops"][n].update(
                    {k: stop[k] for k in f.doc["stops"][n] if k in stop}
                )

            yield Forgery(
                "stop",
                f"{figure} of end {n}",
                end,
                "rejected",
                rf"trace\.ends.*{figure}",
            )

    def moved(f: Forger) -> None:
        f.doc["stops"][0]["upper_sat"] += 1

    yield Forgery("stop", "a stop of the report", moved, "rejected", "stop at")

    def renamed(f: Forger) -> None:
        f.doc["traces"][0]["ends"][2]["name"] = None
        f.doc["stops"][2]["name"] = None

    yield Forgery(
        "stop", "a name taken off an end", renamed, "rejected", "name|arrivals"
    )

    def spent(f: Forger) -> None:
        for holder, key in (
            (f.doc["traces"][0]["ends"], "coin"),
            (f.doc["stops"], "where"),
        ):
            first = next(e for e in holder if e["reason"] == "exchange")
            first["reason"] = "target"
            assert first[key]

    yield Forgery("stop", "an exchange called a person", spent, "rejected", "reason")

    def limit(f: Forger) -> None:
        for holder in (f.doc["traces"][0]["ends"], f.doc["stops"]):
            next(e for e in holder if e["reason"] == "unspent")["reason"] = "hop limit"

    yield Forgery("stop", "why a coin was not followed", limit, "listed", "why coins")


def _addresses() -> Iterator[Forgery]:
    for n in range(3):

        def paid(f: Forger, n: int = n) -> None:
            f.of("pays", n)["statement"]["address"] = _other_address(n)

        yield Forgery(
            "address", f"payee of {n}", paid, "rejected", r"statement\.address"
        )

        def shown(f: Forger, n: int = n) -> None:
            f.of("appears", n)["statement"]["indicator"] = _other_address(n)

        yield Forgery(
            "address", f"indicator {n}", shown, "rejected", r"statement\.indicator"
        )

        def raw(f: Forger, n: int = n) -> None:
            found = f.of("appears", n)
            other = _other_address(n)
            found["statement"]["indicator"] = found["premises"]["raw"] = other
            found["premises"]["end"] = found["premises"]["start"] + len(other)
            found["premises"]["steps"] = found["premises"]["steps"][:1]

        yield Forgery("address", f"raw form of {n}", raw, "rejected", r"premises\.raw")
    for end in ("a", "b"):

        def joined(f: Forger, end: str = end) -> None:
            f.of("same_cluster")["statement"][end] = _other_address(9)

        yield Forgery(
            "address", f"cluster's {end}", joined, "rejected", r"premises\.links"
        )

        def linked(f: Forger, end: str = end) -> None:
            found = f.of("same_cluster")
            link = found["premises"]["links"][0 if end == "a" else -1]
            found["statement"][end] = _other_address(8)
            link["from" if end == "a" else "to"] = _other_address(8)

        yield Forgery(
            "address", f"cluster's {end}, link alike", linked, "rejected", "spent by"
        )

    def everywhere(f: Forger) -> None:
        f.swap(f.of("tagged", 0)["statement"]["address"], _other_address(7))

    yield Forgery(
        "address", "the exchange's, everywhere", everywhere, "rejected", "address"
    )

    def other_seed(f: Forger) -> None:
        f.doc["traces"][0]["seed_addresses"].append(_other_address(6))

    yield Forgery("address", "one more seed address", other_seed, "listed", "seed")

    def tagged(f: Forger) -> None:
        f.of("tagged", 1)["statement"]["address"] = f.of("pays", 0)["statement"][
            "address"
        ]

    yield Forgery("address", "a tag on another address", tagged, "rejected", "extract")


def _tags() -> Iterator[Forgery]:
    for n in range(2):
        for days in (-400, -1, 1, 30, 365):

            def stated(f: Forger, n: int = n, days: int = days) -> None:
                tag = f.of("tagged", n)["premises"]["tag"]
                day = date.fromisoformat(tag["valid_from"]) + timedelta(days)
                tag["valid_from"] = day.isoformat()

            yield Forgery(
                "tag date", f"tag {n} {days:+d} days", stated, "rejected", "valid_from"
            )

            def quoted(f: Forger, n: int = n, days: int = days) -> None:
                tag = f.of("tagged", n)["premises"]["tag"]
                day = date.fromisoformat(tag["valid_from"]) + timedelta(days)
                rows = f.json("data/tags.json")
                for row in rows:
                    if row["line"] == tag["line"]:
                        row["text"] = row["text"].replace(
                            tag["valid_from"], day.isoformat()
                        )
                f.put("data/tags.json", rows)
                tag["valid_from"] = day.isoformat()

            late = days > 0
            yield Forgery(
                "tag date",
                f"tag {n} {days:+d} days, its extract alike",
                quoted,
                "rejected" if late else "listed",
                "in force" if late else "extracts in data/tags.json",
            )

    def unquoted(f: Forger) -> None:
        premises = f.of("tagged", 1)["premises"]
        premises["tag"]["valid_from"] = "2020-02-02"
        premises["literal"].remove("valid_from")

    yield Forgery(
        "tag date", "date no longer literal", unquoted, "rejected", "valid_from"
    )

    def relabelled(f: Forger) -> None:
        tag = f.of("tagged", 1)
        tag["premises"]["tag"]["label"] = tag["statement"]["actor"] = "Innocent Charity"

    yield Forgery("tag", "another label", relabelled, "rejected", "label|actor")

    def contradicted(f: Forger) -> None:
        found = f.of("tagged", 0)
        other = {**found["premises"]["tag"], "label": "Somebody"}
        found["premises"]["contradicting"].append(other)

    yield Forgery(
        "tag", "a contradiction made up", contradicted, "listed", "contradict"
    )


def _spans() -> Iterator[Forgery]:
    for n in range(3):
        for start, end in (
            (1, 1),
            (-1, -1),
            (0, -1),
            (0, 1),
            (5, 5),
            (100_000, 100_000),
        ):

            def span(f: Forger, n: int = n, start: int = start, end: int = end) -> None:
                premises = f.of("appears", n)["premises"]
                premises["start"] += start
                premises["end"] += end

            yield Forgery(
                "span",
                f"{n}: {start:+d}, {end:+d}",
                span,
                "rejected",
                r"premises\.(start|raw)",
            )

    def message(f: Forger) -> None:
        f.of("appears", 1)["premises"]["where"] = {"message": 1}

    yield Forgery(
        "span", "another message", message, "rejected", r"premises\.(start|raw)"
    )

    def page(f: Forger) -> None:
        f.of("appears", 2)["premises"]["where"] = {"page": 4}

    yield Forgery("span", "another page of a PDF", page, "listed", "extracted")

    def steps(f: Forger) -> None:
        f.of("appears", 1)["premises"]["steps"].pop()

    yield Forgery("span", "a step left out", steps, "rejected", r"statement\.indicator")

    def unknown(f: Forger) -> None:
        f.of("appears", 1)["premises"]["steps"].append({"op": "correct"})

    yield Forgery(
        "span", "a step nobody knows", unknown, "rejected", r"premises\.steps"
    )

    def verdict(f: Forger) -> None:
        f.of("appears", 0)["premises"]["checksum"] = "none"

    yield Forgery("span", "another verdict", verdict, "rejected", r"premises\.checksum")

    def extracted(f: Forger) -> None:
        found = f.of("appears", 2)
        old = found["premises"]["text_sha256"]
        text = f.files.pop(f"data/texts/{old}.txt").decode()
        text = text.replace(found["premises"]["raw"], _other_address(3))
        new = sha256(text.encode()).hexdigest()
        f.files[f"data/texts/{new}.txt"] = text.encode()
        premises = found["premises"]
        found["statement"]["indicator"] = premises["raw"] = _other_address(3)
        premises["end"] = premises["start"] + len(_other_address(3))
        premises["text_sha256"] = new

    yield Forgery(
        "exhibit", "text said to be a PDF's", extracted, "listed", "extracted"
    )
    for n in (0, 1):

        def exhibit(f: Forger, n: int = n) -> None:
            found = f.of("appears", n)
            old, raw = found["statement"]["exhibit"], found["premises"]["raw"]
            other = _other_address(n)
            data = f.files.pop(f"data/exhibits/{old}")
            data = data.replace(raw.encode(), other.encode())
            new = sha256(data).hexdigest()
            f.files[f"data/exhibits/{new}"] = data
            f.doc = json.loads(json.dumps(f.doc).replace(old, new))
            found = f.of("appears", n)
            entry = next(e for e in f.doc["exhibits"] if e["sha256"] == new)
            entry["bytes"] = len(data)
            premises = found["premises"]
            found["statement"]["indicator"] = premises["raw"] = other
            premises["end"] = premises["start"] + len(other)
            premises["steps"] = premises["steps"][:1]

        yield Forgery("exhibit", f"{n} rewritten", exhibit, "listed", "captured")


def _hops() -> Iterator[Forgery]:
    for n in range(3):

        def dropped(f: Forger, n: int = n) -> None:
            f.doc["traces"][0]["transactions"].pop(n)

        yield Forgery("hop", f"hop {n} dropped", dropped, "rejected", r"trace\.")

        def bridged(f: Forger, n: int = n) -> None:
            record = f.doc["traces"][0]
            txid = record["transactions"].pop(n)
            record["ends"] = [
                e for e in record["ends"] if not e["coin"].startswith(txid)
            ]
            f.doc["stops"] = [
                s for s in f.doc["stops"] if not s["where"].startswith(txid)
            ]

        yield Forgery(
            "hop", f"hop {n} and its ends dropped", bridged, "rejected", "trace|arr"
        )

        def unproved(f: Forger, n: int = n) -> None:
            txid = f.doc["traces"][0]["transactions"][n]
            del f.files[f"data/transactions/{txid}.hex"]

        yield Forgery(
            "hop", f"bytes of hop {n} gone", unproved, "rejected", "transaction"
        )

        def branchless(f: Forger, n: int = n) -> None:
            del f.blocks["proofs"][f.doc["traces"][0]["transactions"][n]]

        yield Forgery(
            "hop", f"branch of hop {n} gone", branchless, "rejected", "Merkle"
        )

    def turned(f: Forger) -> None:
        f.doc["traces"][0]["transactions"].reverse()

    yield Forgery("hop", "hops in another order", turned, "rejected", "trace|hop")
    for n in range(4):

        def seed(f: Forger, n: int = n) -> None:
            f.doc["traces"][0]["seeds"].pop(n)

        yield Forgery(
            "hop", f"seed {n} dropped", seed, "rejected", r"trace\.|seed|flow"
        )

    def link(f: Forger) -> None:
        f.of("same_cluster")["premises"]["links"].pop()

    yield Forgery("hop", "last link of a cluster", link, "rejected", r"premises\.links")

    def middle(f: Forger) -> None:
        f.of("same_cluster")["premises"]["links"].pop(0)

    yield Forgery(
        "hop", "first link of a cluster", middle, "rejected", r"premises\.links"
    )

    def arrival(f: Forger) -> None:
        f.flow(AMBER)["premises"]["arrivals"].pop()

    yield Forgery(
        "hop", "an arrival left out", arrival, "rejected", r"premises\.arrivals"
    )


def _flows() -> Iterator[Forgery]:
    for which in ("upper_flow", "lower_flow"):
        for n in range(4):

            def more(f: Forger, which: str = which, n: int = n) -> None:
                f.flow(AMBER)["premises"][which][n][1] += 1

            yield Forgery("flow", f"{which} {n} +1 sat", more, "rejected", which)

        def less(f: Forger, which: str = which) -> None:
            """Hide room: a possible flow that brings less, and the figure with it."""
            found = f.flow(AMBER)
            figure = which.replace("_flow", "_sat")
            pairs = dict(found["premises"][which])
            into = list(found["premises"]["arrivals"])[1]
            other = next(
                e["coin"]
                for e in f.doc["traces"][0]["ends"]
                if e["reason"] == "unspent"
            )
            sign = -1 if which == "upper_flow" else 1
            pairs[into] = pairs.get(into, 0) + sign * 1000
            pairs[other] = pairs.get(other, 0) - sign * 1000
            found["premises"][which] = sorted([k, v] for k, v in pairs.items() if v)
            line = f.line(found)
            found["statement"][figure] += sign * 1000
            line[figure] = found["statement"][figure]

        yield Forgery("flow", f"{which} that is not extreme", less, "rejected", which)

    def reentry(f: Forger) -> None:
        f.flow(AMBER)["premises"]["reentry"] = True

    yield Forgery(
        "flow", "gaps that are none", reentry, "rejected", r"premises\.reentry"
    )

    def target(f: Forger) -> None:
        found = f.flow(AMBER)
        line = f.line(found)
        line["name"] = found["statement"]["target"] = "Exercise Listed Wallet"

    yield Forgery(
        "flow", "money given to another name", target, "rejected", "name|target"
    )


def _rules() -> Iterator[Forgery]:
    for name in ("change", "peel", "co-spent", "Co-spend", ""):

        def rule(f: Forger, name: str = name) -> None:
            f.of("same_cluster")["premises"]["links"][0]["rule"] = name

        yield Forgery("rule", f"`{name}` for co-spend", rule, "rejected", "rule")
    for version in ("0", "2", "9"):

        def older(f: Forger, version: str = version) -> None:
            f.of("same_cluster")["premises"]["rule_version"] = version

        yield Forgery("rule", f"version {version}", older, "rejected", "rule_version")

    def gate(f: Forger) -> None:
        f.of("same_cluster")["premises"]["coinjoin_rule"] = "none 1"

    yield Forgery("rule", "no CoinJoin gate", gate, "rejected", "coinjoin_rule")

    def other_tx(f: Forger) -> None:
        links = f.of("same_cluster")["premises"]["links"]
        links[0]["txid"], links[1]["txid"] = links[1]["txid"], links[0]["txid"]

    yield Forgery("rule", "links swapped", other_tx, "rejected", "spent by")

    def rates(f: Forger) -> None:
        f.doc["method"]["rules"][0]["measured"] = [
            {"what": "w", "population": "p", "hits": 9, "n": 9, "low": "1", "high": "1"}
        ]

    yield Forgery("rule", "measured rates made up", rates, "listed", "measured rates")

    def profiles(f: Forger) -> None:
        f.of("same_cluster")["holds_under"] = ["strict"]

    yield Forgery("rule", "other profiles", profiles, "listed", "profiles")


def _mine(header: bytes, bits: int) -> bytes:
    head = header[:72] + struct.pack("<I", bits)
    target = (bits & 0xFFFFFF) << 8 * ((bits >> 24) - 3)
    for nonce in range(1 << 20):
        mined = head + struct.pack("<I", nonce)
        if int.from_bytes(double_sha256(mined), "little") <= target:
            return mined
    raise AssertionError("no nonce")


def _only_header(f: Forger) -> bytes:
    return bytes.fromhex(f.blocks["headers"][0]["headers"][0])


def _set_header(f: Forger, header: bytes) -> None:
    f.blocks["headers"][0]["headers"][0] = header.hex()
    name = format_txid(double_sha256(header))
    f.of("pays")["premises"]["block_hash"] = name
    f.doc["ledgers"][0]["tip_hash"] = name


def _headers() -> Iterator[Forgery]:
    for bits in (0x207FFFFF, 0x203FFFFF, 0x1F7FFFFF, 0x1F00FFFF):

        def easier(f: Forger, bits: int = bits) -> None:
            _set_header(f, _mine(_only_header(f), bits))

        yield Forgery(
            "header",
            f"nBits 0x{bits:08x}, mined",
            easier,
            "rejected",
            "nBits",
            "genesis",
        )
    for at in (0, 4, 36, 68, 76):

        def changed(f: Forger, at: int = at) -> None:
            header = bytearray(_only_header(f))
            header[at] ^= 1
            _set_header(f, bytes(header))

        yield Forgery(
            "header",
            f"byte {at}, real nBits",
            changed,
            "rejected",
            "proof of work",
            "genesis",
        )
    for height in (1, 100, 11_111, 400_000):

        def lifted(f: Forger, height: int = height) -> None:
            f.blocks["headers"][0]["first_height"] = height
            for proof in f.blocks["proofs"].values():
                proof["height"] = height
            f.of("pays")["premises"]["height"] = height

        yield Forgery(
            "header", f"as height {height}", lifted, "rejected", "header at", "genesis"
        )

    def minted(f: Forger) -> None:
        (path,) = (p for p in f.files if p.startswith("data/transactions/"))
        raw = bytes.fromhex(f.files[path].decode())
        raw = raw.replace(
            struct.pack("<q", 5_000_000_000), struct.pack("<q", 9_000_000_000)
        )
        old, new = path[18:-4], format_txid(parse_tx(raw).txid)
        f.files[path] = raw.hex().encode() + b"\n"
        f.swap(old, new)
        f.of("pays")["statement"]["value_sat"] = 9_000_000_000

    yield Forgery("header", "another coinbase", minted, "rejected", "Merkle", "genesis")

    def minted_and_mined(f: Forger) -> None:
        minted(f)
        txid = bytes.fromhex(f.of("pays")["statement"]["txid"])[::-1]
        header = _only_header(f)
        _set_header(f, _mine(header[:36] + txid + header[68:], 0x207FFFFF))

    yield Forgery(
        "header",
        "another coinbase, mined",
        minted_and_mined,
        "rejected",
        "nBits",
        "genesis",
    )
    for at in (3, 50, 104):

        def unlinked(f: Forger, at: int = at) -> None:
            run = f.blocks["headers"][0]["headers"]
            run[at] = _mine(
                bytes.fromhex(run[at])[:68] + b"\x01\x02\x03\x04" + bytes(8), 0x207FFFFF
            ).hex()

        yield Forgery(
            "header", f"link at {at} broken", unlinked, "rejected", "previous block"
        )

    def remade(f: Forger) -> None:
        _remake_chain(f)

    yield Forgery("header", "a whole regtest chain remade", remade, "listed", "regtest")


def _remake_chain(f: Forger) -> None:
    """Change the last hop's lock time and mine every block after it anew."""
    old = f.doc["traces"][0]["transactions"][-1]
    path = f"data/transactions/{old}.hex"
    raw = bytes.fromhex(f.files[path].decode())
    raw = raw[:-4] + struct.pack("<I", 7)
    new = format_txid(parse_tx(raw).txid)
    f.files[path] = raw.hex().encode() + b"\n"
    f.swap(old, new)
    proof = f.blocks["proofs"][new]
    node, at = bytes.fromhex(new)[::-1], proof["position"]
    for text in proof["branch"]:
        other = bytes.fromhex(text)[::-1]
        node = double_sha256(other + node if at & 1 else node + other)
        at >>= 1
    run = f.blocks["headers"][0]["headers"]
    renamed: dict[str, str] = {}
    for i in range(proof["height"], len(run)):
        header = bytes.fromhex(run[i])
        before = format_txid(double_sha256(header))
        previous = double_sha256(bytes.fromhex(run[i - 1]))
        root = node if i == proof["height"] else header[36:68]
        header = _mine(header[:4] + previous + root + header[68:], 0x207FFFFF)
        run[i] = header.hex()
        renamed[before] = format_txid(double_sha256(header))
    text = json.dumps(f.doc)
    for before, after in renamed.items():
        text = text.replace(before, after)
    f.doc = json.loads(text)


def _places() -> Iterator[Forgery]:
    def change(key: str, value: object) -> Callable[[Forger], None]:
        def edit(f: Forger) -> None:
            premises: Found = f.of("pays")["premises"]
            premises[key] = value

        return edit

    for key, value in (
        ("height", 5),
        ("position", 0),
        ("time_utc", "2025-06-01T00:00:00Z"),
        ("block_hash", "0" * 64),
    ):
        yield Forgery("place", key, change(key, value), "rejected", rf"premises\.{key}")

    def position(f: Forger) -> None:
        for proof in f.blocks["proofs"].values():
            proof["position"] ^= 1

    yield Forgery("place", "positions in branches", position, "rejected", "Merkle")

    def padded(f: Forger) -> None:
        for proof in f.blocks["proofs"].values():
            proof["branch"].append("0" * 64)

    yield Forgery("place", "branches made longer", padded, "rejected", "Merkle")

    def tip(f: Forger) -> None:
        f.doc["ledgers"][0]["tip_hash"] = "0" * 64

    yield Forgery("place", "the ledger's tip", tip, "rejected", "tip_hash")


def _prices() -> Iterator[Forgery]:
    for n in range(2):

        def worth(f: Forger, n: int = n) -> None:
            f.of("valued", n)["statement"]["value"] = "999999.00"

        yield Forgery("price", f"value {n}", worth, "rejected", r"statement\.value")

        def price(f: Forger, n: int = n) -> None:
            f.of("valued", n)["premises"]["price"] = "99999.00"

        yield Forgery("price", f"price {n}", price, "rejected", r"premises\.price")

        def day(f: Forger, n: int = n) -> None:
            found = f.of("valued", n)
            found["premises"]["day"] = "2025-03-03"
            found["statement"]["time_utc"] = "2025-03-03T00:00:00Z"

        yield Forgery("price", f"day {n}", day, "rejected", "price|time_utc")

        def sum_(f: Forger, n: int = n) -> None:
            f.of("valued", n)["statement"]["amount_sat"] += 1

        yield Forgery("price", f"amount {n}", sum_, "rejected", "value|amount_sat")

    def row(f: Forger) -> None:
        rows = f.json("data/prices.json")
        for entry in rows:
            entry["price"] = "99999.00"
        f.put("data/prices.json", rows)

    yield Forgery("price", "price without its row", row, "rejected", "cell of its row")

    def source(f: Forger) -> None:
        rows = f.json("data/prices.json")
        for entry in rows:
            entry["text"] = entry["text"].replace(entry["price"], "93500.00")
            entry["price"] = "93500.00"
        f.put("data/prices.json", rows)
        for found in f.doc["findings"]:
            if found["kind"] == "valued":
                found["premises"]["price"] = "93500.00"
                cents = round(found["statement"]["amount_sat"] * 9_350_000 / 10**8)
                found["statement"]["value"] = f"{cents // 100}.{cents % 100:02d}"

    yield Forgery("price", "the series itself", source, "listed", "data/prices.json")


def _words() -> Iterator[Forgery]:
    for language in ("en", "ar"):

        def number(f: Forger, language: str = language) -> None:
            words = f.doc["summary"]["headline"]
            words[language] = words[language].replace("0.02650000", "9.02650000")

        yield Forgery(
            "summary", f"headline ({language})", number, "rejected", "headline"
        )

        def words(f: Forger, language: str = language) -> None:
            f.doc["summary"]["headline"][language] += " Proven beyond doubt."

        yield Forgery(
            "summary", f"words ({language})", words, "listed", "headline's words"
        )

    def dropped(f: Forger) -> None:
        f.doc["summary"]["targets"].pop()

    yield Forgery("summary", "a target left out", dropped, "rejected", "every flow")

    def seed_sum(f: Forger) -> None:
        f.doc["summary"]["seed_sat"] += 1

    yield Forgery(
        "summary", "the seeds' sum", seed_sum, "rejected", "seed_sat|headline"
    )

    def question(f: Forger) -> None:
        f.of("same_cluster")["questions"].pop(1)

    yield Forgery(
        "words", "a critical question left out", question, "rejected", "questions"
    )

    def answer(f: Forger) -> None:
        f.of("same_cluster")["questions"][1]["answer"]["en"] = "No."

    yield Forgery("words", "an answer", answer, "listed", "answers")

    def reviewed(f: Forger) -> None:
        f.doc["case"]["status"] = "REVIEWED"
        f.doc["case"]["reviewer"] = "A. Judge"

    yield Forgery("words", "a reviewer", reviewed, "listed", "reviewer")

    def unnamed(f: Forger) -> None:
        f.doc["case"]["status"] = "REVIEWED"

    yield Forgery("words", "a review by nobody", unnamed, "rejected", r"case\.reviewer")

    def stranger(f: Forger) -> None:
        f.files["data/confession.txt"] = b"EXERCISE"

    yield Forgery("words", "one more file", stranger, "rejected", "confession")

    def extra(f: Forger) -> None:
        f.of("pays")["statement"]["guilty"] = True

    yield Forgery("words", "one more key", extra, "rejected", "findings.json, form")


FORGERIES = [
    *_amounts(),
    *_ends(),
    *_addresses(),
    *_tags(),
    *_spans(),
    *_hops(),
    *_flows(),
    *_rules(),
    *_headers(),
    *_places(),
    *_prices(),
    *_words(),
]
