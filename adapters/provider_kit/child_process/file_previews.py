"""Previews of files that somebody sends, read in a child process within bounds of time and memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.provider_kit.child_process.pool import children
from adapters.provider_kit.http.deadlines import InFlightCall, in_flight
from adapters.provider_kit.own_files.preview import preview
from domain.errors import FetchError, SourceTimedOut
from domain.ports import FilePreview


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildProcessFilePreviews:
    """
    Reads files in child processes.

    Attributes:
        memory_bytes: what a process may use.
        seconds: what a file may take.

    """

    memory_bytes: int
    seconds: float

    def __call__(self, body: bytes, name: str, options: Mapping[str, Any]) -> FilePreview:
        late = SourceTimedOut(f"To read {name} takes more than {self.seconds:g} seconds.", hint="Show a shorter part of the file.")
        try:
            with in_flight(InFlightCall(until=time.monotonic() + self.seconds, late=late, owner=self)) as call:
                found: FilePreview = children(self.memory_bytes).run(preview_in_child, body, name, dict(options), call=call)
        except FetchError as error:
            return FilePreview(rows=(), error=error)
        return found


def preview_in_child(_ask: Callable[..., Any], body: bytes, name: str, options: Mapping[str, Any]) -> FilePreview:
    """Read a file in this process, the child."""
    return preview(body, name, options)
