"""Webhooks, their deliveries and the events that are told, on every store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.codes import DatasetCode
from domain.errors import LeaseLost, WebhookNotFound
from domain.fetches import LEASE_SECONDS, Lease
from domain.ports import Store
from domain.schedules.selector import Selector
from domain.series import TimeSeries
from domain.webhooks.delivery import Delivery, Reply
from domain.webhooks.events import Event, EventType, News
from domain.webhooks.webhook import Progress, Webhook
from tests.builders import an_arrival, append
from tests.contracts.conftest import StoppedClock

FB = DatasetCode("WIKI", "FB")
LEASE = Lease(uuid4(), LEASE_SECONDS)


def add(store: Store, **more: Any) -> Webhook:
    with store.writing() as uow:
        about = {"url": "https://example.org/hook", "events": frozenset(EventType), "selector": None, **more}
        webhook = Webhook(id=uuid4(), created_at=uow.now(), position=uow.vintages.position(), **about)
        uow.webhooks.add(webhook)
        uow.commit()
    return webhook


def get(store: Store, webhook: Webhook) -> Webhook:
    with store.reading() as uow:
        return uow.webhooks.get(webhook.id)


def keep(store: Store, code: DatasetCode = FB) -> TimeSeries:
    with store.writing() as uow:
        series = uow.series.add("quandl", code)
        uow.commit()
    return series


def some_news(store: Store, series: TimeSeries, **facts: Any) -> Event:
    """Record that a fetch failed, and give the event."""
    with store.writing() as uow:
        before = uow.vintages.position()
        uow.webhooks.record(series, News(type=EventType.FETCH_FAILED, at=uow.now(), facts=facts))
        uow.commit()
    with store.reading() as uow:
        (event,) = uow.webhooks.recorded(after=before, limit=10)
    return event


def claim(store: Store, lease: Lease = LEASE) -> Webhook | None:
    with store.writing() as uow:
        claimed = uow.webhooks.claim(lease)
        uow.commit()
    return claimed


def finish(store: Store, webhook: Webhook, *deliveries: Delivery, lease: Lease = LEASE, **progress: Any) -> None:
    about = {"position": webhook.position, "holds": False, "retry_at": None, "last_success_at": None, **progress}
    with store.writing() as uow:
        uow.webhooks.finish(webhook.id, lease, Progress(**about), deliveries)
        uow.commit()


def has_due(store: Store) -> bool:
    with store.reading() as uow:
        return uow.webhooks.has_due()


def test_a_webhook_is_kept_as_it_is(store: Store, clock: StoppedClock) -> None:
    """With every field, until it is removed; the list is in order of creation."""
    first = add(store)
    clock.forward(1)
    whole = add(
        store,
        selector=Selector.parse("fred:FRED/GS*"),
        events=frozenset({EventType.REVISION_LARGE}),
        threshold=0.25,
        rotation=3,
        previous_until=clock() + timedelta(hours=24),
        disabled_at=clock(),
        disabled_reason="It answered 410 Gone.",
        holds=True,
        retry_at=clock(),
        last_success_at=clock(),
    )
    with store.reading() as uow:
        assert uow.webhooks.all() == [first, whole]
        assert uow.webhooks.get(whole.id) == whole

    with store.writing() as uow:
        uow.webhooks.remove(whole.id)
        uow.commit()
    with store.writing() as uow:
        assert uow.webhooks.all() == [first]
        for call in (uow.webhooks.get, uow.webhooks.remove):
            with pytest.raises(WebhookNotFound):
                call(whole.id)
        with pytest.raises(WebhookNotFound):
            uow.webhooks.change(whole)


def test_a_change_leaves_the_progress(store: Store) -> None:
    """What a user decides is changed; where a worker has come meanwhile stays."""
    webhook = add(store)
    some_news(store, keep(store))
    claimed = claim(store)
    assert claimed
    finish(store, claimed, position=1, holds=True, retry_at=claimed.created_at, last_success_at=claimed.created_at)
    with store.writing() as uow:
        uow.webhooks.change(replace(webhook, url="https://other.example", rotation=1, previous_until=webhook.created_at))
        uow.commit()

    found = get(store, webhook)
    assert (found.url, found.rotation, found.previous_until) == ("https://other.example", 1, webhook.created_at)
    assert (found.position, found.holds, found.retry_at, found.last_success_at) == (1, True, webhook.created_at, webhook.created_at)


def test_events_take_positions_of_the_feed(store: Store, clock: StoppedClock) -> None:
    """Vintages and other events have one order; a removed series takes its events with it."""
    add(store)
    series, other = keep(store), keep(store, DatasetCode("WIKI", "IBM"))
    facts = {"fetch": {"id": "x", "error": {"code": "é", "hint": None}}, "n": [1, 2.5]}
    first = some_news(store, series, **facts)
    with store.writing() as uow:
        append(uow, series.id, [an_arrival(clock())])
        uow.commit()
    last = some_news(store, other)

    with store.reading() as uow:
        assert [each.position for each in uow.vintages.feed(after=0, limit=10)] == [2]
        assert uow.webhooks.recorded(after=0, limit=10) == [first, last]
        assert uow.webhooks.recorded(after=0, limit=1) == [first]
        assert (first.position, last.position, uow.vintages.position()) == (1, 3, 3)
    assert (first.reference, first.at, first.facts, first.type) == ("quandl:WIKI/FB", clock(), facts, EventType.FETCH_FAILED)
    with store.writing() as uow:
        uow.series.remove(series.id)
        uow.commit()
    with store.reading() as uow:
        assert uow.webhooks.recorded(after=0, limit=10) == [last]


def test_without_webhooks_nothing_is_recorded(store: Store) -> None:
    """No event and no position; nothing is due."""
    series = keep(store)
    with store.writing() as uow:
        uow.webhooks.record(series, News(type=EventType.FETCH_FAILED, at=uow.now(), facts={}))
        uow.commit()
    with store.reading() as uow:
        assert (uow.webhooks.recorded(after=0, limit=10), uow.vintages.position()) == ([], 0)
    assert not has_due(store)
    assert claim(store) is None


def test_a_webhook_is_due_when_there_is_news(store: Store) -> None:
    """One worker holds it at a time; afterwards it is due again only if there is more."""
    webhook = add(store)
    assert not has_due(store)
    event = some_news(store, keep(store))

    assert has_due(store)
    assert claim(store) == webhook
    assert not has_due(store)
    assert claim(store, Lease(uuid4(), LEASE_SECONDS)) is None
    finish(store, webhook, position=event.position)
    assert not has_due(store)


def test_a_lease_expires(store: Store, clock: StoppedClock) -> None:
    """Then another worker gets the webhook, and the first one can store nothing any more; so it is when the clock is set back."""
    webhook, other = add(store), Lease(uuid4(), LEASE_SECONDS)
    event = some_news(store, keep(store))
    claim(store)
    clock.forward(LEASE_SECONDS + 1)

    assert claim(store, other) == webhook
    with pytest.raises(LeaseLost):
        finish(store, webhook, position=event.position)
    assert get(store, webhook) == webhook
    clock.forward(days=-7)
    assert claim(store) == webhook


def test_a_removed_webhook_is_no_longer_held(store: Store) -> None:
    """What a worker has done for it meanwhile is discarded."""
    webhook = add(store)
    event = some_news(store, keep(store))
    claim(store)
    with store.writing() as uow:
        uow.webhooks.remove(webhook.id)
        uow.commit()

    with pytest.raises(LeaseLost):
        finish(store, webhook, position=event.position)


def test_the_one_held_least_recently_is_next(store: Store, clock: StoppedClock) -> None:
    """So that no webhook keeps others waiting."""
    webhooks = {add(store).id, add(store).id, add(store).id}
    some_news(store, keep(store))
    order = []
    for _ in range(6):
        clock.forward(1)
        claimed = claim(store)
        assert claimed
        finish(store, claimed)
        order.append(claimed.id)

    assert order[:3] == order[3:]
    assert set(order) == webhooks


@pytest.mark.parametrize(("seconds", "due"), [(0, True), (-1, True), (1, False)])
def test_one_that_holds_is_due_at_its_time(store: Store, clock: StoppedClock, seconds: float, due: bool) -> None:  # noqa: FBT001
    """Nothing new makes it due before."""
    webhook = add(store)
    some_news(store, keep(store))
    claim(store)
    finish(store, webhook, holds=True, retry_at=clock() + timedelta(seconds=seconds))

    assert has_due(store) is due


def test_a_disabled_one_is_not_due(store: Store, clock: StoppedClock) -> None:
    """Its reason is kept; enabled again, it goes on where it stopped, with what was pending as if for the first time."""
    webhook = add(store)
    event = some_news(store, keep(store))
    claim(store)
    failed = Delivery.of(event, webhook.id, clock(), "").tried(Reply(410), clock())
    finish(store, webhook, failed, position=event.position, retry_at=clock(), gone="It answered 410 Gone.")

    assert not has_due(store)
    assert (get(store, webhook).disabled_at, get(store, webhook).disabled_reason) == (clock(), "It answered 410 Gone.")
    clock.forward(days=3)
    with store.writing() as uow:
        uow.webhooks.enable(webhook.id)
        uow.commit()
    assert has_due(store)
    assert get(store, webhook).disabled_at is None
    with store.reading() as uow:
        (pending,) = uow.webhooks.pending(webhook.id)
    assert pending == replace(failed, attempts=0, first_at=None, next_at=clock())


def test_deliveries_are_kept_as_they_are(store: Store, clock: StoppedClock) -> None:
    """In the order of the feed, a vintage before its large revision; those that ended are not pending; the list is a page at a time."""
    webhook, other = add(store), add(store)
    series = keep(store)
    events = [some_news(store, series, n=n) for n in range(3)]
    large = replace(events[1], type=EventType.REVISION_LARGE)
    small = replace(events[1], type=EventType.VINTAGE_CREATED)
    first, second, third, fourth = (Delivery.of(each, webhook.id, clock(), "/lanner") for each in (events[0], small, large, events[2]))
    for _ in range(2):
        claim(store)
    finish(store, webhook, first.tried(Reply(None, "It could not be reached."), clock()), fourth, third, second.tried(Reply(204), clock()))

    tried = first.tried(Reply(None, "It could not be reached."), clock())
    with store.reading() as uow:
        assert uow.webhooks.pending(webhook.id) == [tried, third, fourth]
        assert uow.webhooks.pending(other.id) == []
        page = uow.webhooks.deliveries(webhook.id, before=None, limit=3)
        assert page.items == [fourth, third, second.tried(Reply(204), clock())]
        last = uow.webhooks.deliveries(webhook.id, before=page.next, limit=3)
        assert (last.items, last.next) == ([tried], None)
        assert uow.webhooks.deliveries(other.id, before=None, limit=3).items == []


def test_a_delivery_is_changed_in_its_place(store: Store, clock: StoppedClock) -> None:
    """Storing it again replaces what was stored of it."""
    webhook = add(store)
    delivery = Delivery.of(some_news(store, keep(store)), webhook.id, clock(), "")
    for state in (delivery, delivery.tried(Reply(500), clock()), delivery.tried(Reply(500), clock()).tried(Reply(200), clock())):
        claim(store)
        finish(store, webhook, state)
        with store.reading() as uow:
            assert uow.webhooks.deliveries(webhook.id, before=None, limit=9).items == [state]


def test_old_ones_are_pruned(store: Store, clock: StoppedClock) -> None:
    """Deliveries that ended and events, up to a number of each; pending ones stay."""
    webhook, series = add(store), keep(store)
    waiting, *ended = (Delivery.of(some_news(store, series), webhook.id, clock(), "") for _ in range(4))
    claim(store)
    finish(store, webhook, waiting, *(each.tried(Reply(200), clock()) for each in ended), position=4)
    clock.forward(days=90)
    some_news(store, series)
    with store.writing() as uow:
        pruned = [uow.webhooks.prune(seconds=86_400, limit=2) for _ in range(3)]
        uow.commit()

    assert pruned == [4, 3, 0]
    with store.reading() as uow:
        assert uow.webhooks.deliveries(webhook.id, before=None, limit=9).items == [waiting]
        assert len(uow.webhooks.recorded(after=0, limit=9)) == 1
