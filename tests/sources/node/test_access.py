"""Where a node may be, and where its password may not be."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from dalil.errors import NodeError, UsageError
from dalil.sources.node.access import USER_VARIABLE, node_access

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://127.0.0.1:18443", "http://127.0.0.1:18443"),
        ("http://localhost", "http://localhost:8332"),
        ("http://127.8.9.1:1/", "http://127.8.9.1:1"),
        ("http://[::1]:8332", "http://[::1]:8332"),
        ("https://node.example:443", "https://node.example:443"),
    ],
)
def test_reads_addresses(url: str, name: str) -> None:
    assert node_access(url).name == name


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param(
            "http://10.0.0.1:8332", "shows the password", id="another machine"
        ),
        pytest.param("http://node.example", "shows the password", id="another's name"),
        pytest.param("http://127.0.0.1.example", "shows", id="a name like loopback"),
        pytest.param("http://me:pw@127.0.0.1", "command line", id="a password"),
        pytest.param("http://me@127.0.0.1", "command line", id="a user"),
        pytest.param("ftp://127.0.0.1", "not a node's URL", id="another protocol"),
        pytest.param("127.0.0.1:8332", "not a node's URL", id="no protocol"),
        pytest.param("http://127.0.0.1:99999", "not a node's URL", id="no port"),
        pytest.param("http://127.0.0.1/wallet", "not a node's URL", id="a path"),
        pytest.param("http://[::1", "not a node's URL", id="half an address"),
        pytest.param("", "not a node's URL", id="nothing"),
    ],
)
def test_refuses(url: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as refusal:
        node_access(url)
    assert "pw" not in str(refusal.value)


def test_another_machine_only_knowingly() -> None:
    assert node_access("http://10.0.0.1", allow_remote=True).host == "10.0.0.1"


def test_credentials_are_read_anew_each_time(tmp_path: Path) -> None:
    cookie = tmp_path / ".cookie"
    access = node_access("http://127.0.0.1", cookie=cookie)
    for secret in ("__cookie__:one", "__cookie__:two"):
        cookie.write_text(secret)
        told = access.authorization().removeprefix("Basic ")
        assert base64.b64decode(told).decode() == secret
    cookie.unlink()
    with pytest.raises(NodeError, match="is the node running") as refusal:
        access.authorization()
    assert refusal.value.kind == "unreachable"


def test_without_a_file_the_environment_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USER_VARIABLE, "me:my:word")
    told = node_access("http://127.0.0.1").authorization()
    assert base64.b64decode(told.split()[1]) == b"me:my:word"
    monkeypatch.delenv(USER_VARIABLE)
    with pytest.raises(NodeError, match=USER_VARIABLE):
        node_access("http://127.0.0.1").authorization()


@pytest.mark.parametrize(
    "content",
    [b"", b"nocolon", b"a:b\nc:d", b"\xff\xfe:x", b"a:" + b"b" * 5000],
    ids=["empty", "no colon", "two lines", "no text", "a file of another kind"],
)
def test_a_file_without_credentials_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "user"
    file.write_bytes(content)
    with pytest.raises(NodeError, match="user:password") as refusal:
        node_access("http://127.0.0.1", user_file=file).authorization()
    assert refusal.value.kind == "refused"


def test_one_file_or_the_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not both"):
        node_access("http://127.0.0.1", cookie=tmp_path, user_file=tmp_path)
