"""``lanner openapi``."""

from __future__ import annotations

from entrypoints.cli.openapi import openapi
from tests.builders import waiting_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.entrypoints.rest.examples import KEPT


def test_it_prints_the_document(run: Run) -> None:
    """What is printed is what is kept, to the byte."""
    assert run(waiting_use_cases(), openapi, "").stdout == KEPT.read_text()
