"""
Sending large responses: a limit on how many are on their way to clients that read slowly, or not at all.

The server copies what it is given and keeps it until the client has read it, where we cannot count it: a response in one piece as a
whole. One in pieces keeps a few of them, and its thread, for as long as the client takes; that can be counted. Responses below the limit
are sent in one piece, so a client that does not read costs that much memory at most. Pieces as large as the limit cost a response of
1 MB some 10 % of its time; pieces of 64 KiB a third.
"""

from __future__ import annotations

import falcon

from entrypoints.rest.http.slots import SlotPool

_LARGE = 256 * 1024
_PIECE = _LARGE


class LargeResponses:
    """Sends large bodies in pieces, each body holding a slot until it is sent."""

    def __init__(self, slots: SlotPool) -> None:
        self._slots = slots

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Replace a large body by a stream; raises Problem where no slot is free."""
        body = resp.render_body()
        if body is None or len(body) < _LARGE or req.method == "HEAD":
            return
        view = memoryview(body)
        pieces = (bytes(view[first : first + _PIECE]) for first in range(0, len(body), _PIECE))
        stream = self._slots.stream(pieces, req.context.client)
        resp.text = resp.data = resp.media = None
        resp.set_stream(stream, len(body))
