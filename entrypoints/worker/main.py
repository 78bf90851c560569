"""The main of the worker: a poller beside Celery, both until told to stop."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from functools import partial
from multiprocessing.connection import wait
from threading import Event, Thread
from typing import Any

from celery import Celery, signals
from celery.worker import state

from config import bootstrap
from config.container import Container
from entrypoints.parent import die_with_parent
from entrypoints.worker.app import create_worker, open_controller
from entrypoints.worker.poller import HEARTBEAT, Poller, Rung, poll_or_exit
from entrypoints.worker.tasks import ring, run

logger = logging.getLogger(__name__)

_STOP_SECONDS = 30.0
_SWEEP_SECONDS = 5.0
_EMBEDDED_SWEEP_SECONDS = 0.25


def main() -> int:
    """
    Work until SIGTERM or Ctrl-C, finish what runs and give the exit code.

    Raises:
        StoreUnavailable: the database cannot be used, or has another schema.
        InvalidInput: a setting is wrong.

    """
    container = bootstrap()
    settings = container.settings()
    container.store().check()
    logger.info("worker starts", extra={"data_dir": str(settings.data_dir), "embedded": settings.embedded})
    rung, stop = Rung(), Event()
    app = _app(container, rung)
    if settings.embedded:
        _start(_poller(container, app, rung), settings.sweep_seconds or _EMBEDDED_SWEEP_SECONDS, stop)
    else:
        _poll_apart(container, stop)
    return _work(app, stop, settings.stop_seconds or _STOP_SECONDS)


def _app(container: Container, rung: Rung) -> Celery:
    settings = container.settings()
    return create_worker(
        container.use_cases(),
        broker_url=settings.broker_url,
        processes=settings.worker_processes or settings.cores,
        deadline_seconds=settings.fetch_deadline_seconds,
        ended=rung.forget,
    )


def _poller(container: Container, app: Celery, rung: Rung) -> Poller:
    use_cases, data_dir = container.use_cases(), container.settings().data_dir
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Poller(
        use_cases.sweep_fetches,
        ring=partial(ring, app),
        run=partial(run, use_cases),
        beat=(data_dir / HEARTBEAT).touch,
        rung=rung,
        quiet=use_cases.sweep_fetches.quiet,
    )


def _start(poller: Poller, seconds: float, stop: Event) -> Thread:
    thread = Thread(target=poll_or_exit, args=(poller.poll, seconds, stop), name="poller", daemon=True)
    thread.start()
    return thread


def _poll_apart(container: Container, stop: Event) -> None:
    # Celery forks its children at any time, and a fork beside a thread that holds a lock would leave it locked for ever.
    engine = container.engine()
    engine.dispose()
    signals.worker_process_init.connect(lambda **_: engine.dispose(close=False), weak=False)
    process = multiprocessing.get_context("spawn").Process(target=_poll, args=(os.getpid(),), name="poller", daemon=True)
    process.start()
    Thread(target=_end_with, args=(process.sentinel, stop), name="watch", daemon=True).start()


def _poll(parent: int) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    container, rung, stop = bootstrap(), Rung(), Event()
    settings = container.settings()
    thread = _start(_poller(container, _app(container, rung), rung), settings.sweep_seconds or _SWEEP_SECONDS, stop)
    signal.sigwait([signal.SIGTERM])
    stop.set()
    thread.join(settings.stop_seconds or _STOP_SECONDS)
    os._exit(0)


def _end_with(poller: int, stop: Event) -> None:
    wait([poller])
    if not stop.is_set():
        logger.error("poller lost")
        state.should_stop = 1  # type: ignore[assignment] # the stubs know only its first value


def _work(app: Celery, stop: Event, stop_seconds: float) -> int:
    signals.setup_logging.connect(_leave_logging_alone)
    controller = open_controller(app)

    def finish(*_: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, stop_seconds)
        state.should_stop = os.EX_OK  # type: ignore[assignment] # as above
        stop.set()

    signal.signal(signal.SIGALRM, _cut)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, finish)
    controller.start()
    return int(controller.exitcode or 0)


def _cut(*_: Any) -> None:
    # What still runs is fenced: its lease ends by itself and another worker begins it again.
    os._exit(os.EX_OK)


def _leave_logging_alone(**_: Any) -> None:
    """Be connected where Celery would set up logging by itself."""
