"""What every ledger of accounts shows to those who trace, cluster and report.

Tables: `block`, `tx`, `transfer`, `event`, `address`, `token`; the id of a row
is its number, in the order of the chain: transfers and events by (block, tx,
log), addresses and tokens by first appearance (from before to).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    I64 = NDArray[np.int64]

__all__ = ["NO_ADDRESS", "AccountView", "BulkPostings"]

NO_ADDRESS = 0xFFFF_FFFF
"""In an event's address columns: none."""


class AccountView(Protocol):
    """Read-only columns of one snapshot, and the ways from one to another.

    Columns hold everything that counts; amounts of 2**64 and more have their
    upper limbs in `wide_high`, under the transfer's id in `wide_transfer`.
    """

    @property
    def chain(self) -> str:
        """CAIP-2."""

    @property
    def contiguous(self) -> bool:
        """Whether no block between the first and the last is missing."""

    @property
    def block_number(self) -> I64:
        """(n_blocks,) ascending."""

    @property
    def block_hash(self) -> NDArray[np.uint8]:
        """(n_blocks, 32) as printed; zeros where the source does not tell."""

    @property
    def block_time(self) -> I64:
        """(n_blocks,) Unix seconds."""

    @property
    def block_first_tx(self) -> I64:
        """(n_blocks + 1,)."""

    @property
    def tx_status(self) -> NDArray[np.uint8]:
        """(n_tx,) `TxStatus`."""

    @property
    def tx_first_transfer(self) -> I64:
        """(n_tx + 1,)."""

    @property
    def tx_first_event(self) -> I64:
        """(n_tx + 1,)."""

    @property
    def transfer_token(self) -> NDArray[np.uint32]:
        """(n_transfers,) token id."""

    @property
    def transfer_from(self) -> NDArray[np.uint32]:
        """(n_transfers,) address id."""

    @property
    def transfer_to(self) -> NDArray[np.uint32]:
        """(n_transfers,) address id."""

    @property
    def transfer_amount(self) -> NDArray[np.uint64]:
        """(n_transfers,) the amount's lowest 64 bits, in base units."""

    @property
    def transfer_kind(self) -> NDArray[np.uint8]:
        """(n_transfers,) `TransferKind`."""

    @property
    def transfer_log(self) -> NDArray[np.int32]:
        """(n_transfers,) place among the block's logs; see `AccountBatch`."""

    @property
    def wide_transfer(self) -> I64:
        """(n_wide,) transfers of 2**64 base units and more, ascending."""

    @property
    def wide_high(self) -> NDArray[np.uint64]:
        """(n_wide, 3) their upper limbs, least first."""

    @property
    def event_kind(self) -> NDArray[np.uint8]:
        """(n_events,) `EventKind`."""

    @property
    def event_contract(self) -> NDArray[np.uint32]:
        """(n_events,) address id of the contract that spoke, or NO_ADDRESS."""

    @property
    def event_subject(self) -> NDArray[np.uint32]:
        """(n_events,) address id, or NO_ADDRESS."""

    @property
    def event_other(self) -> NDArray[np.uint32]:
        """(n_events,) address id, or NO_ADDRESS."""

    @property
    def event_amount(self) -> NDArray[np.uint64]:
        """(n_events, 4) limbs, least first."""

    @property
    def event_log(self) -> NDArray[np.int32]:
        """(n_events,)."""

    @property
    def event_ref(self) -> I64:
        """(n_events,) -1 none."""

    @property
    def address_key(self) -> NDArray[np.uint8]:
        """(n_addresses, 20)."""

    @property
    def token_kind(self) -> NDArray[np.uint8]:
        """(n_tokens,) `TokenKind`."""

    @property
    def token_key(self) -> NDArray[np.uint8]:
        """(n_tokens, 20) contract, or TRC-10 number, big-endian."""

    def find_address(self, text: str, /) -> int | None:
        """Find an address by any of its spellings; None if it is not here."""

    def address_text(self, address: int, /) -> str:
        """Write an address as its chain does."""

    def token_name(self, token: int, /) -> str:
        """Name a token: CAIP-19."""

    def find_token(self, text: str, /) -> int | None:
        """Find a token by CAIP-19, by its contract, or by the native coin's symbol."""

    def token_decimals(self, token: int, /) -> int | None:
        """Decimals of a token that Dalil knows or the ledger was told; else None."""

    def txid(self, tx: int, /) -> str:
        """Write a transaction's hash as its chain does."""

    def find_tx(self, text: str, /) -> int | None:
        """Find a transaction by its hash."""

    def tx_of_transfer(self, transfers: I64, /) -> I64:
        """Transaction of each transfer."""

    def tx_of_event(self, events: I64, /) -> I64:
        """Transaction of each event."""

    def block_of_tx(self, txs: I64, /) -> I64:
        """Block row of each transaction."""

    def amounts(self, transfers: I64, /) -> list[int]:
        """Read transfers' whole amounts, exactly."""

    def transfers_from(self, address: int, token: int | None = None, /) -> I64:
        """List transfers out of an address, ascending; of one token, or of all."""

    def transfers_to(self, address: int, token: int | None = None, /) -> I64:
        """List transfers to an address, ascending; of one token, or of all."""

    def events_about(self, address: int, /) -> I64:
        """List events whose subject is the address, ascending."""

    def opening_balance(self, address: int, token: int, /) -> int | None:
        """Tell what an address held before the first block; None: not known.

        0 where the ledger begins with the chain and lacks no block; else what
        an anchor says, if there is one.
        """


@runtime_checkable
class BulkPostings(Protocol):
    """What a ledger offers beside `AccountView` where it can: many at a time."""

    def transfers_from_many(self, addresses: I64, token: int, /) -> tuple[I64, I64]:
        """List transfers of one token out of each of (n,) addresses.

        Returns
        -------
        first : (n + 1,) int64
            Those of ``addresses[i]`` are ``transfers[first[i] : first[i + 1]]``.
        transfers : (first[-1],) int64
            Ascending for each address.
        """

    def transfers_to_many(self, addresses: I64, token: int, /) -> tuple[I64, I64]:
        """List transfers of one token to each of (n,) addresses, laid out so."""
