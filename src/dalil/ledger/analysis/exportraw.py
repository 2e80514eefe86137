"""What a ledger does not keep, read back from raw transactions: scripts, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.transaction import parse_tx
from dalil.extras import needs

if TYPE_CHECKING:
    from dalil.ledger.reader import Ledger

__all__ = ["RawFields", "read_raw_fields"]

_HEADER_BYTES = 80


@dataclass(frozen=True, slots=True)
class RawFields:
    """Columns of the public schema that only raw transactions tell, by table."""

    blocks: dict[str, Any]
    transactions: dict[str, Any]
    inputs: dict[str, Any]
    outputs: dict[str, Any]


def read_raw_fields(ledger: Ledger, first: int, last: int) -> RawFields:
    """Read the raw transactions of blocks ``[first, last)``; some 60 µs each.

    Coinbase inputs are left out, as the schema does; their script is the
    block's `coinbase_param`.

    Raises
    ------
    NotFoundError
        If the files they came from are gone or changed.
    """
    fields: dict[str, list[Any]] = {
        name: [] for name in ("size", "virtual_size", "inputs", "outputs")
    }
    blocks: dict[str, list[Any]] = {
        name: [] for name in ("size", "stripped_size", "weight", "coinbase_param")
    }
    for block in range(first, last):
        txs = range(*(int(n) for n in ledger.block_first_tx[block : block + 2]))
        around = _HEADER_BYTES + _count_bytes(len(txs))
        size, stripped, param = around, around, None
        for row in txs:
            raw = ledger.raw_tx(row)
            tx = parse_tx(raw)
            bare = len(tx.serialise(witness=False))
            size, stripped = size + len(raw), stripped + bare
            fields["size"].append(len(raw))
            fields["virtual_size"].append(-(-(3 * bare + len(raw)) // 4))
            fields["outputs"] += [output.script.hex() for output in tx.outputs]
            if tx.is_coinbase:
                param = tx.inputs[0].script.hex()
            else:
                fields["inputs"] += [spend.script.hex() for spend in tx.inputs]
        whole = ledger.source == "blocks"
        blocks["size"].append(size if whole else None)
        blocks["stripped_size"].append(stripped if whole else None)
        blocks["weight"].append(3 * stripped + size if whole else None)
        blocks["coinbase_param"].append(param)
    return _columns(fields, blocks)


def _columns(fields: dict[str, list[Any]], blocks: dict[str, list[Any]]) -> RawFields:
    pa = needs("pyarrow")
    return RawFields(
        {
            name: pa.array(values, "string" if name == "coinbase_param" else "int64")
            for name, values in blocks.items()
        },
        {name: pa.array(fields[name], "int64") for name in ("size", "virtual_size")},
        {"script_hex": pa.array(fields["inputs"], "string")},
        {"script_hex": pa.array(fields["outputs"], "string")},
    )


def _count_bytes(n: int) -> int:
    return 1 if n < 0xFD else 3 if n <= 0xFFFF else 5
