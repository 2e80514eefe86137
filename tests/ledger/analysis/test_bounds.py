"""Memory follows the chunk and the answer, never the table."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from dalil.exercise.bulk import make_bulk
from dalil.exercise.bulk_shape import Shape
from dalil.ledger import Ledger
from dalil.ledger.analysis import hops, query
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

_WIDE = Shape(inputs=((1, 1.0),), outputs=((100, 1.0),))
_CHUNK = 1 << 14
_MOST = 100 * _CHUNK
"""Bytes: a dozen columns of eight bytes a row of the chunk."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A million outputs, of invented payments."""
    folder = tmp_path_factory.mktemp("large")
    make_bulk(folder / "blocks", 10_000, _WIDE)
    build_from_blocks(folder / "ledger", open_blocks(folder / "blocks"))
    return Ledger.open(folder / "ledger")


@pytest.mark.parametrize(
    ("why", "ask"),
    [
        ("a sum", lambda o: o.sum("value_sat")),
        ("a sum by type", lambda o: o.group_by("type").sum("value_sat")),
        ("a condition on a column", lambda o: o.where(value_sat__ge=1).count()),
        ("a condition on heights", lambda o: o.where(height__ge=100).count()),
        ("a sum of what meets it", lambda o: o.where(type="p2pkh").sum("value_sat")),
        ("a group by height", lambda o: o.group_by("height").sum("value_sat")),
        ("a step up", lambda o: o.where(type="p2tr").tx.count()),
        ("a step out of order", lambda o: o.spent_by.count()),
        ("a look-up of every spender", lambda o: o.where(spent=True).count()),
        ("steps there and back", lambda o: o.tx.outputs.where(index=3).count()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_question_holds_a_column(
    large: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
    ask: Callable[[Any], Any],
) -> None:
    monkeypatch.setattr(query, "CHUNK", _CHUNK)
    monkeypatch.setattr(hops, "_FEW", _CHUNK)
    assert 8 * large.n_outputs > 4 * _MOST, "one column alone would not fit"
    ask(large.outputs)  # kernels are compiled, indexes mapped
    tracemalloc.start()
    try:
        ask(large.outputs)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < _MOST, why
