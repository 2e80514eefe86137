"""Electrum over TLS: signed by somebody trusted, or the one certificate that was named."""

from __future__ import annotations

import ssl
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dalil.chains.bitcoin.networks import REGTEST
from dalil.errors import SourceError
from dalil.sources.hops.opening import Manners, open_server
from dalil.sources.hops.spec import parse_source
from tests.sources.hops.servers import Electrum
from tests.sources.hops.world import make_town

if TYPE_CHECKING:
    from collections.abc import Iterator

EXERCISE = Path(__file__).with_name("exercise.pem")
"""A key and certificate for this machine, signed by nobody. EXERCISE / تمرين"""


def fingerprint() -> str:
    text = EXERCISE.read_text(encoding="ascii")
    certificate = text[text.index("-----BEGIN CERTIFICATE") :]
    return sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


@pytest.fixture(scope="module")
def server() -> Iterator[Electrum]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(EXERCISE)
    with Electrum(make_town().book, REGTEST) as running:
        inner = running.server
        plain = inner.get_request

        def wrapped() -> object:
            connection, address = plain()
            return context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            ), address

        inner.get_request = wrapped
        inner.handle_error = lambda *_: None  # a client that hangs up is no news
        yield running


def tip(server: Electrum, pin: str | None) -> int:
    spec = parse_source(f"{server.source}:s")
    opened, network = open_server(spec, Manners(pin=pin, timeout=5.0))
    try:
        assert network is REGTEST
        return opened.tip().height
    finally:
        opened.close()


def test_the_certificate_that_was_named_is_accepted(server: Electrum) -> None:
    with_colons = ":".join(fingerprint()[i : i + 2].upper() for i in range(0, 64, 2))
    for pin in (fingerprint(), with_colons):
        assert tip(server, pin) == server.book.tip


def test_one_signed_by_nobody_is_refused_with_the_way_out(server: Electrum) -> None:
    with pytest.raises(SourceError, match="--pin"):
        tip(server, None)


def test_another_than_the_one_named_is_refused(server: Electrum) -> None:
    with pytest.raises(SourceError, match="another certificate") as caught:
        tip(server, "ab" * 32)
    assert caught.value.value == fingerprint()
