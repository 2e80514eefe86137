"""The tries over an Ethereum block's transactions, receipts and withdrawals.

Each maps the place in the block, in RLP, to an item. Nodes are written with
the `rlp` library; what checks a path has a reader of its own (`plain`), so the
one judges the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rlp

from dalil.chains.evm.address import keccak256
from dalil.chains.evm.plain import check_trie_proof, rlp_decode

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_trie_proof", "trie_proof", "trie_root"]

_LEAF = 0x20
_Entry = tuple[str, bytes]
"""Key in hex digits, and value."""


def trie_root(items: Sequence[bytes]) -> bytes:
    """Hash a block's items, in order, into the root its header holds.

    >>> trie_root([]).hex()[:8]
    '56e81f17'
    """
    return keccak256(_lay_out(items, {}))


def trie_proof(items: Sequence[bytes], index: int) -> list[bytes]:
    """List the nodes from the root to one item, for `check_trie_proof`.

    Raises
    ------
    IndexError
        If there is no such item.
    """
    if not 0 <= index < len(items):
        raise IndexError(index)
    nodes: dict[bytes, bytes] = {}
    encoded = _lay_out(items, nodes)
    path, proof = _key(index), [encoded]
    node: list[Any] = list(rlp_decode(encoded))
    while len(node) == 17 or node[0][0] < _LEAF:
        n_digits = 1 if len(node) == 17 else len(_digits(node[0]))
        link = node[int(path[0], 16)] if len(node) == 17 else node[1]
        path = path[n_digits:]
        if isinstance(link, bytes):
            proof.append(nodes[link])
            link = rlp_decode(nodes[link])
        node = list(link)
    return proof


def _digits(path: bytes) -> str:
    """Read what `_path` wrote."""
    written = path.hex()
    return written[1:] if written[0] in "13" else written[2:]


def _lay_out(items: Sequence[bytes], nodes: dict[bytes, bytes]) -> bytes:
    """Encode the root, filling `nodes` with what it and the rest link to."""
    entries = sorted((_key(i), item) for i, item in enumerate(items))
    return _encode(_node(entries, 0, nodes) if entries else b"")


def _node(entries: list[_Entry], at: int, nodes: dict[bytes, bytes]) -> list[Any]:
    """Lay out entries that agree in their first `at` digits.

    No key here is the beginning of another, so branches hold no values.
    """
    first, value = entries[0]
    if len(entries) == 1:
        return [_path(first[at:], 2), value]
    last, n_same = entries[-1][0], at
    while first[n_same] == last[n_same]:
        n_same += 1
    if n_same > at:
        below = _link(_node(entries, n_same, nodes), nodes)
        return [_path(first[at:n_same], 0), below]
    branch: list[Any] = []
    for digit in "0123456789abcdef":
        group = [entry for entry in entries if entry[0][at] == digit]
        branch.append(_link(_node(group, at + 1, nodes), nodes) if group else b"")
    return [*branch, b""]


def _link(node: list[Any], nodes: dict[bytes, bytes]) -> list[Any] | bytes:
    """Name a node by its hash; one shorter than a hash stands there itself."""
    encoded = _encode(node)
    if len(encoded) < 32:
        return node
    name = keccak256(encoded)
    nodes[name] = encoded
    return name


def _path(digits: str, flag: int) -> bytes:
    """Write digits so that their number's being odd shows; 2 marks a leaf."""
    odd = len(digits) % 2
    return bytes.fromhex(f"{flag + odd:x}" + ("" if odd else "0") + digits)


def _key(index: int) -> str:
    return _encode(index).hex()


def _encode(value: int | bytes | list[Any]) -> bytes:
    return bytes(rlp.encode(value))
