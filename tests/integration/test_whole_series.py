"""What a code promises is what its provider is asked for: averages, gaps, months and quarters, and spans that are allowed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, KeyMissing
from domain.frequency import Frequency
from domain.ports import DataSource, Fetched, PriorState
from tests.integration.web import Asked, Sent, web

NOTHING = PriorState(newest=None)
THIS_YEAR = datetime.now(UTC).year
DAY = 86_400

Opened = Callable[..., DataSource]


@pytest.fixture
def opened() -> Iterator[Opened]:
    with ExitStack() as stack:

        def opened(name: str, answer: Callable[[Asked], Any], **options: str) -> DataSource:
            def respond(asked: Asked) -> Sent:
                found = answer(asked)
                return found if isinstance(found, Sent) else Sent(json.dumps(found).encode(), headers={"Content-Type": "application/json"})

            base_url = stack.enter_context(web(respond))
            return InstalledProviders({name: {"base_url": base_url, **options}}, deadline_seconds=20).source(name)

        yield opened


def fetched(source: DataSource, code: str) -> Fetched:
    return source.fetch(DatasetCode.parse(code), NOTHING)


def rows(found: Fetched) -> dict[str, float | None]:
    [(_, state)] = found.vintages
    return dict(zip(state.texts(), (values[0] for _, values in state.rows()), strict=True))


class Bureau:
    """
    Answers as the Bureau does.

    Args:
        periods: year → period → value.
        averages_for_all: whether averages come without a key, too.

    """

    def __init__(self, periods: Mapping[int, Mapping[str, str]], *, averages_for_all: bool = False) -> None:
        self.periods, self.averages_for_all = periods, averages_for_all
        self.asked: list[Mapping[str, str]] = []

    def __call__(self, asked: Asked) -> dict[str, Any]:
        self.asked.append(asked.query)
        start, end = int(asked.query["startyear"]), int(asked.query["endyear"])
        wants_averages = asked.query.get("annualaverage") == "true" and ("registrationkey" in asked.query or self.averages_for_all)
        rows = [
            {"year": str(year), "period": period, "value": value}
            for year in range(end, start - 1, -1)
            for period, value in self.periods.get(year, {}).items()
            if wants_averages or period not in ("M13", "Q05", "S03")
        ]
        message = [] if rows else [f"No Data Available for Series X Year: {start}"]
        name = asked.path.rpartition("/")[2]
        return {"status": "REQUEST_SUCCEEDED", "message": message, "Results": {"series": [{"seriesID": name, "data": rows}]}}


MONTHS = {2020: {"M01": "1", "M12": "2", "M13": "1.5"}, 2021: {"M01": "3", "M13": "3"}}
QUARTERS = {2020: {"Q01": "1", "Q04": "2", "Q05": "1.5"}}
HALVES = {2020: {"S01": "1", "S02": "2", "S03": "1.5"}}
GAPS = {1915: {"M01": "1"}, 1950: {"M01": "2"}, 2020: {"M01": "3"}}
OLD_YEARS = {1948: {"A01": "1"}, 1990: {"A01": "2"}}


@pytest.mark.parametrize(
    ("code", "periods", "expected", "frequency"),
    [
        ("X", MONTHS, {"2020-01-01": 1.0, "2020-12-01": 2.0, "2021-01-01": 3.0}, Frequency.MONTHLY),
        ("X.M", MONTHS, {"2020-01-01": 1.0, "2020-12-01": 2.0, "2021-01-01": 3.0}, Frequency.MONTHLY),
        ("X.M13", MONTHS, {"2020-01-01": 1.5, "2021-01-01": 3.0}, Frequency.ANNUAL),
        ("x.m13", MONTHS, {"2020-01-01": 1.5, "2021-01-01": 3.0}, Frequency.ANNUAL),
        ("X.M13", {2020: {"M13": "1.5"}}, {"2020-01-01": 1.5}, Frequency.ANNUAL),
        ("X.M13", {1920: {"M13": "1"}, 2020: {"M13": "2"}}, {"1920-01-01": 1.0, "2020-01-01": 2.0}, Frequency.ANNUAL),
        ("X", QUARTERS, {"2020-01-01": 1.0, "2020-10-01": 2.0}, Frequency.QUARTERLY),
        ("X.Q05", QUARTERS, {"2020-01-01": 1.5}, Frequency.ANNUAL),
        ("X", HALVES, {"2020-01-01": 1.0, "2020-07-01": 2.0}, Frequency.SEMIANNUAL),
        ("X.S", HALVES, {"2020-01-01": 1.0, "2020-07-01": 2.0}, Frequency.SEMIANNUAL),
        ("X.S03", HALVES, {"2020-01-01": 1.5}, Frequency.ANNUAL),
        ("X", GAPS, {"1915-01-01": 1.0, "1950-01-01": 2.0, "2020-01-01": 3.0}, Frequency.MONTHLY),
        ("X", OLD_YEARS, {"1948-01-01": 1.0, "1990-01-01": 2.0}, Frequency.ANNUAL),
        ("X", {2020: {"M01": "1"}, 2010: {"Q01": "2"}}, {"2020-01-01": 1.0}, Frequency.MONTHLY),
        ("X.Q", {2020: {"M01": "1"}, 2010: {"Q01": "2"}}, {"2010-01-01": 2.0}, Frequency.QUARTERLY),
    ],
)
@pytest.mark.parametrize("key", ["k3y", ""])
def test_the_bureau_is_asked_for_all_years(
    opened: Opened, *, key: str, code: str, periods: Any, expected: Any, frequency: Frequency
) -> None:
    """Averages come by their names, and years without data, however many, do not end the search for the beginning."""
    bureau = Bureau(periods, averages_for_all=True)
    found = fetched(opened("bls", bureau, **({"api_key": key} if key else {})), f"BLS/{code}")

    assert (rows(found), found.metadata.frequency) == (expected, frequency)
    years = [year for query in bureau.asked for year in range(int(query["endyear"]), int(query["startyear"]) - 1, -1)]
    assert years == list(range(THIS_YEAR, 1899, -1))


@pytest.mark.parametrize(("code", "asked"), [("X.M13", "true"), ("X.Q05", "true"), ("X.S03", "true"), ("X", None), ("X.M", None)])
def test_averages_are_asked_for_by_name(opened: Opened, code: str, asked: str | None) -> None:
    """Only a code of averages asks for them."""
    bureau = Bureau({2020: {"M01": "1", "M13": "1", "Q05": "1", "S03": "1"}})
    fetched(opened("bls", bureau, api_key="k3y"), f"BLS/{code}")

    assert {query.get("annualaverage") for query in bureau.asked} == {asked}


@pytest.mark.parametrize(
    ("code", "key", "error"),
    [
        ("X.M13", "", KeyMissing),
        ("X.Q05", "k3y", DatasetNotFound),
        ("X.Q", "", DatasetNotFound),
        ("X.A", "k3y", DatasetNotFound),
        ("X.M14", "k3y", DatasetNotFound),
    ],
)
def test_periods_that_the_bureau_has_not_are_named(opened: Opened, code: str, key: str, error: type[FetchError]) -> None:
    """Averages need a key, as the error says; periods of another length than the series has are not found."""
    source = opened("bls", Bureau(MONTHS), **({"api_key": key} if key else {}))
    with pytest.raises(FetchError) as raised:
        fetched(source, f"BLS/{code}")

    assert type(raised.value) is error
    assert error is not KeyMissing or "LANNER_PROVIDERS__BLS__API_KEY" in raised.value.hint


def world_bank(asked: Asked) -> list[Any]:
    """Answer as the World Bank does: years, unless a span of months or quarters is asked for."""
    _, country, _, indicator = asked.path.strip("/").split("/")
    form = asked.query.get("date", "1960:2030")[4:5]
    dates = {"M": ["2020M02", "2020M01"], "Q": ["2020Q2", "2020Q1"], ":": ["2021", "2020"]}[form]
    names = {"indicator": {"id": indicator, "value": "I"}, "country": {"id": country[:2], "value": "C"}, "countryiso3code": country}
    return [{"page": 1, "pages": 1}, [{**names, "date": day, "value": i} for i, day in enumerate(dates, 1)]]


@pytest.mark.parametrize(
    ("code", "span", "expected", "frequency"),
    [
        ("WB/BRA.DPANUSSPB", None, {"2020-01-01": 2.0, "2021-01-01": 1.0}, Frequency.ANNUAL),
        ("WB/BRA.DPANUSSPB:M", f"1960M01:{THIS_YEAR}M12", {"2020-01-01": 2.0, "2020-02-01": 1.0}, Frequency.MONTHLY),
        ("WB/BRA.DPANUSSPB:Q", f"1960Q1:{THIS_YEAR}Q4", {"2020-01-01": 2.0, "2020-04-01": 1.0}, Frequency.QUARTERLY),
        ("WB/CHL.DP.DOD.DECD.CR.BC.CD:Q", f"1960Q1:{THIS_YEAR}Q4", {"2020-01-01": 2.0, "2020-04-01": 1.0}, Frequency.QUARTERLY),
        ("WORLDBANK/BRA_NY_GDP_MKTP_CD", None, {"2020-01-01": 2.0, "2021-01-01": 1.0}, Frequency.ANNUAL),
    ],
)
def test_months_and_quarters_of_the_world_bank_are_asked_for(
    opened: Opened, code: str, span: str | None, expected: Any, frequency: Frequency
) -> None:
    """Without a span of months or quarters only years come."""
    asked: list[Mapping[str, str]] = []

    def answer(request: Asked) -> list[Any]:
        asked.append(request.query)
        return world_bank(request)

    found = fetched(opened("worldbank", answer), code)

    assert (rows(found), found.metadata.frequency) == (expected, frequency)
    assert [query.get("date") for query in asked] == [span]


@pytest.mark.parametrize("code", ["WB/BRA", "WB/BRA.X:A", "WB/BRA.X:W", "WB/BRA.X:M:Q"])
def test_other_codes_of_the_world_bank_are_not_asked_for(opened: Opened, code: str) -> None:
    """Only months and quarters stand behind a colon."""
    with pytest.raises(DatasetNotFound):
        fetched(opened("worldbank", world_bank), code)


def seconds(*parts: int) -> int:
    return int(datetime(*parts, 14, 30, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


class Exchange:
    """
    Answers as Yahoo does, of which it is unclear whether it cuts a span at today.

    Args:
        stamps: the moments of its rows.
        first: the symbol's first trade, if Yahoo says it.

    """

    def __init__(self, *stamps: int, first: int | None = None, cuts: bool = False) -> None:
        self.stamps, self.first, self.cuts = stamps, first, cuts
        self.asked: list[Mapping[str, str]] = []

    def __call__(self, asked: Asked) -> Any:
        self.asked.append(asked.query)
        start, end = int(asked.query["period1"]), int(asked.query["period2"])
        last = min(end, int(datetime.now(UTC).timestamp())) if self.cuts else end
        if last - start > 100 * 365.25 * DAY:
            said = (
                f"1d data not available for startTime={start} and endTime={end}. Only 100 years worth of day granularity data are allowed."
            )
            error = {"chart": {"result": None, "error": {"code": "Unprocessable Entity", "description": said}}}
            return Sent(json.dumps(error).encode(), 422, {"Content-Type": "application/json"})
        stamps = [stamp for stamp in self.stamps if start <= stamp < end]
        meta = {"symbol": "X", "exchangeTimezoneName": "UTC", "dataGranularity": asked.query["interval"], "firstTradeDate": self.first}
        events = {"dividends": {str(stamp): {"amount": stamp / DAY, "date": stamp} for stamp in stamps}} if stamps else {}
        quote = {"close": [stamp / DAY for stamp in stamps] or [None]}
        result = {"meta": meta, "indicators": {"quote": [quote]}, "events": events} | ({"timestamp": stamps} if stamps else {})
        return {"chart": {"result": [result], "error": None}}


YOUNG = (seconds(1999, 11, 1), seconds(2024, 1, 1))
OLD = (seconds(THIS_YEAR - 99, 6, 30), seconds(THIS_YEAR - 98, 1, 3), seconds(2024, 1, 1))
OLDER = (seconds(THIS_YEAR - 170, 1, 1), seconds(THIS_YEAR - 99, 6, 30), seconds(2024, 1, 1))


@pytest.mark.parametrize("what", ["1d", "5d", "1wk", "1mo", "3mo", "dividends"])
@pytest.mark.parametrize(
    ("stamps", "first", "calls"),
    [(YOUNG, YOUNG[0], 1), (YOUNG, None, 1), (OLD, OLD[0], 2), (OLDER, OLDER[0], 2)],
    ids=["young", "unsaid", "old", "older"],
)
@pytest.mark.parametrize("cuts", [True, False])
def test_yahoo_is_asked_for_spans_that_it_allows(
    opened: Opened, *, what: str, stamps: Sequence[int], first: int | None, calls: int, cuts: bool
) -> None:
    """No request spans more than 100 years, of whatever interval, and a symbol that is older than a span comes whole."""
    yahoo = Exchange(*stamps, first=first, cuts=cuts)
    found = fetched(opened("yahoo", yahoo, enabled="true"), "YAHOO/X" if what == "1d" else f"YAHOO/X:{what}")

    assert list(rows(found)) == [str(datetime.fromtimestamp(stamp, UTC).date()) for stamp in stamps]
    assert len(yahoo.asked) == calls
    assert all(int(later["period1"]) == int(earlier["period2"]) for later, earlier in zip(yahoo.asked, yahoo.asked[1:], strict=False))
    assert int(yahoo.asked[0]["period2"]) > datetime.now(UTC).timestamp()


@pytest.mark.parametrize(("what", "weekday"), [("1wk", 0), ("1mo", None), ("3mo", None), ("1d", None)])
def test_yahoos_spans_begin_where_periods_do(opened: Opened, what: str, weekday: int | None) -> None:
    """Weeks are asked for from a Monday, months and quarters from the first of January, in whatever year: they could begin elsewhere."""
    yahoo = Exchange(*YOUNG)
    fetched(opened("yahoo", yahoo, enabled="true"), f"YAHOO/X:{what}")
    begins = datetime.fromtimestamp(int(yahoo.asked[0]["period1"]), UTC)

    assert begins.hour == 12
    assert begins.weekday() == weekday if weekday is not None else (begins.month, begins.day) == (1, 1)
    assert abs(begins.date() - date(THIS_YEAR - 98, 1, 1)).days < 7


def test_a_span_that_yahoo_refuses_is_no_unknown_code(opened: Opened) -> None:
    """The refusal of a span says so; the hint does not send anyone to look for another code."""

    def refuse(_: Asked) -> Sent:
        said = (
            "1d data not available for startTime=1 and endTime=2. Only 100 years worth of day granularity data are allowed to be fetched."
        )
        body = json.dumps({"chart": {"result": None, "error": {"code": "Unprocessable Entity", "description": said}}})
        return Sent(body.encode(), 422, {"Content-Type": "application/json"})

    with pytest.raises(AnswerNotUnderstood, match=r"refuses the span of time: .*Only 100 years") as raised:
        fetched(opened("yahoo", refuse, enabled="true"), "YAHOO/X")

    assert raised.value.hint.startswith("The code is not the reason")


@pytest.mark.parametrize(
    ("older", "prices", "message"),
    [
        ({"symbol": "X", "dataGranularity": "1d"}, [3.0], "more or fewer prices"),
        ({"symbol": "Y", "dataGranularity": "1d"}, [3.0, 4.0], "several symbols"),
        ({"symbol": "X", "dataGranularity": "1mo"}, [3.0, 4.0], "several symbols or intervals"),
    ],
)
def test_charts_of_two_spans_must_fit(opened: Opened, older: dict[str, Any], prices: list[float], message: str) -> None:
    """A chart of an older span that is of something else is refused, and one with fewer prices than moments, though another has more."""

    def answer(asked: Asked) -> Any:
        newest = int(asked.query["period2"]) > datetime.now(UTC).timestamp()
        meta = {"symbol": "X", "dataGranularity": "1d"} if newest else older
        stamps = [YOUNG[1]] if newest else [OLD[0], OLD[1]]
        quote = {"close": ([1.0, 2.0] if "prices" in message else [1.0]) if newest else prices}
        chart = {"meta": {**meta, "firstTradeDate": OLD[0]}, "timestamp": stamps, "indicators": {"quote": [quote]}}
        return {"chart": {"result": [chart], "error": None}}

    with pytest.raises(AnswerNotUnderstood, match=message):
        fetched(opened("yahoo", answer, enabled="true"), "YAHOO/X")


@pytest.mark.parametrize("results", [0, 2])
def test_one_chart_is_wanted(opened: Opened, results: int) -> None:
    """No chart is nothing under the code; several are not understood."""
    chart = {"meta": {"symbol": "X", "dataGranularity": "1d"}, "timestamp": [YOUNG[1]], "indicators": {"quote": [{"close": [1.0]}]}}
    source = opened("yahoo", lambda _: {"chart": {"result": [chart] * results, "error": None}}, enabled="true")
    with pytest.raises(DatasetNotFound if not results else AnswerNotUnderstood):
        fetched(source, "YAHOO/X")
