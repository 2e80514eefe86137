"""The eleven hashes of X11, each of a message of one known length.

All were candidates for SHA-3. Only what X11 needs is here: the first hashes 80
bytes, the others 64, so that padding is a constant.
"""

from __future__ import annotations
