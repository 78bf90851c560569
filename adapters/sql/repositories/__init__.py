"""The repositories of a transaction, one module per port."""
