"""Commands that are processes: ``up``, ``api``, ``worker``, and what keeps them well, ``migrate`` and ``health``."""

from __future__ import annotations

import logging
import os
import sys
from functools import partial
from time import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from entrypoints.cli.session import Service, Session

logger = logging.getLogger(__name__)

_SHUTDOWN_TIMEOUT_SECONDS, _SHUTDOWN_TIMEOUT_SECONDS_OF_UP = 30.0, 8.0
_STALE_SECONDS = 60.0
_LANNER = (sys.executable, "-P", "-m", "entrypoints.cli")


def _listen(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where the API listens."""
    host = click.option("--host", expose_value=False, callback=_set, is_eager=True, help="Listen there instead of at LANNER_HOST.")
    port = click.option("--port", expose_value=False, callback=_set, is_eager=True, help="Listen there instead of at LANNER_PORT.")
    return host(port(function))


def _set(_context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None:
        _set_variable(f"LANNER_{(option.name or '').upper()}", value)


def _set_variable(variable: str, value: str, *, old_name: str = "") -> None:
    """Set a variable for this process and those that it starts, in place of the same one in small letters or under its old name."""
    for name in [name for name in os.environ if name.upper() in (variable, old_name)]:
        del os.environ[name]
    os.environ[variable] = value


@click.command
@_listen
@click.pass_obj
def up(session: Session) -> None:
    """
    Run the API and a worker, supervised.

    With the settings' defaults nothing else is needed: the database is a SQLite file, migrated by itself, and the broker lives in
    the worker.
    """
    from entrypoints.cli.lock import hold
    from entrypoints.cli.outcome import run_in_child_process
    from entrypoints.cli.supervisor import Child, Supervisor
    from entrypoints.rest.server import check_port_free, require_auth_off_loopback

    service = session.service()
    require_auth_off_loopback(service.host, service.auth, on_loopback=service.on_loopback)
    with hold(service.data_dir, service.port):
        check_port_free(service.host, service.port)
        run_in_child_process(lambda: click.echo(session.migrate(), err=True) if service.on_sqlite else session.check())
        _require_active_key(session, service)
        timeout = service.shutdown_timeout_seconds or _SHUTDOWN_TIMEOUT_SECONDS_OF_UP
        _set_variable("LANNER_SHUTDOWN_TIMEOUT_SECONDS", str(timeout), old_name="LANNER_STOP_SECONDS")
        children = [Child(name, (*_LANNER, name), os.environ) for name in ("api", "worker")]
        supervisor = Supervisor(children, shutdown_timeout_seconds=timeout)
        supervisor.run(is_ready=partial(_all_well, service, time()), on_ready=partial(_announce, service))


def _require_active_key(session: Session, service: Service) -> None:
    from entrypoints.cli.outcome import run_in_child_process
    from entrypoints.rest.server import require_active_key

    if service.auth == "required":
        run_in_child_process(lambda: require_active_key(session.use_cases()))


@click.command
@_listen
@click.option("--debug", is_flag=True, help="Log everything, and restart whenever a source file changes.")
@click.pass_obj
def api(session: Session, *, debug: bool) -> None:
    """Run the API alone."""
    from entrypoints.cli.outcome import run_in_child_process
    from entrypoints.rest.server import check_port_free, require_auth_off_loopback, serve

    if debug:
        os.environ["LANNER_LOG_LEVEL"] = "debug"
    service = session.service()
    require_auth_off_loopback(service.host, service.auth, on_loopback=service.on_loopback)
    address = check_port_free(service.host, service.port)
    run_in_child_process(session.check)
    _require_active_key(session, service)
    logger.info("api starts", extra={"host": service.host, "port": service.port, "data_dir": str(service.data_dir)})
    serve(
        address,
        service.port,
        processes=service.processes,
        threads=service.threads,
        stop_seconds=service.shutdown_timeout_seconds or _SHUTDOWN_TIMEOUT_SECONDS,
        debug=debug,
    )


@click.command
@click.pass_obj
def worker(session: Session) -> int:
    """Run a worker alone."""
    return session.work()


@click.command
@click.pass_obj
def migrate(session: Session) -> None:
    """Bring the database's schema up to date."""
    click.echo(session.migrate())


@click.command
@click.argument("part", type=click.Choice(["api", "worker"]))
@click.pass_obj
def health(session: Session, part: str) -> int:
    """Tell by the exit code whether the API or the worker is well."""
    service = session.service()
    problem = _problem_of_api(service) if part == "api" else _problem_of_worker(service, time() - _STALE_SECONDS)
    if problem:
        click.echo(f"lanner: {problem}", err=True)
    return 1 if problem else 0


def _problem_of_api(service: Service) -> str:
    from entrypoints.rest.probe import ask

    return "" if ask(service.host, service.port, "/healthz") else f"No API answers at port {service.port} of {service.host}."


def _problem_of_worker(service: Service, since: float) -> str:
    from entrypoints.worker.lifecycle.heartbeat_file import find_worker_problem

    return find_worker_problem(service.data_dir, since)


def _all_well(service: Service, since: float) -> bool:
    return not _problem_of_worker(service, since) and not _problem_of_api(service)


def _announce(service: Service) -> None:
    host = f"[{service.host}]" if ":" in service.host else service.host
    address = f"http://{host}:{service.port}"
    body = '{"provider":"sample","database_code":"SAMPLE","dataset_code":"GDP"}'
    click.echo(
        f"""
lanner is ready at {address}
  data folder  {service.data_dir}
  database     {service.database}

Try, then ask for the data with the id of the answer:
  curl -d '{body}' -H "Content-Type: application/json" -X POST {address}/timeseries
  curl "{address}/timeseries?id=ID"

Ctrl-C stops it.
""",
    )
    sys.stdout.flush()
