"""The repositories of a transaction, a module for each port."""
