"""The commands, run in this process on the memory adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Never

import pytest
from click import Command
from click.testing import CliRunner, Result

from domain.use_cases import UseCases
from entrypoints.cli.session import Service, Session

Run = Callable[..., Result]
DATABASE = "/kept/lanner.db"


def untouched() -> Never:
    raise AssertionError("the command needs no more than the use cases")


def a_service() -> Service:
    """How a service is configured, whose database is a file of this name."""
    return Service(
        data_dir=Path("/kept"),
        database=DATABASE,
        on_sqlite=True,
        host="127.0.0.1",
        port=8000,
        on_loopback=True,
        auth=None,
        processes=1,
        threads=1,
        shutdown_timeout_seconds=None,
    )


def session_of(use_cases: UseCases) -> Session:
    """Give a session that has these use cases and the settings, and nothing else."""
    able = {"use_cases": lambda: use_cases, "service": a_service}
    return Session(**{field.name: untouched for field in fields(Session)} | able)


@pytest.fixture
def run() -> Run:
    """Run a command on use cases, its words separated by spaces."""

    def running(use_cases: UseCases, command: Command, line: str, **kwargs: object) -> Result:
        return CliRunner().invoke(command, line.split(), obj=session_of(use_cases), **kwargs)

    return running
