"""Servers that lie, break, stall or flood: refused with the reason, nothing false kept."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.header import header_hash
from dalil.chains.bitcoin.networks import REGTEST
from dalil.errors import DalilError, InputError, SourceError
from dalil.ids import format_txid
from dalil.sources.hops import opening
from dalil.sources.hops.expand import Limits
from dalil.sources.hops.spec import parse_source
from tests.sources.hops.servers import Answer, Electrum, Esplora
from tests.sources.hops.world import Town, fetch, make_town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Twist = Callable[[str, Any], Any]
LIMITS = Limits(2)


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town()


@pytest.fixture(scope="module")
def esplora(town: Town) -> Iterator[Esplora]:
    with Esplora(town.book, REGTEST) as server:
        yield server


@pytest.fixture(scope="module")
def electrum(town: Town) -> Iterator[Electrum]:
    with Electrum(town.book, REGTEST) as server:
        yield server


@pytest.fixture(autouse=True)
def honest_again(esplora: Esplora, electrum: Electrum) -> Iterator[None]:
    yield
    for server in (esplora, electrum):
        server.twist = lambda _path, answer: answer
        server.forget()


def on(part: str, change: Callable[[Any], Any]) -> Twist:
    """Change the answers to paths that hold `part`."""
    return lambda path, answer: change(answer) if part in path else answer


def body(content: bytes) -> Callable[[Answer], Answer]:
    return lambda answer: answer._replace(body=content)


def edit(change: Callable[[Any], Any]) -> Callable[[Answer], Answer]:
    """Change the JSON of an answer."""

    def changed(answer: Answer) -> Answer:
        if answer.status != 200:
            return answer
        return answer._replace(
            body=json.dumps(change(json.loads(answer.body))).encode()
        )

    return changed


def result(change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change the result of an Electrum call."""

    def changed(answer: dict[str, Any]) -> dict[str, Any]:
        if "result" not in answer:
            return answer
        changed_result: Any = change(answer["result"])
        return {**answer, "result": changed_result}

    return changed


@dataclass(frozen=True)
class Lie:
    why: str
    twist: Callable[[Town], Twist]
    says: str


ESPLORA_LIES = [
    Lie(
        "an output's value made larger",
        lambda t: (
            lambda path, a: (
                edit(lambda v: v | {"vout": [o | {"value": 7} for o in v["vout"]]})(a)
                if path == f"/tx/{t.middle}"
                else a
            )
        ),
        "do not hash to the stated txid",
    ),
    Lie(
        "a consistent transaction under another name",
        lambda t: (
            lambda path, a: (
                Answer(200, json.dumps(_other(t)).encode())
                if path == f"/tx/{t.middle}"
                else a
            )
        ),
        "another transaction",
    ),
    Lie(
        "a proof for another transaction",
        lambda t: on(
            f"{t.middle}/merkle-proof", edit(lambda v: v | _proof_of_first(t))
        ),
        "does not lead to the header's root",
    ),
    Lie(
        "a proof of another height",
        lambda t: on(
            f"{t.middle}/merkle-proof", edit(lambda v: v | {"block_height": 1})
        ),
        "another height",
    ),
    Lie(
        "a branch with a stranger on it",
        lambda t: on(
            f"{t.middle}/merkle-proof",
            edit(lambda v: v | {"merkle": ["ab" * 32, *v["merkle"][1:]]}),
        ),
        "does not lead",
    ),
    Lie(
        "a branch of a thousand siblings",
        lambda t: on(
            f"{t.middle}/merkle-proof",
            edit(lambda v: v | {"merkle": ["ab" * 32] * 1000}),
        ),
        "longer than any block's",
    ),
    Lie(
        "headers without work",
        lambda t: on("/header", lambda a: a._replace(body=a.body[:-8] + b"00000000")),
        "another block's header",
    ),
    Lie(
        "headers cut short",
        lambda t: on("/header", lambda a: a._replace(body=a.body[:-2])),
        "not 80 bytes",
    ),
    Lie(
        "headers that are not hex",
        lambda t: on("/header", body(b"<html>")),
        "not hex",
    ),
    Lie(
        "a spender that spends something else",
        lambda t: on(
            f"/tx/{t.middle}/outspends",
            edit(
                lambda v: [{"spent": True, "txid": t.book.spender(*_first(t))}] * len(v)
            ),
        ),
        "a spender that is none",
    ),
    Lie(
        "spends of more outputs than there are",
        lambda t: on(f"/tx/{t.middle}/outspends", edit(lambda v: v * 9)),
        "spends of other outputs",
    ),
    Lie(
        "a transaction that is a number",
        lambda t: lambda p, a: body(b"17")(a) if p == f"/tx/{t.middle}" else a,
        "no transaction",
    ),
    Lie(
        "a status in words",
        lambda t: (
            lambda p, a: (
                edit(lambda v: v | {"status": "soon"})(a)
                if p == f"/tx/{t.middle}"
                else a
            )
        ),
        "no status",
    ),
    Lie(
        "a height below zero",
        lambda t: (
            lambda p, a: (
                edit(lambda v: v | {"status": v["status"] | {"block_height": -1}})(a)
                if p == f"/tx/{t.middle}"
                else a
            )
        ),
        "no number in range",
    ),
]


def _proof_of_first(t: Town) -> dict[str, Any]:
    """The proof of the coinbase in the block of `middle`."""
    leaves = t.book.leaves[t.book.stands[t.middle].height]
    branch = t.book.branch(leaves[0][::-1].hex())
    return {"pos": 0, "merkle": [one[::-1].hex() for one in branch]}


def _first(t: Town) -> tuple[str, int]:
    funding = t.book.txs[t.middle].inputs[0]
    return funding.txid[::-1].hex(), funding.index


def _other(t: Town) -> dict[str, Any]:
    with Esplora(t.book, REGTEST) as server:
        found: dict[str, Any] = server.tx(_first(t)[0])
        return found


@pytest.mark.parametrize("lie", ESPLORA_LIES, ids=lambda lie: lie.why)
def test_an_esplora_lie_costs_its_transaction_only(
    lie: Lie, town: Town, esplora: Esplora, tmp_path: Path
) -> None:
    honest = fetch(esplora.source, tmp_path / "honest", [town.middle], LIMITS)
    esplora.twist = lie.twist(town)
    kept = []
    try:
        found = fetch(
            esplora.source, tmp_path / "c", [town.middle, *_more(town)], LIMITS
        )
        said = "; ".join(found.expansion.refused.values())
        kept = found.saved.txs
    except DalilError as error:
        said = str(error)
    assert lie.says in said
    assert_true(town, kept)
    esplora.twist = lambda _path, answer: answer
    after = fetch(esplora.source, tmp_path / "c", [town.middle], LIMITS)
    assert [t.tx for t in after.saved.txs] == [t.tx for t in honest.saved.txs]
    assert not after.expansion.refused, "the cache was not poisoned"
    assert_true(town, after.saved.txs)


def _more(town: Town) -> list[str]:
    """Seeds that no lie is about."""
    return [next(txid for txid in town.book.stands)]


def assert_true(town: Town, kept: list[Any]) -> None:
    """Everything kept is on the chain, at its place, under its header."""
    for one in kept:
        txid = one.tx.txid[::-1].hex()
        assert town.book.raw(txid) == one.tx.serialise()
        stand = town.book.stand(txid)
        assert stand is not None
        assert (one.height, one.position) == (stand.height, stand.position)
        assert one.header == town.book.header(stand.height)
        for told, spend in zip(one.prevouts, one.tx.inputs, strict=True):
            true = town.book.prevout(spend.txid[::-1].hex(), spend.index)
            assert told is None or told == true


ELECTRUM_LIES = [
    Lie(
        "bytes that hash to something else",
        lambda t: on(f"/get/{t.middle}", result(lambda v: v[:-2] + "ff")),
        "another transaction",
    ),
    Lie(
        "bytes that are no transaction",
        lambda t: on(f"/get/{t.middle}", result(lambda v: "00" * 60)),
        "transaction is wrong",
    ),
    Lie(
        "bytes that are not hex",
        lambda t: on(f"/get/{t.middle}", result(lambda v: "zz")),
        "not hex",
    ),
    Lie(
        "a proof at another position",
        lambda t: on(
            f"/get_merkle/{t.middle}", result(lambda v: v | {"pos": v["pos"] ^ 1})
        ),
        "the position is not in the block",
    ),
    Lie(
        "a proof without siblings",
        lambda t: on(f"/get_merkle/{t.middle}", result(lambda v: v | {"merkle": []})),
        "too short for the position",
    ),
    Lie(
        "a proof that is a list",
        lambda t: on(f"/get_merkle/{t.middle}", result(lambda v: [v])),
        "proof is none",
    ),
]


@pytest.mark.parametrize("lie", ELECTRUM_LIES, ids=lambda lie: lie.why)
def test_an_electrum_lie_costs_its_transaction_only(
    lie: Lie, town: Town, electrum: Electrum, tmp_path: Path
) -> None:
    electrum.twist = lie.twist(town)
    seeds = [town.middle, _first(town)[0]]
    found = fetch(electrum.source, tmp_path, seeds, LIMITS)
    assert lie.says in "; ".join(found.expansion.refused.values())
    assert_true(town, found.saved.txs)
    assert town.middle not in {t.tx.txid[::-1].hex() for t in found.saved.txs}
    electrum.twist = lambda _path, answer: answer
    after = fetch(electrum.source, tmp_path, seeds, LIMITS)
    assert not after.expansion.refused
    assert_true(town, after.saved.txs)


def test_a_header_of_no_work_is_no_header(
    town: Town, electrum: Electrum, tmp_path: Path
) -> None:
    """Electrum names no hash, so the work itself must be asked of each header."""

    def idle(header: str) -> str:
        raw = bytearray.fromhex(header)
        raw[72:76] = (0x1D00FFFF).to_bytes(4, "little")  # a target it does not meet
        return raw.hex()

    genesis = town.book.genesis.hex()
    change = result(lambda v: v if v == genesis else idle(v))
    electrum.twist = on("/header/", change)
    with pytest.raises(DalilError, match="no work this network accepts"):
        fetch(electrum.source, tmp_path, [town.middle], Limits(0))
    assert not list((tmp_path / "block").glob("*/*")) if tmp_path.exists() else True


def test_a_told_value_that_the_source_belies_is_refused(
    town: Town, esplora: Esplora, tmp_path: Path
) -> None:
    def inflate(value: dict[str, Any]) -> dict[str, Any]:
        for item in value["vin"]:
            item["prevout"]["value"] += 1
        return value

    esplora.twist = lambda p, a: edit(inflate)(a) if p == f"/tx/{town.middle}" else a
    seeds = [town.middle, _first(town)[0]]
    found = fetch(esplora.source, tmp_path, seeds, Limits(0))
    assert "wrong value or script" in found.expansion.refused[town.middle]
    assert len(found.saved.txs) == 1


ALL = ("/tx/", "/get/")
BROKEN: list[tuple[str, Callable[[Answer], Answer], str]] = [
    ("not JSON", body(b"<html>busy</html>"), "not JSON"),
    ("not UTF-8", body(b'{"txid": "\xff\xfe"}'), "not UTF-8"),
    ("JSON a thousand levels deep", body(b"[" * 100_000), "nested too deeply"),
    ("a number of ten thousand digits", body(b"1" * 10_000), "not JSON"),
    ("nothing at all", body(b""), "not JSON"),
    (
        "cut in the middle",
        lambda a: a._replace(headers={"Content-Length": str(len(a.body) + 99)}),
        "did not answer after",
    ),
    (
        "sent elsewhere",
        lambda a: Answer(302, b"", {"Location": "https://elsewhere.example/"}),
        "sends us elsewhere",
    ),
    ("refused", lambda a: Answer(403, b"go away \x1b[31m"), "status 403: go away ?"),
    (
        "compressed unasked",
        lambda a: a._replace(headers={"Content-Encoding": "gzip"}),
        "compressed an answer unasked",
    ),
]


@pytest.mark.parametrize(
    ("change", "says"), [c[1:] for c in BROKEN], ids=[c[0] for c in BROKEN]
)
def test_broken_answers_are_refused_by_reason(
    change: Callable[[Answer], Answer],
    says: str,
    town: Town,
    esplora: Esplora,
    tmp_path: Path,
) -> None:
    esplora.twist = lambda p, a: change(a) if p == f"/tx/{town.middle}" else a
    with pytest.raises(DalilError) as caught:
        fetch(esplora.source, tmp_path, [town.middle], Limits(0))
    assert says in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_an_answer_without_end_is_cut_off(
    town: Town, esplora: Esplora, tmp_path: Path
) -> None:
    esplora.twist = on("/merkle-proof", body(b'["' + b"x" * (1 << 20)))
    with pytest.raises(DalilError, match="says more than 131,072 bytes"):
        fetch(esplora.source, tmp_path, [town.middle], Limits(0))


def test_a_line_without_end_is_cut_off(
    town: Town, electrum: Electrum, tmp_path: Path
) -> None:
    flood = b"x" * (34 << 20)
    electrum.twist = lambda p, a: flood if p.startswith("/get/") else a
    with pytest.raises(DalilError, match="bytes in one line"):
        fetch(electrum.source, tmp_path, [town.middle], Limits(0))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"\xff\xfe\n", "not UTF-8"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (b"nonsense\n", "not JSON"),
        (b'{"id": 1, "result": ', "hung up"),
        (b"", "hung up"),
        (b'{"id": 99}\n' * 1001, "other things only"),
    ],
    ids=["not UTF-8", "deep", "not JSON", "half a line", "silence", "other answers"],
)
def test_broken_lines_are_refused_by_reason(
    line: bytes, says: str, town: Town, electrum: Electrum, tmp_path: Path
) -> None:
    electrum.twist = lambda p, a: line if p.startswith("/get/") else a
    with pytest.raises(DalilError) as caught:
        fetch(electrum.source, tmp_path, [town.middle], Limits(0))
    assert says in str(caught.value)


def test_pages_that_go_in_a_circle_end(
    town: Town, esplora: Esplora, tmp_path: Path
) -> None:
    first: list[Answer] = []

    def repeat(path: str, answer: Answer) -> Answer:
        if "/txs" not in path:
            return answer
        first.append(answer)
        return first[0]

    esplora.page_size = 5
    esplora.twist = repeat
    with pytest.raises(InputError, match="go in a circle"):
        fetch_shop(esplora, town, tmp_path)
    assert len(first) <= 3
    esplora.page_size = 25


def fetch_shop(esplora: Esplora, town: Town, cache: Path) -> Any:
    return fetch(esplora.source, cache, [town.shop], Limits(0))


def test_pages_that_never_end_are_counted(
    town: Town, esplora: Esplora, tmp_path: Path
) -> None:
    """Fresh names on every page: more than the history counts is refused."""
    n = [0]

    def endless(path: str, answer: Answer) -> Answer:
        if "/txs" not in path:
            return answer
        rows = json.loads(answer.body) if answer.status == 200 else []
        rows = (rows or [{}]) * 9
        rows = [dict(row) for row in rows[:9]]
        for row in rows:
            n[0] += 1
            row["txid"] = f"{n[0]:064x}"
            row["status"] = {
                "confirmed": True,
                "block_height": 5,
                "block_hash": "0" * 64,
            }
        return answer._replace(status=200, body=json.dumps(rows).encode())

    esplora.page_size = 7
    esplora.twist = endless
    with pytest.raises(InputError, match="own count"):
        fetch_shop(esplora, town, tmp_path)
    assert n[0] < 200
    esplora.page_size = 25


def test_a_history_that_grows_between_pages_is_read_again(
    town: Town, esplora: Esplora, tmp_path: Path
) -> None:
    asked = [0]

    def grows(path: str, answer: Answer) -> Answer:
        if path == f"/address/{town.shop}":
            asked[0] += 1
            if asked[0] < 3:
                less = json.loads(answer.body)
                less["chain_stats"]["tx_count"] -= 1
                return answer._replace(body=json.dumps(less).encode())
        return answer

    esplora.twist = grows
    found = fetch_shop(esplora, town, tmp_path)
    assert asked[0] == 3
    assert len(found.saved.txs) == 32


def test_a_storm_of_429_is_waited_out_or_given_up(
    town: Town, esplora: Esplora, tmp_path: Path
) -> None:
    n = [0]

    def storm(path: str, answer: Answer) -> Answer:
        n[0] += 1
        if n[0] % 3:
            return Answer(429 if n[0] % 2 else 503, b"slow down", {"Retry-After": "0"})
        return answer

    esplora.twist = storm
    calm = fetch(esplora.source, tmp_path / "a", [town.middle], Limits(0))
    assert len(calm.saved.txs) == 1
    esplora.twist = lambda _p, _a: Answer(429, b"no")
    esplora.forget()
    with pytest.raises(SourceError, match=r"after 6 tries \(status 429\)"):
        fetch(esplora.source, tmp_path / "b", [town.middle], Limits(0))
    assert len(esplora.asked) == 6


def test_a_long_retry_after_ends_the_run_with_what_it_has(
    town: Town, esplora: Esplora, tmp_path: Path
) -> None:
    def proofs_later(path: str, answer: Answer) -> Answer:
        if "merkle" in path:
            return Answer(429, b"", {"Retry-After": "3600"})
        return answer

    esplora.twist = proofs_later
    with pytest.raises(SourceError, match="left alone for 3600 s"):
        fetch(esplora.source, tmp_path, [town.middle], Limits(1))
    esplora.twist = lambda _p, a: a
    esplora.forget()
    fetch(esplora.source, tmp_path, [town.middle], Limits(1))
    assert not [p for p in esplora.asked if p.count("/") == 2 and p.startswith("/tx/")]


def test_a_server_that_stalls_is_left(
    town: Town, esplora: Esplora, electrum: Electrum, tmp_path: Path
) -> None:

    def stall(path: str, answer: Any) -> Any:
        if town.middle in path:
            time.sleep(0.5)
        return answer

    for server in (esplora, electrum):
        server.twist = stall
        with pytest.raises(SourceError, match="after 6 tries"):
            fetch(server.source, tmp_path, [town.middle], Limits(0), timeout=0.2)


class _Trickle(socketserver.BaseRequestHandler):
    """Sends headers without end, a byte at a time."""

    def handle(self) -> None:
        try:
            self.request.recv(1 << 16)
            self.request.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while True:
                self.request.sendall(b"x")
                time.sleep(0.02)
        except OSError:
            return


def test_headers_that_trickle_in_are_not_waited_for(tmp_path: Path) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Trickle) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        source = f"esplora:http://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(SourceError, match=r"took longer than 0\.2 s"):
            fetch(source, tmp_path, ["ab" * 32], timeout=0.2)
        server.shutdown()


def test_fifty_wrong_answers_end_the_run(
    town: Town, electrum: Electrum, tmp_path: Path
) -> None:
    electrum.twist = lambda p, a: {"result": "00"} if p.startswith("/get/") else a
    seeds = [f"{n:064x}" for n in range(60)]
    with pytest.raises(SourceError, match="50 answers of this server were wrong"):
        fetch(electrum.source, tmp_path, seeds, Limits(0))
    assert electrum.counts()["get"] == 50


def test_a_server_of_another_network_is_refused(
    town: Town, electrum: Electrum, tmp_path: Path
) -> None:
    electrum.twist = on("/header/0", result(lambda v: "11" * 80))
    with pytest.raises(SourceError, match="no network of Bitcoin"):
        fetch(electrum.source, tmp_path, [town.middle])


def test_a_server_of_a_chain_that_left_this_one_is_refused(
    town: Town, esplora: Esplora, electrum: Electrum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bitcoin Cash begins with Bitcoin's own genesis; one block tells them apart."""
    header = town.book.header(5)
    assert header is not None
    theirs = replace(REGTEST, others_blocks=(format_txid(header_hash(header)),))
    monkeypatch.setattr(opening, "NETWORKS", (theirs,))
    for height, refused in ((5, True), (6, False), (10_000, False)):
        monkeypatch.setattr(opening, "_PARTING", height)
        for server in (esplora, electrum):
            spec = parse_source(server.source)
            if refused:
                with pytest.raises(SourceError, match="a chain that left this one"):
                    opening.open_server(spec, opening.Manners())
            else:
                opened, _ = opening.open_server(spec, opening.Manners())
                opened.close()
