"""API keys and their scopes; only a digest of the secret is stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from domain.providers import Limit

_TEXT = re.compile(r"lnr_([0-9a-f]{12})_[A-Za-z0-9_-]{43}|([0-9a-f]{12})[a-z0-9]{20}")
_FRED_SECRET, _FRED_LETTERS = 20, string.ascii_lowercase + string.digits


class Scope(StrEnum):
    """What a key permits: reading stored data, requesting fetches, and removing series."""

    READ = "read"
    FETCH = "fetch"
    ADMIN = "admin"


class TokenForm(StrEnum):
    """
    The form of a key's token.

    ``lanner``: ``lnr_<id>_<secret>`` with 256 random bits. ``fred``: an id and a secret of 103 random bits, together 32 lower-case letters
    and digits, which clients of FRED's API demand.
    """

    LANNER = "lanner"
    FRED = "fred"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """
    A key as it is stored.

    Attributes:
        digest: SHA-256 of the whole token; its secret is random, so no slower hash is needed.
        limits: of the requests made with it, in place of the general ones.

    """

    id: str
    name: str
    scopes: frozenset[Scope]
    digest: bytes
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    limits: tuple[Limit, ...] = ()

    def verifies(self, text: str, now: datetime) -> bool:
        """Return whether this text is the key's token and the key is active."""
        return self.matches(text) and self.is_active(now)

    def matches(self, text: str) -> bool:
        """Return whether this text is the key's token, in a time independent of how much of it matches."""
        return hmac.compare_digest(self.digest, hashlib.sha256(text.encode()).digest())

    def is_active(self, now: datetime) -> bool:
        """Return whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class ApiKeyToken:
    """The token of a key, which only its holder has."""

    id: str
    text: str

    @classmethod
    def generate(cls, form: TokenForm = TokenForm.LANNER) -> Self:
        """Return a new one."""
        key_id = secrets.token_hex(6)
        if form is TokenForm.FRED:
            return cls(key_id, key_id + "".join(secrets.choice(_FRED_LETTERS) for _ in range(_FRED_SECRET)))
        return cls(key_id, f"lnr_{key_id}_{secrets.token_urlsafe(32)}")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse one that a client sent; None if it is malformed."""
        match = _TEXT.fullmatch(text)
        return cls(match[1] or match[2], text) if match else None

    def digest(self) -> bytes:
        """Return its SHA-256, which is stored in its place."""
        return hashlib.sha256(self.text.encode()).digest()
