"""Ethereum's proofs with the standard library alone, to be read and re-run.

Keccak-256, the signer of a digest, RLP, and from a receipt to the hash of its
block. Nothing of Dalil is imported and Python 3.8 will do: a verifier carries
this file as it stands. What does not fit raises ValueError with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Rlp = bytes | list[Any]
    _Point = tuple[int, int]

__all__ = [
    "check_ethereum",
    "check_trie_proof",
    "keccak256",
    "recover_signer",
    "rlp_decode",
    "rlp_encode",
]

_MASK = (1 << 64) - 1
_FIELD = 2**256 - 2**32 - 977
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_RECIPIENT = {0: 3, 1: 4, 2: 5, 3: 5, 4: 5}
"""Where it stands in transactions of each type (EIP-2718)."""
_MAX_RLP, _MAX_DEPTH, _MAX_NODES = 8_000_000, 8, 16


def keccak256(data: bytes) -> bytes:
    """Hash with Keccak-256; about a millisecond for each 136 bytes.

    >>> keccak256(b"").hex()[:16]
    'c5d2460186f7233c'
    """
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), 136):
        for i in range(17):
            at = start + 8 * i
            lanes[i] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def recover_signer(digest: bytes, signature: bytes) -> bytes:
    """Return the 20 bytes of the account whose key signed a 32-byte digest.

    The signature has 65 bytes: r, s, and 0 or 1 (or 27 or 28), which of two
    points it is. Takes some 30 ms.
    """
    if len(digest) != 32 or len(signature) != 65:
        raise ValueError("not a digest of 32 bytes and a signature of 65")
    r, s = (int.from_bytes(signature[i : i + 32], "big") for i in (0, 32))
    odd = signature[64] - 27 if signature[64] >= 27 else signature[64]
    if not (0 < r < _ORDER and 0 < s < _ORDER and odd in (0, 1)):
        raise ValueError("a signature out of range")
    square = (pow(r, 3, _FIELD) + 7) % _FIELD
    y = pow(square, (_FIELD + 1) // 4, _FIELD)
    if y * y % _FIELD != square:
        raise ValueError("a signature that names no point of the curve")
    point = (r, y if y % 2 == odd else _FIELD - y)
    inverse = pow(r, -1, _ORDER)
    minus = -int.from_bytes(digest, "big") * inverse % _ORDER
    key = _add(_multiply(point, s * inverse % _ORDER), _multiply(_G, minus))
    if key is None:
        raise ValueError("a signature that no key can have made")
    return keccak256(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:]


def rlp_decode(data: bytes) -> Rlp:
    """Read RLP into bytes and lists of them; only the one right encoding passes."""
    if len(data) > _MAX_RLP:
        raise ValueError("RLP longer than anything in a block")
    item, end = _item(data, 0, len(data), 0)
    if end != len(data):
        raise ValueError("bytes behind the end of RLP")
    return item


def rlp_encode(value: Rlp) -> bytes:
    """Write bytes and lists of them as RLP."""
    if isinstance(value, bytes):
        first, body = 0x80, value
        if len(body) == 1 and body[0] < 0x80:
            return body
    else:
        first, body = 0xC0, b"".join([rlp_encode(item) for item in value])
    if len(body) < 56:
        return bytes([first + len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([first + 55 + len(size)]) + size + body


def check_trie_proof(root: bytes, index: int, proof: list[bytes]) -> bytes:
    """Return what stands at a place in a block, from 0, under a root.

    The proof is the nodes from the root down, as they are hashed, none to spare.
    """
    if not 0 <= index < 1 << 32 or len(proof) > _MAX_NODES:
        raise ValueError("no place in a block, or a path longer than any")
    key = rlp_encode(index.to_bytes((index.bit_length() + 7) // 8, "big"))
    path, n_used, is_value = key.hex(), 0, False
    link: Rlp = root
    while not is_value:
        if isinstance(link, bytes):
            if n_used == len(proof) or keccak256(proof[n_used]) != link:
                raise ValueError("a node is missing from the path, or is another")
            link, n_used = rlp_decode(proof[n_used]), n_used + 1
        link, path, is_value = _step(link, path)
    if n_used != len(proof) or not isinstance(link, bytes) or not link:
        raise ValueError("nothing stands there, or the path goes on")
    return link


def check_ethereum(proof: dict[str, Any]) -> dict[str, Any]:
    """Check that a receipt is in a block, and return what both say.

    The block's hash comes out, not in: that it is a block of Ethereum is for
    whoever compares it with an anchor. See docs/account-proofs.md.

    `proof` holds ``header`` (hex), ``index``, ``receipt_proof`` (hex nodes), and
    ``transaction_proof`` for the transaction's hash, sender, recipient and value.
    """
    try:
        return _checked(proof)
    except (AttributeError, LookupError, OverflowError, TypeError) as error:
        raise ValueError("a proof that lacks a part") from error


def _checked(proof: dict[str, Any]) -> dict[str, Any]:
    header, index = bytes.fromhex(proof["header"]), proof["index"]
    fields = rlp_decode(header)
    flat = not any(isinstance(field, list) for field in fields)
    if isinstance(fields, bytes) or not flat or not 15 <= len(fields) <= 24:
        raise ValueError("not the header of a block")
    nodes = [bytes.fromhex(node) for node in proof["receipt_proof"]]
    status, logs = _receipt(check_trie_proof(fields[5], index, nodes))
    found = {
        "block_hash": keccak256(header).hex(),
        "number": int.from_bytes(fields[8], "big"),
        "time": int.from_bytes(fields[11], "big"),
        "status": status,
        "logs": logs,
    }
    if "transaction_proof" in proof:
        nodes = [bytes.fromhex(node) for node in proof["transaction_proof"]]
        found.update(_transaction(check_trie_proof(fields[4], index, nodes)))
    return found


def _transaction(data: bytes) -> dict[str, Any]:
    """Read hash, sender, recipient (empty: makes a contract) and value."""
    kind = data[0] if data[0] in _RECIPIENT else 0
    fields: list[Any] = list(rlp_decode(data[1:] if kind else data))
    to, value, v = (fields[i] for i in (_RECIPIENT[kind], _RECIPIENT[kind] + 1, -3))
    odd = int.from_bytes(v, "big")
    if kind:
        signed = bytes([kind]) + rlp_encode(fields[:-3])
    elif odd in (27, 28):
        signed = rlp_encode(fields[:6])
    else:
        chain = (odd - 35) // 2
        odd, name = (odd - 35) % 2, chain.to_bytes((chain.bit_length() + 7) // 8, "big")
        signed = rlp_encode([*fields[:6], name, b"", b""])
    signature = fields[-2].rjust(32, b"\0") + fields[-1].rjust(32, b"\0") + bytes([odd])
    return {
        "txid": keccak256(data).hex(),
        "from": recover_signer(keccak256(signed), signature).hex(),
        "to": to.hex(),
        "value": int.from_bytes(value, "big"),
    }


def _receipt(data: bytes) -> tuple[int | None, list[dict[str, Any]]]:
    """Read whether it took effect (None before 2017-10: not told), and its logs."""
    fields = rlp_decode(data[1:] if data[0] in (1, 2, 3, 4) else data)
    if not isinstance(fields, list) or len(fields) != 4:
        raise ValueError("not a receipt")
    status, _, _, logs = fields
    if status not in (b"", b"\x01") and len(status) != 32:
        raise ValueError("a receipt without a status")
    told = None if len(status) == 32 else len(status)
    return told, [_log(log) for log in logs]


def _log(log: list[Any]) -> dict[str, Any]:
    address, topics, data = log
    if len(address) != 20 or len(topics) > 4 or any(len(it) != 32 for it in topics):
        raise ValueError("not a log")
    words = [topic.hex() for topic in topics]
    return {"address": address.hex(), "topics": words, "data": data.hex()}


def _step(node: Rlp, path: str) -> tuple[Rlp, str, bool]:
    """Go one node down: the next link or the value, the path left, which it is."""
    if isinstance(node, list) and len(node) == 17:
        if not path:
            return node[16], "", True
        return _link(node[int(path[0], 16)]), path[1:], False
    if not isinstance(node, list) or len(node) != 2 or isinstance(node[0], list):
        raise ValueError("not a node of a trie")
    digits = node[0].hex()
    if digits[:1] not in ("0", "1", "2", "3") or (
        digits[0] in "02" and digits[1] != "0"
    ):
        raise ValueError("a node whose path is not one")
    part = digits[1:] if digits[0] in "13" else digits[2:]
    is_leaf = digits[0] in "23"
    if not path.startswith(part) or (is_leaf and path != part) or not (part or is_leaf):
        raise ValueError("the path leads elsewhere")
    return node[1] if is_leaf else _link(node[1]), path[len(part) :], is_leaf


def _link(link: Rlp) -> Rlp:
    if isinstance(link, bytes) and len(link) != 32:
        raise ValueError("nothing stands there")
    return link


def _item(data: bytes, at: int, end: int, depth: int) -> tuple[Rlp, int]:
    if at >= end or depth > _MAX_DEPTH:
        raise ValueError("RLP that is cut short or nested too deep")
    lead = data[at]
    if lead < 0x80:
        return data[at : at + 1], at + 1
    size, start = lead - (0xC0 if lead >= 0xC0 else 0x80), at + 1
    if size > 55:
        start += size - 55
        size = int.from_bytes(data[at + 1 : start], "big")
        if start > end or data[at + 1] == 0 or size < 56:
            raise ValueError("RLP with a length that is not one")
    stop = start + size
    if stop > end:
        raise ValueError("RLP longer than what holds it")
    if lead < 0xC0:
        if size == 1 and data[start] < 0x80:
            raise ValueError("RLP of a byte in more than a byte")
        return data[start:stop], stop
    items: list[Any] = []
    while start < stop:
        item, start = _item(data, start, stop, depth + 1)
        items.append(item)
    return items, stop


def _rotated(lane: int, n_bits: int) -> int:
    return (lane << n_bits % 64 | lane >> 64 - n_bits % 64) & _MASK


def _permute(a: list[int]) -> list[int]:
    """Run Keccak's 24 rounds over 5 x 5 lanes, lane (x, y) at x + 5 y."""
    register = 1
    for _ in range(24):
        sums = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        mixed = [sums[x - 1] ^ _rotated(sums[(x + 1) % 5], 1) for x in range(5)]
        a = [lane ^ mixed[i % 5] for i, lane in enumerate(a)]
        x, y, carried = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            place = x + 5 * y
            carried, a[place] = a[place], _rotated(carried, (t + 1) * (t + 2) // 2)
        a = [
            lane ^ (~a[i - i % 5 + (i + 1) % 5] & a[i - i % 5 + (i + 2) % 5])
            for i, lane in enumerate(a)
        ]
        for j in range(7):  # the round's constant, one bit of a register at a time
            register = (register << 1 ^ (register >> 7) * 0x171) & 0x1FF
            a[0] ^= (register >> 1 & 1) << (1 << j) - 1
    return a


def _add(a: _Point | None, b: _Point | None) -> _Point | None:
    """Add two points of the curve; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % _FIELD == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, _FIELD) % _FIELD
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, _FIELD) % _FIELD
    x = (slope * slope - a[0] - b[0]) % _FIELD
    return x, (slope * (a[0] - x) - a[1]) % _FIELD


def _multiply(point: _Point | None, times: int) -> _Point | None:
    found: _Point | None = None
    while times:
        found = _add(found, point) if times & 1 else found
        point, times = _add(point, point), times >> 1
    return found
