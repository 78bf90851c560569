"""The main of the worker: a poller beside Celery, both until told to stop."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import wait
from threading import Event, Thread
from typing import Any

from billiard.process import active_children, current_process
from celery import Celery, signals
from celery.worker import state

from config import bootstrap
from config.container import Container
from entrypoints.parent import die_with_parent
from entrypoints.worker.app import create_worker, open_controller
from entrypoints.worker.lifecycle.heartbeat_file import HeartbeatFile
from entrypoints.worker.lifecycle.isolation import IsolationLock
from entrypoints.worker.lifecycle.lease_table import LeaseTable, expire_leases
from entrypoints.worker.lifecycle.shutdown import ShutdownPipe, cut_after, exit_if_stuck, give_back_and_exit
from entrypoints.worker.poller import Poller, poll_or_exit
from entrypoints.worker.pool import process_gone
from entrypoints.worker.tasks import BATCH_SIZE, notify, run

logger = logging.getLogger(__name__)

_SHUTDOWN_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 5.0
_EMBEDDED_POLL_SECONDS = 0.25
_SELDOM = 50_000


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
    gate, stop = IsolationLock(), Event()
    app = _app(container, gate)
    fetch_dataset = container.use_cases().fetch_dataset
    _collect_seldom()
    waited = multiprocessing.get_context("spawn").Value("d", 0.0, lock=False)
    told: Callable[[], object] = fetch_dataset.held.close
    release: Callable[[], object] = fetch_dataset.release
    if settings.embedded:
        poller = _poller(container, app, gate=gate, waited=partial(setattr, waited, "value"))
        _start(poller, settings.poll_seconds or _EMBEDDED_POLL_SECONDS, stop)
    else:
        told, release = _poll_in_child_process(container, app.conf.worker_concurrency, waited, stop)
    cut_after(stop, settings.shutdown_timeout_seconds or _SHUTDOWN_TIMEOUT_SECONDS, release)
    watched = partial(getattr, waited, "value"), lambda: not state.active_requests, stop
    Thread(target=exit_if_stuck, args=watched, name="watchdog", daemon=True).start()
    return _work(app, stop, told)


def _collect_seldom() -> None:
    """
    Look for cyclic garbage seldom, and never among what is loaded; processes forked later do the same.

    An answer is thousands of lists without a cycle: walking them time and again took a third of a large fetch.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_SELDOM)


def _app(container: Container, gate: IsolationLock) -> Celery:
    settings = container.settings()
    return create_worker(
        container.use_cases(),
        broker_url=settings.broker_url,
        processes=settings.worker_processes or settings.cores,
        deadline_seconds=settings.fetch_deadline_seconds,
        gate=gate,
    )


def _poller(container: Container, app: Celery, *, gate: IsolationLock, waited: Callable[[float], object]) -> Poller:
    settings, use_cases = container.settings(), container.use_cases()
    sign, requeue = HeartbeatFile(settings.data_dir), partial(notify, app)

    def beat(found: int) -> None:
        sign.give()
        use_cases.reap_fetches.beat(sign.name, found)

    return Poller(
        use_cases.reap_fetches,
        notify=requeue,
        run=lambda fetch_id, broker_reachable: run(use_cases, [fetch_id], gate, requeue=requeue, skip_suspects=broker_reachable),
        beat=beat,
        prune=use_cases.reap_fetches.prune,
        waited=waited,
        again_seconds=settings.lease_seconds,
        # Threads are free to take one each.
        together=1 if settings.embedded else BATCH_SIZE,
        quiet=use_cases.reap_fetches.quiet,
    )


def _start(poller: Poller, seconds: float, stop: Event) -> Thread:
    thread = Thread(target=poll_or_exit, args=(poller.poll, seconds, stop), name="poller", daemon=True)
    thread.start()
    return thread


def _poll_in_child_process(
    container: Container, processes: int, waited: Any, stop: Event
) -> tuple[Callable[[], object], Callable[[], object]]:
    # Celery forks its children at any time, and a fork beside a thread that holds a lock would leave it locked for ever.
    engine = container.engine()
    engine.dispose()
    shutdown_pipe, fetch_dataset = ShutdownPipe(), container.use_cases().fetch_dataset
    holdings = LeaseTable(processes)
    listening, telling = multiprocessing.Pipe(duplex=False)

    def begin(**_: Any) -> None:
        fetch_dataset.held.told = partial(holdings.note, current_process().index)  # type: ignore[attr-defined] # the pool sets it

    def tell(process: int, **_: Any) -> None:
        if held := holdings.left(process):
            telling.send_bytes(held)

    signals.worker_process_init.connect(lambda **_: engine.dispose(close=False), weak=False)
    signals.worker_process_init.connect(lambda **_: shutdown_pipe.listen(fetch_dataset.release), weak=False)
    signals.worker_process_init.connect(begin, weak=False)
    process_gone.connect(tell, weak=False)
    process = multiprocessing.get_context("spawn").Process(target=_poll, args=(os.getpid(), waited, listening), name="poller", daemon=True)
    process.start()
    Thread(target=_end_with, args=(process.sentinel, stop), name="watch", daemon=True).start()
    left = partial(_left, process)
    return process.terminate, partial(shutdown_pipe.signal_all, left)


def _left(poller: multiprocessing.process.BaseProcess) -> list[object]:
    return [*active_children(), *([poller] if poller.is_alive() else [])]


def _poll(parent: int, waited: Any, left: Any) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    container, gate, stop = bootstrap(), IsolationLock(), Event()
    settings, held = container.settings(), container.use_cases().fetch_dataset.held
    poller = _poller(container, _app(container, gate), gate=gate, waited=partial(setattr, waited, "value"))
    _collect_seldom()
    thread = _start(poller, settings.poll_seconds or _POLL_SECONDS, stop)
    Thread(target=expire_leases, args=(left, container.use_cases().reap_fetches.lost), name="left", daemon=True).start()
    signal.sigwait([signal.SIGTERM])
    held.close()
    stop.set()
    thread.join(settings.shutdown_timeout_seconds or _SHUTDOWN_TIMEOUT_SECONDS)
    give_back_and_exit(container.use_cases().fetch_dataset.release)


def _end_with(poller: int, stop: Event) -> None:
    wait([poller])
    if not stop.is_set():
        logger.error("poller lost")
        state.should_stop = 1  # type: ignore[assignment] # the stubs know only its first value


def _work(app: Celery, stop: Event, told: Callable[[], object]) -> int:
    signals.setup_logging.connect(_leave_logging_alone)
    controller = open_controller(app)

    def finish(*_: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        state.should_stop = os.EX_OK  # type: ignore[assignment] # as above
        stop.set()
        told()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, finish)
    controller.start()
    return int(controller.exitcode or 0)


def _leave_logging_alone(**_: Any) -> None:
    """Be connected where Celery would set up logging by itself."""
