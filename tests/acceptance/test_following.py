"""A followed series is fetched by itself under ``lanner up``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import Lanner, running

BODIES: list[dict[str, Any]] = [
    {"selector": "SAMPLE/GDP"},
    {"selector": "SAMPLE/CO2", "kind": "interval", "spec": "1m"},
    {"selector": "SAMPLE/N*", "kind": "cron", "spec": "* * * * *", "tz": "Europe/Berlin"},
]


def series(service: Lanner, code: str) -> dict[str, Any]:
    (item,) = service.get("/timeseries", params={"code": code}).json()["items"]
    found: dict[str, Any] = service.get(f"/timeseries/{item['id']}").json()
    return found


def fetched(service: Lanner, code: str, times: int, seconds: float) -> list[dict[str, Any]]:
    """Wait until a series was fetched so many times; give its fetches, oldest first."""
    end, found = time.monotonic() + seconds, []
    while time.monotonic() < end:
        listed = service.get("/fetches", params={"status": "success", "limit": "1000"}).json()["items"]
        wanted = series(service, code)["id"]
        found = [fetch for fetch in listed if fetch["timeseries_id"] == wanted][::-1]
        if len(found) >= times:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{code} was fetched {len(found)} times in {seconds} s")


@pytest.mark.slow
def test_followed_series_are_fetched_by_themselves(tmp_path: Path) -> None:
    """At once, and again when they are due, each once; the series says when the next look is, and why then."""
    with running(tmp_path, {}, "up") as service:
        made = [service.post("/schedules", body) for body in BODIES]
        assert [answer.status_code for answer in made] == [201] * 3
        fetched(service, "SAMPLE/GDP", 1, 20)
        service.request("SAMPLE", "NILE")
        hourly, by_cron = fetched(service, "SAMPLE/CO2", 2, 75), fetched(service, "SAMPLE/NILE", 2, 75)
        learned = series(service, "SAMPLE/GDP")

    assert len(hourly) == 2
    assert len(by_cron) in (2, 3)
    assert by_cron[-1]["created_at"][17:19] in ("00", "01")
    assert learned["next_look"]["reason"]
    assert learned["next_look"]["last_success_at"] == learned["checked_at"]
    assert len(service.log().split("unhandled error")) == 1
