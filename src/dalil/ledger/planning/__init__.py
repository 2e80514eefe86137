"""What a ledger of a whole chain would take on this machine: a projection."""
