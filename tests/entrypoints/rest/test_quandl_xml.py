"""Quandl's documents as XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from domain.observations import Observations
from entrypoints.rest.quandl.xml import xml
from tests.entrypoints.rest.quandl import ClientOn, QuandlClient
from tests.fakes import NAN


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - this project wrote it


@pytest.fixture
def quandl(client_on: ClientOn) -> QuandlClient:
    return QuandlClient(client_on, description='1 < 2 & "x" \x07')


def test_data(quandl: QuandlClient) -> None:
    """It is written as Quandl's documentation shows it, line by line."""
    answer = quandl.get("/datasets/WIKI/FB/data.xml", "start_date=2024-02-01&order=desc")

    assert answer.text.splitlines() == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<quandl-response>",
        "  <dataset-data>",
        '    <limit nil="true"/>',
        '    <transform nil="true"/>',
        '    <column-index nil="true"/>',
        '    <column-names type="array">',
        "      <column-name>Date</column-name>",
        "      <column-name>Open</column-name>",
        "      <column-name>Close</column-name>",
        "    </column-names>",
        '    <start-date type="date">2024-02-01</start-date>',
        '    <end-date type="date">2024-02-05</end-date>',
        "    <frequency>daily</frequency>",
        '    <data type="array">',
        '      <datum type="array">',
        '        <datum type="date">2024-02-05</datum>',
        '        <datum type="float">8.0</datum>',
        '        <datum type="float">40.0</datum>',
        "      </datum>",
        '      <datum type="array">',
        '        <datum type="date">2024-02-01</datum>',
        '        <datum type="float">4.0</datum>',
        '        <datum nil="true"/>',
        "      </datum>",
        "    </data>",
        '    <collapse nil="true"/>',
        "    <order>desc</order>",
        "  </dataset-data>",
        "</quandl-response>",
    ]
    assert answer.headers["etag"] != quandl.get("/datasets/WIKI/FB/data.json", "start_date=2024-02-01&order=desc").headers["etag"]


def test_metadata(quandl: QuandlClient) -> None:
    """Each member has its type; texts are escaped, without what XML cannot hold."""
    dataset = parsed(quandl.get("/datasets/WIKI/FB/metadata.xml").text)[0]
    types = {member.tag: member.get("type") for member in dataset}

    assert dataset.findtext("description") == '1 < 2 & "x" '
    assert dataset.findtext("refreshed-at") == "2024-03-01T12:00:00Z"
    assert {name: kind for name, kind in types.items() if kind} == {
        "id": "integer",
        "refreshed-at": "dateTime",
        "newest-available-date": "date",
        "oldest-available-date": "date",
        "column-names": "array",
        "premium": "boolean",
        "database-id": "integer",
    }


def test_pages_have_attributes(quandl: QuandlClient) -> None:
    """The list has those of the page, and each item is an element."""
    quandl.data()
    for path, item, code in (("datasets", "dataset", "dataset-code"), ("databases", "database", "database-code")):
        listed = parsed(quandl.get(f"/{path}.xml").text)[0]
        assert (listed.tag, listed.get("type"), listed.get("current_page"), listed.get("total_pages")) == (path, "array", "1", "1")
        assert listed.get("next_page") == ""
        assert [each.findtext(code) for each in listed.findall(item)] == [{"datasets": "FB", "databases": "WIKI"}[path]]
    one = parsed(quandl.get("/databases/WIKI.xml").text)
    assert one.findtext("database/datasets-count") == "1"
    assert parsed(quandl.get("/datasets.xml", "query=none").text)[0].get("total_count") == "0"


def test_the_first_version(quandl: QuandlClient) -> None:
    """A dataset, a search and a multiset are outermost themselves."""
    dataset, found, multiset = (
        parsed(quandl.client.simulate_get(f"/api/v1/{path}").text)
        for path in ("datasets/WIKI/FB.xml?rows=1", "datasets.xml?query=prices", "multisets.xml?columns=WIKI.FB.1&rows=1")
    )

    assert (dataset.tag, found.tag, multiset.tag) == ("dataset", "datasets", "multiset")
    assert [each.text for each in dataset.findall("column-names/column-name")] == ["Date", "Open", "Close"]
    assert [each.text for each in dataset.findall("data/datum/datum")] == ["2024-02-05", "8.0", "40.0"]
    assert (found.findtext("total-count"), found.findtext("docs/doc/code"), found.findtext("sources/source/code")) == ("1", "FB", "WIKI")
    assert [each.text for each in multiset.findall("data/datum/datum")] == ["2024-02-05", "8.0"]


def test_errors(quandl: QuandlClient) -> None:
    """They are XML where that was requested."""
    wrong = quandl.get("/datasets/WIKI/FB.xml", "limit=<x>")
    document = parsed(wrong.text)

    assert (wrong.status_code, document.tag, document.findtext("quandl-error/code")) == (422, "quandl-response", "QESx04")
    assert "limit" in (document.findtext("quandl-error/message") or "")


def test_moments(client_on: ClientOn) -> None:
    """An axis finer than a day has types of its own."""
    quandl = QuandlClient(client_on, observations=Observations.of(["2024-01-01T10:00:01"], ("a",), [[NAN]], unit="s"))
    datums = parsed(quandl.get("/datasets/WIKI/FB/data.xml").text).findall("dataset-data/data/datum/datum")

    assert [(each.get("type"), each.text) for each in datums] == [("dateTime", "2024-01-01T10:00:01Z"), (None, None)]


def test_nothing_breaks_out_of_a_text() -> None:
    """Neither in an element nor in an attribute."""
    hostile = '"><x a="'
    made = xml({"items": [hostile], "meta": {"page": hostile}}).decode()

    assert parsed(made)[0].get("page") == hostile
    assert parsed(made)[0][0].text == hostile
