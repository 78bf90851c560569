"""
Sending large answers: how many may be on their way to clients that are slow to read, or do not read at all.

The server copies what it is given and keeps it until the client has read it, out of our sight: of an answer in one piece the whole.
One that comes in pieces keeps a few of them and its thread, as long as the client lets it wait; that is counted. Answers below the limit
come in one piece, so a client that does not read costs as much memory at most. Pieces as large as the limit cost an answer of 1 MB some
10 % of its time; pieces of 64 KiB cost it a third.
"""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from entrypoints.rest.http.responses import ResponseSender

_LARGE = 256 * 1024
_PIECE = _LARGE


class LargeAnswers:
    """Counts large answers for as long as they are being sent, and refuses more than there are places for."""

    def __init__(self, answers: ResponseSender) -> None:
        self._answers = answers

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Have a large body sent in pieces; raise a problem where too many are on their way."""
        body = resp.render_body()
        if body is None or len(body) < _LARGE or req.method == "HEAD":
            return
        pieces = self._pieces(memoryview(body), req.context.client)
        # From its first step on, the end of the generator, however it comes, gives the place back.
        next(pieces)
        resp.text = resp.data = resp.media = None
        resp.set_stream(pieces, len(body))

    def _pieces(self, body: memoryview, client: str) -> Iterator[bytes]:
        with self._answers.sends.taken(client):
            yield b""
            for first in range(0, len(body), _PIECE):
                yield bytes(body[first : first + _PIECE])
