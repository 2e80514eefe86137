"""Projecting a whole chain: the arithmetic, and that it says what it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.cli.ledger_plan import plan
from dalil.errors import InputError, NotFoundError, UsageError
from dalil.exercise.bulk import make_bulk
from dalil.exercise.bulk_rehearsal import measured_build
from dalil.ledger import build
from dalil.ledger.building import taking, writer
from dalil.ledger.layout import COLUMNS
from dalil.ledger.planning import segments as planned
from dalil.ledger.planning.chains import CHAINS, Counts
from dalil.ledger.planning.projection import (
    NOT_IN_THE_MODEL,
    Machine,
    Sample,
    Slopes,
    fit_slopes,
    primary_bytes,
    project,
    run_bytes,
)
from dalil.ledger.planning.segments import segment_bytes, segments_of, times_merged
from dalil.ledger.segment.segment import Segment

if TYPE_CHECKING:
    from pathlib import Path

GB = 10**9
MAINNET = CHAINS["bitcoin-mainnet"].counts
MACHINE = Machine(2e9, "here", 1e9, 600.0, 5e-6)
SLOPES = Slopes(0.3, 3e-7, 1e-7, 1.5e-7, 1e-10, 0.02)


def counts(txs: int, inputs: float, outputs: float, size: int) -> Counts:
    return Counts(
        txs // 2_000 + 1, txs, int(txs * inputs), int(txs * outputs), txs, txs * size
    )


CHAINS_BUILT = [
    counts(50_000, 2.0, 2.4, 410),
    counts(250_000, 2.0, 2.4, 410),
    counts(40_000, 1.0, 10.0, 500),
    counts(50_000, 6.0, 6.0, 900),
    counts(60_000, 2.0, 2.4, 1_700),
]


def samples_of(slopes: Slopes) -> list[Sample]:
    return [Sample("", c, slopes.seconds(c), 0) for c in CHAINS_BUILT]


def test_slopes_that_are_there_are_found() -> None:
    found = fit_slopes(samples_of(SLOPES))
    np.testing.assert_allclose(found[:5], SLOPES[:5], rtol=1e-6)
    assert found.worst < 1e-6


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(0, 1e-6), min_size=4, max_size=4).filter(
        lambda x: sum(x) > 1e-9
    ),
    st.floats(0, 1),
)
def test_a_fit_never_promises_time_back(each: list[float], fixed: float) -> None:
    truth = Slopes(fixed, each[0], each[1], each[2], each[3] / 1000, 0.0)
    samples = samples_of(truth)
    rng = np.random.default_rng(1)
    noisy = [s._replace(seconds=s.seconds * rng.uniform(0.9, 1.1)) for s in samples]
    found = fit_slopes(noisy)
    assert all(slope >= 0 for slope in found)
    for sample in samples:
        assert found.seconds(sample.counts) == pytest.approx(sample.seconds, rel=0.25)


def test_what_cannot_be_told_apart_is_not_made_up() -> None:
    one = counts(100_000, 2.0, 2.4, 400)
    found = fit_slopes([Sample("", one, 1.0, 0)])
    assert sum(slope > 0 for slope in found[:5]) == 1
    assert found.seconds(one) == pytest.approx(1.0)


def test_no_sample_no_slope() -> None:
    with pytest.raises(InputError, match="no build"):
        fit_slopes([])


def test_bytes_of_columns_are_those_of_a_ledger_built(tmp_path: Path) -> None:
    made = make_bulk(tmp_path / "blocks", 3_000)
    sample = measured_build("small", tmp_path / "blocks", GB, 1)
    assert sample.counts.txs == made.n_tx
    c = sample.counts
    by_hand = (
        c.blocks * (4 + 4 + 32 + 80 + 8 * 4)
        + c.txs * (32 + 4 + 4 + 8 + 8)
        + c.inputs * 12
        + c.outputs * 13
        + c.addresses * 33
    )
    assert primary_bytes(c) == by_hand
    assert sample.disk_bytes > primary_bytes(c) + run_bytes(c)
    assert {name.partition(".")[0] for name in COLUMNS} == {
        *("block", "tx", "input", "output", "address", "outside", "script")
    }


def test_a_segment_takes_about_what_the_plan_says() -> None:
    rows = counts(100_000, 2.0, 2.4, 400)
    need = segment_bytes(rows)
    much = Segment(0, 3 * need)
    assert much.has_room(rows.txs, rows.inputs, rows.outputs, told=False)
    assert not Segment(0, need // 2).has_room(
        rows.txs, rows.inputs, rows.outputs, told=False
    )


def test_more_memory_means_fewer_segments_and_less_reading() -> None:
    few, many = (project(MAINNET, SLOPES, MACHINE, n * GB) for n in (16, 2))
    assert few.segments < many.segments
    assert few.older_bytes_read < many.older_bytes_read
    assert few.seconds < many.seconds
    assert many.peak_memory_bytes < few.peak_memory_bytes


def test_a_chain_that_fits_has_one_segment_and_nothing_to_merge() -> None:
    small = counts(100_000, 2.0, 2.4, 400)
    found = project(small, SLOPES, MACHINE, 4 * GB)
    assert (found.segments, found.times_merged, found.older_bytes_read) == (1, 0, 0)
    assert found.peak_disk_bytes == found.primary_bytes + found.run_bytes
    assert segments_of(small, 4 * GB) == [small.txs]


def test_merging_is_counted_by_the_rule_that_builds_follow() -> None:
    n = MAINNET.txs
    assert times_merged(MAINNET, [n]) == 0
    sixty_four = times_merged(MAINNET, [n * i // 64 for i in range(1, 65)])
    assert 0.8 <= sixty_four <= 2


def test_the_plan_knows_what_a_build_does() -> None:
    assert planned.OWN_BYTES == build._OWN_BYTES
    assert planned.RECORD_BYTES == build._RECORD_BYTES
    assert planned.LEAST_SEGMENT == build._LEAST_SEGMENT
    assert planned.FIRST_SEGMENT == writer._LEAST_SEGMENT
    assert planned.TAKEN_TX_BYTES == taking._TX_BYTES
    assert planned.TAKEN_ROW_BYTES == taking._ROW_BYTES


def test_terms_are_what_they_rest_on() -> None:
    found = project(MAINNET, SLOPES, MACHINE, 16 * GB)
    by_name = {term.what: term.seconds for term in found.terms}
    assert by_name["reading the blocks"] == MAINNET.raw_bytes / MACHINE.read_rate
    assert by_name["finding block records"] == MAINNET.blocks * 5e-6
    assert found.seconds == pytest.approx(sum(by_name.values()))
    ends = segments_of(MAINNET, 16 * GB)
    each = 26 * MAINNET.txs + 18 * MAINNET.addresses + 8 * MAINNET.outputs
    assert found.segments == len(ends)
    assert found.older_bytes_read == each * sum(ends[:-1]) // MAINNET.txs


@pytest.mark.parametrize("memory", [2 * GB, 16 * GB])
def test_segments_cover_the_chain_and_grow_to_what_fits(memory: int) -> None:
    ends = segments_of(MAINNET, memory)
    sizes = np.diff([0, *ends])
    assert ends[-1] == MAINNET.txs
    assert np.all(sizes > 0)
    assert np.all(np.diff(sizes[:-1]) >= -1), "the last one may be short"
    part = Counts(*(n * int(sizes.max()) // MAINNET.txs + 1 for n in MAINNET))
    assert segment_bytes(part) <= memory


def test_published_counts_are_marked_by_source_and_date() -> None:
    for chain in CHAINS.values():
        assert set(chain.sources) == {*Counts._fields}
        assert chain.as_of[:2] == "20"
    assert "estimate" in CHAINS["bitcoin-mainnet"].sources["inputs"]


def test_the_command_labels_everything(tmp_path: Path) -> None:
    options = ["--quick", "--memory", "2GB", "--scratch", str(tmp_path)]
    done = CliRunner().invoke(plan, [*options, "--inputs", "3000000000", "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["projection"] is True
    assert result["chain"]["inputs"] == 3_000_000_000
    assert result["chain_sources"]["inputs"] == "given"
    assert result["not_in_the_model"] == list(NOT_IN_THE_MODEL)
    assert result["memory_bytes"] == 2 * GB
    assert result["hours"] == pytest.approx(
        sum(term["seconds"] for term in result["terms"]) / 3600, abs=0.01
    )
    assert all(term["rests_on"] for term in result["terms"])
    assert len(result["measured"]["builds"]) == 5
    assert not list(tmp_path.iterdir()), "nothing is left behind"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        pytest.param(["--like", "no-such"], NotFoundError, id="a chain not known"),
        pytest.param(["--memory", "much"], UsageError, id="not a size"),
        pytest.param(
            ["--memory", "1MB", "--quick"], InputError, id="too little memory"
        ),
        pytest.param(["--txs", "0"], UsageError, id="no transactions"),
    ],
)
def test_refuses(options: list[str], error: type[Exception]) -> None:
    done = CliRunner().invoke(plan, options)
    assert isinstance(done.exception, error)
