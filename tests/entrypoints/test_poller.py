"""The poller on a list of due fetches and a clock that tests move."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from uuid import UUID, uuid4

import pytest

from domain.errors import StoreUnavailable
from entrypoints.worker.poller import RENOTIFY_SECONDS, RUN_HERE_SECONDS, Poller

FIRST, SECOND = uuid4(), uuid4()


class Surroundings:
    """What a poller sees and does, written down."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.due: list[UUID] = []
        self.since = datetime(2026, 1, 1, tzinfo=UTC)
        self.notified: list[UUID] = []
        self.run: list[UUID] = []
        self.beats: list[float] = []
        self.waited: list[float] = []
        self.pruned: list[float] = []
        self.attempts: list[float] = []
        self.to_prune = self.found = 0
        self.broker_down = self.store_down = self.heart_stopped = False
        self.ran = Event()
        self.poller = Poller(
            self._sweep,
            notify=self._notify,
            run=self._run,
            heartbeat=self._beat,
            prune=self._prune,
            report_wait=self.waited.append,
            report_attempt=lambda: self.attempts.append(self.now),
            clock=lambda: self.now,
        )

    def sweep(self, *, after: float = 0) -> None:
        self.now += after
        self.poller.poll_once()

    def _sweep(self, limit: int) -> dict[UUID, datetime]:
        if self.store_down:
            raise StoreUnavailable
        return dict.fromkeys(self.due[:limit], self.since)

    def _beat(self, found: int) -> None:
        if self.heart_stopped:
            raise PermissionError
        self.beats.append(self.now)
        self.found += found

    def _prune(self, limit: int) -> bool:
        self.pruned.append(self.now)
        self.to_prune -= 1
        return self.to_prune > 0

    def _notify(self, fetch_ids: Sequence[UUID]) -> None:
        if self.broker_down:
            raise ConnectionRefusedError
        self.notified.extend(fetch_ids)

    def _run(self, fetch_id: UUID, broker_reachable: object) -> None:
        self.broker_reachable = broker_reachable
        self.run.append(fetch_id)
        self.ran.set()


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


def test_due_fetches_are_notified_for_in_order(around):
    """A notification is sent for each due fetch, the longest due first."""
    around.due = [FIRST, SECOND]
    around.sweep()

    assert around.notified == [FIRST, SECOND]


def test_the_notifications_is_notified_for_some_at_once(around):
    """As many as go together are told of in one notification, the rest in the next; without a broker no further notification is tried."""
    notifications = []

    def notify(fetch_ids: Sequence[UUID]) -> None:
        notifications.append(list(fetch_ids))
        if len(notifications) == 3:
            raise ConnectionRefusedError

    around.due = [uuid4() for _ in range(9)]
    around.poller._notify, around.poller._batch_size = notify, 2
    around.sweep()

    assert notifications == [around.due[:2], around.due[2:4], around.due[4:6]]


def test_nobody_is_notified_for_twice_in_a_while(around):
    """A fetch that stays due is notified again, but only when the first notification must be taken for lost."""
    around.due = [FIRST]
    around.sweep()
    around.sweep(after=RENOTIFY_SECONDS - 1)
    before = list(around.notified)
    around.sweep(after=1)

    assert before == [FIRST]
    assert around.notified == [FIRST, FIRST]


def test_an_attempt_that_fails_is_one(around):
    """A poller whose store is away does not hang: it tells so each time, though it gives no heartbeat."""
    around.sweep()
    around.store_down = True
    around.sweep(after=60)

    assert set(around.attempts) == {1000.0, 1060.0}
    assert around.beats == [1000.0]


@pytest.mark.parametrize("how", ["seen to be no longer due", "due since another moment"])
def test_a_retry_is_notified_for_at_once(around, how):
    """A fetch that was tried and is due again wants a new notification, and the workers have their time for it."""
    around.due = [FIRST]
    around.sweep()
    if how == "due since another moment":
        around.since += timedelta(seconds=1)
    else:
        around.due = []
        around.sweep(after=1)
        around.due = [FIRST]
    around.sweep(after=RUN_HERE_SECONDS)
    around.poller._executor.shutdown()

    assert around.notified == [FIRST, FIRST]
    assert around.run == []


def test_without_a_broker_waiting_fetches_are_run_here(around):
    """What no notification can be sent for is run by the poller itself, once it has waited long enough and not before."""
    around.broker_down, around.due = True, [FIRST]
    around.sweep()
    around.sweep(after=RUN_HERE_SECONDS - 1)
    early = list(around.run)
    around.sweep(after=1)

    assert around.ran.wait(5)
    assert (early, around.run, around.notified, around.broker_reachable) == ([], [FIRST], [], False)


def test_without_a_broker_every_waiting_fetch_gets_its_turn(around):
    """However many wait, one look at them is enough: a look at a broker that hangs takes seconds."""
    around.broker_down, around.due = True, [uuid4() for _ in range(20)]
    around.sweep()
    around.sweep(after=RUN_HERE_SECONDS)
    around.poller._executor.shutdown()

    assert sorted(around.run) == sorted(around.due)


def test_a_notifications_that_nobody_heard_is_notified_again_within_a_lease(around):
    """How long a notification counts is the caller's to say."""
    around.due, around.poller._renotify_seconds = [FIRST], 2.0
    around.sweep()
    around.sweep(after=1.9)
    before = list(around.notified)
    around.sweep(after=0.1)

    assert (before, around.notified) == ([FIRST], [FIRST, FIRST])


def test_what_nobody_begins_is_run_here(around):
    """A fetch that was notified and is still due after a while, since all workers are held up, is run by the poller itself."""
    around.due = [FIRST]
    around.sweep()
    around.sweep(after=RUN_HERE_SECONDS)

    assert around.ran.wait(5)
    assert (around.notified, around.run, around.broker_reachable) == ([FIRST], [FIRST], True)


@pytest.mark.parametrize(("quiet", "pause"), [(9.0, 5.0), (0.4, 0.4), (0.0, 0.1), (StoreUnavailable(), 5.0)])
def test_the_next_sweep_comes_when_the_next_fetch_is_due(around, quiet, pause):
    """The poller pauses until a waiting fetch is due, at most as long as it was told to, and never without end or pause."""

    def tell(at_most):
        if isinstance(quiet, Exception):
            raise quiet
        return min(at_most, quiet)

    around.poller._seconds_until_due = tell

    assert around.poller._pause(5.0) == pause


def test_a_returning_broker_is_used_again(around):
    """A notification that failed is not remembered as one that was heard."""
    around.broker_down, around.due = True, [FIRST]
    around.sweep()
    around.broker_down = False
    around.sweep(after=1)

    assert around.notified == [FIRST]


def test_a_lost_store_is_survived_and_told_once(around, caplog):
    """Sweeps that fail are logged once, and no sign of life is given; the next good sweep works."""
    around.store_down, around.due = True, [FIRST]
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            around.sweep(after=10)
    silent = list(around.beats)
    around.store_down = False
    around.sweep()

    assert [record.message for record in caplog.records] == ["poll failed"]
    assert silent == []
    assert around.notified == [FIRST]


def test_sweeps_that_found_work_are_counted(around):
    """Each sweep that had to notify counts once, told with the next sign of life."""
    around.due = [FIRST, SECOND]
    for _ in range(3):
        around.sweep(after=5)

    assert around.found == 1


def test_it_tells_how_long_a_due_fetch_waits(around):
    """The time since a fetch was first seen due, until it is due no more; nothing while own hands are at work."""
    around.due = [FIRST]
    for _ in range(3):
        around.sweep(after=2)
    around.due = [SECOND]
    around.sweep(after=2)
    around.poller._running.add(SECOND)
    around.sweep(after=2)

    assert around.waited == [0, 2, 4, 0, 0]


def test_what_is_old_is_pruned_seldom_and_in_batches(around):
    """Within ten minutes of its start a worker prunes, goes on at each sweep while there is more, then rests ten minutes."""
    around.to_prune = 3
    sweeps = 0
    while len(around.pruned) < 3:
        around.sweep(after=6)
        sweeps += 1
    first = list(around.pruned)
    for _ in range(90):
        around.sweep(after=6)
    rested = list(around.pruned)
    around.sweep(after=700)

    assert sweeps <= 103
    assert rested == first
    assert first[2] - first[0] == 12
    assert len(around.pruned) == 4


def test_signs_of_life_come_every_few_seconds(around):
    """However often it sweeps, the poller writes its sign of life seldom, and well within a minute."""
    for _ in range(100):
        around.sweep(after=0.25)

    assert 2 <= len(around.beats) <= 6


def test_a_sign_of_life_that_cannot_be_given_harms_no_fetch(around, caplog):
    """Fetches are notified all the same, the trouble is told once in a row, and the sign comes as soon as it can."""
    around.heart_stopped, around.due = True, [FIRST]
    for _ in range(3):
        around.sweep(after=10)
    around.heart_stopped = False
    around.sweep()
    around.heart_stopped = True
    around.sweep(after=10)

    assert around.notified == [FIRST, FIRST]
    assert len(around.beats) == 1
    assert [record.message for record in caplog.records] == ["unhandled error", "unhandled error"]


@pytest.mark.parametrize(("told", "code"), [(False, 1), (True, 0)])
def test_a_process_does_not_outlive_its_poller(told, code, tmp_path):
    """Polling that ends without having been told to ends the process with 1, and says so; else the process goes on."""
    script = (
        "import sys, threading, time; from entrypoints.worker.poller import poll_or_exit\n"
        "stop = threading.Event()\n"
        f"def poll(seconds, stop): {'stop.set()' if told else 'sys.exit()'}\n"
        "thread = threading.Thread(target=poll_or_exit, args=(poll, 1.0, stop)); thread.start(); thread.join()\n"
    )
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"]}
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == code
    assert ("poller exited" in ended.stderr) is not told


def test_polling_ends_when_told(around):
    """The poller's thread sweeps until the event is set, and is gone soon after."""
    stop, swept = Event(), _told_by(around)
    around.due = [FIRST]
    thread = Thread(target=around.poller.poll, args=(0.01, stop), daemon=True)
    thread.start()
    assert swept()
    stop.set()
    thread.join(5)

    assert not thread.is_alive()


def _told_by(around: Surroundings) -> Callable[[], bool]:
    broker_reachable = Event()
    notify = around.notified.append
    around.poller._notify = lambda fetch_id: (notify(fetch_id), broker_reachable.set())
    return lambda: broker_reachable.wait(5)


def test_what_should_agree_is_compared_every_few_seconds(around):
    """Most polls do not look for it; where one leaves some of it, the next goes on."""
    looks, left = [], [False]

    def watch() -> bool:
        looks.append(around.now)
        return left[0]

    around.poller._watch = watch
    for _ in range(21):
        around.sweep(after=0.5)
    assert len(looks) == 3

    left[0] = True
    around.sweep(after=5)
    left[0], before = False, len(looks)
    around.sweep(after=0.5)
    around.sweep(after=0.5)
    assert len(looks) == before + 1


def test_a_short_pause_is_not_worth_a_query(around):
    """A poller that polls often anyway does not ask when to."""
    around.poller._seconds_until_due = lambda _: pytest.fail("asked")

    assert around.poller._pause(0.25) == 0.25
