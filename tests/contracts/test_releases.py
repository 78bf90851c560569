"""The releases of followed series, on every store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.codes import DatasetCode
from domain.observations import Observations
from domain.ports import Store
from domain.schedules.listed import ListedRelease, ReleaseQuery, Standing
from domain.schedules.schedule import Basis, NextLook
from domain.series import TimeSeries
from domain.use_cases.list_releases import ListReleases
from domain.vintages import Cause
from tests.builders import an_arrival, append
from tests.contracts.test_schedules import follow, keep, only

NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ALL = ReleaseQuery(start=NOON - 100 * DAY, end=NOON + 100 * DAY)


def store_vintages(store: Store, series: TimeSeries, *arrivals: tuple[str, datetime, Cause]) -> None:
    """Add a vintage for each last date, moment and cause."""
    for last, at, cause in arrivals:
        observations = Observations.of(["2020-01-01", last], ["Value"], [[at.day], [2.0]])
        with store.writing() as uow:
            append(uow, series.id, [replace(an_arrival(at, observations), cause=cause)])
            uow.commit()


def plan(store: Store, series: TimeSeries, **look: Any) -> None:
    with store.writing() as uow:
        assert uow.schedules.plan(only(store, series), NextLook(**look), succeeded_at=None, failures=0)
        uow.commit()


def expected(store: Store, query: ReleaseQuery = ALL) -> list[ListedRelease]:
    with store.reading() as uow:
        return list(uow.releases.expected(query))


def published(store: Store, query: ReleaseQuery = ALL) -> list[ListedRelease]:
    with store.reading() as uow:
        return list(uow.releases.published(query))


def walk(store: Store, query: ReleaseQuery) -> Iterator[ListedRelease]:
    """Yield the releases of all pages."""
    while True:
        page = ListReleases(store)(query)
        yield from page.items
        if page.next is None:
            return
        query = replace(query, after=page.next)


def test_what_is_expected_is_listed_as_what_it_is(store: Store) -> None:
    """A calendar's, a learned one, and a mere look; nothing that waits for a schedule that is paused."""
    by_calendar, learned, looked, _paused = keep(store, *(f"fred:FRED/{code}" for code in "ABCD"))
    schedules = [follow(store, f"fred:FRED/{code}", paused=code == "D") for code in "ABCD"]
    plan(store, by_calendar, at=NOON + DAY, reason="Listed.", expected_at=NOON + 2 * DAY, basis=Basis.CALENDAR)
    plan(store, learned, at=NOON + 7 * DAY, reason="Learned.", expected_at=NOON + DAY, basis=Basis.LEARNED)
    plan(store, looked, at=NOON + 3 * DAY, reason="Hourly.")
    found = expected(store)

    assert [(each.code.dataset, each.at - NOON, each.standing, each.reason) for each in found] == [
        ("B", DAY, Standing.LEARNED, "Learned."),
        ("A", 2 * DAY, Standing.CALENDAR, "Listed."),
        ("C", 3 * DAY, Standing.LOOK, "Hourly."),
    ]
    assert [each.schedule_id for each in found] == [schedules[number].id for number in (1, 0, 2)]
    assert {(each.series_id, each.vintage, each.newest) for each in found[:1]} == {(learned.id, None, None)}
    assert only(store, by_calendar).expected_at == NOON + 2 * DAY
    assert only(store, by_calendar).basis is Basis.CALENDAR


def test_what_came_is_what_grew(store: Store) -> None:
    """A vintage with a newer date than the one before; no first one, revision, or correction, and of no series that nobody follows."""
    followed, other = keep(store, "fred:FRED/A", "fred:FRED/B")
    follow(store, "fred:FRED/A")
    for series in (followed, other):
        store_vintages(
            store,
            series,
            ("2024-01-01", NOON - 9 * DAY, Cause.PUBLICATION),
            ("2024-02-01", NOON - 8 * DAY, Cause.PUBLICATION),
            ("2024-02-01", NOON - 7 * DAY, Cause.PUBLICATION),
            ("2024-03-01", NOON - 6 * DAY, Cause.CORRECTION),
            ("2024-04-01", NOON - 5 * DAY, Cause.MIXED),
        )
    found = published(store)

    assert [(each.vintage, each.at - NOON) for each in found] == [(2, -8 * DAY), (5, -5 * DAY)]
    assert [each.newest for each in found] == [date(2024, 2, 1), date(2024, 4, 1)]
    assert {(each.series_id, each.provider, str(each.code), each.standing) for each in found} == {
        (followed.id, "fred", "FRED/A", Standing.PUBLISHED)
    }


def test_releases_are_filtered_and_paged(store: Store) -> None:
    """By time, provider and code; pages go on behind the last release, also among those of one moment, and though its series is gone."""
    series = keep(store, "fred:FRED/A", "fred:FRED/B", "bls:BLS/A")
    for each in series:
        follow(store, f"{each.provider}:{each.code}")
        plan(store, each, at=NOON, reason="Now.")
        store_vintages(store, each, ("2024-01-01", NOON - 9 * DAY, Cause.PUBLICATION), ("2024-02-01", NOON - 8 * DAY, Cause.PUBLICATION))

    def codes(**query: Any) -> list[str]:
        return [str(each.code) for each in (*published(store, replace(ALL, **query)), *expected(store, replace(ALL, **query)))]

    assert codes(provider="fred", start=NOON) == ["FRED/A", "FRED/B"]
    assert codes(code=DatasetCode("BLS", "A"), end=NOON) == ["BLS/A"] * 2
    assert codes(start=NOON + DAY) == codes(end=NOON - 10 * DAY) == codes(provider="x") == []
    seen = [(each.at, str(each.code)) for each in walk(store, replace(ALL, limit=2))]
    assert seen == [(at, code) for at in (NOON - 8 * DAY, NOON) for code in ("FRED/A", "FRED/B", "BLS/A")]
    with store.writing() as uow:
        uow.series.remove(series[0].id)
        uow.commit()
    assert len(expected(store, replace(ALL, after=(NOON, series[0].id)))) == 2


def test_two_schedules_of_a_series_list_a_moment_once(store: Store) -> None:
    """As when both look at it at the same time."""
    (series,) = keep(store, "fred:FRED/A")
    for selector in ("fred:FRED/A", "fred:FRED/*"):
        follow(store, selector)

    assert len(expected(store, replace(ALL, end=NOON + 100_000 * DAY))) == 2
    (release,) = ListReleases(store)(replace(ALL, end=NOON + 100_000 * DAY)).items
    assert release.series_id == series.id


def test_a_page_goes_on_though_schedules_coincide(store: Store) -> None:
    """Several that look at a series at the same time leave no other series out."""
    first, second = keep(store, "fred:FRED/A", "fred:FRED/B")
    for selector in ("fred:FRED/A", "fred:FRED/*", "fred:*"):
        follow(store, selector)

    for limit in (1, 2, 3, 100):
        listed = walk(store, replace(ALL, end=NOON + 100_000 * DAY, limit=limit))
        assert [release.series_id for release in listed] == [first.id, second.id]


def test_a_vintage_without_observations_is_no_release(store: Store) -> None:
    """Neither is one that follows it as empty as it is."""
    (series,) = keep(store, "fred:FRED/A")
    follow(store, "fred:FRED/A")
    for number, columns in enumerate((["a"], ["b"], ["c"])):
        with store.writing() as uow:
            append(uow, series.id, [an_arrival(NOON - (9 - number) * DAY, Observations.of([], columns, []))])
            uow.commit()

    assert published(store) == []
