"""Following a node: where it and the ledger part, and the way to its tip."""

from dalil.ledger.following.follow import Follower
from dalil.ledger.following.group import RefusedError, Taken

__all__ = ["Follower", "RefusedError", "Taken"]
