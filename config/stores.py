"""The store, and which of its servers a process reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Object, Selector
from dependency_injector.providers import ThreadSafeSingleton as Singleton
from sqlalchemy import Engine

from adapters.sql.engine import open_engine, open_replica
from adapters.sql.store import SqlStore
from config.settings import Settings
from domain.errors import InvalidInput
from domain.ports import Store

if TYPE_CHECKING:
    from adapters.sql.read_routing import SqlReadRouting

_READ_URL = "LANNER_DATABASE_READ_URL"
_POSITIONS = "replica-positions"


def _open_replica(settings: Settings, primary: Engine, statement_seconds: float) -> Engine | None:
    """
    Create the engine of the replica, if one is set.

    Raises:
        InvalidInput: its URL is not valid, or the database can have no replica there.

    """
    if not settings.database_read_url:
        return None
    if primary.dialect.name == "sqlite":
        message = f"{_READ_URL} is set, but the database is a SQLite file, which has no replicas."
        raise InvalidInput(message, field=_READ_URL, hint="Leave it out, or set LANNER_DATABASE_URL to a Postgres.")
    try:
        replica = open_replica(settings.database_read_url, schema=settings.database_schema, statement_seconds=statement_seconds)
    except InvalidInput as error:
        raise InvalidInput(f"{_READ_URL} is not valid: {error.message}", field=_READ_URL, hint=error.hint) from error
    if _servers(replica) == _servers(primary) and "target_session_attrs" not in replica.url.query:
        message = f"{_READ_URL} and LANNER_DATABASE_URL name the same server."
        raise InvalidInput(message, field=_READ_URL, hint="Set it to a streaming replica of that server, or leave it out.")
    return replica


def _servers(engine: Engine) -> tuple[str, str]:
    arguments = engine.dialect.create_connect_args(engine.url)[1]
    hosts = str(arguments.get("host") or "").split(",")
    return ",".join(hosts), str(arguments.get("port") or ",".join("5432" for _ in hosts))


def _route_reads(settings: Settings, primary: Engine, replica: Engine | None) -> SqlReadRouting | None:
    if replica is None:
        return None
    from adapters.sql.read_routing import SqlReadRouting

    return SqlReadRouting(primary, replica, settings.data_dir / _POSITIONS)


def _open_store(engine: Engine, read_routing: SqlReadRouting | None) -> SqlStore:
    if read_routing is None:
        return SqlStore(engine)
    from adapters.sql.replicated_store import ReplicatedStore

    return ReplicatedStore(engine, read_routing)


def _primary_first(store: Store, read_routing: SqlReadRouting | None) -> Store:
    if read_routing is None:
        return store
    from adapters.sql.replicated_store import PrimaryFirstStore, ReplicatedStore

    return PrimaryFirstStore(store) if isinstance(store, ReplicatedStore) else store


def _token_of(primary: Engine, replica: Engine | None) -> Callable[[], str]:
    if replica is None:
        return str
    from adapters.sql.read_routing import current_token

    return partial(current_token, primary)


class Stores(DeclarativeContainer):
    """The database, and how it is read: by the API at a replica, if there is one."""

    settings: Dependency[Settings] = Dependency(instance_of=Settings)
    #: ``api`` or ``worker``: whose statement timeout applies.
    part: Dependency[str] = Dependency(instance_of=str, default=Object("worker"))

    statement_seconds = Selector(part, api=settings.provided.api_statement_seconds, worker=settings.provided.worker_statement_seconds)
    engine = Singleton(
        open_engine, settings.provided.database, schema=settings.provided.database_schema, statement_seconds=statement_seconds
    )
    replica = Singleton(_open_replica, settings, engine, statement_seconds)
    read_routing = Selector(part, api=Singleton(_route_reads, settings, engine, replica), worker=Object(None))
    store = Singleton(_open_store, engine, read_routing)
    #: Of what decides about requests: it is read at the primary as long as there is one.
    primary_store = Singleton(_primary_first, store, read_routing)
    #: What receivers of webhooks send back to read what they are told of.
    consistency_token = Singleton(_token_of, engine, replica)
