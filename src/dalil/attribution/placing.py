"""From what a file prints as address and currency to the account it means.

Nothing is repaired. Space around an address is taken off, and said; an
address of a chain that Dalil can check is refused where it fails; one of any
other chain is kept as printed and matches no ledger.
"""

from __future__ import annotations

from dataclasses import dataclass

from dalil.chains import tron
from dalil.chains.bitcoin.networks import MAINNET
from dalil.chains.registry import ANY_EVM, Reading, read_address

__all__ = ["Placed", "place"]

_BITCOIN = frozenset({"BTC", "XBT", "OMNI"})
_TRON = frozenset({"TRX", "TRON"})
_MANY_CHAINS = frozenset({"USDT", "USDC"})
_EVM_CHAIN = {
    "ETH": "eip155:1",
    "BSC": "eip155:56",
    "BEP20": "eip155:56",
    "ETC": "eip155:61",
    "MATIC": "eip155:137",
    "FTM": "eip155:250",
    "ARB": "eip155:42161",
    "AVAX": "eip155:43114",
}
_BASE58_ELSEWHERE = frozenset(
    {"BCH", "BSV", "BTG", "DASH", "DOGE", "LTC", "SOL", "XMR", "XRP", "XVG", "ZEC"}
)
"""Chains without a codec here whose addresses need their letters' case."""
_ONE_CASE_STARTS = ("ltc1", "bitcoincash:", "q", "p", "zs1", "u1", "bitcoin")


@dataclass(frozen=True, slots=True)
class Placed:
    """An address as a tag stores it, and what was remarkable about it."""

    address: str
    chain: str | None = None
    chains: tuple[str, ...] = ()
    checksum: str = "unchecked"
    problem: tuple[str, str] | None = None
    """Class and sentence; see `Problem`."""
    refused: bool = False


def place(printed: str, currency: str | None) -> Placed:
    """Find the account that `printed` names on the chain of `currency`.

    Parameters
    ----------
    printed : str
        As it stands in the file.
    currency : str, optional
        A ticker such as ``BTC`` or ``XBT``; None where the file names none, and
        the address itself has to tell.

    Examples
    --------
    >>> place("1111111111111111111114oLvT2 ", "XBT").problem
    ('trimmed', 'space around the address was taken off')
    >>> place("1111111111111111111114oLvT3", "XBT").refused
    True
    """
    text = printed.strip()
    placed = _place(text, currency.strip().upper() if currency else None)
    if text != printed and placed.problem is None:
        said = ("trimmed", "space around the address was taken off")
        return Placed(
            placed.address, placed.chain, placed.chains, placed.checksum, said
        )
    return placed


def _place(text: str, ticker: str | None) -> Placed:
    if not text:
        return _refuse(text, "no_address", "no address stands here")
    readings = read_address(text)
    reading = readings[0] if readings else None
    if ticker is None or ticker in _BITCOIN | _TRON or ticker in _EVM_CHAIN:
        return _checkable(text, ticker, reading)
    if reading is not None and reading.checksum == "invalid":
        if ticker in _MANY_CHAINS:
            return _checkable(text, ticker, reading)
    elif reading is not None:
        placed = _on_a_token_chain(ticker, reading)
        if placed is not None:
            return placed
    return _unchecked(text, ticker)


def _checkable(text: str, ticker: str | None, reading: Reading | None) -> Placed:
    on = f" on {ticker}'s chain" if ticker else " on any chain Dalil knows"
    if reading is None:
        if ticker in _EVM_CHAIN and not text.startswith("0x"):
            return _unchecked(text, ticker)  # AVAX has address forms besides EVM's
        return _refuse(text, "no_address", f"not an address{on}")
    if reading.checksum == "invalid":
        if text == text.lower() and reading.form in ("base58", "tron"):
            return _refuse(
                text, "case_lost", "base58 in lower case: the capitals are lost"
            )
        return _refuse(text, "bad_checksum", reading.reason)
    if _fits(ticker, reading):
        return _keep(reading, _EVM_CHAIN.get(ticker or ""))
    chains = " or ".join(reading.chains)
    said = ("other_chain", f"an address of {chains}, though the file says {ticker}")
    return _keep(reading, None, said)


def _fits(ticker: str | None, reading: Reading) -> bool:
    if ticker is None:
        return True
    if ticker in _EVM_CHAIN:
        return reading.form == "evm"
    if ticker in _TRON:
        return reading.chain == tron.CAIP2
    return reading.form not in ("evm", "tron", "tron-hex")


def _on_a_token_chain(ticker: str, reading: Reading) -> Placed | None:
    """Go by the form where no other chain shares it: a token's ticker names none."""
    if reading.form in ("evm", "tron", "tron-hex"):
        return _keep(reading, None)
    if ticker in _MANY_CHAINS and reading.chain == MAINNET.caip2:
        return _keep(reading, None)
    return None


def _keep(
    reading: Reading, chain: str | None, said: tuple[str, str] | None = None
) -> Placed:
    if chain is not None and ANY_EVM in reading.chains:
        return Placed(reading.canonical, chain, (chain,), reading.checksum, said)
    return Placed(
        reading.canonical, reading.chain, reading.chains, reading.checksum, said
    )


def _unchecked(text: str, ticker: str) -> Placed:
    lost = text == text.lower() and not text.startswith(_ONE_CASE_STARTS)
    if ticker in _BASE58_ELSEWHERE and lost and not _is_hex(text):
        return _refuse(text, "case_lost", "base58 in lower case: the capitals are lost")
    what = f"kept as printed: Dalil cannot check addresses of {ticker}"
    return Placed(text, problem=("unchecked", what))


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)


def _refuse(text: str, kind: str, what: str) -> Placed:
    return Placed(text, problem=(kind, what), refused=True)
