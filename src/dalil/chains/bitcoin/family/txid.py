"""The id of one transaction of any chain of the family, from its bytes."""

from __future__ import annotations

import numpy as np

from dalil.chains.bitcoin.family.kernels.zip244 import is_v5, txid_v5
from dalil.chains.bitcoin.network import Form
from dalil.chains.bitcoin.transaction import double_sha256
from dalil.chains.bitcoin.wire import skim_tx

__all__ = ["txid_of"]


def txid_of(raw: bytes, form: Form) -> bytes | None:
    """Compute a txid, in hash order; None where `raw` is no whole transaction.

    >>> txid_of(b"no transaction", Form.BITCOIN) is None
    True
    """
    data = np.frombuffer(raw, np.uint8)
    parts = skim_tx(data, 0, data.size, int(form))
    if parts.after != data.size:
        return None
    if form is Form.ZCASH and is_v5(data, 0):
        ids = np.empty((1, 32), np.uint8)
        txid_v5(data, 0, data.size, ids, 0)
        return ids.tobytes()
    body, tail = raw[parts.body : parts.body_end], raw[parts.tail : parts.after]
    return double_sha256(raw[:4] + body + tail)
