"""Answers that look like a fault: columns that shrink, dialects that change, columns in another order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.fetches import Fetch, FetchStatus, Suspicion
from domain.fetching.ingest import column_order
from domain.fetching.suspicion import merged_dialect
from domain.observations import Observations
from domain.ports import Fetched, PriorState
from domain.series import TimeSeries
from domain.use_cases.read_series import Selection
from domain.vintages import Origin
from tests.builders import memory_use_cases
from tests.fakes import NAN, some_metadata

CODE = DatasetCode("X", "Y")
DAYS = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]


def table(**columns: Sequence[float]) -> Observations:
    return Observations.of(DAYS[: len(next(iter(columns.values())))], list(columns), list(zip(*columns.values(), strict=True)))


@dataclass
class Scripted:
    """Sends one answer after the other."""

    answers: list[tuple[Observations, Mapping[str, str]]]
    units: Mapping[str, str] = field(default_factory=dict)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        state, dialect = self.answers.pop(0)
        origin = Origin(request="https://example.org", response_sha256="00" * 32, adapter_version=1)
        metadata = replace(some_metadata(), column_units=tuple(self.units.get(name, "") for name in state.columns))
        return Fetched(metadata=metadata, vintages=[(None, state)], origin=origin, dialect=dialect)


class House:
    """The use cases over a scripted source."""

    def __init__(self, *answers: Observations | tuple[Observations, Mapping[str, str]], units: Mapping[str, str] | None = None) -> None:
        scripted = Scripted([each if isinstance(each, tuple) else (each, {}) for each in answers], units or {})
        self.use = memory_use_cases({"canned": scripted}, store=MemoryStore())

    def fetch(self, *allow: Suspicion) -> Fetch:
        self._id = self.use.request_fetch(CODE, refresh=True, allow=frozenset(allow)).series.id
        assert self.series.fetch
        return self.series.fetch

    @property
    def series(self) -> TimeSeries:
        return self.use.describe_series(self._id).series

    def read(self) -> Observations:
        return self.use.read_series(self._id, Selection()).observations


BEFORE = table(Close=[998, 999, 1000, 1001], Volume=[1, 2, NAN, NAN])
SHRUNK: Mapping[str, tuple[Observations, str]] = {
    "a column is gone": (table(Volume=[1, 2, 3, 4]), "no column 'Close', of which 4 values are stored"),
    "a column has another name": (table(Volume=[1, 2, 3, 4], Price=[998, 999, 1000, 1001]), "no column 'Close'"),
    "a column is emptied": (table(Close=[NAN] * 4, Volume=[1, 2, 3, 4]), "0 values of Close where 4 are stored"),
    "less than half of a column": (table(Close=[998, NAN, NAN, NAN], Volume=[1, 2, 3, 4]), "1 value of Close where 4"),
    "the smaller column": (table(Close=[1, 2, 3, 4], Volume=[NAN] * 4), "0 values of Volume where 2"),
    "most rows": (table(Close=[998], Volume=[1]), "1 value of Close where 4"),
}
KEPT: Mapping[str, Observations] = {
    "half of each column": table(Close=[998, 999, NAN, NAN], Volume=[1, NAN, NAN, NAN]),
    "half of the rows": table(Close=[998, 999], Volume=[1, 2]),
    "a new column": table(Close=[998, 999, 1000, 1001], Volume=[1, 2, NAN, NAN], Extra=[1, 1, 1, 1]),
    "other values": table(Close=[1, 2, 3, 4], Volume=[5, 6, 7, 8]),
}


@pytest.mark.parametrize("what", SHRUNK)
def test_a_column_that_shrinks_is_suspicious(what: str) -> None:
    """Each column counts by itself; nothing is stored unless it is allowed."""
    answer, message = SHRUNK[what]
    house = House(BEFORE, answer, answer)
    house.fetch()
    refused = house.fetch()

    assert refused.failure
    assert (refused.failure.code, house.read()) == ("suspicious_shrink", BEFORE)
    assert message in refused.failure.message
    assert "--allow shrink" in refused.failure.hint
    assert house.fetch(Suspicion.SHRINK).status is FetchStatus.SUCCESS
    assert house.read() == answer


@pytest.mark.parametrize("what", KEPT)
def test_what_is_no_shrink(what: str) -> None:
    """Exactly half is accepted, and so is all that adds or changes."""
    house = House(BEFORE, KEPT[what])
    house.fetch()

    assert house.fetch().status is FetchStatus.SUCCESS
    assert house.read() == KEPT[what]


ORDERS: Mapping[str, tuple[Sequence[str], Sequence[str], Sequence[str]]] = {
    "the same": ("abc", "abc", "abc"),
    "turned round": ("abc", "cba", "abc"),
    "two exchanged": ("abc", "acb", "abc"),
    "a new one first": ("abc", "dabc", "abcd"),
    "a new one between": ("abc", "abdc", "abcd"),
    "two new ones keep their order": ("ab", "dbca", "abdc"),
    "one gone": ("abc", "ca", "ac"),
    "one renamed": ("abc", "axc", "acx"),
    "all new": ("abc", "zyx", "zyx"),
    "none stored": ("", "ba", "ba"),
    "repeated names stay": ("ab", "bab", "bab"),
}


@pytest.mark.parametrize("what", ORDERS)
def test_columns_take_the_stored_order(what: str) -> None:
    """What is stored decides; new columns follow in the order of the answer."""
    stored, answered, expected = (tuple(names) for names in ORDERS[what])
    places = column_order(stored, answered)

    assert tuple(answered[place] for place in places or range(len(answered))) == expected


def test_another_order_is_no_vintage() -> None:
    """The same columns turned round add nothing, and the units stay with their columns."""
    house = House(table(a=[1, 2], b=[3, 4]), table(b=[3, 4], a=[1, 2]), table(b=[3, 5], a=[1, 2]), units={"a": "kg", "b": "m"})

    assert [house.fetch().vintages_added for _ in range(3)] == [1, 0, 1]
    assert house.read() == table(a=[1, 2], b=[3, 5])
    assert house.series.metadata.column_units == ("kg", "m")


POINT, COMMA, DAY_FIRST, MONTH_FIRST = {"numbers": "."}, {"numbers": ","}, {"dates": "%d/%m/%Y"}, {"dates": "%m/%d/%Y"}
CHANGED: Mapping[str, tuple[Mapping[str, str], Mapping[str, str], str]] = {
    "the decimal mark": (POINT, COMMA, "Numbers had the decimal mark '.' and have ',' now"),
    "the dates": (DAY_FIRST, MONTH_FIRST, "Dates were written as '%d/%m/%Y'"),
    "one column": ({"a": ".", "b": ","}, {"a": ","}, "Numbers of a had the decimal mark"),
    "one column of all": (POINT, {"a": ","}, "Numbers of a had the decimal mark"),
    "all of one column": ({"a": "."}, COMMA, "Numbers had the decimal mark"),
}
AGREEING: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "nothing known before": ({}, COMMA),
    "nothing shown now": (COMMA, {}),
    "the same": (COMMA, COMMA),
    "another part": (COMMA, DAY_FIRST),
    "one of two columns": ({"a": ".", "b": ","}, {"b": ","}),
    "a new column": ({"a": "."}, {"b": ","}),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_dialect_that_changes_is_suspicious(what: str) -> None:
    """1.234 may be another number now: nothing is stored unless it is allowed, and then the new dialect is the known one."""
    before, after, message = CHANGED[what]
    state, later = table(a=[1.5, 2.5]), table(a=[1.5, 3.5])
    house = House((state, before), (later, after), (later, after), (later, after))
    house.fetch()
    refused = house.fetch()

    assert refused.failure
    assert (refused.failure.code, house.read()) == ("suspicious_values", state)
    assert message in refused.failure.message
    assert "--allow values" in refused.failure.hint
    assert house.fetch(Suspicion.VALUES).status is FetchStatus.SUCCESS
    assert (house.fetch().status, house.read()) == (FetchStatus.SUCCESS, later)


@pytest.mark.parametrize("what", AGREEING)
def test_a_dialect_that_agrees(what: str) -> None:
    """What an answer does not show is no change, and stays known."""
    before, after = AGREEING[what]
    house = House((table(a=[1.5]), before), (table(a=[2.5]), after))

    assert [house.fetch().status, house.fetch().status] == [FetchStatus.SUCCESS] * 2
    kept: Any = house.series.metadata.extra.get("dialect", {})
    assert kept == {**before, **after} == dict(merged_dialect(before, after))
