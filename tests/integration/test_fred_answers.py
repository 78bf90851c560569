"""The forms in which FRED and ALFRED send observations."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, AnswerTruncated, FetchError, KeyMissing, KeyRejected, RateLimited
from domain.ports import ParsedSeries, ParsesResponses, RawResponse

Rows = list[tuple[str, float | None]]
JSON = b'{"observations": [%s]}'


def parsed(body: bytes, code: str | None = None, *, status: int = 200) -> list[ParsedSeries]:
    source = InstalledProviders({}, deadline_seconds=5).offline_source("fred")
    assert isinstance(source, ParsesResponses)
    return list(source.parse(DatasetCode.parse(code) if code else None, RawResponse(body=body, status=status)))


def vintages(body: bytes) -> dict[str | None, Rows]:
    """Label → dates and values."""
    [series] = parsed(body)
    return {
        published and published.isoformat(): [(day.isoformat(), value) for day, (value,) in state.rows()]
        for published, state in series.vintages
    }


def span(day: str, value: str, start: str, end: str) -> bytes:
    return f'{{"realtime_start": "{start}", "realtime_end": "{end}", "date": "{day}", "value": "{value}"}}'.encode()


def test_spans_become_states() -> None:
    """A state is begun where a span begins or ends; ``.`` is a missing value, and a date whose span ended is none."""
    body = JSON % b", ".join(
        [
            span("2023-10-01", "1", "2024-01-30", "2024-03-27"),
            span("2023-10-01", ".", "2024-03-28", "9999-12-31"),
            span("2024-01-01", "2", "2024-03-28", "2024-06-26"),
        ]
    )

    assert vintages(body) == {
        "2024-01-30": [("2023-10-01", 1.0)],
        "2024-03-28": [("2023-10-01", None), ("2024-01-01", 2.0)],
        "2024-06-27": [("2023-10-01", None)],
    }


def test_where_a_window_cuts_nothing_was_published() -> None:
    """A span that begins or ends with the query's window tells of no vintage."""
    cut = span("2023-10-01", "1", "2024-01-01", "2024-03-27") + b", " + span("2023-10-01", "2", "2024-03-28", "2024-05-01")
    body = b'{"realtime_start": "2024-01-01", "realtime_end": "2024-05-01", "observations": [%s]}' % cut

    assert vintages(body) == {"2024-03-28": [("2023-10-01", 2.0)]}


@pytest.mark.parametrize(
    ("kind", "second"),
    [(2, [("2023-10-01", 1.5), ("2024-01-01", None)]), (3, [("2023-10-01", 1.0), ("2024-01-01", None)])],
)
def test_a_column_for_each_vintage(kind: int, second: Rows) -> None:
    """Output types 2 and 3 have a column for each vintage: of all values, or of those that are new."""
    old = ', "X_20240328": "1.5"' if kind == 2 else ""
    rows = f'{{"date": "2023-10-01", "X_20240130": "1"{old}}}, {{"date": "2024-01-01", "X_20240328": "."}}'

    assert vintages(f'{{"output_type": {kind}, "observations": [{rows}]}}'.encode()) == {
        "2024-01-30": [("2023-10-01", 1.0)],
        "2024-03-28": second,
    }


def test_a_download_of_one_series_or_of_several() -> None:
    """In CSV each column is a series, or a vintage where its name ends in a day; one code chooses among several."""
    several = b"observation_date,GDP,CPI\n2024-01-01,1,.\n2024-04-01,2,3\n"
    [gdp, cpi] = parsed(several)
    [chosen] = parsed(several, "FRED/CPI")

    assert [str(series.code) for series in (gdp, cpi)] == ["FRED/GDP", "FRED/CPI"]
    assert chosen.vintages[0][1] == cpi.vintages[0][1]
    assert list(cpi.vintages[0][1].rows()) == [(date(2024, 1, 1), [None]), (date(2024, 4, 1), [3.0])]
    assert vintages(b"DATE,GDP_20240130,GDP_20240328\n2024-01-01,1,2\n") == {
        "2024-01-30": [("2024-01-01", 1.0)],
        "2024-03-28": [("2024-01-01", 2.0)],
    }
    with pytest.raises(AnswerNotUnderstood, match="GDP, CPI"):
        parsed(several, "FRED/OTHER")


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b'{"error_code":400,"error_message":"Bad Request.  Variable api_key is not set."}', 400, KeyMissing),
        (b'{"error_code":400,"error_message":"Bad Request.  The value for variable api_key is not registered."}', 200, KeyRejected),
        (b'<?xml version="1.0"?><error code="429" message="Too Many Requests.  Exceeded Rate Limit" />', 429, RateLimited),
        (b'<?xml version="1.0"?><error code="429" message="Too Many Requests.  Exceeded Rate Limit" />', 200, RateLimited),
        (b'<?xml version="1.0"?><observations><observation date="2024-01-01" value="1"/>', 200, AnswerTruncated),
        (JSON % b'{"date": "2024-01-01", "value": "many"}', 200, AnswerNotUnderstood),
        (JSON % b'{"date": "2024-13-01", "value": "1"}', 200, AnswerNotUnderstood),
        (JSON % b'{"date": "2024-01-01", "value": "1"}, {"date": "2024-01-01", "value": "2"}', 200, AnswerNotUnderstood),
        (JSON % b"7", 200, AnswerNotUnderstood),
        (JSON % b'{"realtime_start": {}, "date": "2024-01-01", "value": "1"}, {"date": "2024-04-01"}', 200, AnswerNotUnderstood),
        (JSON % b'{"realtime_start": [], "date": "2024-01-01", "value": "1"}, {"date": "2024-04-01"}', 200, AnswerNotUnderstood),
        (b"DATE,GDP\n2024-01-01,1\n2024-04-01", 200, AnswerTruncated),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><observations/>', 200, AnswerNotUnderstood),
    ],
)
def test_what_is_wrong_is_named(body: bytes, status: int, error: type[FetchError]) -> None:
    """Errors in either form have their names, whatever the status, and what is no observation is not understood."""
    with pytest.raises(error):
        parsed(body, status=status)
