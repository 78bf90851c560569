"""Clients of the application on the memory adapters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from falcon.testing import TestClient

from domain.use_cases import UseCases
from entrypoints.rest.app import create_app
from tests.builders import CannedSource, memory_use_cases, waiting_use_cases

LOCAL = {"Host": "localhost:8000"}


def client_of(use_cases: UseCases) -> TestClient:
    return TestClient(create_app(use_cases, allowed_hosts=()), headers=LOCAL)


@pytest.fixture
def client_on() -> Callable[[UseCases], TestClient]:
    return client_of


@pytest.fixture
def client() -> TestClient:
    """Fetches are done as soon as they are requested; provider ``keyless`` lacks its key."""
    return client_of(memory_use_cases({"canned": CannedSource(), "other": CannedSource(), "keyless": None}))


@pytest.fixture
def waiting() -> TestClient:
    """Fetches stay pending."""
    return client_of(waiting_use_cases())
