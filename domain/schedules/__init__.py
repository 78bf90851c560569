"""Schedules: which series are looked at again, when, and why then."""
