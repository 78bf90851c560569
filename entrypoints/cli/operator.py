"""Who runs a command, for the audit log."""

from __future__ import annotations

import getpass
import os


def bind_operator() -> None:
    """Have every log line of this command name the user who runs it."""
    from structlog.contextvars import bind_contextvars

    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user id without an entry, as in containers
        name = str(os.getuid())
    bind_contextvars(user=name)
