"""``KIND:PLACE`` as people write it, to a source of an account chain."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from dalil.chains import tron
from dalil.errors import UsageError
from dalil.sources.accounts.place import node_place

if TYPE_CHECKING:
    from dalil.sources.accounts.report import AccountSource

__all__ = ["SPECS", "is_account_spec", "open_source"]

SPECS = ("csv", "jsonl", "parquet", "tronscan-csv", "rpc", "tron", "tron-json")
"""What a source of an account chain may begin with."""
_CHAIN = re.compile(r"eip155:[1-9][0-9]{0,18}")


class _Stretch(TypedDict, total=False):
    """Which blocks are wanted; every source takes these."""

    first: int | None
    last: int | None


def is_account_spec(spec: str) -> bool:
    """Tell whether a source is one of these, by what it begins with."""
    return spec.partition(":")[0] in SPECS


def open_source(
    spec: str,
    *more: str,
    chain: str | None = None,
    token: str | None = None,
    traces: bool = False,
    allow_plain: bool = False,
    **stretch: Unpack[_Stretch],
) -> AccountSource:
    """Open a source; nothing is read, and nobody asked, before its batches are.

    Parameters
    ----------
    spec : str
        ``csv:``, ``jsonl:`` or ``parquet:`` and a file or folder of the public
        `crypto_ethereum` schema; ``tronscan-csv:`` and an export of Tronscan's
        or Etherscan's kind; ``tron-json:`` and saved answers of a TRON node;
        ``rpc:URL`` or ``tron:URL`` and a node.
    *more : str
        Further files or folders, for kinds that read files.
    chain : str, optional
        CAIP-2. Nodes are held to it; of files it is what they are taken for,
        by default Ethereum, or TRON where they spell addresses its way.
    first, last : int, optional
        Blocks, both included. A node is asked up to its newest by default.
    token : str, optional
        Of a node, only this contract's logs; much faster, and silent on all
        else. A name as `dalil.chains.tokens.parse_token` reads it.
    traces : bool
        Ask a node for internal transfers too, which are its word only.
    allow_plain : bool
        Let questions travel unencrypted to another machine.

    Raises
    ------
    UsageError
        If the text has another form, or options do not fit it.
    InputError
        If a file is not there.
    """
    kind, colon, place = spec.partition(":")
    if kind not in SPECS or not colon or not place:
        raise UsageError(
            f"a source is one of {', '.join(SPECS)}, a colon, a place", spec
        )
    _check(chain, stretch)
    if (token or traces) and kind not in ("rpc", "tron"):
        raise UsageError("only a node is asked for a token or for traces", spec)
    paths = [Path(place), *(Path(each) for each in more)]
    if kind in ("csv", "jsonl", "parquet"):
        from dalil.sources.accounts.exports import open_export

        return open_export(kind, paths, chain=chain, **stretch)
    if kind == "tron-json":
        from dalil.sources.accounts.tronfiles import TronFiles

        return TronFiles(paths, _on_tron(chain), **stretch)
    if kind == "tronscan-csv":
        from dalil.sources.accounts.explorer import ExplorerFiles

        return ExplorerFiles(paths, chain, **stretch)
    if more:
        raise UsageError("one node is asked at a time", more[0])
    where = node_place(place, allow_plain=allow_plain)
    if kind == "rpc" and token is not None:
        from dalil.sources.accounts.evmtoken import EvmToken

        return EvmToken(where, token, chain=chain, **stretch)
    if kind == "rpc":
        from dalil.sources.accounts.evmnode import EvmNode

        return EvmNode(where, chain=chain, traces=traces, **stretch)
    if token or traces:
        raise UsageError("ask a TRON node for one token by rpc: (its /jsonrpc)", spec)
    from dalil.sources.accounts.tronnode import TronNode

    return TronNode(where, chain=_on_tron(chain), **stretch)


def _check(chain: str | None, stretch: _Stretch) -> None:
    if chain is not None and chain not in tron.NETWORKS and not _CHAIN.fullmatch(chain):
        raise UsageError("not an account chain (CAIP-2)", chain)
    first, last = stretch.get("first"), stretch.get("last")
    if first is not None and last is not None and first > last:
        raise UsageError("the first block is behind the last", f"{first} > {last}")


def _on_tron(chain: str | None) -> str:
    if chain is not None and chain not in tron.NETWORKS:
        raise UsageError("not a network of TRON", chain)
    return chain or tron.CAIP2
