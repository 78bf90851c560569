"""
Sending large answers: how many bytes may be on their way to clients that are slow to read, or do not read at all.

The server copies an answer that comes in one piece and holds the copy until its client has read it, out of our sight. One that
comes in three pieces keeps its thread until the first is read; so that is counted. To cut an answer copies it, too: a tenth of
the time that a middling one takes. So of these one in sixteen is cut, by chance, and counts for sixteen.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import getrandbits

import falcon

from entrypoints.rest.answers import Answers

_MIDDLING, _LARGE = 64 * 1024, 4 * 1024 * 1024
_CHANCE_BITS = 4


class LargeAnswers:
    """Counts large answers for as long as they are being sent, and refuses more than there is room for."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Have a large body sent in pieces; raise a problem where too many bytes are on their way."""
        body = resp.render_body()
        if body is None or len(body) < _MIDDLING or req.method == "HEAD":
            return
        weight = len(body)
        if weight < _LARGE:
            if getrandbits(_CHANCE_BITS):
                return
            weight <<= _CHANCE_BITS
        pieces = self._in_pieces(body, getattr(req.context, "client", ""), weight)
        # From its first step on, the end of the generator, however it comes, gives the places back.
        next(pieces)
        resp.text = resp.data = resp.media = None
        resp.set_stream(pieces, len(body))

    def _in_pieces(self, body: bytes, client: str, weight: int) -> Iterator[bytes]:
        with self._answers.sends.taken(client), self._answers.bytes_sent.taken(client, weight):
            yield b""
            # The server takes the second while it writes the first, and asks for the third when the first is written.
            yield body[:-1]
            yield b""
            yield body[-1:]
