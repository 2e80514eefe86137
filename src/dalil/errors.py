"""Every error Dalil raises on purpose, and the exit code each one ends with.

* DalilError               base: message, the value at fault, what to do next
  + UsageError             the command was put wrongly               exit 2
  + InputError             a file or value handed in is malformed    exit 3
    - AddressError         not an address of the named chain
    - BlockDataError       bytes that are not blocks; names file and offset
    - LimitError           a stated bound on size, depth or time was met
  + NotFoundError          well formed, but not here                 exit 3
  + StoreError             a ledger, tag store or case is damaged    exit 3
  + SourceError            another machine failed or answered wrong  exit 3
    - NodeError            a Bitcoin node did not serve as asked
  + CheckFailed            a verification said no                    exit 1

`code` is stable and part of the wire format:
``{"error": {"code", "message", "value"}}``.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AddressError",
    "BlockDataError",
    "CheckFailed",
    "DalilError",
    "InputError",
    "LimitError",
    "NodeError",
    "NotFoundError",
    "SourceError",
    "StoreError",
    "UsageError",
]


class DalilError(Exception):
    """A failure Dalil can explain.

    Parameters
    ----------
    message : str
        What happened and what to do next, one or two sentences.
    value : object, optional
        The value at fault, shown after the message and kept apart in JSON.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, value: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.value = value

    def __str__(self) -> str:
        return self.message if self.value is None else f"{self.message}: {self.value}"


class UsageError(DalilError):
    """The command was put wrongly."""

    code = "usage"
    exit_code = 2


class InputError(DalilError):
    """Something handed in is malformed."""

    code = "bad_input"


class AddressError(InputError):
    """A string is not an address of the named chain."""

    code = "bad_address"


class BlockDataError(InputError):
    """Bytes that should be blocks are not."""

    code = "bad_block_data"


class LimitError(InputError):
    """A stated bound on size, depth, count or time was met."""

    code = "limit"


class NotFoundError(DalilError):
    """Well formed, but not in this ledger, store or case."""

    code = "not_found"


class StoreError(DalilError):
    """A ledger, tag store or case on disk is damaged or of another kind."""

    code = "bad_store"


class SourceError(DalilError):
    """A node or server did not answer, or answered what cannot be true."""

    code = "bad_source"


class NodeError(SourceError):
    """A Bitcoin node did not serve as asked.

    Parameters
    ----------
    kind : str
        One of `NodeError.KINDS`, so that a caller need not read the message.
    """

    code = "node"
    KINDS: ClassVar[tuple[str, ...]] = (
        "unreachable",
        "refused",
        "busy",
        "unknown_block",
        "pruned",
        "wrong_network",
        "no_common_block",
        "bad_answer",
    )

    def __init__(self, kind: str, message: str, value: object = None) -> None:
        super().__init__(message, value)
        self.kind = kind


class CheckFailed(DalilError):  # noqa: N818 - a verdict, not a fault
    """A verification ran and said no."""

    code = "check_failed"
    exit_code = 1
