"""Quandl's tables in many pages, over a real socket: how much of them is read at the most."""

from __future__ import annotations

import pytest

from adapters.provider_kit.http.client import HttpClient
from adapters.providers.quandl.provider import Options, QuandlSource
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, AnswerTooLarge, FetchError
from domain.ports import PriorState
from tests.builders import a_server, an_answer


def a_source(base_url: str) -> QuandlSource:
    return QuandlSource(Options(base_url=base_url), HttpClient("quandl", base_url, secrets=(), deadline_seconds=60))


def test_pages_without_end_are_too_large():
    """A table whose cursor never ends is given up."""
    error, asked = failure_of_pages("QDL/T.AB", a_page(""), most=200)

    assert isinstance(error, AnswerTooLarge)
    assert asked == 200


def a_page(rows: str, *, padding: int = 0) -> bytes:
    """A page of a table that has a next one."""
    columns = '[{"name":"code","type":"text"},{"name":"date","type":"Date"},{"name":"v","type":"double"}]'
    body = f'{{"datatable":{{"data":[{rows}],"columns":{columns}}},"meta":{{"next_cursor_id":"more"}}}}'
    return body.encode() + b" " * padding


def failure_of_pages(code: str, page: bytes, *, most: int) -> tuple[FetchError, int]:
    """The error in which a table ends that gives this page again and again; and how many were asked for."""
    asked = []

    def respond(target, headers):
        asked.append(target)
        yield an_answer(page)

    with a_server(respond) as url, pytest.raises(FetchError) as raised:
        a_source(url + "/api/v3").fetch(DatasetCode.parse(code), PriorState(newest=None))
    assert len(asked) <= most
    return raised.value, len(asked)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (a_page("", padding=30 * 1024**2), "larger than 64 MiB"),
        (a_page(",".join(["[]"] * 700_000)), "more than 2000000 rows"),
    ],
)
def test_pages_have_a_budget(page, words):
    """All pages of a table may have so many bytes and rows in all; the page that breaks the bound is the last."""
    error, asked = failure_of_pages("QDL/T.AB", page, most=3)

    assert isinstance(error, AnswerTooLarge)
    assert words in error.message
    assert asked == 3


@pytest.mark.parametrize(
    ("rows", "pages"), [('["A","2024-01-01",1],["B","2024-01-01",2]', 1), ('["A","2024-01-02",1],["A","2024-01-01",2]', 2)]
)
def test_a_table_of_many_series_is_refused_at_the_first_repeated_date(rows, pages):
    """Without a key, a date that comes again, in a page or in a later one, ends the fetch; the hint names keys."""
    error, asked = failure_of_pages("QDL/T", a_page(rows), most=pages)

    assert isinstance(error, AnswerNotUnderstood)
    assert "its dates repeat" in error.message
    assert "QDL/T.A" in error.hint
    assert asked == pages
