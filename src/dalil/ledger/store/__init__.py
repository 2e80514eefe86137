"""The ledger's files: columns in chunks, the commit that names them, and care."""
