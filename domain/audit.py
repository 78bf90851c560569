"""The audit log: what was granted, revoked, removed or replaced; who did it is bound to every line of a request or command."""

from __future__ import annotations

import logging

#: Its lines are written whatever else is.
LOGGER = "lanner.audit"
_logger = logging.getLogger(LOGGER)


def audit(action: str, **facts: object) -> None:
    """Write a line of what was done."""
    _logger.info(action, extra=facts)
