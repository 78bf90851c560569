"""The page of a series that has ended leads to the series that could stand in, and says which one does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from falcon.testing import TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode, parse_reference
from domain.errors import SourceGone
from domain.frequency import Frequency
from domain.observations import Observations
from domain.series import Metadata
from entrypoints.rest.app import create_app
from tests.builders import memory_use_cases
from tests.entrypoints.web.conftest import Browser, Page
from tests.fakes import CannedSource, StoppedClock

LINE = "Series that could stand in for it"


def months(count: int, scale: float = 1.0) -> Observations:
    values = scale * (1.0 + np.arange(count) % 3)
    return Observations.of((np.arange(count) + np.datetime64("2024-01", "M")).astype("datetime64[D]"), ["Value"], values[:, None])


def test_the_page_of_a_gone_series_links_to_its_stand_ins() -> None:
    metadata = Metadata(name="Made-up <prices>", frequency=Frequency.MONTHLY)
    states = {"canned": months(4, 10.0), "other": months(5)}
    sources = {name: CannedSource(observations=state, metadata=metadata) for name, state in states.items()}
    use = memory_use_cases(sources, store=MemoryStore(StoppedClock(datetime(2024, 6, 1, tzinfo=UTC))))
    browser = Browser(TestClient(create_app(use, allowed_hosts=()), headers={"Host": "localhost:8000"}))
    codes = ("canned:X/A", "other:Y/B")
    for provider, code in map(parse_reference, codes):
        use.request_fetch(code, provider=provider)
    alive = browser.get("/s/X/A")
    assert LINE not in alive.text
    assert "view=stand-ins" not in alive.text

    sources["canned"].error = SourceGone("It is gone.")
    use.request_fetch(DatasetCode("X", "A"), provider="canned", refresh=True)
    gone = browser.get("/s/X/A")
    assert LINE in gone.text
    assert "its code answers" not in gone.text
    (link, *_) = [each["href"] for tag, each in Page(gone.text).elements if tag == "a" and "view=stand-ins" in each.get("href", "")]
    listed = browser.get(f"/s/X/A{link.partition('#')[0]}")
    assert listed.status_code == 200
    assert "other:Y/B" in listed.text
    assert "Made-up &lt;prices&gt;" in listed.text
    assert "0.00 %" in listed.text
    links = [each["href"] for tag, each in Page(listed.text).elements if tag == "a"]
    assert {"/s/other:Y/B", "/find?query=made%20prices"} <= set(links)

    first, second = map(parse_reference, codes)
    use.manage_equivalences.create(first, second, scale=10.0, failover=True)
    (made,) = use.manage_equivalences.list()
    use.manage_equivalences.change(made.id, {"failover_after": timedelta(0)})
    use.watch_equivalences()
    spliced = browser.get("/s/X/A")
    assert "its code answers from 1 May 2024 on with 10 × other:Y/B, and each row says so." in spliced.text
    assert "provenance" not in browser.get("/s/X/A?format=csv").text
    assert len(browser.get("/s/X/A?format=csv").text.splitlines()) == 5


def test_a_series_without_a_like_has_none() -> None:
    use = memory_use_cases({"canned": CannedSource()})
    browser = Browser(TestClient(create_app(use, allowed_hosts=()), headers={"Host": "localhost:8000"}))
    use.request_fetch(DatasetCode("X", "A"), provider="canned")
    page = browser.get("/s/X/A?view=stand-ins")
    assert page.status_code == 200
    assert "No series that is kept here" in page.text
