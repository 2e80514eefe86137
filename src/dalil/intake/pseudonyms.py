"""Keyed pseudonyms for the people in captured files.

With the case's key the same person gets the same sixteen hex digits throughout
a case; without it, neither the name can be computed from them nor can two
cases be joined. Whoever holds the key can test a guess: keep it with the case.
"""

from __future__ import annotations

import hmac

__all__ = ["pseudonym"]


def pseudonym(key: bytes | None, identifier: object, name: object = None) -> str | None:
    """Name a person by HMAC-SHA256 of their platform id, else of their name.

    Parameters
    ----------
    key : bytes, optional
        Per case; without it the answer is None.
    identifier : object
        The platform's id, preferred since names change.
    name : object, optional
        Used where there is no id.

    Returns
    -------
    str or None
        16 hex digits; None without a key or without anything to name.

    Examples
    --------
    >>> pseudonym(b"key", "user1", "Alice") == pseudonym(b"key", "user1", "Alicia")
    True
    >>> pseudonym(None, "user1") is None
    True
    """
    for kind, value in (("id", identifier), ("name", name)):
        if key and isinstance(value, str | int) and str(value):
            text = f"telegram-{kind}:{value}".encode("utf-8", "surrogatepass")
            return hmac.new(key, text, "sha256").hexdigest()[:16]
    return None
