"""The object that click passes to every command: functions that make what it needs, so that ``--help`` loads nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.use_cases import UseCases


#: Called with the rows done and the rows in all.
Progress = Callable[[int, int], object]


#: A setting's variable, its value with secrets masked, and its source: ``environment``, a file or ``default``.
Setting = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    How the service is configured.

    Attributes:
        database: the database's file, or its host and name.
        on_sqlite: whether the database is a file, which ``up`` migrates by itself.
        on_loopback: whether only this machine reaches the API.
        auth: ``open``, ``required`` or None if not set.
        processes: of the API.
        threads: in each of them.
        shutdown_timeout_seconds: how long running work may take after SIGTERM, or None if not set.
        has_session_secret: whether one is set for the sessions of browsers.

    """

    data_dir: Path
    database: str
    on_sqlite: bool
    host: str
    port: int
    on_loopback: bool
    auth: str | None
    processes: int
    threads: int
    shutdown_timeout_seconds: float | None
    has_session_secret: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    What a command can call; each function raises the domain's errors.

    Attributes:
        use_cases: opens the store and returns the use cases.
        service: reads the settings only, which is quick.
        check: checks the settings and the database's schema.
        migrate: upgrades the schema and returns a sentence about it.
        back_up: copies everything into a new file, reports progress, and returns the number of rows by table.
        restore: copies such a file into an empty database, likewise; its last argument is whether to keep damaged vintages.
        work: runs a worker and returns the exit code.
        settings: all settings.

    """

    use_cases: Callable[[], UseCases]
    service: Callable[[], Service]
    check: Callable[[], None]
    migrate: Callable[[], str]
    back_up: Callable[[Path, Progress], Mapping[str, int]]
    restore: Callable[[Path, Progress, bool], Mapping[str, int]]
    work: Callable[[], int]
    settings: Callable[[], Sequence[Setting]]
