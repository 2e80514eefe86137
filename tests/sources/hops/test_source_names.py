"""Sources as people write them: read one way only, refused with the reason."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.errors import DalilError, UsageError
from dalil.sources.hops.opening import Manners, open_server
from dalil.sources.hops.spec import SourceSpec, parse_source


@dataclass(frozen=True)
class Good:
    text: str
    url_or_host: str
    port: int
    tls: bool
    local: bool = False


GOOD = [
    Good("esplora:https://a.example", "https://a.example:443", 443, True),
    Good("esplora:https://a.example/api/", "https://a.example:443/api", 443, True),
    Good(
        "esplora:https://a.example:8443/x/api",
        "https://a.example:8443/x/api",
        8443,
        True,
    ),
    Good("esplora:http://127.0.0.1:3002", "http://127.0.0.1:3002", 3002, False, True),
    Good("esplora:http://[::1]:3002/api", "http://[::1]:3002/api", 3002, False, True),
    Good("electrum:a.example", "a.example", 50002, True),
    Good("electrum:a.example:443", "a.example", 443, True),
    Good("electrum:a.example:50002:s", "a.example", 50002, True),
    Good("electrum:a.example:s", "a.example", 50002, True),
    Good("electrum:localhost", "localhost", 50001, False, True),
    Good("electrum:127.0.0.1:50002:s", "127.0.0.1", 50002, True, True),
    Good("electrum:[::1]:50001:t", "::1", 50001, False, True),
]


@pytest.mark.parametrize("good", GOOD, ids=lambda good: good.text)
def test_reads(good: Good) -> None:
    spec = parse_source(good.text)
    named = spec.url if spec.kind == "esplora" else spec.host
    assert (named, spec.port, spec.tls) == (good.url_or_host, good.port, good.tls)
    assert spec.local is good.local


BAD = {
    "": "esplora:URL or electrum:HOST",
    "esplora:": "esplora:URL or electrum:HOST",
    "https://a.example": "esplora:URL or electrum:HOST",
    "esplora:a.example/api": "takes an https:// URL",
    "esplora:ftp://a.example": "takes an https:// URL",
    "esplora:https://": "takes an https:// URL",
    "esplora:https://me:secret@a.example": "no user, query or fragment",
    "esplora:https://a.example/?key=1": "no user, query or fragment",
    "esplora:https://a.example:99999": "not a URL",
    "esplora:https://[::1": "not a URL",
    "esplora:http://a.example": "everyone on the way",
    "electrum:a.example:50001:t": "everyone on the way",
    "electrum:a.example:0": "1 to 65535",
    "electrum:a.example:70000:s": "1 to 65535",
    "electrum:a.example:5:s:s": "HOST[:PORT][:s]",
    "electrum:a.example/x": "HOST[:PORT][:s]",
    "electrum::50001": "HOST[:PORT][:s]",
    "electrum:" + "a" * 254: "too long",
    "electrum:a b": "HOST[:PORT][:s]",
    "electrum:a.example:x": "HOST[:PORT][:s]",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text or "nothing")
def test_refuses(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_source(text)
    assert BAD[text] in caught.value.message


def test_a_hidden_service_needs_no_tls_but_a_proxy() -> None:
    spec = parse_source("electrum:abc.onion:50001:t")
    assert not spec.tls
    with pytest.raises(UsageError, match="--proxy"):
        open_server(spec, Manners())


def test_plain_with_leave() -> None:
    assert not parse_source("esplora:http://a.example", allow_plain=True).tls
    assert parse_source("electrum:a.example:t", allow_plain=True).port == 50001


@given(
    st.text(max_size=40),
    st.sampled_from(["", "esplora:", "electrum:", "esplora:https://"]),
)
def test_any_text_is_read_or_refused(text: str, before: str) -> None:
    try:
        spec = parse_source(before + text)
    except DalilError:
        return
    assert isinstance(spec, SourceSpec)
    assert spec.tls or spec.local or spec.host.endswith(".onion")
    assert spec.url.isascii()


def test_servers_keep_their_words_apart() -> None:
    texts = [good.text for good in GOOD]
    specs = {parse_source(text) for text in texts}
    places = {(spec.kind, spec.host, spec.port, spec.path) for spec in specs}
    assert len({spec.key for spec in specs}) == len(places)


def test_without_httpx_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['httpx'] = None\n"
        "from dalil.cli import main\n"
        "main(['ledger', 'fetch', 'x', '--source', 'esplora:http://127.0.0.1:9', "
        "'--seed', 'y'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "dalil[network]" in done.stderr
    assert "Traceback" not in done.stderr
