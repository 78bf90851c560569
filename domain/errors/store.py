"""The database cannot serve what is stored."""

from __future__ import annotations

from domain.errors.domain_error import DomainError


class StoreUnavailable(DomainError):
    """The database cannot be reached."""

    code = "store_unavailable"
    hint = "Check LANNER_DATABASE_URL and that the server runs."
    retryable = True


class SchemaMismatch(StoreUnavailable):
    """The database's schema is not the one that this version of lanner works with."""

    code = "schema_mismatch"
    hint = "Run `lanner migrate`, or use the version of lanner that wrote this database."


class DamagedVintage(DomainError):
    """A stored vintage does not match its checksum and is not served."""

    code = "damaged_vintage"
    hint = "If it is the newest, fetch the series again with refresh; an older one can only come from a backup."
