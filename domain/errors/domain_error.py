"""The base class of lanner's errors."""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """An error inside lanner."""

    code: ClassVar[str] = "internal_error"
    hint: str = ""
    retryable: bool = False

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        self.message = message or " ".join((type(self).__doc__ or "").split())
        self.hint = hint or type(self).hint
        super().__init__(self.message)
