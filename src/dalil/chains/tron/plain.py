"""TRON's proofs with the standard library alone, to be read and re-run.

From a transaction with its result to the hash of its block and to who signed
it. Nothing of Dalil is imported and Python 3.8 will do: a verifier carries this
file as it stands, with that of Ethereum's proofs for the signature. What does
not fit raises ValueError with the reason.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["check_branch", "check_tron"]

_MAX_BYTES, _MAX_FIELDS, _MAX_STEPS = 4_000_000, 10_000, 32
_MAX_SIGNATURES, _MAX_FOLLOWERS = 10, 100
_TRANSFER, _TRANSFER_ASSET, _TRIGGER = 1, 2, 31
_CALLS = {"a9059cbb": "transfer", "23b872dd": "transferFrom"}


def check_branch(root: bytes, leaf: bytes, branch: list[bytes]) -> bool:
    """Tell whether a serialised transaction is under a block's root.

    Parameters
    ----------
    root : bytes
        32 bytes.
    leaf : bytes
        The transaction with its signatures and result.
    branch : list of bytes
        From the leaf up, 33 bytes a step: 0 where the other hash stands on the
        left and 1 where on the right, then that hash. A hash without a
        neighbour goes up as it is, so such a step is not in the branch.
    """
    if len(leaf) == 64 or len(branch) > _MAX_STEPS:
        return False  # 64 bytes could be two hashes: a node posing as a leaf
    node = sha256(leaf).digest()
    for step in branch:
        if len(step) != 33 or step[0] > 1:
            return False
        pair = node + step[1:] if step[0] else step[1:] + node
        node = sha256(pair).digest()
    return node == root


def check_tron(
    proof: dict[str, Any],
    witnesses: dict[str, str],
    recover_signer: Callable[[bytes, bytes], bytes],
) -> dict[str, Any]:
    """Check that a transaction is in a block, and who signed the block.

    That the witnesses were those elected at the time is for whoever states
    them; logs are under no hash, so none is here. Some 30 ms for each signature.
    See docs/account-proofs.md.

    Parameters
    ----------
    proof : dict
        ``transaction``, ``header`` and ``witness_signature`` in hex, ``branch``
        a list of hex; ``followers``, if any, the blocks on top in order, each
        with its ``header`` and ``witness_signature``.
    witnesses : dict
        The stated set: account of each producer, and of the key it signs with,
        40 hex digits each. Mostly the two are one.
    recover_signer : callable
        From a digest and a signature to 20 bytes.
    """
    try:
        return _checked(proof, witnesses, recover_signer)
    except (AttributeError, LookupError, OverflowError, TypeError) as error:
        raise ValueError("a proof that lacks a part") from error


def _checked(
    proof: dict[str, Any],
    witnesses: dict[str, str],
    recover_signer: Callable[[bytes, bytes], bytes],
) -> dict[str, Any]:
    transaction, header = (
        bytes.fromhex(proof[name]) for name in ("transaction", "header")
    )
    branch = [bytes.fromhex(step) for step in proof["branch"]]
    told = _fields(header)
    if not check_branch(told[2][-1], transaction, branch):
        raise ValueError("the transaction is not under the block's root")
    name, witness = _produced(proof, witnesses, recover_signer)
    producers, last = {witness}, name
    on_top = proof.get("followers", [])
    if len(on_top) > _MAX_FOLLOWERS:
        raise ValueError("more blocks on top than there is reason to read")
    for block in on_top:
        above, by = _produced(block, witnesses, recover_signer)
        if _fields(bytes.fromhex(block["header"]))[3][-1] != last:
            raise ValueError("a block on top that does not follow the one below")
        producers, last = producers | {by}, above
    parts = _fields(transaction)
    [raw] = parts[1]
    return {
        "txid": sha256(raw).hexdigest(),
        "block_hash": name.hex(),
        "number": told[7][-1],
        "time": told[1][-1] // 1000,
        "witness": witness,
        "n_producers": len(producers),
        "success": _succeeded(parts),
        "signed_by": _signers(raw, parts.get(2, []), recover_signer),
        **_action(raw),
    }


def _produced(
    block: dict[str, Any],
    witnesses: dict[str, str],
    recover_signer: Callable[[bytes, bytes], bytes],
) -> tuple[bytes, str]:
    """Name a block, and the producer whose stated key signed it."""
    header = bytes.fromhex(block["header"])
    told, digest = _fields(header), sha256(header).digest()
    signer = recover_signer(digest, bytes.fromhex(block["witness_signature"])).hex()
    witness = _account(told[9][-1])
    if witnesses.get(witness) != signer:
        raise ValueError("the block is not signed by a stated witness")
    return told[7][-1].to_bytes(8, "big") + digest[8:], witness


def _signers(
    raw: bytes, signatures: list[bytes], recover_signer: Callable[[bytes, bytes], bytes]
) -> list[str]:
    """List whose keys signed; who may sign for an account is state, not here."""
    if len(signatures) > _MAX_SIGNATURES:
        raise ValueError("more signatures than an account has keys")
    found = []
    for signature in signatures:  # nodes read 65 bytes and pass over what follows
        try:
            found.append(recover_signer(sha256(raw).digest(), signature[:65]).hex())
        except ValueError:
            continue
    return found


def _succeeded(parts: dict[int, list[Any]]) -> bool:
    """Whether the result is SUCCESS; what ran no code may have none."""
    results = [_fields(result) for result in parts.get(5, [])]
    outcomes = [(it.get(2, [0])[-1], it.get(3, [0])[-1]) for it in results]
    return len(outcomes) == 1 and outcomes[0] in ((0, 0), (0, 1))


def _action(raw: bytes) -> dict[str, Any]:
    """Read who sends what to whom, where the transaction itself says so."""
    [contract] = _fields(raw)[11]
    parts = _fields(contract)
    kind = parts.get(1, [0])[-1]
    value = _fields(_fields(parts[2][-1])[2][-1])
    found: dict[str, Any] = {"kind": kind}
    if kind == _TRANSFER:
        found["from"], found["to"] = _account(value[1][-1]), _account(value[2][-1])
        found["amount"] = value.get(3, [0])[-1]
    elif kind == _TRANSFER_ASSET:
        found["from"], found["to"] = _account(value[2][-1]), _account(value[3][-1])
        found["asset"] = value[1][-1].decode("ascii")
        found["amount"] = value.get(4, [0])[-1]
    elif kind == _TRIGGER:
        found["caller"] = _account(value[1][-1])
        found["contract"] = _account(value[2][-1])
        found.update(_call(found["caller"], value.get(4, [b""])[-1]))
    return found


def _call(caller: str, data: bytes) -> dict[str, Any]:
    """Read a call to move tokens; what else is called says nothing here."""
    name = _CALLS.get(data[:4].hex())
    n_words = {"transfer": 2, "transferFrom": 3}.get(name or "", 9)
    if name is None or len(data) < 4 + 32 * n_words:
        return {}
    words = [data[4 + 32 * i : 36 + 32 * i] for i in range(n_words)]
    if any(any(word[:11]) or word[11] not in (0, 0x41) for word in words[:-1]):
        return {}
    parties = [word[12:].hex() for word in words[:-1]]
    sender, to = parties if name == "transferFrom" else (caller, parties[0])
    amount = int.from_bytes(words[-1], "big")
    return {"call": name, "from": sender, "to": to, "amount": amount}


def _account(address: bytes) -> str:
    if len(address) != 21 or address[:1] != b"\x41":
        raise ValueError("not an address of TRON")
    return address[1:].hex()


def _fields(message: bytes) -> dict[int, list[Any]]:
    """Read Protocol Buffers: every field's values, in order."""
    if not isinstance(message, bytes) or len(message) > _MAX_BYTES:
        raise ValueError("not a message, or longer than any block")
    found: dict[int, list[Any]] = {}
    at, n_fields = 0, 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind, n_fields = tag & 7, n_fields + 1
        if n_fields > _MAX_FIELDS or kind not in (0, 1, 2, 5):
            raise ValueError("too many fields, or one of no kind")
        value: Any
        if kind == 0:
            value, at = _varint(message, at)
        else:
            fixed = {1: 8, 5: 4}.get(kind)
            size, at = (fixed, at) if fixed else _varint(message, at)
            value, at = message[at : at + size], at + size
        if at > len(message):
            raise ValueError("a field longer than its message")
        found.setdefault(tag >> 3, []).append(value)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for i in range(10):
        if at + i >= len(message):
            raise ValueError("a message that ends inside a number")
        value |= (message[at + i] & 0x7F) << 7 * i
        if message[at + i] < 0x80:
            return value, at + i + 1
    raise ValueError("a number of more than 64 bits")
