"""Datasets that can be read: stored ones, and what a provider has on this machine; codes with titles; several codes at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, DomainError, ProviderNotConfigured
from domain.observations import Observations
from domain.series import SeriesQuery, TimeSeries
from domain.use_cases import UseCases
from tests.builders import memory_use_cases, waiting_use_cases
from tests.entrypoints.rest.quandl import ShelfSource
from tests.fakes import CannedSource

FEW = Observations.of(["2024-01-01", "2024-01-02"], ("Close",), [[1.0], [2.0]])
SHELF = ("SHOP/AAPL", "SHOP/IBM", "SHOP/umsatz", "SHOP/2024/umsatz", "DESK/A-total", "CANNED/FB")


@pytest.fixture
def source() -> ShelfSource:
    return ShelfSource(dict.fromkeys(SHELF, FEW))


@pytest.fixture
def use_cases(source: ShelfSource) -> UseCases:
    """What ``files`` lists is requested of it, unless another provider declares the database."""
    return memory_use_cases({"files": source, "canned": CannedSource()}, default="files")


def through(use_cases: UseCases, code: str, **more: Any) -> TimeSeries:
    return use_cases.read_through(DatasetCode.parse(code), **{"may_fetch": True, "acquire_slot": nullcontext, **more})


def listed(use_cases: UseCases, **query: Any) -> tuple[list[str], list[str], int]:
    page = use_cases.list_datasets(SeriesQuery(**query), most=100)
    return [str(series.code) for series in page.stored], list(map(str, page.unfetched)), page.total


def test_what_is_stored_comes_first(use_cases: UseCases) -> None:
    """The rest is sorted; what goes to another provider is not listed, and nothing is listed twice."""
    through(use_cases, "SHOP/ibm")

    assert listed(use_cases) == (["SHOP/IBM"], ["DESK/A-total", "SHOP/2024/umsatz", "SHOP/AAPL", "SHOP/umsatz"], 5)


@pytest.mark.parametrize(
    ("query", "stored", "unfetched", "total"),
    [
        ({"database": "SHOP"}, ["SHOP/IBM"], ["SHOP/2024/umsatz", "SHOP/AAPL", "SHOP/umsatz"], 4),
        ({"database": "NONE"}, [], [], 0),
        ({"words": ("ums",)}, [], ["SHOP/2024/umsatz", "SHOP/umsatz"], 2),
        ({"words": ("shop", "2024")}, [], ["SHOP/2024/umsatz"], 1),
        ({"words": ("msatz",)}, [], [], 0),
        ({"words": ("*",)}, [], [], 0),
        ({"limit": 2}, ["SHOP/IBM"], ["DESK/A-total"], 5),
        ({"limit": 2, "skip": 2}, [], ["SHOP/2024/umsatz", "SHOP/AAPL"], 5),
        ({"limit": 2, "skip": 4}, [], ["SHOP/umsatz"], 5),
    ],
)
def test_pages(use_cases: UseCases, query: dict[str, Any], stored: list[str], unfetched: list[str], total: int) -> None:
    """Words and databases choose among both, and pages go on from one to the other."""
    through(use_cases, "SHOP/IBM")

    assert listed(use_cases, **query) == (stored, unfetched, total)


def test_databases(use_cases: UseCases) -> None:
    """Each is there once, with all of its providers, and a count of both kinds of datasets."""
    through(use_cases, "SHOP/IBM")
    through(use_cases, "CANNED/X")

    assert [(each.code, each.providers) for each in use_cases.list_datasets.databases()] == [
        ("CANNED", ("canned",)),
        ("DESK", ("files",)),
        ("SHOP", ("files",)),
    ]
    assert [use_cases.list_datasets.count(code, most=9) for code in ("CANNED", "SHOP", "NONE")] == [1, 4, 0]
    assert use_cases.list_datasets.count("SHOP", most=2) == 2


@pytest.mark.parametrize(
    ("asked", "found"),
    [("SHOP/AAPL-Apple-Inc", "SHOP/AAPL"), ("DESK/A-total", "DESK/A-total"), ("CANNED/GDP-Gross-Product", "CANNED/GDP")],
)
def test_a_title_is_left_out(use_cases: UseCases, asked: str, found: str) -> None:
    """Unless a file has the whole name; other providers are not asked for the whole."""
    assert str(through(use_cases, asked).code) == found


def test_a_series_of_the_whole_name_goes_first(use_cases: UseCases) -> None:
    """One that is stored is meant, whatever its code looks like."""
    use_cases.request_fetch(DatasetCode("CANNED", "GDP-Gross"))

    assert str(through(use_cases, "CANNED/GDP-Gross").code) == "CANNED/GDP-Gross"


def several(use_cases: UseCases, *codes: str, **more: Any) -> list[str]:
    """Each series' code, or the code of the error."""
    wanted = [DatasetCode.parse(code) for code in codes]
    found = use_cases.read_through.several(wanted, **{"may_fetch": True, "acquire_slot": nullcontext, **more})
    return [each.code if isinstance(each, DomainError) else str(each.code) for each in found]


def test_several_at_once(source: ShelfSource) -> None:
    """Each has its own answer; what one lacks is no error of the others."""
    use_cases = memory_use_cases({"files": source, "keyless": None}, default="files")
    unknown = through(use_cases, "SHOP/NONE")

    assert several(use_cases, "SHOP/AAPL", "SHOP/NONE", "KEYLESS/X", "SHOP/IBM-Big-Blue") == [
        "SHOP/AAPL",
        "SHOP/NONE",
        ProviderNotConfigured.code,
        "SHOP/IBM",
    ]
    assert unknown.newest is None
    assert several(use_cases, "SHOP/AAPL", "SHOP/umsatz", may_fetch=False) == ["SHOP/AAPL", DatasetNotFound.code]


def test_all_are_fetched_within_one_wait() -> None:
    """Every fetch is requested before the first one is waited for, under one slot."""
    use_cases = waiting_use_cases()
    slots = []

    @contextmanager
    def slot() -> Iterator[None]:
        slots.append(len(use_cases.search_series(SeriesQuery()).items))
        yield

    found = several(use_cases, "CANNED/A", "CANNED/B", "CANNED/C", acquire_slot=slot)

    assert (found, slots) == (["CANNED/A", "CANNED/B", "CANNED/C"], [0])


def test_without_a_slot_stored_data_are_read(use_cases: UseCases) -> None:
    """If anything is missing, why there is no slot is the answer."""
    through(use_cases, "SHOP/IBM")

    def full() -> Any:
        raise RuntimeError("No slot.")

    assert several(use_cases, "SHOP/IBM", acquire_slot=full) == ["SHOP/IBM"]
    with pytest.raises(RuntimeError):
        several(use_cases, "SHOP/IBM", "SHOP/AAPL", acquire_slot=full)
