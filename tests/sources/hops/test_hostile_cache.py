"""Caches that were changed, cut, or left by a kill: used where true, asked anew else."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.networks import MAINNET, REGTEST
from dalil.errors import DalilError, StoreError
from dalil.sources.hops.cache import Cache
from dalil.sources.hops.expand import Limits
from tests.sources.hops.servers import Electrum, Esplora
from tests.sources.hops.world import Town, fetch, make_town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).resolve().parents[3]
LIMITS = Limits(3)


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town()


@pytest.fixture(params=[Esplora, Electrum], ids=["esplora", "electrum"])
def server(request: pytest.FixtureRequest, town: Town) -> Iterator[Any]:
    with request.param(town.book, REGTEST) as running:
        yield running


def files(cache: Path) -> list[Path]:
    own = {cache / "dalil-hops.json", cache / "lock"}
    return sorted(p for p in cache.rglob("*") if p.is_file() and p not in own)


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


HARM: dict[str, Callable[[Path], Any]] = {
    "one bit flipped": flip,
    "cut in half": lambda p: p.write_bytes(p.read_bytes()[: p.stat().st_size // 2]),
    "emptied": lambda p: p.write_bytes(b""),
    "nonsense": lambda p: p.write_bytes(b"\xff\x00nonsense"),
    "deep JSON": lambda p: p.write_bytes(b"[" * 100_000),
    "another JSON": lambda p: p.write_bytes(b'{"at": true, "height": [], "txs": 5}'),
    "a pipe": to_pipe,
    "a link": to_link,
    "gone": Path.unlink,
}


@pytest.mark.parametrize("harm", HARM)
def test_a_harmed_cache_gives_the_same_or_asks_again(
    harm: str, server: Any, town: Town, tmp_path: Path
) -> None:
    """Flipped words of a server may stay words; what hashes check is checked."""
    clean = fetch(server.source, tmp_path, [town.start], LIMITS)
    checked = [p for p in files(tmp_path) if "said" not in p.parts]
    assert len(checked) > 10
    for path in checked:
        HARM[harm](path)
    again = fetch(server.source, tmp_path, [town.start], LIMITS)
    assert again.saved.txs == clean.saved.txs
    if harm != "one bit flipped":  # a changed word could still be a word
        for path in (p for p in files(tmp_path) if "said" in p.parts):
            HARM[harm](path)
        assert fetch(server.source, tmp_path, [town.start], LIMITS).saved.txs == (
            clean.saved.txs
        )


@pytest.mark.parametrize("harm", ["one bit flipped", "cut in half", "gone"])
def test_offline_a_harmed_transaction_is_missing_not_wrong(
    harm: str, server: Any, town: Town, tmp_path: Path
) -> None:
    fetch(server.source, tmp_path, [town.middle, town.start], LIMITS)
    (path,) = tmp_path.glob(f"tx/*/{town.middle}")
    HARM[harm](path)
    found = fetch(
        server.source, tmp_path, [town.middle, town.start], LIMITS, offline=True
    )
    assert town.middle in found.expansion.missing
    assert town.middle not in {one.tx.txid[::-1].hex() for one in found.saved.txs}


@pytest.mark.parametrize("key", ["position", "height"])
def test_a_forged_proof_in_the_cache_is_asked_for_again(
    key: str, server: Any, town: Town, tmp_path: Path
) -> None:
    clean = fetch(server.source, tmp_path, [town.start], LIMITS)
    for path in tmp_path.glob("proof/*/*"):
        word = json.loads(path.read_bytes())
        word[key] ^= 1
        path.write_text(json.dumps(word))
    again = fetch(server.source, tmp_path, [town.start], LIMITS)
    assert again.saved.txs == clean.saved.txs
    assert any("damaged" in note.problem for note in again.saved.notes)


def test_a_cache_in_use_or_of_another_chain_is_refused(tmp_path: Path) -> None:
    cache = Cache(tmp_path, REGTEST.caip2, "x")
    cache.write("tx", "ab" * 32, b"")
    with pytest.raises(StoreError, match="another process is using"):
        Cache(tmp_path, REGTEST.caip2, "y").write("tx", "cd" * 32, b"")
    cache.close()
    with pytest.raises(StoreError, match="another chain"):
        Cache(tmp_path, MAINNET.caip2, "x")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "not empty and no cache"),
        (b"\xff", "marker is damaged"),
        (b"[" * 100_000, "marker is damaged"),
        (b'{"format": "dalil-hops/9", "chain": "x"}', "reads dalil-hops/1"),
    ],
    ids=["somebody's folder", "nonsense", "deep JSON", "a newer version"],
)
def test_a_folder_that_is_no_cache_is_left_alone(
    content: bytes | None, says: str, tmp_path: Path
) -> None:
    name = "mine.txt" if content is None else "dalil-hops.json"
    (tmp_path / name).write_bytes(content or b"mine")
    with pytest.raises(StoreError, match=says):
        Cache(tmp_path, REGTEST.caip2, "x")
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_name_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(DalilError):
        Cache(tmp_path, REGTEST.caip2, "x").write("tx", "../../out", b"")


def test_a_disk_that_is_full_says_so(tmp_path: Path) -> None:
    cache = Cache(tmp_path, REGTEST.caip2, "x")
    cache.write("tx", "ab" * 32, b"1")
    (tmp_path / "proof").write_bytes(b"a file where a folder should be")
    with pytest.raises(StoreError, match="cannot write"):
        cache.write("proof", "ab" * 32, b"1")
    cache.close()


CHILD = """
import sys
from pathlib import Path
from dalil.sources.hops.expand import Limits
from tests.sources.hops.world import fetch
fetch(sys.argv[1], Path(sys.argv[2]), [sys.argv[3]], Limits(3))
print("whole")
"""


def test_killed_anywhere_it_goes_on_to_the_same(
    server: Any, town: Town, tmp_path: Path
) -> None:
    """Kill -9 after so many questions; what is there already is not asked again."""
    clean = fetch(server.source, tmp_path / "clean", [town.start], LIMITS)
    n_all = len(server.asked)
    dice = random.Random(7)
    cache = tmp_path / "killed"
    for _ in range(3):
        server.forget()
        stop_after = dice.randrange(4, n_all // 2)
        command = [sys.executable, "-c", CHILD, server.source, str(cache), town.start]
        child = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while len(server.asked) < stop_after and child.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        child.wait()
    server.forget()
    found = fetch(server.source, cache, [town.start], LIMITS)
    assert found.saved.txs == clean.saved.txs
    assert len(server.asked) < n_all, "it went on, it did not begin again"
    assert not [p for p in files(cache) if p.stat().st_size == 0]


@pytest.mark.parametrize("seed", range(6))
def test_words_changed_at_random_never_make_anything_false(
    seed: int, server: Any, town: Town, tmp_path: Path
) -> None:
    """A changed word may hide something; a word found wrong is asked for anew."""
    clean = fetch(server.source, tmp_path, [town.start], LIMITS)
    dice = random.Random(seed)
    for path in files(tmp_path):
        raw = bytearray(path.read_bytes())
        if "said" in path.parts and raw and dice.random() < 0.5:
            at = dice.randrange(len(raw))
            raw[at] = dice.choice(b'0123456789abcdef"}]')
            path.write_bytes(raw)
    refused = True
    for _ in range(4):
        try:
            found = fetch(server.source, tmp_path, [town.start], LIMITS)
        except DalilError:
            continue
        for one in found.saved.txs:
            txid = one.tx.txid[::-1].hex()
            assert town.book.raw(txid) == one.tx.serialise()
            stand = town.book.stand(txid)
            assert stand is not None
            told = (one.position, one.header)
            true = (stand.position, town.book.header(stand.height))
            assert one.branch is None or told == true
        refused = bool(found.expansion.refused or found.unproven)
        if not refused:
            break
    assert not refused
    assert len(found.saved.txs) <= len(clean.saved.txs)
