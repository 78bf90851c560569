"""ManageKeys: create, list and revoke API keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.api_keys import ApiKey, ApiKeyToken, Scope, TokenForm
from domain.audit import audit
from domain.errors import InvalidInput
from domain.ports import Store
from domain.providers import Limit

_MOST_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class ManageKeys:
    """Manage the API keys."""

    store: Store

    def create(
        self,
        name: str,
        scopes: Collection[Scope],
        *,
        days: int | None = None,
        limits: tuple[Limit, ...] = (),
        form: TokenForm = TokenForm.LANNER,
    ) -> tuple[ApiKey, str]:
        """Create a key and return it with its token, which is shown only here; raises InvalidInput."""
        if not name.strip() or len(name) > _MOST_CHARACTERS or not name.isprintable():
            raise InvalidInput(f"A key's name has 1 to {_MOST_CHARACTERS} printable characters.", field="name")
        if not scopes:
            raise InvalidInput("A key needs at least one scope.", field="scopes", hint=f"The scopes are {', '.join(Scope)}.")
        token = ApiKeyToken.generate(form)
        with self.store.writing() as uow:
            now = uow.now()
            expires_at = now + timedelta(days=days) if days else None
            key = ApiKey(
                id=token.id,
                name=name,
                scopes=frozenset(scopes),
                digest=token.digest(),
                created_at=now,
                expires_at=expires_at,
                limits=limits,
            )
            uow.keys.add(key)
            uow.commit()
        audit("key created", key_id=key.id, key_name=key.name, scopes=sorted(key.scopes))
        return key, token.text

    def list(self) -> Sequence[ApiKey]:
        """Return all of them, oldest first, inactive ones included."""
        with self.store.reading() as uow:
            return uow.keys.all()

    def has_active(self) -> bool:
        """Return whether one of them is active."""
        with self.store.reading() as uow:
            now = uow.now()
            return any(key.is_active(now) for key in uow.keys.all())

    def revoke(self, key_id: str) -> ApiKey:
        """Revoke a key permanently; raises KeyNotFound."""
        with self.store.writing() as uow:
            key = uow.keys.revoke(key_id)
            uow.commit()
        audit("key revoked", key_id=key.id, key_name=key.name)
        return key
