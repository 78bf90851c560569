"""The part of a worker that tells webhooks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Event
from typing import Any, Self

import pytest
from sqlalchemy import event

from adapters.memory.unit_of_work import MemoryStore
from adapters.memory.webhook_sender import RecordingSender
from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.observations import Observations
from domain.ports import Store
from domain.use_cases import UseCases
from domain.webhooks.delivery import Reply
from domain.webhooks.events import EventType
from entrypoints.worker.deliveries import Deliveries
from tests.builders import an_arrival, append, memory_use_cases

URL = "https://receiver.example/hook"


def publish(store: Store, *codes: str) -> None:
    """Store a further vintage of each series."""
    for code in codes:
        with store.writing() as uow:
            series = uow.series.add("quandl", DatasetCode("X", code))
            append(uow, series.id, [an_arrival(uow.now(), Observations.of([uow.vintages.position()], ["a"], [[1.0]]))])
            uow.commit()


def comes_true(claim: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not (held := claim()) and time.monotonic() < end:
        time.sleep(0.01)
    return held


class Working:
    """A running part of a worker."""

    def __init__(self, **settings: Any) -> None:
        self.store, self.sender, self.stop = MemoryStore(), RecordingSender(), Event()
        self.use: UseCases = memory_use_cases({}, store=self.store, sender=self.sender, **settings)
        Deliveries(self.use.deliver_events).start(0.01, self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        assert comes_true(lambda: self.sender.aborted)


def test_news_are_told_as_they_come() -> None:
    """Again and again, each once."""
    with Working() as worker:
        worker.use.manage_webhooks.create(URL, events=[EventType.VINTAGE_CREATED])
        for number in range(1, 4):
            publish(worker.store, "A")
            assert comes_true(lambda number=number: len(worker.sender.sent) == number)


def test_receivers_do_not_wait_for_each_other() -> None:
    """Several webhooks are told at once: four that wait for each other's messages all get theirs."""
    together = Barrier(4, timeout=10)

    def meet(*_: object) -> Reply:
        together.wait()
        return Reply(204)

    with Working() as worker:
        worker.sender.answer = meet
        for _ in range(4):
            worker.use.manage_webhooks.create(URL, events=[EventType.VINTAGE_CREATED])
        publish(worker.store, "A")

        assert comes_true(lambda: len(worker.sender.sent) == 4)
        assert not together.broken


def test_a_defect_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged once, however often it comes; what comes afterwards is told."""
    with Working(lease_seconds=0.05) as worker:

        def fail(*_: object) -> Reply:
            raise ZeroDivisionError

        worker.sender.answer = fail
        worker.use.manage_webhooks.create(URL, events=[EventType.VINTAGE_CREATED])
        publish(worker.store, "A")
        assert comes_true(lambda: len(worker.sender.sent) >= 3)
        worker.sender.answer = lambda *_: Reply(204)
        assert comes_true(lambda: not worker.use.deliver_events.has_due() and bool(worker.use.manage_webhooks.list()[0].last_success_at))

    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == ["unhandled error"]


def test_a_missing_master_secret_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """A worker without the setting says which one, and leaves the webhook to others."""
    store = MemoryStore()
    memory_use_cases({}, store=store).manage_webhooks.create(URL)
    publish(store, "A")
    use = memory_use_cases({}, store=store, webhook_secret="")
    stop = Event()
    Deliveries(use.deliver_events).start(0.01, stop)
    assert comes_true(lambda: bool(caplog.records))
    time.sleep(0.1)
    stop.set()

    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "LANNER_WEBHOOK_SECRET" in record.__dict__["reason"]
    assert memory_use_cases({}, store=store).deliver_events.has_due()


def test_stopping_ends_what_is_sent() -> None:
    """A receiver that hangs does not keep the worker; the message is sent by the next one."""
    hangs, worker = Event(), Working()
    worker.sender.answer = lambda *_: Reply(None if hangs.wait(10) else 204)
    worker.use.manage_webhooks.create(URL, events=[EventType.VINTAGE_CREATED])
    publish(worker.store, "A")
    assert comes_true(lambda: bool(worker.sender.sent))
    worker.stop.set()
    assert comes_true(lambda: worker.sender.aborted)
    hangs.set()

    assert comes_true(lambda: [each.attempts for each in deliveries(worker)] == [0])


def deliveries(worker: Working) -> Any:
    (webhook,) = worker.use.manage_webhooks.list()
    return worker.use.manage_webhooks.deliveries(webhook.id, before=None, limit=9).items


def test_idle_costs_one_small_query(tmp_path: Path) -> None:
    """A poll without webhooks asks one question, and a vintage costs no statement more with a webhook than without."""
    engine = open_engine(f"sqlite:///{tmp_path}/lanner.db", schema="")
    migrate(engine)
    store, asked = SqlStore(engine), []
    use = memory_use_cases({}, store=store)  # type: ignore[arg-type] # any store does
    event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))

    def cost(what: Callable[[], object]) -> int:
        asked.clear()
        what()
        return len([statement for statement in asked if not statement.startswith("BEGIN")])

    idle = Deliveries(use.deliver_events)
    publish(store, "A")
    without = cost(lambda: publish(store, "A"))
    assert cost(idle.poll_once) == 1
    use.manage_webhooks.create(URL)
    assert cost(lambda: publish(store, "A")) == without
    engine.dispose()
