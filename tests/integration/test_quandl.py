"""The Quandl provider: requests built, answers read, errors named."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from adapters.provider_kit.http.client import HttpClient
from adapters.providers.quandl.provider import Options, QuandlSource, request_for
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, AnswerTruncated, DatasetNotFound, FetchError
from domain.frequency import Frequency
from domain.observations import Observations
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from tests.builders import a_server, an_answer
from tests.fakes import NAN

PAYLOADS = Path(__file__).parents[1] / "payloads" / "quandl"
FB = DatasetCode("WIKI", "FB")


def a_source(base_url: str = "https://host.invalid/api/v3", *, key: str = "") -> QuandlSource:
    """A source that asks at this address."""
    return QuandlSource(Options(api_key=key, base_url=base_url), HttpClient("quandl", base_url, secrets=[key], deadline_seconds=5))


def read(
    body: bytes | str, code: DatasetCode | None = FB, *, status: int = 200, url: str = "", key: str = "", **headers: str
) -> list[ParsedSeries]:
    """What a source reads in a body."""
    raw = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return list(a_source(key=key).parse(code, RawResponse(body=raw, status=status, headers=named, url=url)))


def one(body: bytes | str, code: DatasetCode | None = FB, *, url: str = "") -> Observations:
    """The observations of the only series in a body."""
    [series] = read(body, code, url=url)
    [(published, observations)] = series.vintages
    assert published is None
    return observations


def failure(body: bytes | str, code: DatasetCode | None = FB, **about) -> FetchError:
    """The error that a body ends in."""
    with pytest.raises(FetchError) as raised:
        read(body, code, **about)
    return raised.value


def a_dataset(*rows: list, names: tuple = ("Date", "Value"), **fields) -> str:
    """A v3 body."""
    return json.dumps({"dataset": {"column_names": list(names), "data": list(rows), **fields}})


def values(observations: Observations) -> list[list[float | None]]:
    """The values by date, oldest first."""
    return [row for _, row in observations.rows()]


# requests


@pytest.mark.parametrize(
    ("code", "segments", "params"),
    [
        ("WIKI/FB", ("datasets", "WIKI", "FB.json"), {}),
        ("CHRIS/CME_CL1.X-2", ("datasets", "CHRIS", "CME_CL1.X-2.json"), {}),
        ("QDL/OPEC", ("datatables", "QDL", "OPEC.json"), {}),
        ("QDL/BCHAIN.MKPRU", ("datatables", "QDL", "BCHAIN.json"), {"code": "MKPRU"}),
        ("QDL/FON.06765A.x", ("datatables", "QDL", "FON.json"), {"code": "06765A.x"}),
    ],
)
def test_a_code_becomes_a_request(code, segments, params):
    """A dataset has its path; a table has its own, with the key as a filter."""
    request = request_for(DatasetCode.parse(code))

    assert (segments, params) == (request.segments, request.params)


@pytest.mark.parametrize("code", ["WIKI/A/B", "WIKI/A=B", "WIKI/A^B", "QDL/.KEY", "QDL/A-B", "QDL/A/B"])
def test_a_code_of_another_form_is_not_found(code):
    """What Quandl cannot have is not asked for."""
    with pytest.raises(DatasetNotFound) as raised:
        request_for(DatasetCode.parse(code))

    assert raised.value.hint


# fetching


def fetched(code: str, *bodies: bytes, key: str = "") -> tuple[Fetched, list[tuple[str, dict[str, str]]]]:
    """What a fetch gives when a server answers with these bodies in turn, and what was asked."""
    asked, answers = [], iter(bodies)

    def respond(target, headers):
        asked.append((target, headers))
        yield an_answer(next(answers))

    with a_server(respond) as url:
        source = a_source(url + "/api/v3", key=key)
        return source.fetch(DatasetCode.parse(code), PriorState(newest=None)), asked


def test_a_dataset_is_fetched_with_its_metadata():
    """A fetch asks once, key in the header alone, and keeps facts that last; what changes at every refresh stays out."""
    volatile = {
        "refreshed_at": "2024-01-01T00:00:00Z",
        "newest_available_date": "2024-01-02",
        "start_date": "x",
        "limit": 1,
        "order": "desc",
    }
    facts = {"id": 3, "database_id": 4, "type": "Time Series", "premium": True, "display_url": None}
    body = a_dataset(["2024-01-02", 2.5], names=("Day", "V"), name="N", description="D", frequency="weekly", **facts, **volatile).encode()
    result, [(target, headers)] = fetched("WIKI/FB", body, key="a-key")

    assert target == "/api/v3/datasets/WIKI/FB.json"
    assert headers["x-api-token"] == "a-key"
    assert "a-key" not in repr(result)
    assert (result.metadata.name, result.metadata.description, result.metadata.date_column) == ("N", "D", "Day")
    assert result.metadata.frequency is Frequency.WEEKLY
    assert result.metadata.extra == {"id": 3, "database_id": 4, "type": "Time Series", "premium": True}
    assert result.origin.response_sha256 == hashlib.sha256(body).hexdigest()
    assert result.origin.request.endswith("/api/v3/datasets/WIKI/FB.json")
    assert result.vintages == [(None, Observations.of(["2024-01-02"], ["V"], [[2.5]]))]


def test_without_a_key_none_is_sent():
    """A source without a key asks without the header."""
    _, [(_, headers)] = fetched("WIKI/FB", a_dataset(["2024-01-02", 2.5]).encode())

    assert "x-api-token" not in headers


def test_every_page_of_a_table_is_fetched():
    """The cursor is followed to the last page; dates, numbers and words are told apart by the columns' types."""
    pages = [(PAYLOADS / f"table_page_{n}.json").read_bytes() for n in (1, 2)]
    result, asked = fetched("QDL/T.AB", *pages)
    expected = Observations.of(["2024-01-01", "2024-01-02", "2024-01-03"], ["value", "volume"], [[1.5, 10], [2.5, 20], [NAN, 30]])

    assert [parse_qs(urlsplit(target).query) for target, _ in asked] == [
        {"code": ["AB"]},
        {"code": ["AB"], "qopts.cursor_id": ["page+2/=="]},
    ]
    assert result.vintages == [(None, expected)]
    assert result.left_out == ("code", "note")
    assert result.metadata.date_column == "date"
    assert result.origin.response_sha256 == hashlib.sha256(b"".join(pages)).hexdigest()


def test_pages_that_differ_are_not_understood():
    """Pages whose columns change cannot be put together."""
    pages = [(PAYLOADS / f"table_page_{n}.json").read_bytes() for n in (1, 2)]
    with pytest.raises(AnswerNotUnderstood):
        fetched("QDL/T.AB", pages[0], pages[1].replace(b"volume", b"amount"))


def test_an_unknown_key_of_a_table_is_not_found():
    """A filter that no row passes means that there is no such series."""
    empty = json.loads((PAYLOADS / "table_page_2.json").read_text())
    empty["datatable"]["data"] = []
    with pytest.raises(DatasetNotFound):
        fetched("QDL/T.NOPE", json.dumps(empty).encode())


# texts


def test_texts_that_no_store_keeps_are_mended():
    """A NUL or half a character in a description, a fact or a name beside the numbers does not fail the fetch."""
    rows = [["2024-01-01", 1.5, "a"]]
    whole = a_dataset(*rows, names=("Da\0te", "V", "No\ud800te"), name="N\0", description="D\udc00 \U0001f600 \\\\ud800", type="T\ud83d")
    [series] = read(whole)

    assert (series.metadata.name, series.metadata.description) == ("N\ufffd", "D\ufffd \U0001f600 \\\\ud800")
    assert (series.metadata.date_column, series.metadata.extra) == ("Da\ufffdte", {"type": "T\ufffd"})
    assert series.left_out == ("No\ufffdte",)


def test_a_refusals_words_are_mended_too():
    """What the provider says against us can be kept."""
    assert failure('{"quandl_error":{"code":"QECx02","message":"No\\u0000 such \\ud800"}}', status=404).message.startswith(
        "No\ufffd such \ufffd"
    )


# datasets


def test_v3_data_alone():
    """``dataset_data`` holds the same as ``dataset``."""
    body = a_dataset(["2024-01-02", 2.5, None], ["2024-01-01", -1, 3], names=("Date", "A", "A")).replace('"dataset"', '"dataset_data"')

    assert one(body) == Observations.of(["2024-01-01", "2024-01-02"], ["A", "A"], [[-1.0, 3.0], [2.5, NAN]])


def test_v1_flat():
    """The old flat shape gives the same, and its own names."""
    [series] = read((PAYLOADS / "flat_v1.json").read_bytes(), None)

    assert str(series.code) == "STAT/RATE"
    assert series.metadata.source == "A Statistical Office"
    assert series.metadata.frequency is Frequency.QUARTERLY
    assert series.metadata.extra == {"id": 7, "premium": False, "display_url": "https://stat.invalid/rate"}
    assert series.vintages == [(None, Observations.of(["2014-12-31", "2015-03-31"], ["VALUE"], [[1.0], [-0.0]]))]


def test_xml():
    """The XML form gives the same series as JSON would."""
    [series] = read((PAYLOADS / "dataset.xml").read_bytes(), None)

    assert str(series.code) == "WIKI/FB"
    assert series.metadata.name == "Prices & more"
    assert series.metadata.extra == {"premium": False}
    assert series.vintages == [(None, Observations.of(["2024-01-01", "2024-01-02"], ["Open", ""], [[NAN, -2.5e-07], [0.1, 3.0]]))]


@pytest.mark.parametrize(
    "text", ["0.1", "1e-320", "123456789.123456789", "5e-324", "1.7976931348623157e308", "-0.0", "9007199254740993", "18446744073709551617"]
)
def test_numbers_are_kept_to_the_bit(text):
    """A number is the float nearest to its text, in JSON and in CSV."""
    expected = np.float64(text).tobytes()
    body = a_dataset(["2024-01-01", "HERE"]).replace('"HERE"', text)

    assert one(body).values.tobytes() == expected
    assert one(f"Date,Value\n2024-01-01,{text}\n").values.tobytes() == expected


@pytest.mark.parametrize(
    "text",
    [
        "Date,A,B\n2024-01-01,1.5,\n2024-01-02,,2\n",
        "Date,A,B\n2024-01-02,,2\n2024-01-01,1.5,\n",
        "\ufeffDate,A,B\r\n2024-01-01,1.5,\r\n2024-01-02,,2\r\n\r\n\r\n",
        '"Date","A","B"\n"2024-01-01","1.5",""\n"2024-01-02","","2"\n',
        "Date,A,B\n2024-01-01,1.5,\n2024-01-02,,2",
        "Date,A,B\n2024-01-01, 1.5,\n2024-01-01,1.5,\n2024-01-02,,2e0\n",
    ],
)
def test_csv_in_many_dresses(text):
    """Order, line ends, a byte order mark, quotes, blank lines and a missing last line end make no difference."""
    assert one(text) == Observations.of(["2024-01-01", "2024-01-02"], ["A", "B"], [[1.5, NAN], [NAN, 2.0]])


@pytest.mark.parametrize(
    ("body", "columns"),
    [
        ("Date,\n", ("",)),
        ("Year\n", ()),
        ("End of month,A,B\r\n", ("A", "B")),
        (a_dataset(names=("Date", None)), ("",)),
        (a_dataset(names=("Date",)), ()),
        (a_dataset(names=("Date", "A", "B")), ("A", "B")),
    ],
)
def test_nothing_observed_is_a_state(body, columns):
    """A series without any date is valid and has its columns."""
    assert one(body) == Observations.empty(columns)


def test_dates_without_values():
    """A series may have dates alone."""
    expected = Observations.of(["2024-01-01", "2024-01-02"], [], np.empty((2, 0)))

    assert one("Trade Date\n2024-01-02\n2024-01-01\n") == expected
    assert one(a_dataset(["2024-01-02"], ["2024-01-01"], names=("Date",))) == expected


@pytest.mark.parametrize(
    ("moments", "expected", "unit"),
    [
        (["2024-01-01T00:00:00.000Z", "2024-01-02"], ["2024-01-01", "2024-01-02"], "D"),
        (["2024-01-01 00:00:00 UTC", "1871-01-31"], ["1871-01-31", "2024-01-01"], "D"),
        (["2024-01-01T10:30:00Z", "2024-01-02"], ["2024-01-01T10:30:00", "2024-01-02T00:00:00"], "s"),
        (["2024-01-01T10:30:00+02:00"], ["2024-01-01T08:30:00"], "s"),
        (["0200-08-31"], ["0200-08-31"], "D"),
    ],
)
def test_dates_and_moments(moments, expected, unit):
    """Midnights are days; with any other time the axis is of seconds in UTC."""
    observations = one(a_dataset(*([moment, 1.0] for moment in moments)))

    assert observations.unit == unit
    assert observations.dates.astype(str).tolist() == expected


def test_moments_finer_than_a_second_are_unsupported():
    """Fractions of a second are not kept, and not cut off either."""
    assert failure(a_dataset(["2024-01-01T10:30:00.5Z", 1.0])).code == "unsupported_frequency"


def test_columns_of_words_are_left_out():
    """A whole column of words is left out and named, in JSON and in CSV."""
    body = a_dataset(["2024-01-01", 1.5, "up"], ["2024-01-02", 2.5, None], names=("Date", "A", "Note"))
    for text in (body, "Date,A,Note\n2024-01-01,1.5,up\n2024-01-02,2.5,\n"):
        [series] = read(text)

        assert series.left_out == ("Note",)
        assert series.vintages[0][1].columns == ("A",)


@pytest.mark.parametrize(
    ("body", "url", "code"),
    [
        (a_dataset(database_code="FRED", dataset_code="GDP"), "https://x/api/v3/datasets/A/B.json", "FRED/GDP"),
        (a_dataset(), "https://www.quandl.com/api/v3/datasets/A/B.json?x=/datasets/C/D", "A/B"),
        (a_dataset(), "https://x/api/v3/datasets/A/B/data.csv", "A/B"),
        (a_dataset(), "https://x/api/v3/datasets/A/B.C", "A/B.C"),
        (a_dataset(), "https://x/api/v3/datasets/(see file name).csv", "QUANDL/UNNAMED"),
        (a_dataset(database_code="?", dataset_code="GDP"), "", "QUANDL/UNNAMED"),
    ],
)
def test_whose_series_it_is(body, url, code):
    """Without a code the body's name counts, then the URL's."""
    assert [str(series.code) for series in read(body, None, url=url)] == [code]


@pytest.mark.parametrize("names", [{}, {"database_code": "WIKI", "dataset_code": "FB"}, {"database_code": "wiki", "dataset_code": "fb"}])
def test_the_code_that_was_asked_for_is_the_series(names):
    """A body that names nothing is of the code that was asked for; one that names it in any case, too."""
    assert [series.code for series in read(a_dataset(**names), FB, url="https://x/api/v3/datasets/A/B.json")] == [FB]


# tables

URL = "https://data.nasdaq.com/api/v3/datatables/WIKI/PRICES.csv?ticker=AB"


def test_all_series_of_a_table_at_once(caplog):
    """Every key is a series under the table's name; one that cannot stand in a code is left out with a warning."""
    with caplog.at_level(logging.WARNING):
        series = read((PAYLOADS / "table.csv").read_bytes(), None, url=URL)

    assert [str(each.code) for each in series] == ["WIKI/PRICES.AB", "WIKI/PRICES.C.D"]
    assert {each.left_out for each in series} == {("ticker", "note", "lastupdated")}
    assert values(series[0].vintages[0][1]) == [[1.5], [None]]
    assert "key left out" in caplog.text


def test_one_series_of_a_table():
    """The key behind the first dot chooses its rows."""
    text = (PAYLOADS / "table.csv").read_text()

    assert values(one(text, DatasetCode("WIKI", "PRICES.C.D"))) == [[7.0]]
    assert failure(text, DatasetCode("WIKI", "PRICES.NOPE")).code == "not_found"


def test_a_table_without_a_key():
    """A whole table is a series if its dates are unique; else the error names some that are."""
    error = failure((PAYLOADS / "table.csv").read_text(), DatasetCode("WIKI", "PRICES"))

    assert error.code == "not_understood"
    assert "WIKI/PRICES.AB" in error.hint
    assert values(one("code,date,v\nA,2024-01-01,1\nB,2024-01-02,2\n", DatasetCode("QDL", "T"))) == [[1.0], [2.0]]
    assert values(one("date,v\n2024-01-01,1\n", None, url=URL)) == [[1.0]]


def test_a_table_is_known_by_its_url_or_its_header():
    """A table that begins with its date is one by its URL, or because dates repeat."""
    text = "date,ticker,v\n2024-01-01,A,1\n2024-01-02,A,2\n"
    repeated = text + "2024-01-01,B,3\n"

    assert [str(series.code) for series in read(text, None)] == ["QUANDL/UNNAMED"]
    assert [str(series.code) for series in read(text, None, url=URL)] == ["WIKI/PRICES.A"]
    assert [str(series.code) for series in read(repeated, None)] == ["QDL/TABLE.A", "QDL/TABLE.B"]


def test_the_column_called_code_is_the_key():
    """Of several columns of words the one called code tells series apart."""
    text = "kind,code,date,v\nx,A,2024-01-01,1\ny,A,2024-01-02,2\nx,B,2024-01-01,3\n"

    assert [str(series.code) for series in read(text, None)] == ["QDL/TABLE.A", "QDL/TABLE.B"]


def test_an_empty_table():
    """A table without rows has no series, and none of any key."""
    assert failure("ticker,date,open\n", DatasetCode("WIKI", "PRICES.AB")).code == "not_found"
    assert len(one("ticker,date,open\n", DatasetCode("WIKI", "PRICES"))) == 0


# what is no series

DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        ("Jürgen".encode("latin-1") + b"!", "UTF-8"),
        (b"<!DOCTYPE html><html><body>Maintenance</body></html>", "HTML page"),
        (b"<rss/>", "XML"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><quandl-response><dataset><data>&a;</data></dataset></quandl-response>', "XML"),
        (b"<quandl-response><dataset></oops></quandl-response>", "not XML"),
        (b"Service temporarily unavailable", "neither"),
        (b"Error, try again\n", "neither"),
        (b"null", "neither"),
        (b"[1, 2]", "list"),
        (b"{}", "none"),
        (b'{"a": 1}', "'a'"),
        (b'{"dataset": 7}', "'dataset'"),
        (b'{"dataset": {"id": 1, "column_names": ["Date"]}}', "describes"),
        (b'{"datatable": {"vendor_code": "QDL", "columns": []}}', "describes"),
        (b'{"datasets": [], "meta": {}}', "datasets"),
        (b'{"docs": []}', "docs"),
        (b'{"dataset": {"column_names": ["Date"], "data": null}}', "null"),
        (b'{"dataset": {"column_names": ["Date"], "data": {"a": 1}}}', "dict"),
        (b'{"dataset": {"column_names": ["Date"], "data": ["2024-01-01"]}}', "Row 1"),
        (b'{"dataset": {"column_names": [], "data": []}}', "column_names"),
        (b'{"dataset": {"data": []}}', "column_names"),
        (b'{"dataset": {"column_names": ["Date", 1], "data": []}}', "column_names"),
        (b'{"datatable": {"columns": [1], "data": []}}', "columns"),
        (b'{"datatable": {"columns": [{"name": "a", "type": "Integer"}], "data": []}}', "dates"),
        (b"dataset_code,name\nFB,Facebook\n", "list of datasets"),
        (b"2024-01-01,1.5\n2024-01-02,2.5\n", "without a line"),
        (b"Date;Value\n2024-01-01;1,5\n", "separated"),
        (b"Date;Value\n", "separated"),
        (b'Date,"Va"lue\n', "not CSV"),
        (b",\n,\n", "Row 1"),
        (b"\x00\n", "neither"),
        (DEEP.encode(), "not JSON"),
        (('{"a":' * 100_000).encode(), "not JSON"),
        (b'{"dataset": {"column_names": ["Date", "V"], "data": [["2024-01-01", NaN]]}}', "not JSON"),
        (b'{"dataset": {"column_names": ["Date", "V"], "data": [["2024-01-01", 1e999]]}}', "not JSON"),
        (b'{"dataset": {"column_names": ["Date", "V"], "data": []}} trailing', "not JSON"),
    ],
)
def test_what_is_no_series_says_what_it_is(body, words):
    """Anything else is not understood, and the sentence says what came."""
    error = failure(body)

    assert error.code == "not_understood"
    assert words in error.message
    assert len(error.message) < 400


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (a_dataset(["2024-01-01", 1.0], ["2024-01-02", "much"]), "Row 2: column 'Value' holds 'much'"),
        (a_dataset(["2024-01-01", "1,500"]), "Row 1: column 'Value' holds '1,500' in which a comma may be the decimal mark"),
        (a_dataset(["2024-01-01", True]), "holds True"),
        (a_dataset(["2024-01-01", [1]]), "holds [1]"),
        (a_dataset(["2024-01-01", 1.0, 2.0]), "Row 1: 3 cells stand under 2 column names"),
        (a_dataset(["2024-01-01", 1.0], ["2024-01-02"]), "Row 2: 1 cells"),
        (a_dataset(["2024-02-30", 1.0]), "Row 1: column 'Date' holds '2024-02-30'"),
        (a_dataset(["01/02/2024", 1.0]), "Row 1: column 'Date'"),
        (a_dataset([20240101, 1.0]), "Row 1: column 'Date' holds 20240101"),
        (a_dataset([None, 1.0]), "Row 1: column 'Date' holds None"),
        (a_dataset(["0000-01-01", 1.0]), "years"),
        (a_dataset(["2024-01-01", 1.0], ["2024-01-01", 2.0]), "2024-01-01 stands twice"),
        (a_dataset(["2024-01-01", "up"]), "Row 1: column 'Value' holds 'up'"),
        ("Date,A\n2024-01-01,1e999\n", "Row 1: column 'A' holds '1e999'"),
        ("Date,A\n2024-01-01,inf\n", "Row 1: column 'A' holds 'inf'"),
        ("Date,A\n2024-01-01,1_000\n", "Row 1: column 'A'"),
        ("Date,A\n2024-01-01,1\nnever,2\n", "Row 2: column 'Date' holds 'never'"),
        ("Date,A\n2024-01-01,1\n2024-01-02,2,3\n2024-01-03,3\n", "Row 2: 3 cells"),
        (
            '{"datatable":{"columns":[{"name":"d","type":"Date"},{"name":"v","type":"Double"}],"data":[["2024-01-01","x"]]}}',
            "Row 1: column 'v'",
        ),
    ],
)
def test_a_wrong_cell_is_named(body, words):
    """A cell of the wrong kind fails the whole answer and is named by row and column."""
    error = failure(body)

    assert error.code == "not_understood"
    assert words in error.message


@pytest.mark.parametrize("payload", ["flat_v1.json", "table_page_1.json", "contract_dataset.json", "dataset.xml"])
def test_a_cut_is_seen_at_every_byte(payload):
    """JSON and XML that end early are truncated, wherever the cut is."""
    body = (PAYLOADS / payload).read_bytes().strip()
    start = body.find(b"<quandl-response") + 20 if payload.endswith("xml") else 1
    codes = {failure(body[:cut]).code for cut in range(start, len(body))}

    assert codes == {"truncated"}


@pytest.mark.parametrize(
    "tail",
    [
        "2024-01-03,3.5",
        "2024-01-03,",
        "2024-01-03",
        "2024-01-0",
        "2",
        '2024-01-03,"3.5',
        "2024-01-03,3.5,4.",
        "2024-01-03,3.5,-",
        "2024-01-03,3.5,",
    ],
)
def test_a_row_cut_in_its_middle_is_seen(tail):
    """CSV whose last row is not whole is truncated."""
    assert failure("Date,A,B\n2024-01-01,1.5,1.5\n2024-01-02,2.5,2.5\n" + tail).code == "truncated"


@pytest.mark.parametrize("body", ["Date,Op", "Date", 'Date,"Op', "Date,A\n2024-01-01,é".encode()[:-1]])
def test_a_cut_header_or_character_is_seen(body):
    """A header without its line end, an open quote and half a character are truncated too."""
    with pytest.raises(AnswerTruncated):
        read(body)


# errors


def an_error(code: str, message: str = "Because.") -> str:
    """Quandl's own error."""
    return json.dumps({"quandl_error": {"code": code, "message": message}})


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        ("QECx02", 404, "not_found"),
        ("QECx02", 200, "not_found"),
        ("QECx05", 404, "not_found"),
        ("QEAx01", 400, "key_rejected"),
        ("QEPx04", 403, "key_missing"),
        ("QELx01", 429, "rate_limited"),
        ("QELx04", 200, "rate_limited"),
        ("QELx06", 422, "too_large"),
        ("QELx06", 429, "rate_limited"),
        ("QELx07", 414, "too_large"),
        ("QELx08", 413, "too_large"),
        ("QESx04", 422, "not_understood"),
        ("QEMx01", 500, "unavailable"),
        ("QEXx01", 503, "unavailable"),
        ("QEZx01", 200, "not_understood"),
        ("odd", 200, "not_understood"),
        ("odd", 429, "rate_limited"),
        ("QEXx01", 410, "gone"),
    ],
)
def test_quandls_errors_have_names(code, status, name):
    """Quandl's code decides, whatever the status; the message is Quandl's sentence."""
    body = an_error(code)
    for form in (body, f"code,message\n{code},Because.\n" if code.startswith("QE") else body):
        error = failure(form, status=status, retry_after="9")

        assert error.code == name
        assert "Because." in error.message
        assert getattr(error, "retry_after", 9.0) == 9.0


def test_an_error_in_xml():
    """The XML form of an error is one too."""
    body = "<quandl-response><quandl-error><code>QECx02</code><message>No.</message></quandl-error></quandl-response>"

    assert failure(body, status=404).code == "not_found"


def test_a_key_that_may_not_see_it():
    """With a key a refusal is final; without one it asks for a key, and names the variable."""
    assert failure(an_error("QEPx04"), status=403, key="k").code == "forbidden"
    assert "LANNER_PROVIDERS__QUANDL__API_KEY" in failure(an_error("QEPx04"), status=403).hint
    assert "LANNER_PROVIDERS__QUANDL__API_KEY" in failure(an_error("QEAx01"), status=400, key="k").hint


def test_quandls_words_never_hold_the_key():
    """A message that repeats the key is told without it."""
    assert "s3cret" not in failure(an_error("QEAx01", "We do not know s3cret."), key="s3cret").message


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({"errors": {"code": "Requested entity does not exist."}}, 200, "not_found"),
        ({"errors": {"column_index": ["is out of range"]}, "column_names": ["Date"], "data": []}, 200, "not_understood"),
        ({"errors": ["Your token is not valid"]}, 200, "key_rejected"),
        ({"error": "Unknown API Key."}, 200, "key_rejected"),
        ({"error": "You have exceeded the limit"}, 200, "rate_limited"),
        ({"error": "Requested entity does not exist."}, 404, "not_found"),
    ],
)
def test_old_errors_have_names(body, status, name):
    """The errors of v1, which have no codes, are named by the status, else by their words."""
    assert failure(json.dumps(body), status=status).code == name


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"", 404, "not_found"),
        (b"<html>gone</html>", 410, "gone"),
        (b"<html>Request unsuccessful. Incapsula incident ID: 1</html>", 403, "forbidden"),
        (b"", 429, "rate_limited"),
        (b"<html>Bad gateway</html>", 502, "unavailable"),
        (b"Date,Value\n2024-01-01,1.5\n", 503, "unavailable"),
        (a_dataset(["2024-01-01", 1.0]).encode(), 500, "unavailable"),
        (b"", 422, "not_understood"),
        (b"", 204, "not_understood"),
    ],
)
def test_a_status_decides_where_the_body_says_nothing(body, status, name):
    """A refusal without Quandl's own error is named by its status, and no body makes it an answer."""
    assert failure(body, status=status).code == name


def test_gone_tells_the_ways_out():
    """Whoever meets the closed API reads where else to go."""
    hint = failure(b"", status=410).hint

    assert "LANNER_ROUTES" in hint
    assert "QDL/TABLE.KEY" in hint
