"""The worker's main: runs Celery and the poller until SIGTERM or Ctrl-C."""

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
from domain.errors import DomainError
from entrypoints.parent import die_with_parent
from entrypoints.worker.app import create_worker, open_controller
from entrypoints.worker.deliveries import Deliveries
from entrypoints.worker.lifecycle.fetch_durations import FetchDurationCounts
from entrypoints.worker.lifecycle.heartbeat_file import HeartbeatFile, check_folder
from entrypoints.worker.lifecycle.isolation import IsolationLock
from entrypoints.worker.lifecycle.lease_table import LeaseTable, expire_leases
from entrypoints.worker.lifecycle.poller_report import PollerReport
from entrypoints.worker.lifecycle.shutdown import ShutdownPipe, exit_after_timeout, exit_if_stuck, release_and_exit
from entrypoints.worker.poller import Poller, poll_or_exit
from entrypoints.worker.pool import process_gone
from entrypoints.worker.tasks import BATCH_SIZE, notify, run

logger = logging.getLogger(__name__)

_SHUTDOWN_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 5.0
_EMBEDDED_POLL_SECONDS = 0.25
#: Nobody waits at a screen for a webhook.
_EMBEDDED_DELIVERY_SECONDS = 1.0
_GC_THRESHOLD = 50_000


def main() -> int:
    """
    Work until SIGTERM or Ctrl-C, finish what runs and return the exit code.

    Raises:
        StoreUnavailable: the database cannot be used.
        SchemaMismatch: the database's schema is not this version's.
        InvalidInput: a setting is wrong.

    """
    container = bootstrap()
    settings = container.settings()
    check_folder(settings.data_dir)
    container.store().check()
    container.use_cases().unblock_provider.resume_orphans()
    logger.info("worker starts", extra={"data_dir": str(settings.data_dir), "embedded": settings.embedded})
    isolation, stop = IsolationLock(), Event()
    fetch_dataset = container.use_cases().fetch_dataset
    _collect_garbage_rarely()
    if not settings.embedded:
        _check_shared_memory()
    report = PollerReport(shared=not settings.embedded)
    app = _app(container, isolation, report_consumers=report.report_consumers)
    on_stop: Callable[[], object] = fetch_dataset.running.close
    release: Callable[[], object] = partial(_release, container)
    end_poller: Callable[[], object] = bool
    if settings.embedded:
        durations = FetchDurationCounts()
        poller = _poller(container, app, isolation=isolation, report=report, durations=durations)
        _start(poller, settings.poll_seconds or _EMBEDDED_POLL_SECONDS, stop)
        Deliveries(container.use_cases().deliver_events).start(settings.poll_seconds or _EMBEDDED_DELIVERY_SECONDS, stop)
    else:
        process, release = _poll_in_child_process(container, app.conf.worker_concurrency, report, stop)
        on_stop, end_poller = process.terminate, process.kill
    exit_after_timeout(stop, settings.shutdown_timeout_seconds or _SHUTDOWN_TIMEOUT_SECONDS, release)
    watched = lambda: report.longest_wait, lambda: not state.active_requests, stop
    others = {"silence": report.silence, "end_others": end_poller}
    Thread(target=exit_if_stuck, args=watched, kwargs=others, name="watchdog", daemon=True).start()
    code = _work(app, stop, on_stop)
    logger.info("worker stopped")
    return code


def _check_shared_memory() -> None:
    """Raise DomainError where processes cannot share locks, as those of the pool do."""
    try:
        multiprocessing.get_context("spawn").Lock()
    except OSError as error:
        message = f"The worker's processes cannot share memory: {error.strerror}."
        raise DomainError(message, hint="Let this user write to /dev/shm, as with mode 1777.") from error


def _collect_garbage_rarely() -> None:
    """
    Collect cyclic garbage rarely, and never among what is loaded already; this holds for processes forked later, too.

    A parsed answer is thousands of lists without a cycle: the collector's walks over them took a third of a large fetch.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)


def _app(container: Container, isolation: IsolationLock, *, report_consumers: Callable[[int], object] = bool) -> Celery:
    settings = container.settings()
    return create_worker(
        container.use_cases(),
        broker_url=settings.broker_url,
        processes=settings.worker_processes or settings.cores,
        deadline_seconds=settings.fetch_deadline_seconds,
        isolation=isolation,
        explain=container.explain_broker_error(),
        report_consumers=report_consumers,
    )


def _poller(container: Container, app: Celery, *, isolation: IsolationLock, report: PollerReport, durations: FetchDurationCounts) -> Poller:
    settings, use_cases = container.settings(), container.use_cases()
    heartbeat_file, requeue = HeartbeatFile(settings.data_dir), partial(notify, app)
    use_cases.fetch_dataset.running.on_end = durations.add

    def report_attempt() -> None:
        report.report_attempt()
        heartbeat_file.touch()

    def heartbeat(found: int) -> None:
        with durations.to_store() as taken:
            use_cases.reap_fetches.heartbeat(heartbeat_file.name, found, consumes=report.consumers > 0, taken=taken)

    return Poller(
        use_cases.reap_fetches,
        notify=requeue,
        run=lambda fetch_id, broker_reachable: run(use_cases, [fetch_id], isolation, requeue=requeue, skip_suspects=broker_reachable),
        heartbeat=heartbeat,
        prune=use_cases.reap_fetches.prune,
        report_wait=report.report_wait,
        report_attempt=report_attempt,
        renotify_seconds=settings.lease_seconds,
        # Each thread takes one.
        batch_size=1 if settings.embedded else BATCH_SIZE,
        seconds_until_due=use_cases.reap_fetches.seconds_until_due,
        ask_due=use_cases.ask_due_series,
        watch=use_cases.watch_equivalences,
        explain=container.explain_broker_error(),
    )


def _start(poller: Poller, seconds: float, stop: Event) -> Thread:
    thread = Thread(target=poll_or_exit, args=(poller.poll, seconds, stop), name="poller", daemon=True)
    thread.start()
    return thread


def _poll_in_child_process(
    container: Container, processes: int, report: PollerReport, stop: Event
) -> tuple[multiprocessing.process.BaseProcess, Callable[[], object]]:
    # Celery forks its children at any time; a lock that a thread of this process holds at that moment stays locked in the child.
    engine = container.engine()
    engine.dispose()
    shutdown_pipe, fetch_dataset = ShutdownPipe(), container.use_cases().fetch_dataset
    leases, durations = LeaseTable(processes), FetchDurationCounts()
    memory = durations.memory(processes + 1)
    lost_leases, telling = multiprocessing.Pipe(duplex=False)

    def follow_fetches(**_: Any) -> None:
        index: int = current_process().index  # type: ignore[attr-defined] # the pool sets it
        durations.join(memory, index)
        fetch_dataset.running.on_change, fetch_dataset.running.on_end = partial(leases.record, index), durations.add

    def report_lost_lease(process: int, **_: Any) -> None:
        if held := leases.take(process):
            telling.send_bytes(held)

    signals.worker_process_init.connect(lambda **_: engine.dispose(close=False), weak=False)
    signals.worker_process_init.connect(lambda **_: shutdown_pipe.listen(partial(_release, container)), weak=False)
    signals.worker_process_init.connect(follow_fetches, weak=False)
    signals.worker_process_shutdown.connect(lambda **_: container.tracer().flush(), weak=False)
    process_gone.connect(report_lost_lease, weak=False)
    counting = {"memory": memory, "part": processes}
    process = multiprocessing.get_context("spawn").Process(
        target=_poll, args=(os.getpid(), report, lost_leases), kwargs=counting, name="poller", daemon=True
    )
    process.start()
    Thread(target=_stop_with, args=(process.sentinel, stop), name="poller-watch", daemon=True).start()
    return process, partial(shutdown_pipe.signal_all, partial(_running_processes, process))


def _running_processes(poller: multiprocessing.process.BaseProcess) -> list[object]:
    return [*active_children(), *([poller] if poller.is_alive() else [])]


def _poll(parent: int, report: PollerReport, lost_leases: Any, *, memory: Any, part: int) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    container, isolation, stop = bootstrap(), IsolationLock(), Event()
    settings, held = container.settings(), container.use_cases().fetch_dataset.running
    durations = FetchDurationCounts()
    durations.join(memory, part)
    poller = _poller(container, _app(container, isolation), isolation=isolation, report=report, durations=durations)
    _collect_garbage_rarely()
    thread = _start(poller, settings.poll_seconds or _POLL_SECONDS, stop)
    Deliveries(container.use_cases().deliver_events).start(settings.poll_seconds or _POLL_SECONDS, stop)
    Thread(
        target=expire_leases, args=(lost_leases, container.use_cases().reap_fetches.expire_lease), name="lost-leases", daemon=True
    ).start()
    signal.sigwait([signal.SIGTERM])
    held.close()
    stop.set()
    thread.join(settings.shutdown_timeout_seconds or _SHUTDOWN_TIMEOUT_SECONDS)
    release_and_exit(partial(_release, container))


def _release(container: Container) -> None:
    container.use_cases().fetch_dataset.release()
    container.tracer().flush()


def _stop_with(poller: int, stop: Event) -> None:
    wait([poller])
    if not stop.is_set():
        logger.error("poller exited")
        state.should_stop = 1  # type: ignore[assignment] # the stubs know only its first value


def _work(app: Celery, stop: Event, on_stop: Callable[[], object]) -> int:
    signals.setup_logging.connect(_skip_logging_setup)
    controller = open_controller(app)

    def stop_work(*_: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        state.should_stop = os.EX_OK  # type: ignore[assignment] # as above
        stop.set()
        on_stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_work)
    controller.start()
    return int(controller.exitcode or 0)


def _skip_logging_setup(**_: Any) -> None:
    """Do nothing: Celery sets up logging itself unless this signal has a receiver."""
