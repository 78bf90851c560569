"""Schedules: which series are followed, when each is looked at next, and why then."""
