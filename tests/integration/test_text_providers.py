"""Providers that send text, asked of a local server: the windows and conditions they ask with, and the errors they name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.providers.csv_url import request_for
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, AnswerTruncated, DatasetNotFound, FetchError, KeyMissing, RateLimited, UnsupportedFrequency
from domain.observations import Observations
from domain.ports import DataSource, ParsesResponses, PriorState, RawResponse
from domain.vintages import Vintage
from tests.builders import an_arrival
from tests.fakes import NAN
from tests.integration.web import Asked, Sent, web

NOTHING = PriorState(newest=None)
RATES = b"Date,USD,JPY,EEK,\n2024-01-03,1.0919,155.84,N/A,\n2024-01-02,1.0956,155.7,15.6466,\n"


@pytest.fixture
def opened() -> Iterator[Callable[..., DataSource]]:
    with ExitStack() as stack:

        def opened(name: str, answer: Callable[[Asked], Sent], path: str = "", **options: str) -> DataSource:
            base_url = stack.enter_context(web(answer)) + path
            return InstalledProviders({name: {"base_url": base_url, **options}}, deadline_seconds=20).source(name)

        yield opened


def known(last: str, validators: Mapping[str, str] | None = None) -> PriorState:
    newest = Vintage.of(1, an_arrival(datetime(2024, 1, 5, tzinfo=UTC), Observations.of([last], ["a"], [[1.0]])), None)
    return PriorState(newest=newest, validators=validators or {})


def parser(name: str) -> ParsesResponses:
    source = InstalledProviders({}, deadline_seconds=5).offline_source(name)
    assert isinstance(source, ParsesResponses)
    return source


def test_stooq_is_asked_for_the_last_month(opened):
    """Of a daily series that is kept, its last thirty days and what came since are asked for, and cover no more than that."""
    asked = []

    def answer(request: Asked) -> Sent:
        asked.append(request.query)
        return Sent(b"Date,Close\r\n2024-01-04,5\r\n")

    source = opened("stooq", answer, enabled="true")
    whole = source.fetch(DatasetCode("STOOQ", "^SPX"), NOTHING)
    part = source.fetch(DatasetCode("STOOQ", "^SPX"), known("2024-01-04"))
    source.fetch(DatasetCode("STOOQ", "^SPX:M"), known("2024-01-04"))

    assert whole.covers is None
    assert part.covers is not None
    assert (part.covers.start, part.covers.end) == (date(2023, 12, 5), datetime.strptime(asked[1]["d2"] + "Z", "%Y%m%d%z").date())
    assert [query.get("d1") for query in asked] == [None, "20231205", None]
    assert [(query["s"], query["i"]) for query in asked] == [("^spx", "d"), ("^spx", "d"), ("^spx", "m")]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"No data", DatasetNotFound),
        (b"Data,Czas,Otwarcie\n2024-01-02,15:35:00,1\n2024-01-02,15:40:00,1\n", UnsupportedFrequency),
        (b"Brak danych\r\n", DatasetNotFound),
        (b"Exceeded the daily hits limit", RateLimited),
        (b"Przekroczony dzienny limit wywolan", RateLimited),
        (b"Get your apikey:\r\n\r\n1. Open the page", KeyMissing),
        (b"Date,Open,Close\r\n2024-01-02,1,2\r\n2024-01-03,1", AnswerTruncated),
        (b"Something else", AnswerNotUnderstood),
    ],
)
def test_stooq_says_no_with_status_200(body: bytes, error: type[FetchError]):
    """Refusals in Stooq's plain words, in either language, have their names; a row that was cut is no row without its last cell."""
    with pytest.raises(error):
        parser("stooq").parse(DatasetCode("STOOQ", "X"), RawResponse(body=body))


def test_the_treasury_is_asked_page_by_page(opened):
    """The whole comes in pages, until one brings nothing new; tenors that a page does not have are missing there."""

    def answer(request: Asked) -> Sent:
        pages = [feed("2001-07-30", BC_3MONTH="3.54"), feed("2001-07-31", BC_1MONTH="3.67")]
        return Sent(pages[min(int(request.query["page"]), 1)])

    fetched = opened("us_treasury", answer).fetch(DatasetCode("US_TREASURY", "daily_treasury_yield_curve"), NOTHING)

    [(_, state)] = fetched.vintages
    assert state == Observations.of(["2001-07-30", "2001-07-31"], ["BC_3MONTH", "BC_1MONTH"], [[3.54, NAN], [NAN, 3.67]])
    assert fetched.metadata.date_column == "NEW_DATE"


def test_the_treasury_is_asked_for_recent_years(opened):
    """What is kept is asked for from the year of its last date on, and Quandl's code has Quandl's column names."""
    years = []

    def answer(request: Asked) -> Sent:
        years.append(request.query["field_tdr_date_value"])
        return Sent(feed(f"{years[-1]}-01-02", BC_1MONTH="5.5", BC_1_5MONTH="5.4", BC_30YEAR="4", BC_30YEARDISPLAY="4"))

    last = datetime.now(UTC).year - 1
    fetched = opened("us_treasury", answer).fetch(DatasetCode("USTREASURY", "YIELD"), known(f"{last}-12-30"))

    assert years == [str(last), str(last + 1)]
    assert fetched.covers is not None
    assert (fetched.covers.start, fetched.covers.end) == (date(last, 1, 1), date(last + 1, 12, 31))
    assert fetched.vintages[0][1].columns == ("1 MO", "30 YR", "1.5 MO")
    assert fetched.metadata.date_column == "Date"


def test_several_rates_a_day_are_several_series():
    """Where a date stands once for each kind of rate, each kind is a series; the code of all lists them."""
    body = feed("2024-01-02", RATE_TYPE="BC_20year", RATE="4.2") + feed("2024-01-02", RATE_TYPE="Real_Rate", RATE="1.9")
    answer = RawResponse(body=body.replace(b"</feed><feed xmlns:d='d' xmlns:m='m'>", b""))
    both = parser("us_treasury").parse(None, answer)
    code = "daily_treasury_long_term_rate"
    [one] = parser("us_treasury").parse(DatasetCode("US_TREASURY", f"{code}.Real_Rate"), answer)

    assert [series.code.dataset for series in both] == ["UNNAMED.BC_20year", "UNNAMED.Real_Rate"]
    assert one.vintages[0][1] == Observations.of(["2024-01-02"], ["RATE"], [[1.9]])
    with pytest.raises(AnswerNotUnderstood) as raised:
        parser("us_treasury").parse(DatasetCode("US_TREASURY", code), answer)
    assert f"US_TREASURY/{code}.BC_20year" in raised.value.hint


def test_an_answer_of_the_treasury_is_read_under_any_code():
    """A code that names no data set is no reason not to read what is there; the one that ``*`` gives is such a code."""
    answer = RawResponse(body=feed("2024-01-02", BC_1MONTH="5.5"))
    [named] = parser("us_treasury").parse(None, answer)
    [again] = parser("us_treasury").parse(named.code, answer)

    assert again == named
    assert named.vintages[0][1] == Observations.of(["2024-01-02"], ["BC_1MONTH"], [[5.5]])


def feed(day: str, **fields: str) -> bytes:
    """A feed of one entry."""
    kinds = {"RATE_TYPE": "Edm.String"}
    cells = "".join(f"<d:{name} m:type='{kinds.get(name, 'Edm.Double')}'>{text}</d:{name}>" for name, text in fields.items())
    entry = f"<entry><m:properties><d:NEW_DATE m:type='Edm.DateTime'>{day}T00:00:00</d:NEW_DATE>{cells}</m:properties></entry>"
    return f"<feed xmlns:d='d' xmlns:m='m'>{entry}</feed>".encode()


def zipped(body: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", body)
    return file.getvalue()


def test_euro_rates_come_zipped_and_conditionally(opened):
    """The ECB's archive is read as its one file; shown its own tag again, the server has nothing new."""

    def answer(request: Asked) -> Sent:
        if request.headers.get("if-none-match") == '"v1"':
            return Sent(status=304)
        return Sent(zipped(RATES), headers={"Content-Type": "application/zip", "ETag": '"v1"'})

    source = opened("ecb_fx", answer)
    first = source.fetch(DatasetCode("ECB_FX", "EEK"), NOTHING)
    again = source.fetch(DatasetCode("ECB_FX", "EEK"), known("2024-01-02", first.validators))

    assert first.vintages[0][1] == Observations.of(["2024-01-02"], ["EEK"], [[15.6466]])
    assert (first.not_modified, again.not_modified) == (False, True)
    assert again.validators == {"etag": '"v1"'}


def test_words_that_look_like_numbers_are_words():
    """A field that the Treasury types as text is left out, though it reads as a number."""
    body = feed("2024-01-02", RATE="5.2", RATE_TYPE="912796E40")
    [series] = parser("us_treasury").parse(None, RawResponse(body=body))

    assert series.vintages[0][1].columns == ("RATE",)
    assert series.left_out == ("RATE_TYPE",)


@pytest.mark.parametrize("body", [RATES, zipped(RATES), b"Date, USD, JPY, EEK, \n3 January 2024, 1.0919, 155.84, N/A, \n"])
def test_euro_rates_in_every_form(body):
    """Archive, long file and the day's file have one column for each currency, and a missing rate where there is none."""
    [everything] = parser("ecb_fx").parse(None, RawResponse(body=body))
    [one] = parser("ecb_fx").parse(DatasetCode("ECB", "EURUSD"), RawResponse(body=body))

    assert str(everything.code) == "ECB_FX/ALL"
    assert everything.vintages[0][1].columns == ("USD", "JPY", "EEK")
    assert list(everything.vintages[0][1].rows())[-1] == (date(2024, 1, 3), [1.0919, 155.84, None])
    assert one.vintages[0][1].columns == ("Value",)


def test_an_archive_that_was_cut_is_truncated():
    """Half an archive is no archive."""
    with pytest.raises(AnswerTruncated):
        parser("ecb_fx").parse(None, RawResponse(body=zipped(RATES)[:60]))


def test_a_template_leads_to_a_file(opened):
    """A code's parts stand where the template says, each quoted alone; the key is a header; what is unchanged is not sent again."""
    asked = []

    def answer(request: Asked) -> Sent:
        asked.append(request)
        if request.headers.get("if-modified-since"):
            return Sent(status=304)
        return Sent(b"day,sold\n2024-01-02,3\n", headers={"Last-Modified": "Tue, 02 Jan 2024 00:00:00 GMT"})

    source = opened("csv_url", answer, "/files", api_key="s3cret")
    first = source.fetch(DatasetCode("SHOP", "a/b+c=1"), NOTHING)
    again = source.fetch(DatasetCode("SHOP", "a/b"), known("2024-01-02", first.validators))

    assert asked[0].path == "/files/SHOP/a/b%2Bc%3D1.csv"
    assert asked[0].headers["authorization"] == "Bearer s3cret"
    assert first.vintages[0][1] == Observations.of(["2024-01-02"], ["sold"], [[3.0]])
    assert again.not_modified


def test_other_options_are_another_reading(opened, tmp_path):
    """A server that says that a file is unchanged cannot know that its options are not: then the whole is wanted."""
    toml = tmp_path / "options.toml"
    toml.write_text('["SHOP/*"]\ndecimal = ","\n')

    def answer(request: Asked) -> Sent:
        if request.headers.get("if-none-match"):
            return Sent(status=304)
        return Sent(b"day;sold\n2024-01-02;1,234\n", headers={"ETag": '"v1"'})

    source, code = opened("csv_url", answer, options=str(toml)), DatasetCode("SHOP", "sales")
    first = source.fetch(code, NOTHING)
    state = known("2024-01-02", first.validators)
    assert source.fetch(code, state).not_modified
    toml.write_text('["SHOP/*"]\ndecimal = "."\n')

    assert [list(found.vintages[0][1].rows()) for found in (first, source.fetch(code, state))] == [
        [(date(2024, 1, 2), [1.234])],
        [(date(2024, 1, 2), [1234.0])],
    ]


def test_options_of_files_on_a_server(opened, tmp_path):
    """A file of options names patterns of paths below the base URL; the declared encoding holds where there is no other."""
    body = "Tag;Größe\n01/02/2021;1,5\n02/02/2021;2,5\n".encode("cp1250")
    toml = tmp_path / "options.toml"
    toml.write_text('["SHOP/*"]\ndate_format = "%d/%m/%Y"\n')

    def answer(_: Asked) -> Sent:
        return Sent(body, headers={"Content-Type": "text/csv; charset=windows-1250"})

    fetched = opened("csv_url", answer, options=str(toml)).fetch(DatasetCode("SHOP", "a"), NOTHING)

    assert fetched.vintages[0][1] == Observations.of(["2021-02-01", "2021-02-02"], ["Größe"], [[1.5], [2.5]])
    assert fetched.metadata.name == "a"
    with pytest.raises(AnswerNotUnderstood, match="option date_format"):
        opened("csv_url", answer).fetch(DatasetCode("SHOP", "a"), NOTHING)


def test_a_template_may_be_a_query():
    """Behind a question mark the template is a query."""
    assert request_for("graph.csv?id={dataset}&db={database}", DatasetCode("F", "A|B")) == (["graph.csv"], {"id": "A|B", "db": "F"})


def test_wiki_lives_on_at_tiingo(opened):
    """Quandl's code of a share is answered by Tiingo with Quandl's columns, in their order."""
    row = b'{"date":"2024-01-02T00:00:00.000Z","close":4,"high":2,"low":3,"open":1,"volume":5,"adjClose":11,"adjHigh":9,"adjLow":10,'
    body = b"[" + row + b'"adjOpen":8,"adjVolume":12,"divCash":6,"splitFactor":7}]'
    asked = []

    def answer(request: Asked) -> Sent:
        asked.append(request.path)
        return Sent(body, headers={"Content-Type": "application/json"})

    source = opened("tiingo", answer, api_key="k3y")
    [(_, state)] = source.fetch(DatasetCode("WIKI", "BRK_A"), NOTHING).vintages

    assert asked == ["/tiingo/daily/BRK-A/prices"]
    assert state.columns[:7] == ("Open", "High", "Low", "Close", "Volume", "Ex-Dividend", "Split Ratio")
    assert state.columns[7:] == ("Adj. Open", "Adj. High", "Adj. Low", "Adj. Close", "Adj. Volume")
    assert state.values.tolist() == [[float(number) for number in range(1, 13)]]


def test_the_ecb_reads_its_rates_too():
    """The provider ``ecb`` reads the files of rates of the same house."""
    [series] = parser("ecb").parse(None, RawResponse(body=RATES))

    assert (str(series.code), series.vintages[0][1].columns) == ("ECB/ALL", ("USD", "JPY", "EEK"))


@pytest.mark.parametrize(
    ("provider", "alias", "code"),
    [
        ("stooq", "STOOQ/_SPX", "STOOQ/^SPX"),
        ("stooq", "STOOQ/BRK_A_US", "STOOQ/BRK-A.US"),
        ("stooq", "STOOQ/_SPX_M", "STOOQ/^SPX:M"),
        ("stooq", "STOOQ/USDPLN", "STOOQ/USDPLN"),
        ("us_treasury", "US_TREASURY/DAILY_TREASURY_YIELD_CURVE", "US_TREASURY/daily_treasury_yield_curve"),
        ("quandl", "QDL/A_B", None),
    ],
)
def test_a_code_is_guessed_from_its_alias(provider: str, alias: str, code: str | None):
    """A provider whose codes have other characters than an alias tells which one is likely meant, and that one has this alias."""
    found = InstalledProviders({}, deadline_seconds=5).code_from_alias(provider, DatasetCode.parse(alias))

    assert (found and str(found)) == code
    assert found is None or found.alias == alias


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stooq", "LANNER_PROVIDERS__STOOQ__ENABLED=true"),
        ("csv_url", "LANNER_PROVIDERS__CSV_URL__BASE_URL"),
        ("fred", "LANNER_PROVIDERS__FRED__API_KEY"),
    ],
)
def test_what_must_be_set_is_told_before_any_call(name, words):
    """A provider that lacks its key, its address or the consent to use it says which variable to set, and asks nobody."""
    assert words in InstalledProviders({}, deadline_seconds=5).get(name).problem
