"""`dalil ledger fetch`: a partial ledger around seeds, asked from a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.output import Ticker, emit, json_option, say_compiling

if TYPE_CHECKING:
    from dalil.chains.bitcoin.networks import Network
    from dalil.sources.hops.answers import Server
    from dalil.sources.hops.cache import Cache
    from dalil.sources.hops.collect import Collected
    from dalil.sources.hops.spec import SourceSpec

__all__ = ["fetch"]

_path = click.Path(path_type=Path)
_BOTH = "both"
_MAX_SEED_FILE = 1 << 24


@click.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.option(
    "--source",
    required=True,
    metavar="esplora:URL|electrum:HOST[:PORT][:s]",
    help="The server to ask: an Esplora API by its URL, or an Electrum server (:s "
    "for TLS, :t for plain TCP).",
)
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    metavar="ADDRESS_OR_TXID",
    help="Where to begin: all transactions of an address, or one transaction. May be "
    "given several times.",
)
@click.option(
    "--seeds",
    "seed_file",
    type=_path,
    help="A text file of seeds, one a line; what follows a # is left out.",
)
@click.option("--hops", default=1, type=click.IntRange(0, 100), help="How far to go.")
@click.option(
    "--forward",
    "direction",
    flag_value="forward",
    help="Follow outputs to the transactions that spend them.",
)
@click.option(
    "--backward",
    "direction",
    flag_value="backward",
    help="Follow inputs to the transactions they spend.",
)
@click.option(
    "--both", "direction", flag_value=_BOTH, default=_BOTH, help="Both; the default."
)
@click.option(
    "--max-tx",
    default=2_000,
    type=click.IntRange(1, 1_000_000),
    help="Keep at most so many transactions (2,000).",
)
@click.option(
    "--max-history",
    default=1_000,
    type=click.IntRange(1, 100_000),
    help="Do not go through addresses with more transactions than this (1,000): a "
    "service, whose other customers' money is not the seed's.",
)
@click.option(
    "--prove-inputs",
    is_flag=True,
    help="Fetch what made every input too, so that no value is taken on trust.",
)
@click.option("--cache", type=_path, help="Folder of answers; default: LEDGER.cache.")
@click.option("--offline", is_flag=True, help="Use the cache only; ask nobody.")
@click.option("--network", "network_name", help="Insist on a network: mainnet, …")
@click.option(
    "--rate",
    type=click.FloatRange(0, 1_000, min_open=True),
    help="Requests a second at most (4; no limit on this machine).",
)
@click.option(
    "--proxy", help="socks5://HOST:PORT, such as Tor's; for Esplora also http://…."
)
@click.option("--pin", help="For Electrum: SHA-256 of the one certificate to accept.")
@click.option(
    "--allow-plain", is_flag=True, help="Ask another machine without encryption."
)
@json_option
def fetch(ledger_path: Path, as_json: bool, **options: Any) -> None:  # noqa: ANN401, FBT001
    """Fetch transactions around seeds and build the partial LEDGER from them.

    For those without a node. Every transaction must hash to its name, and its
    Merkle proof must lead to a header with work; what has no proof is marked.
    Answers are kept in a cache: a run that was stopped goes on where it was,
    and a later one asks only for what may have changed.

    The server learns which addresses and transactions interest you.

    \b
    Example:
      dalil ledger fetch my-ledger --source esplora:https://HOST/api --seed ADDRESS
      dalil ledger fetch my-ledger --source electrum:HOST --seed TXID --hops 2 --forward
    """
    say_compiling()
    from dalil.ledger import Ledger
    from dalil.ledger.describe import describe_ledger
    from dalil.ledger.replace_saved import check_replaceable, replace_from_saved
    from dalil.sources.hops.spec import parse_source

    spec = parse_source(options["source"], allow_plain=options["allow_plain"])
    options["seeds"] = _seeds(options["seeds"], options["seed_file"])
    check_replaceable(ledger_path)
    tick = Ticker()
    collected = _collect(ledger_path, spec, options, tick)
    replace_from_saved(ledger_path, collected.saved)
    result = describe_ledger(Ledger.open(ledger_path)) | collected.counts()
    notes = [note.problem for note in collected.saved.notes]
    for note in notes:
        click.echo(f"note: {note}", err=True)
    result["notes"] = notes
    emit(result, as_json=as_json, text=lambda: _text(result))


def _seeds(given: tuple[str, ...], file: Path | None) -> list[str]:
    from dalil.errors import InputError, UsageError

    seeds = list(given)
    if file is not None:
        try:
            if file.stat().st_size > _MAX_SEED_FILE:
                raise InputError("a file of seeds is larger than 16 MiB", file)
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except OSError as error:
            raise InputError(f"cannot read it ({error.strerror})", file) from None
        except UnicodeDecodeError:
            raise InputError("a file of seeds is UTF-8 text", file) from None
        words = (line.partition("#")[0].strip() for line in lines)
        seeds += [word for word in words if word]
    if not seeds:
        raise UsageError("give a seed: --seed ADDRESS_OR_TXID, or --seeds FILE")
    return seeds


def _collect(
    ledger: Path, spec: SourceSpec, options: dict[str, Any], tick: Ticker
) -> Collected:
    from dalil.sources.hops.collect import collect
    from dalil.sources.hops.expand import Limits, read_seed
    from dalil.sources.hops.library import Library

    server, network, cache = _open(ledger, spec, options)
    try:
        seeds = [read_seed(network, text) for text in options["seeds"]]
        direction = options["direction"]
        limits = Limits(
            options["hops"],
            direction != "backward",
            direction != "forward",
            options["max_tx"],
        )
        library = Library(
            cache,
            server,
            network,
            most=options["max_history"],
            by_script=spec.kind == "electrum",
        )
        prove = options["prove_inputs"]
        return collect(library, seeds, limits, prove_inputs=prove, progress=tick)
    finally:
        cache.close()
        if server is not None:
            server.close()


def _open(
    ledger: Path, spec: SourceSpec, options: dict[str, Any]
) -> tuple[Server | None, Network, Cache]:
    from dalil.chains.bitcoin.networks import network_by_name
    from dalil.errors import NotFoundError
    from dalil.sources.hops.cache import Cache
    from dalil.sources.hops.opening import Manners, open_server

    folder = options["cache"] or ledger.with_name(f"{ledger.name}.cache")
    name = options["network_name"]
    insisted = network_by_name(name) if name else None
    chain = Cache.chain_of(folder)
    server = None
    if options["offline"]:
        if chain is None:
            raise NotFoundError("no cache here; run once without --offline", folder)
        network = network_by_name(chain)
    else:
        if not spec.local:
            click.echo(
                f"note: {spec.host} learns which addresses and transactions you ask "
                "for, and from where",
                err=True,
            )
        manners = Manners(options["rate"], options["proxy"], options["pin"])
        server, network = open_server(spec, manners, insisted)
    try:
        return server, network, Cache(folder, network.caip2, spec.key)
    except BaseException:
        if server is not None:
            server.close()
        raise


def _text(result: dict[str, Any]) -> str:
    rows = [
        f"{key:<19}{value if 'height' in key else format(value, ',')!s:>12}"
        for key, value in result.items()
        if isinstance(value, int) and not isinstance(value, bool)
    ]
    rows.append("partial: transactions around seeds; what is not here is not denied")
    rows.append(f"{'manifest_sha256':<19}{result['manifest_sha256']}")
    return "\n".join(rows)
