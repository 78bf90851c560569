"""The driver's errors as the domain's: a sentence for each that is the database's fault, and whether it passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from adapters.sql.deadlines import is_over
from adapters.sql.engine import place
from domain.errors import SchemaMismatch, StoreUnavailable

_AGAIN = "Try again in a moment."


class StalePlans(StoreUnavailable):
    """The tables have changed since this connection's statements were planned."""


class LockNotGranted(StoreUnavailable):
    """Somebody else has held a lock for too long."""


class _Meaning(NamedTuple):
    """What an error means: ``{place}`` is the database, ``{said}`` the driver's own words."""

    message: str
    hint: str = _AGAIN
    passes: bool = True
    kind: type[StoreUnavailable] = StoreUnavailable


_FULL = _Meaning("The database {place} has no connection left: {said}.", "Try again in a moment, or raise max_connections.")
_RESTARTS = _Meaning("The database {place} is being stopped or started.")
_CLOSED = _Meaning("The database {place} cannot be used: it has closed the connection.", "Try again in a moment, or see why it restarts.")
_IN_THE_WAY = _Meaning("Another transaction of the database {place} was in the way: {said}.")
_READ_ONLY = _Meaning(
    "The database {place} takes no changes: {said}.",
    "Set LANNER_DATABASE_URL to the primary if this is a standby; else look at default_transaction_read_only.",
)
_OTHER_TABLES = _Meaning(
    "The tables of the database {place} are not those of this version of lanner: {said}.", SchemaMismatch.hint, kind=SchemaMismatch
)
_OTHERS_TABLES = _Meaning(
    "The database {place} has tables of another program where lanner's should be: {said}.",
    "Set LANNER_DATABASE_SCHEMA to a schema of lanner's own.",
    passes=False,
)
_NO_TABLES = _Meaning("The database {place} lacks lanner's tables.", SchemaMismatch.hint, kind=SchemaMismatch)
_UNUSABLE = _Meaning("The database {place} cannot be used: {said}.", StoreUnavailable.hint)
_DAMAGED = _UNUSABLE._replace(hint="Move the file away, or restore a backup into a new one.")

_BY_STATE: Mapping[str, _Meaning] = {
    "25006": _READ_ONLY,
    "22P05": _Meaning("The database {place} cannot hold this text: {said}.", "Move to a database with the encoding UTF8.", passes=False),
    "3F000": _NO_TABLES,
    "42P01": _NO_TABLES,
    "42703": _OTHER_TABLES,
    "42P07": _OTHERS_TABLES,
    "42501": _Meaning(
        "The database {place} does not let its role do this: {said}.", "Grant the role what docs/production.md lists.", passes=False
    ),
    "40001": _IN_THE_WAY,
    "40P01": _IN_THE_WAY,
    "55P03": _IN_THE_WAY._replace(kind=LockNotGranted),
    "53300": _FULL,
    "57014": _Meaning("The database {place} did not finish a statement in time."),
    "57P01": _RESTARTS,
    "57P02": _RESTARTS,
    "57P03": _RESTARTS,
    "XX000": _UNUSABLE,
    "XX001": _UNUSABLE,
    "XX002": _UNUSABLE,
}
#: Of features that are not supported, by the function of the server that says so.
_BY_FUNCTION: Mapping[str, _Meaning] = {
    "RevalidateCachedQuery": _Meaning("The tables of the database {place} have just been changed.", kind=StalePlans),
    "check_XactReadOnly": _READ_ONLY,
    "check_transaction_read_only": _READ_ONLY,
}
#: The driver knows no state of a connection that was refused. These are the words of Postgres and of PgBouncer.
_BY_WORDS: Mapping[str, _Meaning] = {
    "too many": _FULL,
    "remaining connection slots": _FULL,
    "no more connections allowed": _FULL,
    "is starting up": _RESTARTS,
    "is shutting down": _RESTARTS,
    "closed the connection unexpectedly": _CLOSED,
    "connection has been closed unexpectedly": _CLOSED,
    "no such table": _NO_TABLES,
    "no such column": _OTHER_TABLES,
}
_UNSUPPORTED = "0A000"
_TO_A_SERVER = "connection to server"


@contextmanager
def wrap_driver_errors(engine: Engine) -> Iterator[None]:
    """Raise the driver's errors as the domain's, but those of which the statement is the cause."""
    try:
        yield
    except PoolTimeoutError as error:
        raise all_connections_used() from error
    except DBAPIError as error:
        mapped = find_domain_error(engine, error.orig)
        if mapped is None:
            raise
        raise mapped from error


def all_connections_used() -> StoreUnavailable:
    """Return the error that this process has no connection left."""
    return StoreUnavailable(
        "All connections to the database are in use.", hint="Try again in a moment, or raise LANNER_DATABASE_CONNECTIONS."
    )


def map_driver_error(engine: Engine, error: Exception) -> StoreUnavailable:
    """Map a driver's error to the domain's; re-raise it if the statement is at fault, not the database."""
    mapped = find_domain_error(engine, error)
    if mapped is None:
        raise error
    return mapped


def find_domain_error(engine: Engine, error: BaseException | None) -> StoreUnavailable | None:
    """Return the domain's error for a driver's error, or None if the statement is at fault."""
    meaning = _meaning(engine, error)
    if meaning is None:
        return None
    said = _said(str(error).strip())
    mapped = meaning.kind(meaning.message.format(place=place(engine), said=said), hint=meaning.hint)
    mapped.retryable = meaning.passes
    return mapped


def _said(words: str) -> str:
    """Return the driver's words on one line: for several hosts, what each has said."""
    first, *others = [line.strip().rstrip(".") for line in words.splitlines()] or [""]
    return "; ".join([first, *(line for line in others if line.startswith(_TO_A_SERVER))])


def _meaning(engine: Engine, error: Any) -> _Meaning | None:
    driver, state = engine.dialect.loaded_dbapi, getattr(error, "pgcode", None) or ""
    if is_over(error):
        return _BY_STATE["57014"]
    if state == _UNSUPPORTED:
        return _BY_FUNCTION.get(error.diag.source_function or "")
    if state in _BY_STATE:
        return _BY_STATE[state]
    if isinstance(error, (driver.OperationalError, driver.InterfaceError)):
        words = str(error)
        return next((meaning for some, meaning in _BY_WORDS.items() if some in words), _UNUSABLE)
    # SQLite raises the most general class for a file that is damaged or not a database.
    return _DAMAGED if type(error) is driver.DatabaseError else None
