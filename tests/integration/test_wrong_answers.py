"""What a provider may send with status 200 instead of data: each ends in an error with a name, and nothing is kept."""

from __future__ import annotations

import gzip
import json

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.ports import PriorState
from tests.builders import a_server, an_answer, memory_use_cases

GOOD = {"dataset": {"column_names": ["Date", "V"], "data": [["2024-01-02", 2.5], ["2024-01-01", 1.5]]}}
JSON = json.dumps(GOOD).encode()
BOM_CSV = b"\xef\xbb\xbfDate,V\r\n2024-01-02,2.5\r\n2024-01-01,1.5\r\n"
PAGE = b"<html><head><title>Please wait</title></head><body>Checking your browser</body></html>"


def changed(**fields: object) -> bytes:
    """The good answer with other fields."""
    return json.dumps({"dataset": GOOD["dataset"] | fields}).encode()


def rows(*data: object) -> bytes:
    return changed(data=list(data))


WRONG = {
    "nothing": (b"", {}, "not_understood"),
    "blanks": (b" \r\n\t ", {}, "not_understood"),
    "a page for people": (PAGE, {"Content_Type": "text/html"}, "not_understood"),
    "a page called JSON": (PAGE, {"Content_Type": "application/json"}, "not_understood"),
    "a sentence": (b"The service is being maintained.", {"Content_Type": "text/plain"}, "not_understood"),
    "null": (b"null", {}, "not_understood"),
    "a number": (b"42", {}, "not_understood"),
    "a text": (b'"ok"', {}, "not_understood"),
    "a list": (b"[1, 2]", {}, "not_understood"),
    "an empty object": (b"{}", {}, "not_understood"),
    "an object of another shape": (b'{"result": []}', {}, "not_understood"),
    "a search result": (b'{"datasets": [], "meta": {}}', {}, "not_understood"),
    "half a document": (JSON[:40], {}, "truncated"),
    "two documents": (JSON + JSON, {}, "not_understood"),
    "JSON with a comma too many": (JSON.replace(b"]]", b"],]"), {}, "not_understood"),
    "single quotes": (JSON.replace(b'"', b"'"), {}, "not_understood"),
    "NaN": (JSON.replace(b"2.5", b"NaN"), {}, "not_understood"),
    "infinity": (JSON.replace(b"2.5", b"1e999"), {}, "not_understood"),
    "words for values": (rows(["2024-01-01", "a lot"]), {}, "not_understood"),
    "lists for values": (rows(["2024-01-01", [1]]), {}, "not_understood"),
    "rows of several lengths": (rows(["2024-01-02", 1], ["2024-01-01"]), {}, "not_understood"),
    "rows that are objects": (rows({"Date": "2024-01-01", "V": 1}), {}, "not_understood"),
    "no data": (changed(data=None), {}, "not_understood"),
    "no columns": (changed(column_names=[]), {}, "not_understood"),
    "dates that are none": (rows(["2024-13-45", 1]), {}, "not_understood"),
    "numbers for dates": (rows([20240101.5, 1]), {}, "not_understood"),
    "Latin-1": (changed(name="é").replace(b"\\u00e9", b"\xe9"), {}, "not_understood"),
    "a NUL in every second place": (JSON.decode().encode("utf-16-le"), {}, "not_understood"),
    "half a ZIP archive": (b"PK\x03\x04" + bytes(60), {"Content_Type": "application/zip"}, "truncated"),
    "half of gzip": (gzip.compress(JSON)[:-9], {}, "truncated"),
    "gzip that is only said": (JSON, {"Content_Encoding": "gzip"}, "not_understood"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(40), {"Content_Type": "image/png"}, "not_understood"),
    "CSV with semicolons": (b"Date;V\n2024-01-01;1,5\n", {"Content_Type": "text/csv"}, "not_understood"),
    "CSV without names": (b"2024-01-01,1\n2024-01-02,2\n", {"Content_Type": "text/csv"}, "not_understood"),
    "other markup": (b"<?xml version='1.0'?><feed><entry/></feed>", {"Content_Type": "text/xml"}, "not_understood"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_named_and_not_kept(name):
    """The fetch has failed, or waits, with the error's code; the series has no vintage."""
    body, headers, code = WRONG[name]
    with a_server(lambda target, asked: [an_answer(body, **headers)]) as url:
        source = InstalledProviders({"quandl": {"base_url": url}}, deadline_seconds=10).source("quandl")
        use_cases = memory_use_cases({"canned": source})
        fetch = use_cases.request_fetch(DatasetCode("WIKI", "FB")).fetch
        ended = use_cases.follow_fetches(fetch.id)

    assert ended.failure is not None
    assert ended.failure.code == code
    assert ended.failure.message
    assert use_cases.describe_series(fetch.series_id).series.newest is None


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + JSON,
        b"\r\n " + JSON + b"\n",
        json.dumps(GOOD, indent=2).encode(),
        b"\xef\xbb\xbfDate,V\r\n2024-01-02,2.5\r\n2024-01-01,1.5\r\n",
        JSON.decode().encode("utf-16"),
        gzip.compress(JSON, mtime=0),
    ],
)
def test_what_only_looks_odd_is_read(body):
    """The mark of a byte order, blanks around, gzip that is not said and another type than is said do not matter."""
    with a_server(lambda target, headers: [an_answer(body, Content_Type="text/html")]) as url:
        source = InstalledProviders({"quandl": {"base_url": url}}, deadline_seconds=10).source("quandl")
        [(_, state)] = source.fetch(DatasetCode("WIKI", "FB"), PriorState(newest=None)).vintages

    assert state.values[:, 0].tolist() == [1.5, 2.5]
