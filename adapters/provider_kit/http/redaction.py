"""Redaction of secrets that a response body repeats, at almost no cost for a body without one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any

from domain.redaction import Redactor

#: A shorter one may occur in a body by chance.
_LONG_SECRET = 12
_WORD, _TABLE = 4, 1 << 16
_SMALL_LETTERS = 0x20202020
#: Knuth's multiplier: spreads words over the table.
_MULTIPLIER = 0x9E3779B1
_MARKS = b"%&\\"


class BodyRedactor:
    """
    Redact long secrets in bodies.

    A spelling without escapes of at least eleven bytes holds two neighbouring words of four bytes, counted from the body's
    beginning. So all spellings are looked for at once by comparing the body's words, without regard to case, with those that
    can stand in a spelling. One with escapes has an escape of a character of the secret. Only around either is read closely.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._redactor = Redactor(secret for secret in secrets if len(secret) >= _LONG_SECRET)

    def body(self, body: bytes) -> bytes:
        """Return a body without the secrets."""
        if not self._redactor.literals:
            return body
        pieces, end = [], 0
        for first, last in self._suspect(body):
            pieces += [body[end:first], self._redactor.piece(body[first:last])]
            end = last
        return b"".join((*pieces, body[end:])) if pieces else body

    def _suspect(self, body: bytes) -> Iterator[tuple[int, int]]:
        """Return the disjoint parts of a body that may hold a secret, in order."""
        places, reach = sorted((*self._at_words(body), *self._at_escapes(body))), self._redactor.longest
        if not places:
            return
        first = places[0]
        for place, following in pairwise((*places, len(body) + 3 * reach)):
            if following - place > 2 * reach:
                yield max(0, first - reach), min(len(body), place + reach)
                first = following

    def _at_words(self, body: bytes) -> list[int]:
        import numpy as np

        first, second, table = self._words
        words = np.frombuffer(body, "<u4", len(body) // _WORD) | np.uint32(_SMALL_LETTERS)
        known = table[(words * np.uint32(_MULTIPLIER)) >> np.uint32(16)]
        (places,) = np.nonzero(known[:-1] & known[1:])
        if len(places):
            places = places[np.isin(words[places], first) & np.isin(words[places + 1], second)]
        found: list[int] = (places * _WORD).tolist()
        return found

    def _at_escapes(self, body: bytes) -> list[int]:
        import numpy as np

        known = np.frombuffer(body, np.uint8)
        (places,) = np.nonzero((known == _MARKS[0]) | (known == _MARKS[1]) | (known == _MARKS[2]))
        places = places[places < len(body) - 1]
        places = places[self._behind[known[places + 1], known[np.minimum(places + 2, len(body) - 1)]]]
        return [place for place in places.tolist() if self._escape.match(body, place)]

    @cached_property
    def _words(self) -> tuple[Any, Any, Any]:
        """The words that can come first of two and second, in small letters, and a table of where they are spread to."""
        import numpy as np

        forms = [np.frombuffer(text.encode(), np.uint8) for text in self._redactor.literals]
        pairs = np.array([form[start : start + 2 * _WORD] for form in forms for start in range(_WORD)], np.uint8).view("<u4")
        first, second = (pairs | np.uint32(_SMALL_LETTERS)).T
        table = np.zeros(_TABLE, bool)
        table[(np.concatenate((first, second)) * np.uint32(_MULTIPLIER)) >> np.uint32(16)] = True
        return first, second, table

    @cached_property
    def _behind(self) -> Any:
        """Return for each pair of bytes whether an escape may have it after its first byte; a two-character escape has any third."""
        import numpy as np

        table = np.zeros((256, 256), bool)
        for head in map(str.encode, self._redactor.escapes):
            for second in {head[1], *head[1:2].upper()}:
                table[second, [*head[2:3], *head[2:3].upper()] or slice(None)] = True
        return table

    @cached_property
    def _escape(self) -> re.Pattern[bytes]:
        return re.compile("|".join(map(re.escape, self._redactor.escapes)).encode(), re.IGNORECASE)
