"""The pace of asking: gaps, rests, limits."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.sources.hops import http as http_module
from dalil.sources.hops.opening import POLITE_RATE, Manners
from dalil.sources.hops.pace import Busy, GaveUp, Pace
from dalil.sources.hops.spec import parse_source


@dataclass
class Clock:
    """Time that passes only while somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "sleep", made.sleep)
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    return made


def test_a_stranger_gets_four_requests_a_second(clock: Clock) -> None:
    pace = Manners().pace(parse_source("electrum:server.example"))
    began = clock.now
    for _ in range(41):
        pace.ask("x", lambda: None)
    assert clock.now - began == pytest.approx(40 / POLITE_RATE)


def test_this_machine_is_asked_without_a_rest(clock: Clock) -> None:
    pace = Manners().pace(parse_source("electrum:localhost"))
    for _ in range(40):
        pace.ask("x", lambda: None)
    assert clock.slept == []


def test_a_rate_that_was_asked_for_is_kept(clock: Clock) -> None:
    pace = Manners(rate=0.5).pace(parse_source("esplora:https://a.example"))
    began = clock.now
    for _ in range(3):
        pace.ask("x", lambda: None)
    assert clock.now - began == pytest.approx(4.0)


def test_rests_grow_and_end(clock: Clock) -> None:
    pace = Pace(None)

    def busy() -> None:
        raise Busy("status 503")

    with pytest.raises(GaveUp, match=r"after 6 tries \(status 503\)"):
        pace.ask("x", busy)
    assert pace.n_requests == 6
    assert len(clock.slept) == 5
    for n, rest in enumerate(clock.slept):
        assert 2**n / 2 <= rest <= 2**n


@given(st.integers(0, 120))
def test_retry_after_is_honoured(after: int) -> None:
    clock = Clock()
    answers = iter([Busy("status 429", float(after)), None])

    def ask() -> str:
        if (fault := next(answers)) is not None:
            raise fault
        return "well"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", clock.sleep)
        patch.setattr(time, "monotonic", lambda: clock.now)
        assert Pace(None).ask("x", ask) == "well"
    assert sum(clock.slept) >= after


def test_a_rest_longer_than_two_minutes_is_not_waited_out(clock: Clock) -> None:
    def busy() -> None:
        raise Busy("status 429", 121.0)

    with pytest.raises(GaveUp, match="left alone for 121 s"):
        Pace(None).ask("x", busy)
    assert clock.slept == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 4000, None),
        (None, None),
    ],
)
def test_reads_retry_after(header: str | None, seconds: float | None) -> None:
    assert http_module._seconds(header) == seconds
