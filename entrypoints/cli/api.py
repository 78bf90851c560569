"""``lanner api``: the API alone."""

from __future__ import annotations

import logging
import os
from secrets import token_hex
from typing import TYPE_CHECKING

import click

from entrypoints.cli.listen_options import listen_options

if TYPE_CHECKING:
    from entrypoints.cli.session import Service, Session


logger = logging.getLogger(__name__)

_SHUTDOWN_TIMEOUT_SECONDS = 30.0


@click.command
@listen_options
@click.option("--debug", is_flag=True, help="Log at level debug, and restart when a source file changes.")
@click.pass_obj
def api(session: Session, *, debug: bool) -> None:
    """Run the API alone."""
    from entrypoints.cli.exit_codes import run_in_child_process
    from entrypoints.rest.server import check_port_free, require_auth_off_loopback, serve

    if debug:
        os.environ["LANNER_LOG_LEVEL"] = "debug"
    service = session.service()
    if not service.has_session_secret:
        # All processes of this service must accept each other's sessions.
        os.environ["LANNER_SESSION_SECRET"] = token_hex(32)
    require_auth_off_loopback(service.host, service.auth, on_loopback=service.on_loopback)
    address = check_port_free(service.host, service.port)
    run_in_child_process(session.check)
    check_active_key(session, service)
    logger.info("api starts", extra={"host": service.host, "port": service.port, "data_dir": str(service.data_dir)})
    serve(
        address,
        service.port,
        processes=service.processes,
        threads=service.threads,
        stop_seconds=service.shutdown_timeout_seconds or _SHUTDOWN_TIMEOUT_SECONDS,
        debug=debug,
    )
    logger.info("api stopped")


def check_active_key(session: Session, service: Service) -> None:
    """Make sure that there is an active key where keys are required; raises click.exceptions.Exit."""
    from entrypoints.cli.exit_codes import run_in_child_process
    from entrypoints.rest.server import require_active_key

    if service.auth == "required":
        run_in_child_process(lambda: require_active_key(session.use_cases()))
