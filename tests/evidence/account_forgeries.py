"""Forgeries of a case on a chain of accounts, and what must become of each.

As in `forgeries`: rejected by the premise that is named, or listed beforehand
among what no bundle can show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.evidence.forgeries import Forgery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.evidence.forger import Forger, Found

__all__ = ["ACCOUNT_FORGERIES"]

AMBER, MOTH = "Amber", "Moth"
FIGURES = ("direct", "lower", "upper", "haircut", "fifo", "lifo", "poison")
COIN = 10**6
N_ENDS, N_ROWS, N_TRANSFERS = 8, 14, 7
"""Of the small case; a test holds them against it."""


def walk(f: Forger) -> Found:
    """The walk of the case's token."""
    found: Found = f.doc["account_traces"][0]
    return found


def asset(f: Forger) -> Found:
    """Its asset."""
    found: Found = f.doc["assets"][0]
    return found


def add(to: Found, key: str, by: int) -> None:
    """Change an amount that is written out."""
    to[key] = str(max(0, int(to[key]) + by))


def rejected(
    category: str, what: str, edit: Callable[[Forger], None], named: str
) -> Forgery:
    return Forgery(category, what, edit, "rejected", named, "accounts")


def listed(
    category: str, what: str, edit: Callable[[Forger], None], named: str
) -> Forgery:
    return Forgery(category, what, edit, "listed", named, "accounts")


def _flow_amounts() -> Iterator[Forgery]:
    for name in (AMBER, MOTH):
        for figure in FIGURES:
            key = f"{figure}_amount"
            for by in (1, 82_000 * COIN):

                def alike(
                    f: Forger, name: str = name, key: str = key, by: int = by
                ) -> None:
                    found = f.flow(name)
                    add(found["statement"], key, by)
                    f.line(found)[key] = found["statement"][key]

                yield rejected(
                    "amount",
                    f"{key} of {name} {by:+d}, its line alike",
                    alike,
                    rf"statement\.{key}",
                )

            def alone(f: Forger, name: str = name, key: str = key) -> None:
                add(f.line(f.flow(name)), key, COIN)

            yield rejected(
                "line", f"{key} of {name} in its line alone", alone, rf"assets.*{key}"
            )

        def received(f: Forger, name: str = name) -> None:
            found = f.flow(name)
            add(found["statement"], "received_amount", COIN)
            f.line(found)["received_amount"] = found["statement"]["received_amount"]
            f.doc["summary"]["headline"] = {"en": "told", "ar": "قيل"}

        yield listed("amount", f"what {name} took in", received, "received_amount")

        def denominator(f: Forger, name: str = name) -> None:
            f.line(f.flow(name))["received_amount"] = "0"

        yield rejected(
            "line", f"the denominator of {name}", denominator, "received_amount"
        )
    for by in (1, 81_000 * COIN):

        def seed(f: Forger, by: int = by) -> None:
            add(asset(f), "seed_amount", by)
            for name in (AMBER, MOTH):
                add(f.flow(name)["statement"], "seed_amount", by)

        yield rejected(
            "amount", f"what the seeds took in {by:+d}", seed, r"statement\.seed_amount"
        )


def _transfers() -> Iterator[Forgery]:
    for n in range(N_TRANSFERS):

        def amount(f: Forger, n: int = n) -> None:
            add(f.of("transfers", n)["statement"], "amount", 1)

        def to(f: Forger, n: int = n) -> None:
            said = f.of("transfers", n)["statement"]
            said["to"] = said["from"]

        yield rejected(
            "transfer", f"amount of transfer {n}", amount, r"statement\.amount, as in"
        )
        yield rejected(
            "transfer", f"payee of transfer {n}", to, r"statement\.to, as in"
        )

    def time(f: Forger) -> None:
        f.of("transfers")["premises"]["time_utc"] = "2024-01-09T12:00:00Z"

    def block(f: Forger) -> None:
        f.of("transfers")["premises"]["block_hash"] = "ab" * 32

    def proof(f: Forger) -> None:
        f.of("transfers")["premises"]["proof"] = "tron-tree"

    yield rejected("transfer", "its time", time, "time_utc, as in the walk")
    yield listed("transfer", "its block", block, "node-asserted")
    yield rejected("transfer", "a proof that is not there", proof, "proof")


def _rows() -> Iterator[Forgery]:
    for n in range(N_ROWS):

        def more(f: Forger, n: int = n) -> None:
            add(walk(f)["transfers"][n], "amount", 7 * COIN)

        def gone(f: Forger, n: int = n) -> None:
            del walk(f)["transfers"][n]

        def twice(f: Forger, n: int = n) -> None:
            rows = walk(f)["transfers"]
            rows.append(rows[n])

        yield rejected(
            "walk", f"transfer {n} seven more", more, r"^(trace|assets|state)"
        )
        yield rejected("walk", f"transfer {n} left out", gone, r"^(trace|assets|state)")
        yield rejected("walk", f"transfer {n} twice", twice, "each once")

    def turned(f: Forger) -> None:
        walk(f)["transfers"].reverse()

    def before(f: Forger) -> None:
        """The service's other money comes after it paid the listed wallet."""
        rows = walk(f)["transfers"]
        big = max(rows, key=lambda row: int(row["amount"]))
        rows.remove(big)
        rows.append(big)

    def itself(f: Forger) -> None:
        row = walk(f)["transfers"][0]
        row["from"] = row["to"]

    yield rejected("walk", "the order turned about", turned, "^trace")
    yield rejected("walk", "other people's money moved behind", before, "^trace")
    yield rejected("walk", "a payment to itself", itself, "trace.transfers")


def _accounts() -> Iterator[Forgery]:
    for n in range(5):
        for told in (None, "0", str(5 * COIN), str(10**12)):

            def held(f: Forger, n: int = n, told: str | None = told) -> None:
                account = walk(f)["accounts"][n]
                same = account["before_amount"] == told
                account["before_amount"] = "77" if same else told

            yield rejected(
                "opening",
                f"account {n} held {told} before",
                held,
                r"^trace\.(ends|transfers|accounts)|statement",
            )

        def gone(f: Forger, n: int = n) -> None:
            del walk(f)["accounts"][n]

        def later(f: Forger, n: int = n) -> None:
            account = walk(f)["accounts"][n]
            mine = [r["name"] for r in walk(f)["transfers"]
                    if account["address"] in (r["from"], r["to"])]  # fmt: skip
            account["first"] = mine[1]

        yield rejected("opening", f"account {n} left out", gone, "^trace")
        yield rejected("opening", f"account {n} begins later", later, "^trace")


def _ends() -> Iterator[Forgery]:
    for n in range(N_ENDS):
        for figure in ("lower", "upper", "haircut", "fifo", "lifo", "poison"):

            def more(f: Forger, n: int = n, key: str = f"{figure}_amount") -> None:
                end = walk(f)["ends"][n]
                add(end, key, 1)
                for stop in asset(f)["stops"]:
                    if stop["where"] == end["coin"]:
                        stop.update({k: end[k] for k in stop if k in end})

            yield rejected(
                "end", f"{figure} of end {n}", more, rf"trace\.ends.*{figure}_sat"
            )

        def gone(f: Forger, n: int = n) -> None:
            del walk(f)["ends"][n]

        yield rejected("end", f"end {n} left out", gone, "^trace|arrivals|name")

    def unnamed(f: Forger) -> None:
        end = next(e for e in walk(f)["ends"] if e["name"] and MOTH in e["name"])
        end["name"] = None

    def person(f: Forger) -> None:
        for holder in (walk(f)["ends"], asset(f)["stops"]):
            for end in holder:
                if end["reason"] == "exchange":
                    end["reason"] = "target"

    def invented(f: Forger) -> None:
        ends = walk(f)["ends"]
        ends.append({**ends[0], "coin": "ab" * 32 + ":0"})

    def unfrozen(f: Forger) -> None:
        for holder in (walk(f)["ends"], asset(f)["stops"]):
            for end in holder:
                if end["reason"] == "held, frozen":
                    end["reason"] = "held"

    yield rejected("end", "a name taken off", unnamed, "name|arrivals")
    yield rejected("end", "an exchange called a person", person, "reason")
    yield rejected("end", "an end of no coin", invented, r"trace\.ends")
    yield listed("end", "why a coin was not followed", unfrozen, "why payments")


def _pairs() -> Iterator[Forgery]:
    for bound in ("upper_flow", "lower_flow"):
        for name in (AMBER, MOTH):

            def more(f: Forger, name: str = name, bound: str = bound) -> None:
                pair = f.flow(name)["premises"][bound][0]
                pair[1] = str(int(pair[1]) + 1)

            def none(f: Forger, name: str = name, bound: str = bound) -> None:
                f.flow(name)["premises"][bound] = []

            def twice(f: Forger, name: str = name, bound: str = bound) -> None:
                pairs = f.flow(name)["premises"][bound]
                pairs.append(list(pairs[0]))

            def last(f: Forger, name: str = name, bound: str = bound) -> None:
                f.flow(name)["premises"][bound].pop()

            for what, edit in (
                ("one unit more", more), ("no pairs", none), ("a pair twice", twice),
                ("a pair left out", last),
            ):  # fmt: skip
                yield rejected("flow", f"{what} in {bound} of {name}", edit, bound)

    def swapped(f: Forger) -> None:
        premises = f.flow(MOTH)["premises"]
        premises["upper_flow"], premises["lower_flow"] = (
            premises["lower_flow"],
            premises["upper_flow"],
        )

    def arrival(f: Forger) -> None:
        f.flow(MOTH)["premises"]["arrivals"].pop()

    def gaps(f: Forger) -> None:
        f.flow(MOTH)["premises"]["reentry"] = True

    yield rejected("flow", "the bounds swapped", swapped, "_flow")
    yield rejected("flow", "an arrival left out", arrival, "arrivals")
    yield rejected("flow", "gaps that the walk has not", gaps, "reentry")


def _seeds() -> Iterator[Forgery]:
    for n in range(3):

        def gone(f: Forger, n: int = n) -> None:
            walk(f)["seeds"].pop(n)
            asset(f)["n_seeds"] = 2

        yield rejected("seed", f"seed {n} left out", gone, "^trace|statement|assets")

        def homeless(f: Forger, n: int = n) -> None:
            walk(f)["seed_addresses"].pop(n)

        yield rejected("seed", f"seed address {n} left out", homeless, "trace.seeds")

    def counted(f: Forger) -> None:
        asset(f)["n_seeds"] = 4

    def passed_on(f: Forger) -> None:
        """What the collector got is called a receipt of the appeal's own."""
        rows = [
            r for r in walk(f)["transfers"] if r["from"] in walk(f)["seed_addresses"]
        ]
        walk(f)["seeds"].append(rows[0]["name"])
        asset(f)["n_seeds"] = 4

    yield rejected("seed", "how many there are", counted, "n_seeds")
    yield rejected("seed", "money moved on called received", passed_on, "^trace")


def _links(f: Forger, rule: str) -> list[Any]:
    found = [one for one in f.doc["findings"] if one["kind"] == "linked"]
    return [one for one in found if one["statement"]["rule"] == rule]


def _deposit_link(f: Forger) -> Any:
    return _links(f, "deposit-address")[0]


def _holders() -> Iterator[Forgery]:
    def tagged(f: Forger) -> None:
        for entry in f.flow(AMBER)["premises"]["addresses"]:
            entry["by"] = "tag"

    def unlinked(f: Forger) -> None:
        link = _deposit_link(f)["statement"]
        link["b"] = link["a"][:-1] + "1"

    def swept_elsewhere(f: Forger) -> None:
        link = _links(f, "operational-wallet")[0]["statement"]
        link["b"] = link["a"][:-1] + "1"

    def borrowed(f: Forger) -> None:
        theirs = f.flow(AMBER)["premises"]["addresses"][0]["findings"]
        f.flow(MOTH)["premises"]["addresses"][0]["findings"] = theirs

    def version(f: Forger) -> None:
        _deposit_link(f)["premises"]["rule_version"] = "9"

    def forwards(f: Forger) -> None:
        _deposit_link(f)["premises"]["transfers"][0] = "0x" + "ab" * 32 + ":0"

    yield rejected("holder", "a deposit called tagged itself", tagged, "by|premises")
    yield rejected("holder", "a link to somewhere else", unlinked, "premises.addresses")
    yield rejected("holder", "a sweep to somewhere else", swept_elsewhere, "transfers")
    yield rejected("holder", "another's tags", borrowed, "premises.addresses")
    yield rejected("holder", "a link by another version", version, "rule_version")
    yield listed("holder", "what a link rests on", forwards, "links between accounts")


def _freezes() -> Iterator[Forgery]:
    def lifted(f: Forger) -> None:
        f.of("frozen")["statement"]["lifted_utc"] = "2023-01-01T00:00:00Z"

    def balance(f: Forger) -> None:
        f.of("frozen")["statement"]["balance_amount"] = str(82_000_000 * COIN)

    def outflow(f: Forger) -> None:
        f.of("frozen")["premises"].update(
            submission_txid="ab" * 32, outflow_amount=str(COIN), n_outflow=1
        )

    yield rejected("freeze", "lifted before it began", lifted, "lifted_utc")
    yield listed("freeze", "the balance under it", balance, "freezes")
    yield listed("freeze", "what left before it", outflow, "freezes")


def _assets() -> Iterator[Forgery]:
    def million(f: Forger) -> None:
        for lang in ("en", "ar"):
            told = f.doc["summary"]["headline"]
            told[lang] += " 82000 USDT."

    def token(f: Forger) -> None:
        asset(f)["token"] = "tron:0x2b6653dc/trc20:TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8"

    def decimals(f: Forger) -> None:
        asset(f)["decimals"] = 3

    def symbol(f: Forger) -> None:
        asset(f)["symbol"] = "USDC"

    def gone(f: Forger) -> None:
        asset(f)["targets"].pop()

    def hidden(f: Forger) -> None:
        f.doc["assets"].clear()

    def called(f: Forger) -> None:
        asset(f)["targets"][0]["name"] = "Exercise somebody else"

    yield rejected("asset", "a number in the headline", million, r"summary\.headline")
    yield rejected("asset", "another token", token, "token")
    yield rejected("asset", "other decimals", decimals, "headline|money")
    yield listed("asset", "another symbol", symbol, "symbols and decimals")
    yield rejected("asset", "a target left out", gone, "every")
    yield rejected("asset", "all of it left out", hidden, "every token flow|headline")
    yield rejected("asset", "a target's name", called, "^assets|name")
    for n in range(N_ENDS):

        def stop(f: Forger, n: int = n) -> None:
            add(asset(f)["stops"][n], "upper_amount", 1)

        yield rejected("asset", f"stop {n}", stop, "stop at")
    for n in range(2):
        for figure in ("direct", "lower", "upper"):

            def money(f: Forger, n: int = n, figure: str = figure) -> None:
                asset(f)["targets"][n]["money"][figure] = "82000.00"

            yield rejected("money", f"{figure} of line {n}", money, f"money, {figure}")

    def price(f: Forger) -> None:
        rows = f.json("data/prices.json")
        rows[0]["price"] = "1.5"
        f.put("data/prices.json", rows)

    yield rejected("money", "a price that its row does not say", price, "price of")


ACCOUNT_FORGERIES = [
    *_flow_amounts(),
    *_transfers(),
    *_rows(),
    *_accounts(),
    *_ends(),
    *_pairs(),
    *_seeds(),
    *_holders(),
    *_freezes(),
    *_assets(),
]
