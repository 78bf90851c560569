"""Sessions: the cookie by which a browser holds an API key without knowing it."""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import falcon

from domain.api_keys import ApiKey
from domain.errors import InvalidApiKey
from domain.use_cases.check_key import CheckKey
from entrypoints.rest.http.origins import is_of_own_page

COOKIE = "lanner_session"
SECONDS = 12 * 3600
_FORM = re.compile("([0-9a-f]{12})\\.([0-9]{10,12})\\.([0-9a-f]{64})")
_SAFE = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Sessions:
    """
    Signed sessions: an id of a key and the moment of expiry, which all processes with the same secret accept.

    Attributes:
        secret: signs them; another one ends all sessions.
        seconds: the time since 1970.

    """

    check_key: CheckKey
    secret: bytes
    seconds: Callable[[], float] = time.time

    def begin(self, key: ApiKey) -> str:
        """Return the value of the cookie for a key."""
        session = f"{key.id}.{int(self.seconds()) + SECONDS}"
        return f"{session}.{self._signature(session)}"

    def key_of(self, req: falcon.Request) -> ApiKey | None:
        """
        Return the key that the request's session holds; None without one, and for a change that no page of this service sent.

        Raises:
            InvalidApiKey: the key was revoked or has expired.

        """
        texts = req.get_cookie_values(COOKIE) or []
        text = texts[0] if len(texts) == 1 else ""
        match = _FORM.fullmatch(text)
        if match is None or not (req.method in _SAFE or is_of_own_page(req)):
            return None
        session, _, signature = text.rpartition(".")
        if not hmac.compare_digest(signature, self._signature(session)):
            return None
        if int(match[2]) <= self.seconds():
            raise InvalidApiKey
        return self.check_key.active(match[1])

    def _signature(self, session: str) -> str:
        return hmac.new(self.secret, f"lanner session {session}".encode(), "sha256").hexdigest()
