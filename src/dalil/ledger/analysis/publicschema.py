"""The public `crypto_bitcoin` schema: its tables, fields and words.

As bitcoin-etl writes it and BigQuery's public data set serves it: hashes as hex
the way they are printed, amounts in satoshi, script types by Bitcoin Core's
names, coinbase inputs left out. Amounts are NUMERIC there and int64 here; both
hold every satoshi exactly. The month a row is partitioned by is the folder's
name, as hive does it, and not a column of the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.extras import needs

if TYPE_CHECKING:
    from dalil.extras import Foreign

__all__ = ["MONTH_OF", "NEEDS_RAW", "NEVER", "PUBLIC_TABLES", "TYPE_NAMES", "schema"]

_SCRIPT = {
    "script_asm": "string",
    "script_hex": "string",
}
_OWNED = {
    "required_signatures": "int64",
    "type": "string",
    "addresses": "list<string>",
    "value": "int64",
}
_INPUT = {
    "index": "int64",
    "spent_transaction_hash": "string",
    "spent_output_index": "int64",
    **_SCRIPT,
    "sequence": "int64",
    **_OWNED,
}
_OUTPUT = {"index": "int64", **_SCRIPT, **_OWNED}
_PLACED = {
    "transaction_hash": "string",
    "block_hash": "string",
    "block_number": "int64",
    "block_timestamp": "timestamp",
}

PUBLIC_TABLES: dict[str, dict[str, str]] = {
    "blocks": {
        "hash": "string",
        "size": "int64",
        "stripped_size": "int64",
        "weight": "int64",
        "number": "int64",
        "version": "int64",
        "merkle_root": "string",
        "timestamp": "timestamp",
        "nonce": "int64",
        "bits": "string",
        "coinbase_param": "string",
        "transaction_count": "int64",
    },
    "transactions": {
        "hash": "string",
        "size": "int64",
        "virtual_size": "int64",
        "version": "int64",
        "lock_time": "int64",
        "block_hash": "string",
        "block_number": "int64",
        "block_timestamp": "timestamp",
        "input_count": "int64",
        "output_count": "int64",
        "input_value": "int64",
        "output_value": "int64",
        "is_coinbase": "bool",
        "fee": "int64",
        "inputs": "inputs",
        "outputs": "outputs",
    },
    "inputs": {**_PLACED, **_INPUT},
    "outputs": {**_PLACED, **_OUTPUT},
}
"""Each table's fields and their types, in the public order."""

MONTH_OF = {
    "blocks": "timestamp_month",
    "transactions": "block_timestamp_month",
    "inputs": "block_timestamp_month",
    "outputs": "block_timestamp_month",
}
"""The partition's name in each table."""

NEEDS_RAW = (
    "size",
    "stripped_size",
    "weight",
    "virtual_size",
    "coinbase_param",
    "script_hex",
)
"""Null unless raw transactions are read: a ledger does not keep scripts."""

NEVER = ("script_asm", "required_signatures")
"""Always null: words for what `script_hex` says."""

TYPE_NAMES: dict[int, str | None] = {
    ScriptType.NONSTANDARD: "nonstandard",
    ScriptType.P2PK: "pubkey",
    ScriptType.P2PKH: "pubkeyhash",
    ScriptType.P2SH: "scripthash",
    ScriptType.P2WPKH: "witness_v0_keyhash",
    ScriptType.P2WSH: "witness_v0_scripthash",
    ScriptType.P2TR: "witness_v1_taproot",
    ScriptType.WITNESS_UNKNOWN: "witness_unknown",
    ScriptType.MULTISIG: "multisig",
    ScriptType.OP_RETURN: "nulldata",
    ScriptType.UNKNOWN: None,
}
"""Bitcoin Core's names of the script types."""


def schema(table: str) -> Foreign:
    """Give one table's Arrow schema, without the month."""
    pa = needs("pyarrow")
    plain = {
        "string": pa.string(),
        "int64": pa.int64(),
        "bool": pa.bool_(),
        "timestamp": pa.timestamp("us", "UTC"),
        "list<string>": pa.list_(pa.string()),
    }
    nested = {
        name: pa.list_(pa.struct([(field, plain[of]) for field, of in fields.items()]))
        for name, fields in (("inputs", _INPUT), ("outputs", _OUTPUT))
    }
    known = plain | nested
    return pa.schema([(name, known[of]) for name, of in PUBLIC_TABLES[table].items()])
