"""What responses with data say of a series that has ended at its source."""

from __future__ import annotations

from urllib.parse import quote

import falcon

from domain.series import Version
from domain.source_status import SourceStatus
from entrypoints.rest.http.links import public_path


def add_source_status(resp: falcon.Response, version: Version) -> None:
    """Add ``Deprecation`` (RFC 9745) and a link to the successor, if the series has ended; nothing is redirected."""
    if version.status_at_source is SourceStatus.ACTIVE:
        return
    if version.status_since:
        resp.set_header("Deprecation", f"@{int(version.status_since.timestamp())}")
    if version.replaced_by:
        target = public_path(f"/data?code={quote(version.replaced_by, safe=':/')}")
        resp.append_header("Link", f'<{target}>; rel="successor-version"')


def source_note(version: Version) -> str | None:
    """Return a sentence on a series that has ended; None for others."""
    if version.status_at_source is SourceStatus.ACTIVE:
        return None
    since = f" since {version.status_since:%Y-%m-%d}" if version.status_since else ""
    successor = f"; {version.replaced_by} replaces it" if version.replaced_by else ""
    return f"This series is {version.status_at_source} at its source{since}{successor}. The stored data stay as they are."
