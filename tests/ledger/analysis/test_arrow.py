"""Arrow over the mapping: the same numbers at the same addresses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import polars
import pytest

from dalil.errors import UsageError
from dalil.ledger.analysis.arrow import ARROW_TABLES, arrow_array
from tests.ledger.analysis.askable import Askable, build, exercise_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Askable:
    return build(tmp_path_factory.mktemp("arrow"), exercise_blocks()[100:])


COLUMNS = [
    pytest.param(table, name, attribute, id=f"{table}.{name}")
    for table, columns in ARROW_TABLES.items()
    for name, attribute in columns.items()
]


def column(ledger: Askable, attribute: str) -> NDArray[np.generic]:
    name, later, _ = attribute.partition("+")
    values: NDArray[np.generic] = getattr(ledger, name)
    if "first_" not in name:
        return values
    return values[1:] if later else values[:-1]


@pytest.mark.parametrize(("table", "name", "attribute"), COLUMNS)
def test_a_column_lies_where_the_mapping_does(
    ledger: Askable, table: str, name: str, attribute: str
) -> None:
    shown = ledger.arrow()[table][name]
    wanted = column(ledger, attribute)
    assert shown.null_count == 0
    (chunk,) = shown.chunks
    validity, data = chunk.buffers()
    assert validity is None
    assert data.address + chunk.offset * wanted.dtype.itemsize == wanted.ctypes.data
    assert not data.is_mutable
    if wanted.ndim == 2:
        assert [bytes(row) for row in wanted] == shown.to_pylist()
    else:
        assert shown.to_pylist() == wanted.tolist()


def test_polars_looks_at_the_same_bytes(ledger: Askable) -> None:
    frame = polars.from_arrow(ledger.arrow()["output"])
    assert isinstance(frame, polars.DataFrame)
    seen = frame["value"].to_numpy(allow_copy=False)
    assert seen.ctypes.data == ledger.output_value.ctypes.data
    assert int(frame["value"].sum()) == int(ledger.output_value.sum())


def test_a_column_that_is_not_contiguous_is_not_copied_in_secret() -> None:
    with pytest.raises((ValueError, BufferError)):
        arrow_array(np.arange(10)[::2])


def test_a_missing_library_says_how_to_get_it(
    ledger: Askable, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("pyarrow", "polars"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError, match=r"pip install 'dalil\[analysis\]'"):
        ledger.arrow()
    with pytest.raises(UsageError, match=r"pip install 'dalil\[analysis\]'"):
        ledger.outputs.to_polars()
    assert ledger.outputs.count() == ledger.n_outputs, "the rest needs none of them"
