"""The WSGI server, Granian, and the checks before it starts."""

from __future__ import annotations

import errno
import importlib.util
import logging
import math
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

from domain.errors import InvalidInput
from domain.use_cases import UseCases
from entrypoints.liveness import Liveness
from entrypoints.parent import hang_up_is_ignored
from entrypoints.rest import connections
from entrypoints.rest.http.request_metrics import REQUESTS
from entrypoints.rest.probe import get_json, is_lanner

logger = logging.getLogger(__name__)

#: A minute of checks: a flood of requests may delay some.
HUNG_CHECKS = 6
_TICK_SECONDS = 1.0
_PACKAGES = ("domain", "adapters", "entrypoints", "config")


def require_auth_off_loopback(host: str, auth: str | None, *, on_loopback: bool) -> None:
    """
    Check that an API beyond loopback has a setting for authentication.

    Raises:
        InvalidInput: other machines could reach the API, and LANNER_AUTH is not set.

    """
    if auth is None and not on_loopback:
        raise InvalidInput(
            f"LANNER_HOST={host} lets other machines reach lanner.",
            field="LANNER_HOST",
            hint="Set LANNER_AUTH=required and make a key with `lanner keys create`; or LANNER_AUTH=open to require none; "
            "or use 127.0.0.1.",
        )


def require_active_key(use_cases: UseCases) -> None:
    """
    Check that an API that requires keys has one.

    Raises:
        InvalidInput: no key is active.

    """
    if not use_cases.manage_keys.has_active():
        raise InvalidInput(
            "LANNER_AUTH=required, but there is no active API key.", field="LANNER_AUTH", hint="Make one: `lanner keys create`."
        )


def check_port_free(host: str, port: int) -> str:
    """
    Return the IP address to bind, after binding it once: Granian accepts no host names, and shares a port without an error.

    Raises:
        InvalidInput: the port is in use, or the address is not this machine's.

    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        raise _unusable(host, port, getattr(error, "errno", None)) from error
    return str(address[0])


def _unusable(host: str, port: int, number: int | None) -> InvalidInput:
    if number == errno.EADDRINUSE:
        owner = "another lanner" if is_lanner(host, port) else "another program"
        return InvalidInput(f"Port {port} is taken by {owner}.", field="LANNER_PORT", hint="Stop it, or set LANNER_PORT to a free port.")
    if number == errno.EACCES:
        return InvalidInput(f"Port {port} is reserved for the system.", field="LANNER_PORT", hint="Set LANNER_PORT to 1024 or more.")
    return InvalidInput(f"LANNER_HOST={host} is not an address of this machine.", field="LANNER_HOST", hint="Try 127.0.0.1.")


def serve(  # noqa: PLR0913 - the server's options
    host: str, port: int, *, processes: int, threads: int, stop_seconds: float, debug: bool
) -> None:
    """
    Serve until SIGTERM, then finish the running requests.

    Args:
        threads: how many requests each process handles at once.
        stop_seconds: how long the running requests may take.
        debug: whether to restart when a source file changes.

    """
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import MPServer

    from entrypoints.rest.http.responses import total_threads

    server = MPServer(
        "entrypoints.rest.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=total_threads(threads),
        # To detect HTTP/2 without TLS, Granian would wait for a client's first byte for ever.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=1000 * connections.HEADER_TIMEOUT_SECONDS),
        backpressure=connections.MAX_CONNECTIONS,
        log_level=LogLevels.info if debug else LogLevels.error,
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
        respawn_failed_workers=True,
        workers_kill_timeout=math.ceil(stop_seconds),
        **(_reloading() if debug else {}),
    )
    if hang_up_is_ignored():
        # Granian has set its own handler by then, which starts all processes anew.
        server.on_startup(partial(signal.signal, signal.SIGHUP, signal.SIG_IGN))
    if not debug:
        Thread(target=_kill_if_hung, args=(server, host, port), name="watchdog", daemon=True).start()
    worker = connections.ApiProcess(MPServer._spawn_wsgi_worker, REQUESTS.memory(processes))  # noqa: SLF001 - the only way to the socket
    server.serve(worker, target_loader=_application, wrap_loader=False)


def _kill_if_hung(server: Any, host: str, port: int) -> None:
    liveness, was_killed = Liveness(lambda: "" if get_json(host, port, "/healthz") else "no answer", checks=HUNG_CHECKS), False
    while not server.interrupt_signal:
        sleep(_TICK_SECONDS)
        if liveness.find_hang():
            logger.error("api hangs", extra={"processes": len(server.wrks)})
            for process in server.wrks:
                # Granian starts another in its place.
                os.kill(process.inner.pid, signal.SIGKILL)
            if was_killed:
                # The new ones did not help: whatever supervises this process starts all anew.
                logger.critical("api stuck")
                os._exit(1)
            was_killed = True
            liveness.restart()
        elif liveness.is_well:
            was_killed = False


def _application() -> Callable[..., Any]:
    # Granian's own loader would put the working folder, and a `config` in it, before lanner's packages.
    from entrypoints.rest.wsgi import application

    return application


def _reloading() -> dict[str, Any]:
    from watchfiles import PythonFilter

    # A forked worker would still have the modules that this process loaded before they changed.
    multiprocessing.set_start_method("spawn", force=True)
    specs = [importlib.util.find_spec(name) for name in _PACKAGES]
    folders = [Path(folder) for spec in specs if spec for folder in spec.submodule_search_locations or ()]
    return {"reload": True, "reload_paths": folders, "reload_filter": PythonFilter, "reload_ignore_worker_failure": True}
