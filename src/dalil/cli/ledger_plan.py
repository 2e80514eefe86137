"""`dalil ledger plan`: what a whole chain would take on this machine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.output import Ticker, emit, json_option, memory_option, say_compiling
from dalil.units import parse_bytes

if TYPE_CHECKING:
    from dalil.ledger.planning.chains import Chain
    from dalil.ledger.planning.projection import Machine, Projection, Sample, Slopes

__all__ = ["plan"]

_QUICK = 0.2


@click.command()
@click.option(
    "--like",
    default="bitcoin-mainnet",
    show_default=True,
    help="The chain whose published size is taken.",
)
@memory_option
@click.option(
    "--blocks",
    type=click.Path(path_type=Path, exists=True),
    help="Block files whose disk to measure; nothing of them is parsed.",
)
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where to build the chains to measure by; default: temporary files.",
)
@click.option("--quick", is_flag=True, help="Smaller chains: seconds, but rougher.")
@click.option("--txs", type=int, help="Correct the chain's transactions.")
@click.option("--inputs", type=int, help="Correct its inputs.")
@click.option("--outputs", type=int, help="Correct its outputs.")
@click.option("--addresses", type=int, help="Correct its addresses.")
@click.option("--raw-bytes", type=int, help="Correct the size of its blocks.")
@json_option
def plan(
    like: str,
    memory: str,
    blocks: Path | None,
    scratch: Path | None,
    quick: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    **corrected: int | None,
) -> None:
    """Project what a ledger of a whole chain would take: hours, disk, memory.

    Builds small made-up chains here and now, and measures the disk; then adds
    up. What is printed is a projection, with every number it rests on and what
    it leaves out. The chain's counts are published figures and estimates; give
    your own where you know better.

    \b
    Example:
      dalil ledger plan --like bitcoin-mainnet --memory 16GB --blocks ~/.bitcoin/blocks
    """
    say_compiling()
    from dalil.errors import NotFoundError, UsageError
    from dalil.exercise.bulk_rehearsal import measure_builds, measure_machine
    from dalil.ledger.planning.chains import CHAINS
    from dalil.ledger.planning.projection import fit_slopes, project

    if like not in CHAINS:
        raise NotFoundError(
            f"no size is known for this chain; {', '.join(CHAINS)}", like
        )
    given = {name: n for name, n in corrected.items() if n is not None}
    if any(n <= 0 for n in given.values()):
        raise UsageError("a count is positive", min(given.values()))
    counts = CHAINS[like].counts._replace(**given)
    sources = CHAINS[like].sources | dict.fromkeys(given, "given")
    chain = CHAINS[like]._replace(counts=counts, sources=sources)
    bound = parse_bytes(memory)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        samples = measure_builds(Path(name), bound, _QUICK if quick else 1.0, Ticker())
        machine = measure_machine(Path(name), blocks)
    slopes = fit_slopes(samples)
    projection = project(counts, slopes, machine, bound)
    result = _result(like, chain, bound, projection) | _measured(
        samples, slopes, machine
    )
    emit(result, as_json=as_json, text=lambda: _text(result))


def _result(
    like: str, chain: Chain, memory: int, projection: Projection
) -> dict[str, Any]:
    from dalil.ledger.planning.projection import NOT_IN_THE_MODEL

    return {
        "projection": True,
        "like": like,
        "memory_bytes": memory,
        "hours": round(projection.seconds / 3600, 3),
        "disk_bytes": projection.primary_bytes + projection.run_bytes,
        "peak_disk_bytes": projection.peak_disk_bytes,
        "peak_memory_bytes": projection.peak_memory_bytes,
        "terms": [
            {**term._asdict(), "seconds": round(term.seconds, 1)}
            for term in projection.terms
        ],
        "segments": projection.segments,
        "times_merged": projection.times_merged,
        "older_bytes_read": projection.older_bytes_read,
        "primary_bytes": projection.primary_bytes,
        "run_bytes": projection.run_bytes,
        "chain": chain.counts._asdict(),
        "chain_as_of": chain.as_of,
        "chain_sources": chain.sources,
        "not_in_the_model": list(NOT_IN_THE_MODEL),
    }


def _measured(
    samples: list[Sample], slopes: Slopes, machine: Machine
) -> dict[str, Any]:
    return {
        "measured": {
            "builds": [
                {"what": s.what, **s.counts._asdict(), "seconds": round(s.seconds, 4)}
                for s in samples
            ],
            "slopes_ns": {
                name: round(value * 1e9, 4)
                for name, value in zip(slopes._fields[1:5], slopes[1:5], strict=True)
            },
            "fixed_s": round(slopes.fixed, 4),
            "worst_deviation": round(slopes.worst, 3),
            "machine": machine._asdict(),
        }
    }


def _text(result: dict[str, Any]) -> str:
    gb, measured = 1e9, result["measured"]
    machine, chain = measured["machine"], result["chain"]
    rows = [
        f"PROJECTION for {result['like']} ({result['chain_as_of']}), "
        f"memory {result['memory_bytes'] / gb:.1f} GB; nothing of it was built",
        f"  time         {result['hours']:.2f} hours, as though nothing overlapped",
        f"  disk         {result['disk_bytes'] / gb:,.0f} GB "
        f"({result['disk_bytes'] / chain['outputs']:.0f} bytes an output), "
        f"{result['peak_disk_bytes'] / gb:,.0f} GB while runs are merged",
        f"  peak memory  {result['peak_memory_bytes'] / gb:.1f} GB",
        "It is the sum of",
    ]
    rows += [
        f"  {term['seconds'] / 60:8.1f} min  {term['what']}: {term['rests_on']}"
        for term in result["terms"]
    ]
    rows += [
        f"in {result['segments']} segments, each row of a run written "
        f"{1 + result['times_merged']:.2f} times, "
        f"reading {result['older_bytes_read'] / gb:,.0f} GB of older runs",
        "for a chain of",
    ]
    rows += [
        f"  {n:>17,} {name}: {result['chain_sources'].get(name, '')}"
        for name, n in chain.items()
    ]
    slopes = ", ".join(f"{v:g} a {k}" for k, v in measured["slopes_ns"].items())
    rows += [
        "Measured here, on made-up chains",
        f"  nanoseconds: {slopes} (0: not told apart); "
        f"{measured['fixed_s']:.2f} s fixed; a build deviates by up to "
        f"{measured['worst_deviation']:.0%}",
    ]
    rows += [
        f"  {build['seconds']:8.2f} s  {build['what']}: {build['txs']:,} tx, "
        f"{build['inputs']:,} inputs, {build['outputs']:,} outputs, "
        f"{build['raw_bytes'] / 1e6:,.0f} MB"
        for build in measured["builds"]
    ]
    rows += [
        f"  disk: {machine['read_rate'] / 1e6:,.0f} MB/s read from "
        f"{machine['read_from']}, {machine['write_rate'] / 1e6:,.0f} MB/s written",
        f"  a block record: {machine['record_bytes']:,.0f} bytes of Python objects",
        "Not in the model",
    ]
    rows += [f"  {what}" for what in result["not_in_the_model"]]
    return "\n".join(rows)
