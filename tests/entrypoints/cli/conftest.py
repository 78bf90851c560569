"""The commands, run in this process on the memory adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Never

import pytest
from click import Command
from click.testing import CliRunner, Result

from domain.use_cases import UseCases
from entrypoints.cli.session import Session

Run = Callable[..., Result]


def untouched() -> Never:
    raise AssertionError("the command needs no more than the use cases")


@pytest.fixture
def run() -> Run:
    """Run a command on use cases, its words separated by spaces."""

    def running(use_cases: UseCases, command: Command, line: str, **kwargs: object) -> Result:
        session = Session(**{field.name: untouched for field in fields(Session)} | {"use_cases": lambda: use_cases})
        return CliRunner().invoke(command, line.split(), obj=session, **kwargs)

    return running
