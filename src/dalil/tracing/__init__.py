"""Flows of money: reach, taint by every convention, bounds, stops, value."""

from __future__ import annotations

from dalil.tracing.follow import trace
from dalil.tracing.request import Direction, Limits, Mark, TraceRequest
from dalil.tracing.result import Stop, Target, Trace

__all__ = [
    "Direction",
    "Limits",
    "Mark",
    "Stop",
    "Target",
    "Trace",
    "TraceRequest",
    "trace",
]
