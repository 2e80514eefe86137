"""What every room's tests share: real data, a real node, a real browser.

Rules for fixtures:

* The smallest thing that shows the point: a literal beats a file, a file made
  by `exercise` beats a real one, and a real one is only ever read in place.
* Nothing of the real data is copied into the repository; no real address
  stands in an invented appeal.
* What a machine lacks is skipped with a reason, and the reasons are counted
  at the end of the run: a skip nobody sees is a test nobody has. Asking for a
  fixture marks the test (`real_data`, `node`, `browser`); no decorator needed.
* No test speaks to any other machine: connecting anywhere but to this one
  raises.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.node import RegtestNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.terminal import TerminalReporter

CHECKOUT = Path(__file__).resolve().parents[1]
_MARK_OF_FIXTURE = {
    "real_data": "real_data",
    "node_program": "node",
    "litecoin_program": "node",
    "anvil_program": "node",
    "chromium": "browser",
}


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real blocks, tags and lists; read only, never copied."""
    named = os.environ.get("DALIL_DATA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real data (set DALIL_DATA to its folder)")
    return folder


@pytest.fixture(scope="session")
def node_program() -> Path:
    """The launcher of a Bitcoin node with Core's own validation."""
    named = os.environ.get("DALIL_BITCOIND")
    launcher = Path(named) if named else CHECKOUT / ".cache" / "knots" / "bitcoind"
    if not os.access(launcher, os.X_OK):
        pytest.skip("no Bitcoin node (run `make node`, or set DALIL_BITCOIND)")
    return launcher


@pytest.fixture(scope="session")
def litecoin_program() -> Path:
    """The launcher of a Litecoin node, extension blocks included."""
    named = os.environ.get("DALIL_LITECOIND")
    launcher = Path(named) if named else CHECKOUT / ".cache" / "litecoin" / "litecoind"
    if not os.access(launcher, os.X_OK):
        pytest.skip("no Litecoin node (run `make node`, or set DALIL_LITECOIND)")
    return launcher


@pytest.fixture
def regtest_node(node_program: Path, tmp_path: Path) -> Iterator[RegtestNode]:
    """A fresh node on regtest, its blocks obfuscated as Core's are by default."""
    with RegtestNode(node_program, tmp_path / "node") as node:
        yield node


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's Chromium, for looking at pages as a reader would."""
    named = os.environ.get("DALIL_CHROMIUM")
    found = named or shutil.which("chromium")
    if not found or not os.access(found, os.X_OK):
        pytest.skip("no Chromium (install Debian's chromium, or set DALIL_CHROMIUM)")
    return Path(found)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the machine's gifts it asks for."""
    for item in items:
        for fixture, mark in _MARK_OF_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Count what was skipped, by reason."""
    reasons = Counter(
        str(report.longrepr[2] if isinstance(report.longrepr, tuple) else "no reason")
        for report in terminalreporter.stats.get("skipped", [])
    )
    if reasons:
        terminalreporter.section("skipped, counted by reason")
        for reason, count in sorted(reasons.items()):
            terminalreporter.write_line(
                f"{count:5d}  {reason.removeprefix('Skipped: ')}"
            )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_other_machines(event: str, args: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not isinstance(args[1], tuple):
        return
    if not _is_this_machine(str(args[1][0])):
        raise RuntimeError("a test tried to reach another machine", args[1])


sys.addaudithook(_refuse_other_machines)
