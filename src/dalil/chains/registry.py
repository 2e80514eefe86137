"""Every way to read a text as an address, over all the chains Dalil knows.

A text can fit several networks (``tb1…`` belongs to three) or none for sure
(``0x…`` is an address on every EVM chain). What cannot be told is not guessed:
such a reading names no `chain` but all the `chains` it may be of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dalil.chains import evm, tron
from dalil.chains.bitcoin.address import decode_anywhere, script_of
from dalil.chains.bitcoin.networks import NETWORKS
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = [
    "ANY_EVM",
    "Reading",
    "fits_chain",
    "other_forms",
    "read_address",
    "read_one",
]

ANY_EVM = "eip155:*"
"""Some EVM chain, untold which."""

Checksum = Literal["valid", "invalid", "none"]

_BITCOIN_CHAINS = tuple(network.caip2 for network in NETWORKS)
_LEGACY = re.compile(r"[123mn][0-9A-Za-z]{24,35}")
_TRON = re.compile(r"[Tt][0-9A-Za-z]{33}")
_NODE_HEX = re.compile(r"(0[xX])?41[0-9a-fA-F]{40}")
_SEGWIT = re.compile(r"(bc|tb|bcrt)1[0-9a-z]{6,86}", re.IGNORECASE)
_EVM = re.compile(r"0[xX][0-9a-fA-F]{38,42}")
_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text as an address."""

    chain: str | None
    """CAIP-2, or None where the text alone does not tell."""
    chains: tuple[str, ...]
    """All chains it may be of; ``eip155:*`` stands for every EVM chain."""
    form: str
    """``p2pkh``, ``p2wpkh``, … , ``evm``, ``tron``, ``tron-hex``; for a text that
    fails, the encoding it has the shape of: ``base58``, ``bech32``, …"""
    canonical: str
    """The one spelling Dalil stores; the text itself where it fails."""
    checksum: Checksum
    payload: bytes
    """The key, hash or program; empty where it fails."""
    reason: str = ""
    """Why it fails."""


def read_address(text: str) -> tuple[Reading, ...]:
    """Read `text` in every way that fits; nothing is stripped or repaired.

    Returns
    -------
    tuple of Reading
        Empty where the text has no address's shape. A reading whose checksum
        is ``invalid`` has the shape and fails; its `reason` says how. ``none``
        says that the form has no checksum, so nothing guards it from slips.

    Examples
    --------
    >>> [(r.form, r.checksum) for r in read_address("1111111111111111111114oLvT2")]
    [('p2pkh', 'valid')]
    >>> read_address("1111111111111111111114oLvT3")[0].reason
    'the base58check checksum does not fit'
    """
    return tuple(_readings(text))


def read_one(text: str) -> Reading:
    """Read `text` in the one way that passes.

    Raises
    ------
    AddressError
        If it has no address's shape, or fails; the message says why.
    """
    readings = read_address(text)
    if not readings:
        raise AddressError("not an address of any chain Dalil knows", text)
    if readings[0].checksum == "invalid":
        raise AddressError(readings[0].reason, text)
    return readings[0]


def fits_chain(chains: Collection[str], chain: str) -> bool:
    """Tell whether what may be of some chains can be of this one.

    >>> fits_chain(("eip155:*",), "eip155:1")
    True
    """
    return chain in chains or (chain.startswith("eip155:") and ANY_EVM in chains)


def other_forms(reading: Reading) -> dict[str, str]:
    """Spell the same account in the other ways it is met in.

    EVM and TRON share their 20 bytes: the spelling is the other chain's, the
    account there need not be the same person's. A Bitcoin address has its
    output script.

    >>> [reading] = read_address("410000000000000000000000000000000000000000")
    >>> other_forms(reading)["tron"]
    'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb'
    """
    if not reading.payload:
        return {}
    if reading.form in ("evm", "tron", "tron-hex"):
        return {
            "evm": evm.encode_address(reading.payload),
            "tron": tron.encode_address(reading.payload),
            "tron-hex": tron.hex_form(reading.payload),
        }
    return {
        "script": script_of(ScriptType[reading.form.upper()], reading.payload).hex()
    }


def _readings(text: str) -> Iterator[Reading]:
    if _NODE_HEX.fullmatch(text):
        yield _tron(text, "tron-hex")
    elif _TRON.fullmatch(text):
        on_testnet = _bitcoin(text, "bech32") if _SEGWIT.fullmatch(text) else None
        if on_testnet is not None and on_testnet.payload:
            yield on_testnet  # `tb1…` of just TRON's length
        else:
            yield _tron(text, "tron")
    elif _EVM.fullmatch(text):
        yield _evm(text)
    elif _SEGWIT.fullmatch(text):
        yield _bitcoin(text, "bech32")
    elif _LEGACY.fullmatch(text) and _DIGIT.search(text):
        yield _bitcoin(text, "base58")
    elif len(text) in (66, 130) and text[:2] in ("02", "03", "04", "06", "07"):
        reading = _bitcoin(text, "p2pk")
        if reading.payload:
            yield reading


def _bitcoin(text: str, shape: str) -> Reading:
    try:
        networks, kind, payload = decode_anywhere(text)
    except AddressError as error:
        return _failed(text, shape, _BITCOIN_CHAINS, error.message)
    chains = tuple(network.caip2 for network in networks)
    canonical = text if shape == "base58" else text.lower()
    checksum: Checksum = "none" if kind is ScriptType.P2PK else "valid"
    return Reading(_only(chains), chains, kind.label, canonical, checksum, payload)


def _tron(text: str, form: str) -> Reading:
    try:
        payload = tron.decode_address(text)
    except AddressError as error:
        return _failed(text, form, (tron.CAIP2,), error.message)
    checksum: Checksum = "valid" if form == "tron" else "none"
    canonical = tron.encode_address(payload)
    # Nothing in the text tells a test network: without more, the mainnet is meant.
    return Reading(tron.CAIP2, tron.NETWORKS, form, canonical, checksum, payload)


def _evm(text: str) -> Reading:
    try:
        payload = evm.decode_address(text)
    except AddressError as error:
        return _failed(text, "evm", (ANY_EVM,), error.message)
    verdict = evm.eip55_verdict(text)
    canonical = evm.encode_address(payload)
    return Reading(None, (ANY_EVM,), "evm", canonical, verdict, payload)


def _failed(text: str, form: str, chains: tuple[str, ...], reason: str) -> Reading:
    return Reading(_only(chains), chains, form, text, "invalid", b"", reason)


def _only(chains: tuple[str, ...]) -> str | None:
    return chains[0] if len(chains) == 1 and "*" not in chains[0] else None
