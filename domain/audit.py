"""The audit log: what was granted, revoked, removed or replaced; the caller's identity is bound to each line of a request or command."""

from __future__ import annotations

import logging

#: Its lines are written at every log level.
LOGGER = "lanner.audit"
_logger = logging.getLogger(LOGGER)


def audit(action: str, **facts: object) -> None:
    """Write one line about an action that was taken."""
    _logger.info(action, extra=facts)
