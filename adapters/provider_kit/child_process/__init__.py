"""Parsing of large responses in child processes with a memory limit."""
