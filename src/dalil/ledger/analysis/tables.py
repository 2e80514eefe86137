"""The four tables a query begins at, and the ways from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from dalil.ledger.analysis.query import Query

if TYPE_CHECKING:
    from dalil.ledger.reader import Ledger

__all__ = ["Blocks", "Inputs", "Outputs", "Tables", "Txs"]


class Blocks(Query):
    """Blocks: id, height, time, hash, n_tx."""

    __slots__ = ()

    @property
    def txs(self) -> Txs:
        """The transactions of these blocks."""
        return Txs(self.ledger, "txs", before=self, hop="txs")


class Txs(Query):
    """Transactions: id, txid, block, height, time, version, …, fee_sat."""

    __slots__ = ()

    @property
    def block(self) -> Blocks:
        """The blocks that hold these transactions."""
        return Blocks(self.ledger, "blocks", before=self, hop="block")

    @property
    def inputs(self) -> Inputs:
        """All inputs of these transactions."""
        return Inputs(self.ledger, "inputs", before=self, hop="inputs")

    @property
    def outputs(self) -> Outputs:
        """All outputs of these transactions."""
        return Outputs(self.ledger, "outputs", before=self, hop="outputs")


class Inputs(Query):
    """Inputs: id, tx, index, block, …, spends, value_sat, address, type."""

    __slots__ = ()

    @property
    def tx(self) -> Txs:
        """The transactions these inputs belong to."""
        return Txs(self.ledger, "txs", before=self, hop="tx")

    @property
    def block(self) -> Blocks:
        """The blocks these inputs stand in."""
        return Blocks(self.ledger, "blocks", before=self, hop="block")

    @property
    def spends(self) -> Outputs:
        """The outputs they spend, where the ledger holds them."""
        return Outputs(self.ledger, "outputs", before=self, hop="spends")


class Outputs(Query):
    """Outputs: id, tx, index, block, …, value_sat, address, type, spent_by, spent."""

    __slots__ = ()

    @property
    def tx(self) -> Txs:
        """The transactions that made these outputs."""
        return Txs(self.ledger, "txs", before=self, hop="tx")

    @property
    def block(self) -> Blocks:
        """The blocks these outputs stand in."""
        return Blocks(self.ledger, "blocks", before=self, hop="block")

    @property
    def spent_by(self) -> Inputs:
        """The inputs of this snapshot that spend them."""
        return Inputs(self.ledger, "inputs", before=self, hop="spent_by")


class Tables:
    """What makes a ledger askable: its tables as queries, and as Arrow."""

    @property
    def blocks(self) -> Blocks:
        """All blocks, to be narrowed by ``where``."""
        return Blocks(cast("Ledger", self), "blocks")

    @property
    def txs(self) -> Txs:
        """All transactions, to be narrowed by ``where``."""
        return Txs(cast("Ledger", self), "txs")

    @property
    def inputs(self) -> Inputs:
        """All inputs, to be narrowed by ``where``."""
        return Inputs(cast("Ledger", self), "inputs")

    @property
    def outputs(self) -> Outputs:
        """All outputs, to be narrowed by ``where``."""
        return Outputs(cast("Ledger", self), "outputs")

    def arrow(self) -> dict[str, Any]:
        """Give the columns as pyarrow Tables over the mapping, without a copy.

        See `dalil.ledger.analysis.arrow.arrow_tables`.
        """
        from dalil.ledger.analysis.arrow import arrow_tables

        return arrow_tables(cast("Ledger", self))
