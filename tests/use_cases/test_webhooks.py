"""What webhooks are told, in which order, how often, and when no more."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from adapters.memory.webhook_sender import RecordingSender
from domain.codes import DatasetCode
from domain.errors import (
    DatasetNotFound,
    InvalidInput,
    SourceGone,
    SourceUnavailable,
    UnknownProvider,
    WebhookNotFound,
    WebhookSecretMissing,
)
from domain.fetches import FetchStatus
from domain.observations import Observations
from domain.schedules.schedule import NextLook, Rule
from domain.schedules.selector import Selector
from domain.use_cases.compare_vintages import CompareVintages, Comparison
from domain.vintages import Cause
from domain.webhooks.delivery import DeliveryStatus, Reply
from domain.webhooks.events import EventType
from domain.webhooks.outcome import MOST_PENDING
from domain.webhooks.webhook import Webhook
from tests.builders import NOBODY, WEBHOOK_SECRET, an_arrival, append, memory_use_cases
from tests.fakes import CannedSource, StoppedClock, some_observations

URL = "https://receiver.example/hook"


@dataclass
class Told:
    """A store with webhooks, and what they were told."""

    source: CannedSource = field(default_factory=CannedSource)
    clock: StoppedClock = field(default_factory=StoppedClock)
    sender: RecordingSender = field(default_factory=RecordingSender)
    lease_seconds: float = 30

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.use = memory_use_cases(
            {"canned": self.source},
            store=self.store,
            dispatcher=RecordingDispatcher(),
            sender=self.sender,
            lease_seconds=self.lease_seconds,
        )

    def add(self, **more: Any) -> Webhook:
        return self.use.manage_webhooks.create(URL, **more)[0]

    def get(self, webhook: Webhook) -> Webhook:
        return self.use.manage_webhooks.get(webhook.id)

    def fetch(self, code: str) -> None:
        """Fetch a series, until that fetch has ended or waits."""
        self.use.fetch_dataset(self.use.request_fetch(DatasetCode.parse(code), refresh=True).fetch.id)

    def publish(self, code: str, *states: Observations, cause: Cause = Cause.PUBLICATION) -> None:
        """Store states of a series, by default one that differs from all others."""
        with self.store.writing() as uow:
            series = uow.series.add("canned", DatasetCode.parse(code))
            new = states or [Observations.of([uow.vintages.position()], ["a"], [[1.0]])]
            append(uow, series.id, [replace(an_arrival(self.clock(), state), cause=cause) for state in new])
            uow.commit()

    def deliver(self) -> None:
        """Deliver until nothing is due."""
        while self.use.deliver_events.has_due():
            self.use.deliver_events()

    @property
    def messages(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.sender.sent]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.sender.sent]

    def numbers(self, code: str) -> list[int]:
        """Give the vintages of a series that were told, in order."""
        return [each["data"]["vintage"]["number"] for each in self.messages if each["data"]["timeseries"]["code"] == code]

    def listed(self, webhook: Webhook) -> list[tuple[str, DeliveryStatus, int]]:
        """Give the deliveries in order: series, status, attempts."""
        page = self.use.manage_webhooks.deliveries(webhook.id, before=None, limit=1000)
        return [(each.series, each.status, each.attempts) for each in reversed(page.items)]


@pytest.fixture
def told() -> Told:
    return Told()


def answering(status: Callable[[Any], int | None]) -> Callable[..., Reply]:
    """Answer by what is said."""
    return lambda _url, _headers, body: Reply(status(json.loads(body)))


def code_of(message: Any) -> str:
    found: str = message["data"]["timeseries"]["code"]
    return found


def test_what_comes_is_told_in_order(told: Told) -> None:
    """From the webhook's creation on, once, signed by its secret; deliveries are listed."""
    told.publish("X/OLD")
    webhook, secret = told.use.manage_webhooks.create(URL)
    for code in ("X/A", "X/B", "X/A", "X/A"):
        told.publish(code)
    told.deliver()

    assert (told.numbers("X/A"), told.numbers("X/B"), told.numbers("X/OLD")) == ([1, 2, 3], [1], [])
    assert [code_of(each) for each in told.messages].count("X/A") == 3
    assert sorted(each["data"]["position"] for each in told.messages) == [2, 3, 4, 5]
    assert Counter(told.listed(webhook)) == {("canned:X/A", DeliveryStatus.DELIVERED, 1): 3, ("canned:X/B", DeliveryStatus.DELIVERED, 1): 1}
    assert told.get(webhook).last_success_at
    # The verifier compares with this machine's clock.
    told.clock.time = datetime.now(UTC)
    told.publish("X/C")
    told.deliver()
    _, headers, body = told.sender.sent[-1]
    assert Verifier(secret).verify(body, dict(headers)) == json.loads(body)


def test_nothing_is_done_without_news(told: Told) -> None:
    """Neither without a webhook, nor when it has been told everything."""
    told.publish("X/A")
    assert not told.use.deliver_events.has_due()
    assert not told.use.deliver_events()
    told.add()
    told.publish("X/A")
    told.deliver()
    assert not told.use.deliver_events()
    assert len(told.sender.sent) == 1


def test_a_failing_message_holds_up_its_own_series_alone(told: Told) -> None:
    """Others go on; it is sent again with the same id and body, and then what waited behind it."""
    webhook, refuses = told.add(), {"X/A"}
    told.sender.answer = answering(lambda message: 500 if code_of(message) in refuses else 204)
    for code in ("X/A", "X/B", "X/A", "X/B"):
        told.publish(code)
    told.deliver()
    assert (told.numbers("X/A"), told.numbers("X/B")) == ([1], [1, 2])
    told.publish("X/A")
    told.publish("X/B")
    told.deliver()
    assert (told.numbers("X/A"), told.numbers("X/B")) == ([1], [1, 2, 3])

    told.clock.forward(4)
    told.deliver()
    assert told.numbers("X/A") == [1]
    refuses.clear()
    told.clock.forward(2)
    told.deliver()
    assert told.numbers("X/A") == [1, 1, 2, 3]
    same = [(headers["webhook-id"], body) for _, headers, body in told.sender.sent if code_of(json.loads(body)) == "X/A"]
    assert same[0] == same[1]
    assert len(set(told.ids)) == len(told.ids) - 1
    first, *others = (each for each in told.listed(webhook) if each[0] == "canned:X/A")
    assert (first[1:], {each[1:] for each in others}) == ((DeliveryStatus.DELIVERED, 2), {(DeliveryStatus.DELIVERED, 1)})


def test_a_dead_receiver_is_not_asked_for_each_event(told: Told) -> None:
    """Nothing new is read until it accepts one message, which is tried by its schedule; then everything comes, in order."""
    webhook = told.add()
    told.sender.answer = answering(lambda _: None)
    for code in ("X/A", "X/B"):
        told.publish(code)
    told.deliver()
    for number in range(20):
        told.publish(f"X/N{number}")
        told.publish("X/A")
        told.deliver()
    assert len(told.sender.sent) == 2
    assert told.get(webhook).holds
    told.clock.forward(6)
    told.deliver()
    assert told.numbers("X/A") == [1, 1]
    assert len(told.sender.sent) == 3

    told.sender.answer = answering(lambda _: 200)
    told.clock.forward(301)
    told.deliver()
    assert told.numbers("X/A") == [1, 1, *range(1, 22)]
    assert {len(told.numbers(f"X/N{number}")) for number in range(20)} == {1}
    assert not told.get(webhook).holds


def test_no_more_is_read_than_can_be_kept(told: Told) -> None:
    """A series that fails while others do not fills no table: the feed is the queue."""
    webhook = told.add(events=[EventType.VINTAGE_CREATED])
    told.sender.answer = answering(lambda message: 500 if code_of(message) == "X/A" else 204)
    for _ in range(6):
        for code in ("X/A", "X/B"):
            told.publish(code, *(Observations.of([n], ["a"], [[1.0]]) for n in range(150)))
    told.deliver()
    pending = [each for each in told.listed(webhook) if each[1] is DeliveryStatus.PENDING]

    assert MOST_PENDING <= len(pending) < 900
    assert told.get(webhook).position < 1800
    told.sender.answer = answering(lambda _: 200)
    # Later than the next attempt, also if the first round took long on a busy machine.
    told.clock.forward(60)
    told.deliver()
    assert (told.numbers("X/A"), told.numbers("X/B")) == ([1, *range(1, 901)], [*range(1, 901)])


def test_410_disables(told: Told) -> None:
    """At once and with the reason; enabled again, it goes on where it stopped, with nothing lost."""
    webhook = told.add()
    told.sender.answer = answering(lambda _: 410)
    told.publish("X/A")
    told.publish("X/A")
    told.deliver()
    told.publish("X/A")
    told.clock.forward(days=2)
    told.deliver()
    found = told.get(webhook)
    assert (len(told.sender.sent), found.disabled_reason) == (1, "It answered 410 Gone.")
    assert found.disabled_at

    told.sender.answer = answering(lambda _: 204)
    assert told.use.manage_webhooks.change(webhook.id, {"enabled": True}).disabled_at is None
    told.deliver()
    assert told.numbers("X/A") == [1, 1, 2, 3]


def test_a_receiver_that_is_silent_for_a_day_is_left(told: Told) -> None:
    """After the last attempt at a message since which nothing was accepted it is disabled, and loses nothing."""
    webhook, attempts = told.add(), []
    told.sender.answer = answering(lambda _: None)
    told.publish("X/A")
    told.publish("X/A")
    while told.get(webhook).disabled_at is None:
        told.deliver()
        attempts.append(told.clock())
        told.clock.time = (told.get(webhook).retry_at or told.clock()) + timedelta(seconds=1)
    waits = [int((later - earlier).total_seconds()) for earlier, later in pairwise(attempts)]

    assert waits == [6, 301, 1801, 7201, 18_001, 36_001, 36_001]
    assert told.get(webhook).disabled_reason.startswith("It has accepted nothing since 2024-06-01 12:00")
    told.sender.answer = answering(lambda _: 204)
    told.use.manage_webhooks.change(webhook.id, {"enabled": True})
    told.deliver()
    assert told.numbers("X/A") == [1] * 9 + [2]


def test_a_message_that_is_never_accepted_is_given_up(told: Told) -> None:
    """If others are accepted, it fails after its last attempt, and its series goes on."""
    webhook = told.add()
    told.sender.answer = answering(lambda message: 422 if message["data"]["position"] == 1 else 204)
    told.publish("X/A")
    told.publish("X/A")
    for _ in range(8):
        told.publish("X/B")
        told.deliver()
        told.clock.forward(hours=10, seconds=1)
    told.deliver()

    assert told.get(webhook).disabled_at is None
    assert told.numbers("X/A") == [1] * 8 + [2]
    assert told.listed(webhook)[:2] == [("canned:X/A", DeliveryStatus.FAILED, 8), ("canned:X/A", DeliveryStatus.DELIVERED, 1)]


def test_a_worker_that_dies_loses_nothing(told: Told) -> None:
    """Another sends the same again once its lease has expired, with the same ids."""
    told.add()
    for _ in range(3):
        told.publish("X/A")

    def die(*_: object) -> Reply:
        if len(told.sender.sent) == 2:
            raise KeyboardInterrupt
        return Reply(204)

    told.sender.answer = die
    with pytest.raises(KeyboardInterrupt):
        told.use.deliver_events()
    told.deliver()
    assert told.numbers("X/A") == [1, 2]
    told.clock.forward(61)
    told.deliver()

    assert told.numbers("X/A") == [1, 2, 1, 2, 3]
    assert told.ids[:2] == told.ids[2:4]


def test_a_worker_that_stops_counts_no_attempt(told: Told) -> None:
    """What was cut is neither delivered nor failed, and nothing further is begun."""
    webhook = told.add()
    for _ in range(3):
        told.publish("X/A")

    def stop(*_: object) -> Reply:
        told.use.deliver_events.stop()
        return Reply(None, "It was cut, since lanner stops.")

    told.sender.answer = stop
    told.use.deliver_events()

    assert told.sender.aborted
    assert told.numbers("X/A") == [1]
    assert told.listed(webhook) == [("canned:X/A", DeliveryStatus.PENDING, 0)] * 3


def test_a_slow_receiver_ends_its_turn() -> None:
    """After half the lease no further message is begun; the next turn goes on, still in order."""
    told = Told(lease_seconds=0.4)
    webhook = told.add()
    for _ in range(5):
        told.publish("X/A")

    def dawdle(*_: object) -> Reply:
        time.sleep(0.15)
        return Reply(204)

    told.sender.answer = dawdle
    told.use.deliver_events()
    waiting = told.listed(webhook)[len(told.sender.sent) :]
    assert 1 <= len(told.sender.sent) < 5
    assert waiting == [("canned:X/A", DeliveryStatus.PENDING, 0)] * len(waiting)
    told.deliver()

    assert told.numbers("X/A") == [1, 2, 3, 4, 5]


class Dawdling(CompareVintages):
    """Compares slowly."""

    def __call__(self, *given: Any) -> Comparison:
        time.sleep(0.05)
        return super().__call__(*given)


def test_measuring_many_revisions_takes_no_whole_turn() -> None:
    """What was measured in a part of the lease is sent; the next turn goes on behind it, and nothing is told twice."""
    told = Told(lease_seconds=1)
    webhook = told.add(threshold=2.0, events=[EventType.REVISION_LARGE])
    told.publish("X/A", *(Observations.of([1], ["a"], [[2.0**n]]) for n in range(20)))
    deliver = replace(told.use.deliver_events, compare_vintages=Dawdling(told.store))
    deliver()
    first = told.numbers("X/A")
    while deliver.has_due():
        deliver()

    assert 1 <= len(first) < 10
    assert told.numbers("X/A") == list(range(2, 21))
    assert told.get(webhook).position == 20


def test_old_history_does_not_pass_for_news(told: Told) -> None:
    """Of many vintages that come at once the newest alone says that it is."""
    told.add()
    told.publish("X/A", *(Observations.of([date(1999, 1, day)], ["a"], [[1.0]]) for day in range(1, 6)))
    told.deliver()

    assert [each["data"]["vintage"]["is_newest"] for each in told.messages] == [False] * 4 + [True]


def test_a_large_revision_is_told_besides(told: Told) -> None:
    """After its vintage, to those whose threshold it reaches; new dates and vanished ones are none."""
    webhooks = [told.add(threshold=percent, events=[EventType.REVISION_LARGE]) for percent in (2.0, 20.0)]
    both = told.add(threshold=2.0, events=[EventType.REVISION_LARGE, EventType.VINTAGE_CREATED])
    days = [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)]
    for values in ([1.0, 100.0], [1.0, 101.0, 7.0], [1.0, 91.0, 7.0], [1.0]):
        told.publish("X/A", Observations.of(days[: len(values)], ["a"], [[each] for each in values]))
    told.deliver()

    seen = [[each[0] for each in told.listed(webhook)] for webhook in webhooks]
    assert seen == [["canned:X/A"], []]
    page = told.use.manage_webhooks.deliveries(both.id, before=None, limit=10)
    assert [each.type for each in reversed(page.items)] == ["vintage.created"] * 3 + ["revision.large", "vintage.created"]
    large = next(each["data"] for each in told.messages if each["type"] == "revision.large")
    assert large["largest_change"] == {"date": "2024-01-02", "column": "a", "percent": pytest.approx(9.90099)}
    assert large["vintage"]["number"] == 3


@pytest.mark.parametrize("cause", [Cause.PUBLICATION, Cause.IMPORT])
def test_what_files_tell_of_years_ago_is_no_large_revision(told: Told, cause: Cause) -> None:
    """The vintages of an import are told, with their cause; their changes are no news."""
    told.add(threshold=2.0, events=[EventType.REVISION_LARGE, EventType.VINTAGE_CREATED])
    told.publish("X/A", *(Observations.of([date(1999, 1, 1)], ["a"], [[value]]) for value in (1.0, 2.0)), cause=cause)
    told.deliver()

    large = ["revision.large"] if cause is Cause.PUBLICATION else []
    assert [each["type"] for each in told.messages] == ["vintage.created"] * 2 + large
    assert {each["data"]["vintage"]["cause"] for each in told.messages} == {cause.value}


def test_a_failed_fetch_is_told(told: Told) -> None:
    """When it has failed for good, with what is known of the error; one that is tried again or was cancelled is not."""
    told.add()
    told.source.error = SourceUnavailable("Down.")
    told.fetch("X/A")
    told.deliver()
    assert told.messages == []
    fetch = told.use.request_fetch(DatasetCode.parse("X/B")).fetch
    told.use.cancel_fetch(fetch.id)
    told.source.error = DatasetNotFound("There is none.")
    told.fetch("X/C")
    told.deliver()

    (message,) = told.messages
    data = message["data"]
    assert (message["type"], data["timeseries"]["code"], data["position"]) == ("fetch.failed", "X/C", 1)
    assert (data["fetch"]["attempts"], data["fetch"]["error"]["code"]) == (1, "not_found")
    assert told.use.follow_fetches(fetch.id).status is FetchStatus.CANCELLED


def test_an_end_at_the_source_is_told(told: Told) -> None:
    """Once, with its reason, beside the failed fetch; from metadata it comes after their vintage."""
    told.add(events=[EventType.SERIES_DISCONTINUED, EventType.VINTAGE_CREATED])
    told.fetch("X/A")
    told.source.error = SourceGone("X/A was renamed to Z/NEW.")
    told.fetch("X/A")
    told.fetch("X/A")
    told.source.error = None
    told.source.metadata = replace(told.source.metadata, name="Prices (DISCONTINUED)")
    told.fetch("X/D")
    told.deliver()

    of_a, of_d = ([each for each in told.messages if code_of(each) == code] for code in ("X/A", "X/D"))
    assert [each["type"] for each in of_a] == [each["type"] for each in of_d] == ["vintage.created", "series.discontinued"]
    assert (of_a[1]["data"]["status_at_source"], of_d[1]["data"]["status_at_source"]) == ("gone", "discontinued")
    assert of_a[1]["data"]["replaced_by"] == "canned:Z/NEW"
    assert of_d[1]["data"]["reason"]


def test_an_overdue_release_is_told_once(told: Told) -> None:
    """When it is found by a plan, not by each further one, and again after it had come."""
    told.add(events=[EventType.SERIES_OVERDUE])
    told.use.manage_schedules.create(Selector.parse("canned:X/A"), Rule())
    told.fetch("X/A")
    overdue: list[Any] = []
    plan = replace(
        told.use.plan_next_look,
        learn=lambda history: NextLook(
            at=history.now + timedelta(hours=1), reason="It is late.", overdue_since=overdue[0] if overdue else None
        ),
    )
    with told.store.reading() as uow:
        series = uow.series.find("canned", DatasetCode.parse("X/A"))
    assert series
    for since in ([], [told.clock()], [told.clock()], [], [told.clock()]):
        overdue[:] = since
        with told.store.writing() as uow:
            ((schedule, _),) = uow.schedules.following(series.id)
            uow.schedules.change(schedule)
            uow.commit()
        plan(series.id)
    told.deliver()

    assert [each["type"] for each in told.messages] == ["series.overdue"] * 2
    assert told.messages[0]["data"]["reason"] == "It is late."


def test_a_selector_chooses(told: Told) -> None:
    """By mask; events of other series only move its place in the feed."""
    webhook = told.add(selector=Selector.parse("X/GS*"))
    for code in ("X/GS1", "X/GDP", "Y/GS1", "X/GS10"):
        told.publish(code)
    told.deliver()

    assert sorted(code_of(each) for each in told.messages) == ["X/GS1", "X/GS10"]
    assert told.get(webhook).position == 4


def test_a_change_counts_at_once(told: Told) -> None:
    """Address and selector; what cannot be is refused, with the field, and changes nothing."""
    webhook = told.add()
    told.use.manage_webhooks.change(webhook.id, {"url": "https://other.example/", "selector": None, "threshold": 1.0})
    told.publish("X/A")
    told.deliver()
    assert told.sender.sent[0][0] == "https://other.example/"
    for changes, field_ in (({"url": "http://x"}, "url"), ({"events": frozenset()}, "events"), ({"threshold": -1.0}, "threshold")):
        with pytest.raises(InvalidInput) as caught:
            told.use.manage_webhooks.change(webhook.id, changes)
        assert caught.value.field == field_
    with pytest.raises(UnknownProvider):
        told.use.manage_webhooks.change(webhook.id, {"selector": Selector.parse("nobody:*")})
    assert told.get(webhook).url == "https://other.example/"
    assert told.use.manage_webhooks.change(webhook.id, {"enabled": False}).disabled_reason == "It was stopped by a request."


def test_a_rotation_has_two_secrets_for_a_while(told: Told) -> None:
    """Both verify; afterwards the new one alone signs."""
    told.clock.time = datetime.now(UTC)
    webhook, old = told.use.manage_webhooks.create(URL)
    _, new = told.use.manage_webhooks.rotate(webhook.id, timedelta(minutes=1))
    told.publish("X/A")
    told.deliver()
    _, headers, body = told.sender.sent[-1]
    assert Verifier(old).verify(body, dict(headers)) == Verifier(new).verify(body, dict(headers))
    told.clock.forward(61)
    told.publish("X/A")
    told.deliver()

    assert old != new
    assert [len(headers["webhook-signature"].split(" ")) for _, headers, _ in told.sender.sent] == [2, 1]
    with pytest.raises(WebhookNotFound):
        told.use.manage_webhooks.rotate(NOBODY)


def test_no_secret_is_stored_or_logged(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the master secret nor a webhook's, whatever happens to it."""
    caplog.set_level("DEBUG")
    webhook, first = told.use.manage_webhooks.create(URL)
    secrets = [first, told.use.manage_webhooks.rotate(webhook.id)[1], WEBHOOK_SECRET]
    told.use.manage_webhooks.change(webhook.id, {"threshold": 1.0})
    told.publish("X/A")
    told.deliver()
    told.sender.answer = answering(lambda _: 410)
    told.publish("X/A")
    told.deliver()
    told.use.manage_webhooks.test(webhook.id)
    kept = repr(told.store.state) + repr(told.use.deliver_events) + caplog.text + repr([record.__dict__ for record in caplog.records])

    assert "webhook" in caplog.text
    assert not [secret for secret in secrets if secret.removeprefix("whsec_") in kept]


def test_without_a_master_secret_there_are_no_webhooks() -> None:
    """Creating one names the setting, and stores nothing."""
    use = memory_use_cases({}, webhook_secret="")
    with pytest.raises(WebhookSecretMissing, match="LANNER_WEBHOOK_SECRET"):
        use.manage_webhooks.create(URL)
    assert use.manage_webhooks.list() == []


def test_one_can_be_tried(told: Told) -> None:
    """A message of its own type goes out at once, signed, also to one that is disabled; it is no delivery."""
    told.clock.time = datetime.now(UTC)
    webhook, secret = told.use.manage_webhooks.create(URL)
    told.use.manage_webhooks.change(webhook.id, {"enabled": False})
    message_id, reply = told.use.manage_webhooks.test(webhook.id)
    _, headers, body = told.sender.sent[0]

    assert (headers["webhook-id"], reply) == (message_id, Reply(204))
    assert Verifier(secret).verify(body, dict(headers))["type"] == "webhook.test"
    assert told.listed(webhook) == []


def test_what_was_told_is_pruned(told: Told) -> None:
    """With old fetches, after as many days."""
    webhook = told.add()
    told.publish("X/A", some_observations())
    told.deliver()
    told.clock.forward(days=91)
    told.use.reap_fetches.prune(500)

    assert told.listed(webhook) == []


def test_there_is_a_most_of_webhooks(told: Told) -> None:
    """So that looking for due ones costs little."""
    for _ in range(100):
        told.add()
    with pytest.raises(InvalidInput, match="100 webhooks already"):
        told.add()
