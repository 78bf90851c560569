"""``lanner up``: the API and a worker, supervised."""

from __future__ import annotations

import os
import sys
from functools import partial
from time import time
from typing import TYPE_CHECKING

import click

from entrypoints.cli.listen_options import listen_options, set_variable

if TYPE_CHECKING:
    from entrypoints.cli.session import Service, Session
    from entrypoints.cli.supervisor import Child
    from entrypoints.liveness import Liveness


_SHUTDOWN_TIMEOUT_SECONDS = 8.0
#: Beyond the minute after which a heartbeat is stale.
_WORKER_CHECKS = 2
_COMMAND = (sys.executable, "-P", "-m", "entrypoints.cli")


@click.command
@listen_options
@click.pass_obj
def up(session: Session) -> None:
    """
    Run the API and a worker, supervised.

    The default settings need no servers: the database is a SQLite file, migrated automatically, and the broker runs inside the
    worker.
    """
    from entrypoints.cli.api import check_active_key
    from entrypoints.cli.exit_codes import run_in_child_process
    from entrypoints.cli.lock import lock_data_dir
    from entrypoints.cli.supervisor import Child, Supervisor
    from entrypoints.rest.server import check_port_free, require_auth_off_loopback

    service = session.service()
    require_auth_off_loopback(service.host, service.auth, on_loopback=service.on_loopback)
    with lock_data_dir(service.data_dir, service.port):
        check_port_free(service.host, service.port)
        run_in_child_process(lambda: click.echo(session.migrate(), err=True) if service.on_sqlite else session.check())
        check_active_key(session, service)
        timeout = service.shutdown_timeout_seconds or _SHUTDOWN_TIMEOUT_SECONDS
        set_variable("LANNER_SHUTDOWN_TIMEOUT_SECONDS", str(timeout), old_name="LANNER_STOP_SECONDS")
        children = [Child(name, (*_COMMAND, name), os.environ) for name in ("api", "worker")]
        for child in children:
            child.liveness = _liveness(child, service)
        supervisor = Supervisor(children, shutdown_timeout_seconds=timeout)
        supervisor.run(is_ready=partial(_is_ready, service, time()), on_ready=partial(_announce, service))


def _liveness(child: Child, service: Service) -> Liveness:
    from entrypoints.cli.health import STALE_SECONDS, find_api_problem
    from entrypoints.liveness import Liveness
    from entrypoints.rest.server import HUNG_CHECKS
    from entrypoints.worker.lifecycle.heartbeat_file import find_worker_problem

    if child.name == "api":
        return Liveness(partial(find_api_problem, service), checks=HUNG_CHECKS)

    def problem() -> str:
        group = child.process.pid if child.process else None
        return find_worker_problem(service.data_dir, time() - STALE_SECONDS, group)

    return Liveness(problem, checks=_WORKER_CHECKS)


def _is_ready(service: Service, since: float) -> bool:
    from entrypoints.cli.health import find_api_problem
    from entrypoints.worker.lifecycle.heartbeat_file import find_worker_problem

    return not find_worker_problem(service.data_dir, since) and not find_api_problem(service)


def _announce(service: Service) -> None:
    host = f"[{service.host}]" if ":" in service.host else service.host
    address = f"http://{host}:{service.port}"
    body = '{"provider":"sample","database_code":"SAMPLE","dataset_code":"GDP"}'
    # The shell takes the two lines of the first command as one, also when they are copied.
    click.echo(
        f"""
lanner is ready at {address}
  data folder  {service.data_dir}
  database     {service.database}

Try, then ask for the data with the id of the answer:
  curl -d '{body}' \\
    -H "Content-Type: application/json" -X POST {address}/timeseries
  curl "{address}/timeseries?id=ID"

Ctrl-C stops it.
""",
    )
    sys.stdout.flush()
