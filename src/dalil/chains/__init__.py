"""What blocks, transactions, scripts and addresses are: bytes to values and back."""
