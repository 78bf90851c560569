"""Schedules: their parts, one by one."""
