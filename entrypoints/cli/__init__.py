"""People at a terminal: the command ``lanner``."""
