"""
Sending large answers: how many bytes may be on their way to clients that are slow to read, or do not read at all.

The server copies an answer that comes in one piece and holds the copy until its client has read it, out of our sight. One that
comes in several pieces keeps its thread until the last piece is taken; so that is counted. It costs some 15 µs, a tenth of an answer:
of answers of middling size only every eighth is sent so, and counts for eight.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import falcon

from entrypoints.rest.answers import Answers

_MIDDLING, _LARGE = 64 * 1024, 1024 * 1024
_EVERY = 8


class LargeAnswers:
    """Counts large answers for as long as they are being sent, and refuses more than there is room for."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._numbers = count()

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Have a large body sent in pieces; raise a problem where too many bytes are on their way."""
        body = resp.render_body()
        if body is None or len(body) < _MIDDLING or req.method == "HEAD":
            return
        is_large = len(body) >= _LARGE
        if not is_large and next(self._numbers) % _EVERY:
            return
        pieces = self._in_pieces(body, getattr(req.context, "client", ""), weight=len(body) * (1 if is_large else _EVERY))
        # From its first step on, the end of the generator, however it comes, gives the places back.
        next(pieces)
        resp.text = resp.data = resp.media = None
        resp.set_stream(pieces, len(body))

    def _in_pieces(self, body: bytes, client: str, *, weight: int) -> Iterator[bytes]:
        with self._answers.sends.taken(client), self._answers.bytes_sent.taken(client, weight):
            yield b""
            # The server takes the second while the first is on its way, and the third when that has been read.
            yield body[:-2]
            yield body[-2:-1]
            yield body[-1:]
