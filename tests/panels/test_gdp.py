"""US GDP with all its vintages: panels at every month end are those of full copies, and its first releases those of ALFRED."""

from __future__ import annotations

from datetime import time, timedelta
from random import Random
from typing import Any

import pytest

from adapters.memory.unit_of_work import MemoryStore
from adapters.providers.sample.provider import PROVIDER
from domain.codes import DatasetCode
from domain.panels.cells import Status
from domain.panels.query import PanelQuery
from domain.use_cases import UseCases
from tests.builders import memory_use_cases
from tests.fakes import StoppedClock
from tests.panels.brute import History, Wanted, cells
from tests.panels.made_up import Made, copied, rule_of
from tests.panels.test_random_cells import same

CODE, ZONE = DatasetCode("SAMPLE", "GDP"), "America/New_York"
MONTH_ENDS = {"start": "1992-01-31", "end": "2024-12-31", "every": "month_ends", "at": "16:00", "tz": ZONE}


@pytest.fixture(scope="module")
def gdp() -> tuple[UseCases, Made]:
    """GDP in a store after one fetch, and in full copies."""
    clock = StoppedClock()
    store = MemoryStore(clock)
    use = memory_use_cases({"sample": PROVIDER.open(PROVIDER.options(), None)}, store=store, default="sample")  # type: ignore[arg-type]
    series_id = use.request_fetch(CODE).series.id
    with store.reading() as uow:
        copies = [copied(kept.vintage, kept.observations) for kept in uow.vintages.walk(series_id)]
    history = History(copies, [(clock(), "quarterly", "first day")], clock())
    return use, Made(Random(1), store, clock, series_id, CODE, history, "quarterly", "first day", labelled=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("every", "rule"),
    [
        (1, {}),
        (1, {"release_time": time(8, 30), "release_zone": ZONE, "window": 4, "transform": "annualized"}),
        (1, {"transform": "yoy", "lag": timedelta(days=1), "max_age": 120}),
        (1, {"collapse": "annual", "previous": True}),
        (48, {"release": 0}),
        (48, {"change": 2, "transform": "rdiff", "window": 3}),
        (48, {"seen": True, "assume": "learned"}),
        (12, {"seen": True, "assume": 60}),
    ],
)
def test_month_ends(gdp: tuple[UseCases, Made], every: int, rule: dict[str, Any]) -> None:
    """Each cell from 1992 to 2024 is that of the reader with full copies; every fourth year of what that reader takes minutes for."""
    _, series = gdp
    wanted = Wanted(zone=ZONE, **rule)
    moments = PanelQuery.read({**MONTH_ENDS, "series": [{"code": "A/B"}]}).decisions.moments[::every]
    found = series.cells(rule_of(wanted), moments, ZONE)
    for moment, got in zip(moments, found, strict=True):
        assert same(got, cells(series.history, wanted, moment)), moment

    assert len(found) == -(-396 // every)


def test_first_releases(gdp: tuple[UseCases, Made]) -> None:
    """As many quarters have a first release as ALFRED has initial releases of; of the others it may have been missed."""
    use, _ = gdp
    query = {"dates": ["2024-12-31"], "at": "16:00", "tz": ZONE, "series": [{"code": "SAMPLE/GDP", "release": 0, "window": 1000}]}
    cells = use.read_panel(PanelQuery.read(query)).columns[0].cells

    assert (int((cells.status != Status.CENSORED).sum()), len(cells)) == (132, 315)


def test_the_fourth_quarter_of_2008(gdp: tuple[UseCases, Made]) -> None:
    """On the evening of its release's day it counts only if the time of the release is given."""
    use, _ = gdp
    query = {"dates": ["2009-01-30"], "at": "16:00", "tz": ZONE, "transform": "annualized"}
    series = [{"code": "SAMPLE/GDP"}, {"code": "SAMPLE/GDP", "name": "timed", "release_time": "08:30"}]
    careful, timed = use.read_panel(PanelQuery.read({**query, "series": series})).columns

    assert [str(each.cells.period_end[0]) for each in (careful, timed)] == ["2008-09-30", "2008-12-31"]
    assert round(100 * timed.cells.value[0], 1) == -4.1
    assert careful.published == ["2008-12-23"]
    assert [str(timed.known_at[0]), timed.published] == ["2009-01-30T23:59:59.000000", ["2009-01-30"]]
