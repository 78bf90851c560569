"""Backups: write all data into one SQLite file, check it and restore it."""
