"""Comparing series: their selection, which is the address, and what is read, computed and drawn for it."""
