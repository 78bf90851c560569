"""What every command is handed: ways to get what it needs, made on first use so that ``--help`` stays quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from domain.use_cases import UseCases


#: Rows done, and rows in all.
Progress = Callable[[int, int], object]


class Setting(Protocol):
    """A setting as it is shown: its text, and the environment, file or default that it comes from."""

    @property
    def name(self) -> str:
        """The variable's name."""
        ...

    @property
    def value(self) -> str:
        """Its text, without secrets."""
        ...

    @property
    def source(self) -> str:
        """Where it comes from."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    How the service runs here.

    Attributes:
        database: the database's place, without secrets.
        on_sqlite: whether the database is a file, whose schema may be changed without asking.
        on_loopback: whether only this machine reaches the API.
        auth: ``open``, ``required`` or None where nobody said.
        processes: of the API.
        threads: in each of them.
        shutdown_timeout_seconds: how long running work may go on after a request to stop, if it is set.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    One run of the command; each field raises the domain's errors when it is called.

    Attributes:
        use_cases: what lanner can do.
        service: how it runs; this one is quick.
        check: makes sure that the settings fit, and that the database is there and has the right schema.
        migrate: brings the schema up to date and says from what to what.
        back_up: copies everything into a new file; is given what to tell of its progress, and gives the number of rows by table.
        restore: copies such a file into an empty store, likewise; is told whether to keep damaged vintages.
        work: is a worker until told to stop; gives the exit code.
        settings: all settings as they are shown.

    """

    use_cases: Callable[[], UseCases]
    service: Callable[[], Service]
    check: Callable[[], None]
    migrate: Callable[[], str]
    back_up: Callable[[Path, Progress], Mapping[str, int]]
    restore: Callable[[Path, Progress, bool], Mapping[str, int]]
    work: Callable[[], int]
    settings: Callable[[], Sequence[Setting]]
