"""`dalil ledger follow`: keep a ledger at a node's tip."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dalil.cli.output import Ticker, json_option, memory_option, say_compiling

if TYPE_CHECKING:
    from dalil.ledger.following.group import Taken

__all__ = ["follow"]

_path = click.Path(path_type=Path)


@click.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.option(
    "--node", "url", required=True, metavar="URL", help="http://host:port of its RPC."
)
@click.option("--cookie", type=_path, help="The node's .cookie file.")
@click.option(
    "--user-file",
    type=_path,
    help="A file of one line, user:password. Without "
    "either, the variable DALIL_NODE_USER holds it.",
)
@click.option(
    "--zmq",
    multiple=True,
    metavar="ADDR",
    help="Where the node publishes rawblock, hashblock or sequence "
    "(tcp://host:port); may be given several times.",
)
@click.option(
    "--from-height",
    type=click.IntRange(0),
    metavar="N",
    help="Where a new ledger starts; default: the first block.",
)
@click.option("--stop-at", type=click.Choice(["tip"]), help="End when caught up.")
@click.option(
    "--poll",
    type=click.FloatRange(0.05, 3600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Ask the node at least so often.",
)
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Permit plain http and ZMQ to another machine.",
)
@memory_option
@json_option
def follow(
    ledger_path: Path,
    url: str,
    cookie: Path | None,
    user_file: Path | None,
    zmq: tuple[str, ...],
    from_height: int | None,
    stop_at: str | None,
    poll: float,
    allow_remote: bool,  # noqa: FBT001
    memory: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Bring LEDGER to a Bitcoin node's main chain, and keep it there.

    Prints a line for each commit (one JSON object a line with --json). Ctrl-C
    ends after the commit that is being made. Nothing is sent to the node but
    questions.

    \b
    Example:
      dalil ledger follow my-ledger --node http://127.0.0.1:8332 --cookie FILE
    """
    say_compiling()
    from dalil.ledger.following.follow import Follower
    from dalil.sources.node import Node, Notices, Patience, Rpc, node_access
    from dalil.units import parse_bytes

    access = node_access(
        url, cookie=cookie, user_file=user_file, allow_remote=allow_remote
    )
    stop, tick = threading.Event(), Ticker()
    notices = Notices(zmq, poll, stop, allow_remote=allow_remote)
    node = Node(Rpc(access, Patience(stop=stop, progress=tick)))
    _end_gently(stop)
    try:
        with Follower(
            ledger_path,
            node,
            from_height=from_height,
            memory=parse_bytes(memory),
            progress=tick,
        ) as follower:
            while not stop.is_set():
                for commit in follower.catch_up():
                    _say(commit, as_json=as_json)
                if stop_at:
                    return
                missed = notices.gaps
                follower.offer(notices.wait())
                if notices.gaps > missed:
                    click.echo("notices were missed; asking the node", err=True)
    finally:
        notices.close()


def _end_gently(stop: threading.Event) -> None:
    """Let the first Ctrl-C finish the commit; the second ends at once."""

    def handle(number: int, frame: object) -> None:
        del frame
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        if number == signal.SIGINT:
            click.echo("ending after this commit; once more to end now", err=True)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def _say(commit: Taken, *, as_json: bool) -> None:
    for note in commit.notes:
        click.echo(f"note: {note.file} at {note.offset}: {note.problem}", err=True)
    if as_json:
        row = {
            "height": commit.height,
            "hash": commit.hash,
            "added": commit.added,
            "rolled_back": commit.rolled_back,
        }
        click.echo(json.dumps(row))
        return
    back = f", {commit.rolled_back} taken back" if commit.rolled_back else ""
    where = "-" if commit.height is None else commit.height
    click.echo(f"{where} {commit.hash} +{commit.added}{back}")
