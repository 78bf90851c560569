"""What is followed, as the operations page shows it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.schedules.schedule import Rule, ScheduleKind, ScheduleQuery
from domain.schedules.selector import Selector
from domain.use_cases import UseCases
from tests.builders import memory_use_cases
from tests.entrypoints.web.conftest import Browser, Page, browser_of
from tests.fakes import CannedSource


@pytest.fixture
def use_cases() -> UseCases:
    found = memory_use_cases({"canned": CannedSource()})
    found.request_fetch(DatasetCode("WIKI", "FB"))
    found.manage_schedules.create(Selector.parse("canned:WIKI/FB"), Rule(kind=ScheduleKind.INTERVAL, spec="6h"))
    found.manage_schedules.create(Selector.parse("WIKI/*"), Rule(kind=ScheduleKind.CRON, spec="30 14 * * 5", tz="America/New_York"))
    return found


@pytest.fixture
def browser(use_cases: UseCases) -> Browser:
    return browser_of(use_cases)


@pytest.mark.parametrize("path", ["/operations", "/operations/schedules"])
def test_what_is_followed_is_listed(browser: Browser, path: str) -> None:
    """Each with its rule, its next look and the reason, and, for a mask, the series that is looked at next."""
    page = Page(browser.get(path).text)

    assert "canned:WIKI/FBevery 6h" in page.words
    assert "WIKI/*1 series, at “30 14 * * 5”, America/New_York" in page.words
    assert "in 5 hours" in page.words or "in 6 hours" in page.words
    assert page.addresses.count("/s/canned:WIKI/FB") >= 2


def test_nothing_is_followed() -> None:
    """The empty list says how to begin."""
    assert "Nothing is followed yet" in Page(browser_of(memory_use_cases({"canned": CannedSource()})).get("/operations").text).words


def test_a_schedule_is_paused_resumed_triggered_and_removed(browser: Browser, use_cases: UseCases) -> None:
    """Each by its button; one that is paused cannot be triggered, one that is gone stays so, and nothing else is an action."""
    [first, second] = [state.schedule for state in use_cases.manage_schedules.list(ScheduleQuery()).items]
    place = f"/operations/schedules/{first.id}"

    def act(action: str) -> int:
        answer = browser.post(place, {"action": action, "next": "/operations"})
        assert answer.headers.get("location", "/operations") == "/operations"
        return answer.status_code

    assert act("pause") == 303
    assert use_cases.manage_schedules.get(first.id).schedule.paused
    assert "Paused" in Page(browser.get("/operations").text).words
    assert act("look") == 303
    assert act("resume") == 303
    assert not use_cases.manage_schedules.get(first.id).schedule.paused
    assert act("look") == 303
    due = use_cases.manage_schedules.get(first.id).next
    assert due is not None
    assert due.next_at is not None
    assert due.next_at - use_cases.search_series.now() < timedelta(minutes=1)
    assert act("anything") == 400
    assert [act("remove"), act("remove")] == [303, 303]
    assert [state.schedule.id for state in use_cases.manage_schedules.list(ScheduleQuery()).items] == [second.id]


def test_who_may_only_read_sees_no_buttons(use_cases: UseCases) -> None:
    """A key without the scope to fetch changes nothing."""
    token = use_cases.manage_keys.create("reader", [Scope.READ])[1]
    browser = browser_of(use_cases, keys_required=True)
    browser.post("/sign-in", {"token": token})
    [state, _] = use_cases.manage_schedules.list(ScheduleQuery()).items

    assert "Unfollow" not in Page(browser.get("/operations").text).words
    assert browser.post(f"/operations/schedules/{state.schedule.id}", {"action": "remove"}).status_code == 403
    assert len(use_cases.manage_schedules.list(ScheduleQuery()).items) == 2
