"""Who produced a TRON block: the signature over its header, and a stated set.

TRON has no proof of work. Twenty-seven elected producers sign in turn; that a
block is signed by one of them is worth what the statement of the set is worth,
and a single producer can sign two blocks of one height. Depth (blocks of more
than two thirds of the producers on top) is for the source to tell.
"""

from __future__ import annotations

from hashlib import sha256

from dalil.chains.evm.plain import recover_signer
from dalil.errors import BlockDataError

__all__ = ["signer_of"]


def signer_of(header: bytes, signature: bytes) -> bytes:
    """Return the account (20 bytes) whose key signed a header.

    Mostly the header's own witness; a producer may name another key for the
    work, and then it is that key's account. Takes some 30 ms.

    Parameters
    ----------
    header : bytes
        As `header_raw` lays it out.
    signature : bytes
        65 bytes: r, s, and which of two points.

    Raises
    ------
    BlockDataError
        If no key can have made it.
    """
    try:
        return recover_signer(sha256(header).digest(), signature)
    except ValueError as error:
        raise BlockDataError(str(error), signature[:65].hex()) from None
