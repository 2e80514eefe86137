"""When two spellings name the same actor: deliberately few ways.

Names are compared without case, accents of punctuation and a web address's
ending; nothing is matched by likeness. An ActorPack's aliases do the rest.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["plain_name"]

_BRACKETS = re.compile(r"\s*\([^()]*\)\s*")
_ENDING = re.compile(r"\.(?:com|net|org|io|co|cc|eu|de|is|me)$")


def plain_name(name: str) -> str:
    """Fold a name to letters and digits, brackets and web endings left out.

    >>> plain_name("Huobi.com"), plain_name("Huobi (HTX)"), plain_name("Mt. Gox")
    ('huobi', 'huobi', 'mtgox')
    """
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    folded = _ENDING.sub("", _BRACKETS.sub("", folded) or folded)
    return "".join(letter for letter in folded if letter.isalnum())
