"""The command line: ``lanner``."""
