"""Keys and signatures for coins that are worth nothing, on purpose.

An exercise needs signatures that real consensus code accepts, by the hundred
thousand, and needs them to be the same on every run. Both follow from giving
up secrecy: every key of a world is ``base + i`` for a base that the public
seed decides, so the next public key is one point addition; and every
signature uses one nonce, so it is a single modular multiplication. Anyone can
compute these private keys. Never send a coin of value to an address made here.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

__all__ = ["KeyRing", "Signer", "public_point", "tagged_hash"]

_FIELD = 2**256 - 2**32 - 977
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_Point = tuple[int, int]
_G: _Point = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_BATCH = 512


class KeyRing:
    """An endless run of key pairs that a seed decides.

    Examples
    --------
    >>> secret, public = KeyRing(b"a seed")[7]
    >>> len(public)
    33
    >>> KeyRing(b"a seed")[7] == (secret, public)
    True
    """

    def __init__(self, seed: bytes) -> None:
        self._base = _scalar(b"dalil exercise keys " + seed)
        self._first = 0
        self._publics: list[bytes] = []
        self._anchor = _multiply(self._base)

    def __getitem__(self, index: int) -> tuple[int, bytes]:
        """Return the private key and the 33-byte public key at `index`.

        Costs about 6 µs when asked in ascending order; going back to an
        earlier batch costs a scalar multiplication more.
        """
        first = index - index % _BATCH
        if first != self._first or not self._publics:
            self._load(first)
        return (self._base + index) % _ORDER, self._publics[index - first]

    def _load(self, first: int) -> None:
        if self._publics and first == self._first + _BATCH:
            self._anchor = _add(self._anchor, _multiply(_BATCH))
        elif first != self._first:
            self._anchor = _multiply((self._base + first) % _ORDER)
        self._first = first
        self._publics = [_compress(self._anchor), *_neighbours(self._anchor)]


class Signer:
    """Signs with one fixed nonce: fast, repeatable, and without any secrecy.

    Signatures obey every consensus rule (strict DER, low s, BIP 340).
    """

    def __init__(self, seed: bytes) -> None:
        nonce = _scalar(b"dalil exercise nonce " + seed)
        x, y = _multiply(nonce)
        while x >> 255:  # a low r, as wallets grind for: signatures of 71 bytes
            nonce = (nonce + 1) % _ORDER
            x, y = _add((x, y), _G)
        self._r, self._odd = x, y % 2
        self._inverse = pow(nonce, -1, _ORDER)
        self._even_nonce = nonce if y % 2 == 0 else _ORDER - nonce
        self._der_r = _der_integer(x)

    def ecdsa(self, secret: int, digest: bytes) -> bytes:
        """Return a DER signature with the SIGHASH_ALL byte over a 32-byte digest."""
        s = (int.from_bytes(digest, "big") + self._r * secret) * self._inverse % _ORDER
        s = min(s, _ORDER - s)
        body = self._der_r + _der_integer(s)
        return b"\x30" + bytes([len(body)]) + body + b"\x01"

    def recoverable(self, secret: int, digest: bytes) -> bytes:
        """Return r, s and a byte that tells the public key from them: 65 bytes."""
        s = (int.from_bytes(digest, "big") + self._r * secret) * self._inverse % _ORDER
        low = min(s, _ORDER - s)
        odd = self._odd ^ (low != s)
        return self._r.to_bytes(32, "big") + low.to_bytes(32, "big") + bytes([odd])

    def schnorr(self, secret: int, public: bytes, digest: bytes) -> bytes:
        """Return a 64-byte BIP 340 signature; `public` is the 33-byte form."""
        even = secret if public[0] == 2 else _ORDER - secret
        r = self._r.to_bytes(32, "big")
        challenge = tagged_hash(b"BIP0340/challenge", r + public[1:] + digest)
        s = (self._even_nonce + int.from_bytes(challenge, "big") * even) % _ORDER
        return r + s.to_bytes(32, "big")


def public_point(secret: int) -> bytes:
    """Return a public key's two coordinates, 64 bytes."""
    x, y = _multiply(secret)
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def tagged_hash(tag: bytes, data: bytes) -> bytes:
    """Hash as BIP 340 does, so that hashes for different ends cannot meet."""
    prefix = sha256(tag).digest()
    return sha256(prefix + prefix + data).digest()


def _scalar(text: bytes) -> int:
    return int.from_bytes(sha256(text).digest(), "big") % (_ORDER - 1) + 1


def _add(a: _Point, b: _Point) -> _Point:
    """Add two points that differ in x; batches never meet the other cases."""
    slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, _FIELD) % _FIELD
    return _chord(a, b, slope)


def _chord(a: _Point, b: _Point, slope: int) -> _Point:
    x = (slope * slope - a[0] - b[0]) % _FIELD
    return x, (slope * (a[0] - x) - a[1]) % _FIELD


def _double(a: _Point) -> _Point:
    slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, _FIELD) % _FIELD
    return _chord(a, a, slope)


@cache
def _multiply(scalar: int) -> _Point:
    """Multiply the generator; milliseconds, so only for a batch's first key."""
    result: _Point | None = None
    addend = _G
    while scalar:
        if scalar & 1:
            result = addend if result is None else _add(result, addend)
        addend = _double(addend)
        scalar >>= 1
    assert result is not None
    return result


@cache
def _steps() -> tuple[_Point, ...]:
    """Return 1·G, 2·G … up to one less than a batch."""
    points = [_G, _double(_G)]
    while len(points) < _BATCH - 1:
        points.append(_add(points[-1], _G))
    return tuple(points)


def _neighbours(anchor: _Point) -> list[bytes]:
    """Return `anchor` plus each step, with one inversion for all of them."""
    steps = _steps()
    running, products = 1, []
    for step in steps:
        products.append(running)
        running = running * (step[0] - anchor[0]) % _FIELD
    inverse = pow(running, -1, _FIELD)
    found: list[bytes] = []
    for step, before in zip(reversed(steps), reversed(products), strict=True):
        slope = (step[1] - anchor[1]) * inverse * before % _FIELD
        inverse = inverse * (step[0] - anchor[0]) % _FIELD
        found.append(_compress(_chord(anchor, step, slope)))
    return found[::-1]


def _compress(point: _Point) -> bytes:
    return bytes([2 + point[1] % 2]) + point[0].to_bytes(32, "big")


def _der_integer(value: int) -> bytes:
    body = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(body)]) + body
