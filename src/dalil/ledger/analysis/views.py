"""SQL's convenient views: the columns, and beside them what is worked out.

A view costs nothing for what a statement does not ask: unused expressions are
never called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dalil.ledger.analysis.columns import table_rows
from dalil.ledger.layout import NO_ADDRESS

if TYPE_CHECKING:
    from dalil.ledger.reader import Ledger

__all__ = ["VIEWS", "View"]


class View(NamedTuple):
    """A view: the table under it, and each column's expression and meaning."""

    table: str
    rows: str
    columns: dict[str, tuple[str, str]]

    def sql(self, ledger: Ledger) -> str:
        """Write the SELECT; `id` is the row number of the table under it."""
        picked = ", ".join(
            f'{sql} AS "{name}"' for name, (sql, _) in self.columns.items()
        )
        n = table_rows(ledger, self.rows)
        # every part is this module's own text, or a number
        return f'SELECT {picked} FROM range({n}) r(id) POSITIONAL JOIN "{self.table}" t'  # noqa: S608


def _placed(tx: str) -> dict[str, tuple[str, str]]:
    return {
        "block": (f"tx_block({tx})", "row of its block"),
        "height": (f"tx_height({tx})", "height of its block; null if not known"),
        "time": (f"to_timestamp(tx_time({tx}))", "what its block's header states"),
    }


_ADDRESS = f"nullif(t.address, {NO_ADDRESS})::BIGINT"

VIEWS = {
    "blocks": View(
        "block",
        "blocks",
        {
            "id": ("r.id", "row"),
            "height": (
                "tx_height(t.first_tx)",
                "height; null if not known",
            ),
            "time": ("to_timestamp(t.time)", "what its header states"),
            "hash": ("txid_hex(t.hash)", "hash as it is printed"),
            "n_tx": ("t.end_tx - t.first_tx", "transactions"),
        },
    ),
    "txs": View(
        "tx",
        "txs",
        {
            "id": ("r.id", "row"),
            "txid": ("txid_hex(t.txid)", "txid as it is printed"),
            **_placed("r.id"),
            "version": ("t.version", "version"),
            "locktime": ("t.locktime", "lock time"),
            "n_inputs": ("t.end_input - t.first_input", "inputs"),
            "n_outputs": ("t.end_output - t.first_output", "outputs"),
            "fee_sat": ("tx_fee(r.id)", "fee; null if an input's amount is not known"),
        },
    ),
    "inputs": View(
        "input",
        "inputs",
        {
            "id": ("r.id", "row"),
            "tx": ("input_tx(r.id)", "row of its transaction"),
            **_placed("input_tx(r.id)"),
            "spends": (
                "CASE WHEN t.spends >= 0 THEN t.spends END",
                "row of the output it spends; null if outside or a coinbase",
            ),
            "source": (
                "CASE t.spends WHEN -2 THEN 'coinbase' WHEN -1 THEN 'outside' "
                "ELSE 'inside' END",
                "inside, outside or coinbase",
            ),
            "sequence": ("t.sequence", "sequence number"),
            "value_sat": ("input_value(r.id)", "amount; null if not known"),
            "address_id": ("input_address(r.id)", "row of its address"),
            "address": ("address_text(input_address(r.id))", "its address"),
            "type": ("input_type(r.id)", "script type it spends"),
        },
    ),
    "outputs": View(
        "output",
        "outputs",
        {
            "id": ("r.id", "row"),
            "tx": ("output_tx(r.id)", "row of its transaction"),
            **_placed("output_tx(r.id)"),
            "value_sat": ("t.value", "amount"),
            "address_id": (_ADDRESS, "row of its address"),
            "address": (f"address_text({_ADDRESS})", "its address"),
            "type": ("t.type", "script type"),
            "spent_by": ("spent_by(r.id)", "row of the input that spends it"),
        },
    ),
}
"""Each view by name."""
