"""The user who runs a command, for the audit log."""

from __future__ import annotations

import getpass
import os


def bind_operator() -> None:
    """Add the user's name to all log lines of this command."""
    from structlog.contextvars import bind_contextvars

    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        name = str(os.getuid())
    bind_contextvars(user=name)
