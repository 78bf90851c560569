"""``lanner health``: check whether the API or the worker is healthy."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from entrypoints.cli.session import Service, Session


STALE_SECONDS = 60.0


@click.command
@click.argument("part", type=click.Choice(["api", "worker"]))
@click.pass_obj
def health(session: Session, part: str) -> int:
    """Check whether the API or the worker is healthy; exits with 1 if not."""
    from entrypoints.cli.tables import say

    service = session.service()
    problem = find_api_problem(service) if part == "api" else _find_worker_problem(service)
    if problem:
        say(f"lanner: {problem}", err=True)
    return 1 if problem else 0


def find_api_problem(service: Service) -> str:
    """Return what is wrong with the API, or an empty text."""
    from entrypoints.rest.probe import get_json

    return "" if get_json(service.host, service.port, "/healthz") else f"No API answers at port {service.port} of {service.host}."


def _find_worker_problem(service: Service) -> str:
    from entrypoints.worker.lifecycle.heartbeat_file import find_worker_problem

    return find_worker_problem(service.data_dir, time() - STALE_SECONDS)
