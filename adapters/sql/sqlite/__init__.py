"""Needed for SQLite only."""
