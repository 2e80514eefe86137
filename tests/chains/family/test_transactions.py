"""Transactions of each chain, whole and spoilt, as a plain reader reads them."""

from __future__ import annotations

import random
import struct
from hashlib import blake2b

import numpy as np
import pytest

from dalil.chains.bitcoin.family.kernels.blake2b import (
    begin_hash,
    end_hash,
    make_hash,
    take_bytes,
)
from dalil.chains.bitcoin.family.pools import into_pools
from dalil.chains.bitcoin.family.txid import txid_of
from dalil.chains.bitcoin.networks import Form
from dalil.chains.bitcoin.wire import skim_tx
from tests.chains.family.plain import read_plain
from tests.chains.family.writer import HogEx, Tx, TxV5, count, pushed

SPENT = [(b"\x21" * 32, 3), (b"\x22" * 32, 0)]
PAID = [(5, b"\x51"), (6, b"\x76\xa9\x14" + b"\x07" * 20 + b"\x88\xac")]


def zcash(version: int, group: int, tail: bytes) -> Tx:
    head = struct.pack("<I", group) if group else b""
    return Tx(SPENT, PAID, b"s", version | (0x80000000 if group else 0), 7, tail, head)


def sapling_v5(rng: random.Random, spends: int, made: int) -> tuple[bytes, bytes]:
    """Sapling's part of version 5, and its digest by the letter of ZIP 244."""
    s = [[rng.randbytes(32) for _ in range(3)] for _ in range(spends)]
    o = [[*(rng.randbytes(32) for _ in range(3)), rng.randbytes(580), rng.randbytes(80)] for _ in range(made)]  # fmt: skip
    balance, anchor = rng.randbytes(8), rng.randbytes(32)
    raw = count(spends) + b"".join(b"".join(x) for x in s)
    raw += count(made) + b"".join(b"".join(x) for x in o)
    if not spends + made:
        return raw, named(b"ZTxIdSaplingHash", b"")
    raw += balance + (anchor if spends else b"")
    raw += rng.randbytes(spends * 256 + made * 192 + 64)
    spent = b"".join(
        (
            named(b"ZTxIdSSpendCHash", b"".join(nullifier for _, nullifier, _ in s)),
            named(b"ZTxIdSSpendNHash", b"".join(cv + anchor + rk for cv, _, rk in s)),
        )
    )
    new = b"".join(
        (
            named(b"ZTxIdSOutC__Hash", b"".join(cmu + key + enc[:52] for _, cmu, key, enc, _ in o)),
            named(b"ZTxIdSOutM__Hash", b"".join(enc[52:564] for *_, enc, _ in o)),
            named(b"ZTxIdSOutN__Hash", b"".join(cv + enc[564:] + out for cv, _, _, enc, out in o)),
        )
    )  # fmt: skip
    digest = named(b"ZTxIdSSpendsHash", spent if spends else b"")
    digest += named(b"ZTxIdSOutputHash", new if made else b"")
    return raw, named(b"ZTxIdSaplingHash", digest + balance)


def orchard(rng: random.Random, n: int) -> tuple[bytes, bytes]:
    a = [[*(rng.randbytes(32) for _ in range(5)), rng.randbytes(580), rng.randbytes(80)] for _ in range(n)]  # fmt: skip
    if not n:
        return b"\x00", named(b"ZTxIdOrchardHash", b"")
    tail = rng.randbytes(1 + 8 + 32)
    raw = count(n) + b"".join(b"".join(x) for x in a) + tail
    raw += pushed(rng.randbytes(2720)) + rng.randbytes(64 * n + 64)
    digest = (
        named(b"ZTxIdOrcActCHash", b"".join(x[1] + x[3] + x[4] + x[5][:52] for x in a))
        + named(b"ZTxIdOrcActMHash", b"".join(x[5][52:564] for x in a))
        + named(b"ZTxIdOrcActNHash", b"".join(x[0] + x[2] + x[5][564:] + x[6] for x in a))
    )  # fmt: skip
    return raw, named(b"ZTxIdOrchardHash", digest + tail)


def named(name: bytes, raw: bytes) -> bytes:
    return blake2b(raw, digest_size=32, person=name).digest()


def v5(spends: int, made: int, actions: int) -> TxV5:
    rng = random.Random(spends * 100 + made * 10 + actions)
    one, first = sapling_v5(rng, spends, made)
    two, second = orchard(rng, actions)
    return TxV5(SPENT, PAID, b"s", shielded=one + two, digests=(first, second))


JOIN = b"\x0c"
WHOLE = {
    "litecoin, plain": (Form.LITECOIN, Tx(SPENT, PAID, b"sig")),
    "litecoin, a HogEx": (Form.LITECOIN, HogEx(SPENT, PAID)),
    "litecoin, the first HogEx": (Form.LITECOIN, HogEx([], PAID)),
    "bitcoin cash": (Form.BITCOIN_CASH, Tx(SPENT, PAID, b"sig")),
    "dash, plain": (Form.DASH, Tx(SPENT, PAID, b"sig")),
    "dash, a masternode": (Form.DASH, Tx(SPENT, PAID, version=3 | 1 << 16, tail=b"\x03abc")),
    "dash, a quorum": (Form.DASH, Tx([], [], version=3 | 6 << 16, tail=b"\xfd\x2c\x01" + bytes(300))),
    "dash, credits paid out": (Form.DASH, Tx([], PAID, version=3 | 9 << 16, tail=b"\x02ab")),
    "zcash 1": (Form.ZCASH, zcash(1, 0, b"")),
    "zcash 2": (Form.ZCASH, zcash(2, 0, b"\x01" + JOIN * 1802 + bytes(96))),
    "zcash 3": (Form.ZCASH, zcash(3, 0x03C48270, bytes(4) + b"\x00")),
    "zcash 4": (Form.ZCASH, zcash(4, 0x892F2085, bytes(12) + b"\x01" + bytes(384) + b"\x01" + bytes(948) + b"\x01" + JOIN * 1698 + bytes(96) + bytes(64))),
    "zcash 5, transparent": (Form.ZCASH, v5(0, 0, 0)),
    "zcash 5, only out of Sapling": (Form.ZCASH, v5(2, 0, 0)),
    "zcash 5, only into Sapling": (Form.ZCASH, v5(0, 3, 0)),
    "zcash 5, within Sapling": (Form.ZCASH, v5(1, 2, 0)),
    "zcash 5, Orchard": (Form.ZCASH, v5(0, 0, 2)),
    "zcash 5, everything": (Form.ZCASH, v5(2, 2, 3)),
}  # fmt: skip


@pytest.mark.parametrize(("form", "tx"), WHOLE.values(), ids=list(WHOLE))
def test_a_whole_transaction_has_its_id(form: Form, tx: Tx) -> None:
    assert txid_of(tx.raw, form) == tx.txid
    plain = read_plain(tx.raw + b"more", form)
    assert plain is not None
    assert plain.end == len(tx.raw)
    assert plain.txid in (None, tx.txid)


@pytest.mark.parametrize(("form", "tx"), WHOLE.values(), ids=list(WHOLE))
def test_spoilt_bytes_are_read_as_the_plain_reader_reads_them(
    form: Form, tx: Tx
) -> None:
    rng, taken = random.Random(len(tx.raw)), {True: 0, False: 0}
    for _ in range(700):
        raw = bytearray(tx.raw + b"\x00" * 8)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(min(len(raw), rng.choice([60, 300, 20_000])))
            raw[at] = rng.choice([0, 1, 2, 8, 252, 253, 254, 255, rng.randrange(256)])
        if rng.random() < 0.4:
            del raw[rng.randrange(len(raw)) :]
        data = np.frombuffer(bytes(raw) or b"\x00", np.uint8)
        parts = skim_tx(data, 0, len(raw), int(form))
        plain = read_plain(bytes(raw), form)
        taken[plain is not None] += 1
        if plain is None:
            assert parts.after < 0
            continue
        assert (parts.after, parts.n_in, parts.n_out) == plain[:3]
        if plain.txid:
            assert txid_of(bytes(raw[: plain.end]), form) == plain.txid
    assert min(taken.values()) > 20


def test_version_5_says_what_goes_in_and_comes_out() -> None:
    sapling = b"\x00\x01" + bytes(756) + struct.pack("<q", -30) + bytes(192 + 64)
    actions = b"\x01" + bytes(820) + b"\x03" + struct.pack("<q", 12) + bytes(32)
    actions += b"\x01p" + bytes(128)
    tx = TxV5(SPENT, PAID, shielded=sapling + actions)
    assert txid_of(tx.raw, Form.ZCASH) is not None
    assert into_pools(tx.raw, Form.ZCASH) == 30 - 12
    tx = TxV5(SPENT, PAID, shielded=b"\x00\x00" + actions)
    assert into_pools(tx.raw, Form.ZCASH) == -12


@pytest.mark.parametrize(
    "name", ["litecoin, a HogEx", "bitcoin cash", "dash, plain", "zcash 1"]
)
def test_without_a_pool_nothing_goes_in(name: str) -> None:
    form, tx = WHOLE[name]
    assert into_pools(tx.raw, form) == 0


PUBLISHED = {
    "two inputs, nothing else": (
        "413803ce45e1c001e05d883ee695ad8c7070b198d094357cc6a4c07e120dcb34",
        "050000800a27a726e7917666cf5bc20e48bef119029b9b8a0e39c3df28cb9582ea338601cdc481b32fb82adeebb3dade25d1a3df20c37e712506635165ac526a0f30ddcb91fe9004e1e83294a6c9203d94e8dc2cbb449de4155032604e47997016b304fd437d82350465635251b743a0a900000000",
    ),
    "two Sapling spends, nothing else": (
        "088e5408b03cd9e66cde84b9e6ca0d05b7975ccb6105f505c21c8248b17cfc44",
        "050000800a27a726877a592566819d375ba5c30f000002f8453d9ff66f3b016d2f89fd9bfe11772ea294afedb9c401a3b64039caf3d81c9699a69fdf1c5ac7732146ee5e1d6b6ca9b9180f964cc9d0878ae1373524d7d510e58227df6de9d30d271867640177b0f1856e28d5c8afb095ef6184fed65158905f96ee25c806a48276f1a9d89a5e475ca3023d288608b2feaef46b4a0233f07b9468287f0eb0c10c4b132520194d3d8d5351fc10d09c15c8cc101aa1663bbfe877f63f40a5ca0d67f6e554124739f805af876aeede53aa8b0f8e5604a73c300043d0779a0d8afeff4fe843b76ef6f223f0f7c894f38f7ab780dfd75f669c8c06cffa43eb47565a509022eeaea4c0ce1fa6f085092b04979489172b3ef8194a798df5724d6b05f1ae000013a08d612bca8a8c31443c10346dbf61de8475c0bbec5104b47556af3d514458e2321d146071789d2335934a680614e83562f82dfd405b54a45eb32c165448d4d5d61ca2859585369f53f1a137e9e82b67b8fdaf01bda54a317311896ae10280a032440c420a421e944d1e952b70d5826cd3b08b7db9630fe4fd5f22125de840fcc40b98038af11d55be25432597b4b65b9ec1c7a8bbfd052cbf7e1c1785cbd09dad963d6f8a5dcc40def40797342113ba206fae8ebe4f3bc3caf69259e462eff9ba8b3f4bfaa1300c26925a8729cd32915bfc966086f0d5560bbe32a598c22adfb48cef72ba5d4287c0cefbacfd8ce195b4963c34a94bba7a175dae4bbe3ef4863d53708915090f47a068e227433f9e49d3aa09e356d8d66d0c0121e91a3c4aa3f27fa1b63396e2b41db908fdab8b18cc7304e94e970568f9421c0dbbbaf84598d972b0534f48a5e52670436aaa776ed2482ad703430201e53443c36dcfdb4e4dd1a51fce98c020f5d3f61b731bafaef0c9bc08316f762de247f5f7cec6f049858cbad3fa6378263db954c5ab47b0c3902618dcd61ec7fbd3ba61c9fb045276f9381617db3519cdbb1bf40c42cd7ea0ba537a5e06aa94bf4ee1e8ae786f27140181dfc0c56ffacdf6ecfad22e10b2d2cd1b692fc2f5d9c0824ad0375603180f2a988522d35ec9bf5f42f3b632c21460b245e319b6ea714085fd6e9e3d693276e9643dc6fd335fe85e00769b7ba7de670873b07569392968f1a115e7040c00",
    ),
}  # fmt: skip
"""Of zcash-test-vectors (github.com/zcash/zcash-test-vectors), transaction_v5."""


@pytest.mark.parametrize(("txid", "raw"), PUBLISHED.values(), ids=list(PUBLISHED))
def test_published_transactions_have_their_published_ids(txid: str, raw: str) -> None:
    found = txid_of(bytes.fromhex(raw), Form.ZCASH)
    assert found is not None
    assert found.hex() == txid


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 255, 256, 257, 1000])
def test_blake2b_is_the_library_s(size: int) -> None:
    rng = random.Random(size)
    raw, person, cut = rng.randbytes(size), rng.randbytes(16), rng.randint(0, size)
    h, out = make_hash(), np.zeros(40, np.uint8)
    begin_hash(h, np.frombuffer(person, np.uint8))
    data = np.frombuffer(raw + b"\x00", np.uint8)
    take_bytes(h, data, 0, cut)
    take_bytes(h, data, cut, size)
    end_hash(h, out, 8)
    assert out[8:].tobytes() == blake2b(raw, digest_size=32, person=person).digest()
