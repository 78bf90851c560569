"""Backups: everything that is kept as one SQLite file, written, checked and restored."""
