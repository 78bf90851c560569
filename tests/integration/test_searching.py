"""What each provider is asked in a search, and what is read from its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.provider_kit.registry.discovery import discover
from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.provider_kit.spec import ProviderSpec
from domain.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    AnswerTruncated,
    DatasetNotFound,
    DomainError,
    KeyMissing,
    KeyRejected,
    ProviderNotConfigured,
    RateLimited,
    SourceForbidden,
    SourceGone,
    SourceTimedOut,
    SourceUnavailable,
)
from domain.searching import SearchHit, SearchKind
from tests.integration.web import Asked, Sent, web

KEY = "k3yk3yk3yk3y"
EVIL = "<script>alert('&amp;\"')</script>"
OPTIONS: Mapping[str, Mapping[str, str]] = {
    **{name: {"api_key": KEY} for name in ("fred", "tiingo", "alphavantage")},
    "yahoo": {"enabled": "true"},
}
SEARCHABLE = [name for name, spec in discover().items() if isinstance(spec, ProviderSpec) and spec.search and name != "sample"]
FLOWS = ["abs", "bis", "ecb", "eurostat", "istat", "oecd"]


@dataclass
class Searched:
    """A search at a provider on a local server: what it was asked, and the hits."""

    asked: list[Asked] = field(default_factory=list)
    hits: Sequence[SearchHit] = ()


def search(name: str, answer: Any, text: str = "two words", **sent: Any) -> Searched:
    """Search at a provider that answers with a document or bytes."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    found = Searched()

    def respond(asked: Asked) -> Sent:
        found.asked.append(asked)
        return Sent(body, **{"headers": {"Content-Type": "application/xml" if body[:1] == b"<" else "application/json"}, **sent})

    with web(respond) as base_url:
        providers = InstalledProviders({name: {"base_url": base_url, **OPTIONS.get(name, {})}}, deadline_seconds=20)
        listed = providers.get(name).search is SearchKind.LIST
        found.hits = providers.search_source(name).search("" if listed else text, 50)
    return found


def shown(hits: Sequence[SearchHit]) -> list[tuple[Any, ...]]:
    """Code, name, frequency, unit, first and last day of each."""
    return [tuple(str(part) if part else "" for part in (h.code, h.name, h.frequency, h.unit, h.first, h.last)) for h in hits]


def structure(*flows: str) -> bytes:
    """A structure message with these flows."""
    spaces = " ".join(f'xmlns:{short}="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/{long}"' for short, long in SPACES.items())
    return f"<m:Structure {spaces}><m:Structures><s:Dataflows>{''.join(flows)}</s:Dataflows></m:Structures></m:Structure>".encode()


SPACES = {"m": "message", "s": "structure", "c": "common"}
#: An answer of each provider that finds nothing.
NOTHING: Mapping[str, Any] = {
    "fred": {"count": 0, "seriess": []},
    "tiingo": [],
    "alphavantage": {"bestMatches": []},
    "yahoo": {"quotes": [], "news": []},
    "quandl": {"datasets": [], "meta": {"total_count": 0}},
    "dbnomics": {"results": {"docs": [], "num_found": 0}},
    "worldbank": [{"page": 1, "pages": 1, "total": 0}, []],
    **dict.fromkeys(FLOWS, structure()),
}


def test_samples() -> None:
    """The samples are found without a network, by code and name."""
    source = InstalledProviders({}, deadline_seconds=5).search_source("sample")

    assert [str(hit.code) for hit in source.search("gdp", 5)] == ["SAMPLE/GDP"]
    assert [str(hit.code) for hit in source.search("s", 2)] == ["SAMPLE/GDP", "SAMPLE/SUNSPOTS"]
    assert source.search("nothing", 5) == []


def test_every_searchable_provider_is_tested() -> None:
    """Each has an answer here; the kind is what the provider's documentation offers."""
    assert sorted(NOTHING) == sorted(SEARCHABLE)
    assert [name for name in SEARCHABLE if discover()[name].search is SearchKind.LIST] == sorted(
        [*FLOWS, "worldbank"], key=SEARCHABLE.index
    )  # type: ignore[union-attr]


@pytest.mark.parametrize("name", SEARCHABLE)
def test_nothing_found(name: str) -> None:
    """An empty list is no error, and a search is one call."""
    found = search(name, NOTHING[name])

    assert (list(found.hits), len(found.asked)) == ([], 1)
    assert KEY not in found.asked[0].path


def fred_row(**more: Any) -> dict[str, Any]:
    row = {"id": "GDP", "title": "Gross Domestic Product", "observation_start": "1947-01-01", "observation_end": "2024-04-01"}
    return row | {"frequency_short": "Q", "units": "Billions of Dollars", "notes": "BEA Account Code: A191RC\n", "popularity": 93} | more


def test_fred() -> None:
    """FRED is asked for the text; ids, titles, frequencies, units and spans are read, and rows that are none left out."""
    rows = [fred_row(), fred_row(id="DGS10", frequency_short="D", title=EVIL, units=None), fred_row(id="not a code"), fred_row(id=None), 5]
    found = search("fred", {"count": 3, "seriess": rows})

    assert found.asked[0].path == "/series/search"
    assert found.asked[0].query == {"search_text": "two words", "limit": "50", "file_type": "json", "api_key": KEY}
    assert shown(found.hits) == [
        ("FRED/GDP", "Gross Domestic Product", "quarterly", "Billions of Dollars", "1947-01-01", "2024-04-01"),
        ("FRED/DGS10", EVIL, "daily", "", "1947-01-01", "2024-04-01"),
    ]
    assert found.hits[0].description == "BEA Account Code: A191RC"


def test_fred_in_xml() -> None:
    """The form of XML has the same facts as attributes."""
    body = b'<?xml version="1.0"?><seriess count="1"><series id="PCPI1" title="Income" frequency_short="A" units="Dollars"/></seriess>'

    assert shown(search("fred", body).hits) == [("FRED/PCPI1", "Income", "annual", "Dollars", "", "")]


def test_tiingo() -> None:
    """Tickers are series of days; crypto-currencies stand under their endpoint."""
    rows = [
        {"name": "Apple Inc", "ticker": "AAPL", "assetType": "Stock", "isActive": True, "countryCode": "US", "permaTicker": "US038"},
        {"name": EVIL, "ticker": "BRK-A", "assetType": "Stock", "isActive": False, "countryCode": "US"},
        {"name": "Bitcoin", "ticker": "btcusd", "assetType": "Crypto", "isActive": True},
        {"name": "Nameless", "ticker": None, "assetType": None},
    ]
    found = search("tiingo", rows)

    assert (found.asked[0].path, found.asked[0].query) == ("/tiingo/utilities/search", {"query": "two words", "limit": "50"})
    assert found.asked[0].headers["authorization"] == f"Token {KEY}"
    assert [(str(hit.code), hit.name, hit.description) for hit in found.hits] == [
        ("TIINGO/AAPL", "Apple Inc", "Stock, US"),
        ("TIINGO/BRK-A", EVIL, "Stock, US, no longer traded"),
        ("TIINGO/crypto/btcusd", "Bitcoin", "Crypto"),
    ]


def test_alphavantage() -> None:
    """A match is the weekly series of its symbol, in its currency."""
    match = {"1. symbol": "BA", "2. name": "The Boeing Company", "3. type": "Equity", "4. region": "United States", "8. currency": "USD"}
    others = [{"1. symbol": "6190.HKG", "2. name": EVIL, "8. currency": "HKD"}, {"2. name": "Without a symbol"}, {"1. symbol": "A,B"}]
    found = search("alphavantage", {"bestMatches": [match, *others]})

    assert found.asked[0].query == {"function": "SYMBOL_SEARCH", "keywords": "two words", "apikey": KEY}
    assert shown(found.hits)[:2] == [
        ("AV/TIME_SERIES_WEEKLY.BA", "The Boeing Company", "weekly", "USD", "", ""),
        ("AV/TIME_SERIES_WEEKLY.6190.HKG", EVIL, "weekly", "HKD", "", ""),
    ]
    assert found.hits[0].description == "Equity, United States"


def test_yahoo() -> None:
    """Quotes with a symbol are series of days; companies without one are left out."""
    quotes = [
        {"symbol": "^GSPC", "shortname": "S&P 500", "quoteType": "INDEX", "typeDisp": "Index", "exchDisp": "SNP", "isYahooFinance": True},
        {"symbol": "AAPL", "longname": EVIL, "shortname": "Apple", "typeDisp": "Equity", "exchDisp": "NASDAQ"},
        {"name": "A start-up", "permalink": "a-start-up", "isYahooFinance": False},
        {"symbol": "has space", "shortname": "No code"},
    ]
    found = search("yahoo", {"quotes": quotes, "news": []})

    assert (found.asked[0].path, found.asked[0].query["q"]) == ("/v1/finance/search", "two words")
    assert [(str(hit.code), hit.name, hit.description) for hit in found.hits] == [
        ("YAHOO/^GSPC", "S&P 500", "Index, SNP"),
        ("YAHOO/AAPL", EVIL, "Equity, NASDAQ"),
    ]


def test_quandl() -> None:
    """Datasets of version 3 have their database's code beside their own; several words are joined as Quandl has it."""
    row = {"database_code": "WIKI", "dataset_code": "FB", "name": "Facebook", "frequency": "daily", "oldest_available_date": "2012-05-18"}
    rows = [row, {**row, "dataset_code": "A_B", "name": EVIL, "newest_available_date": "2018-03-27"}, {**row, "database_code": ""}]
    found = search("quandl", {"datasets": rows, "meta": {}})

    assert (found.asked[0].path, found.asked[0].query) == ("/datasets.json", {"query": "two+words", "per_page": "50", "page": "1"})
    assert shown(found.hits) == [
        ("WIKI/FB", "Facebook", "daily", "", "2012-05-18", ""),
        ("WIKI/A_B", EVIL, "daily", "", "2012-05-18", "2018-03-27"),
    ]


def test_quandl_of_version_1() -> None:
    """A server of the first version calls the same facts otherwise."""
    doc = {"source_code": "NSE", "code": "STEL", "name": "Stel", "frequency": "monthly", "from_date": "2014-08-06", "to_date": "2014-10-10"}

    assert shown(search("quandl", {"total_count": 1, "docs": [doc]}).hits) == [
        ("NSE/STEL", "Stel", "monthly", "", "2014-08-06", "2014-10-10")
    ]


def test_dbnomics_finds_data_sets() -> None:
    """A search finds data sets, whose series a further one lists."""
    docs = [
        {"provider_code": "AMECO", "code": "ZUTN", "name": EVIL, "provider_name": "AMECO", "nb_matching_series": 1234, "nb_series": 9999},
        {"provider_code": "IMF", "code": "WEO:2025-04", "name": "Outlook", "nb_series": 5},
        {"provider_code": "IMF", "name": "Without a code"},
    ]
    found = search("dbnomics", {"results": {"docs": docs, "num_found": 3}})

    assert (found.asked[0].path, found.asked[0].query) == ("/search", {"q": "two words", "limit": "50"})
    assert [(str(hit.code), hit.name, hit.description, hit.is_series, hit.lists_series) for hit in found.hits] == [
        ("DBNOMICS/AMECO/ZUTN", EVIL, "AMECO, 1,234 series", False, True),
        ("DBNOMICS/IMF/WEO:2025-04", "Outlook", "5 series", False, True),
    ]


@pytest.mark.parametrize(("text", "words"), [("DBNOMICS/AMECO/ZUTN germany rate", "germany rate"), ("dbnomics/AMECO/ZUTN", None)])
def test_dbnomics_finds_series_of_a_data_set(text: str, words: str | None) -> None:
    """A search that begins with the code of a data set asks for its series, without observations."""
    docs = [
        {"provider_code": "AMECO", "dataset_code": "ZUTN", "series_code": "DEU.1.0", "series_name": "Germany", "@frequency": "annual"},
        {"provider_code": "AMECO", "dataset_code": "ZUTN", "series_code": "FRA.1.0", "dataset_name": "Unemployment"},
        {"provider_code": "AMECO", "dataset_code": "ZUTN"},
    ]
    found = search("dbnomics", {"series": {"docs": docs, "num_found": 3}}, text)

    assert (found.asked[0].path, found.asked[0].query.get("q")) == ("/series/AMECO/ZUTN", words)
    assert found.asked[0].query["observations"] == "0"
    assert shown(found.hits) == [
        ("DBNOMICS/AMECO/ZUTN/DEU.1.0", "Germany", "annual", "", "", ""),
        ("DBNOMICS/AMECO/ZUTN/FRA.1.0", "AMECO/ZUTN/FRA.1.0", "", "", "", ""),
    ]
    assert all(hit.is_series for hit in found.hits)


def test_worldbank() -> None:
    """Indicators are listed as the world's; their hint says where the country goes."""
    rows = [
        {"id": "NY.GDP.MKTP.CD", "name": "GDP (current US$)", "unit": "", "source": {"id": "2"}, "sourceNote": "…"},
        {"id": "SP.POP.TOTL", "name": EVIL, "unit": "persons"},
        {"id": "has space", "name": "No code"},
    ]
    found = search("worldbank", [{"page": 1, "pages": 1, "total": 3}, rows])

    assert found.asked[0].path == "/indicator"
    assert (found.asked[0].query["source"], found.asked[0].query["format"]) == ("2", "json")
    assert shown(found.hits) == [
        ("WB/WLD.NY.GDP.MKTP.CD", "GDP (current US$)", "", "", "", ""),
        ("WB/WLD.SP.POP.TOTL", EVIL, "", "persons", "", ""),
    ]
    assert [(hit.is_series, "such as DEU" in hit.hint) for hit in found.hits] == [(False, True)] * 2


@pytest.mark.parametrize("name", FLOWS)
def test_data_flows(name: str) -> None:
    """Flows have the agency's database, their English names, and a hint of how a key is written."""
    evil = EVIL.replace("&", "&amp;").replace("<", "&lt;")
    english = '<c:Name xml:lang="en">Exchange\n rates</c:Name><c:Description xml:lang="en">Daily</c:Description>'
    flows = (
        f'<s:Dataflow id="EXR" agencyID="A.B" version="1.0"><c:Name xml:lang="de">Kurse</c:Name>{english}</s:Dataflow>',
        f'<s:Dataflow id="22_289" agencyID="A.B"><c:Name xml:lang="it">{evil}</c:Name></s:Dataflow>',
        '<s:Dataflow id="X@Y" agencyID="A.B"/>',
        '<s:Dataflow id="a b" agencyID="A.B"><c:Name>No code</c:Name></s:Dataflow>',
    )
    found = search(name, structure(*flows))
    database, agency = name.upper(), "A.B," if name == "oecd" else ""

    assert found.asked[0].path.startswith("/dataflow/")
    assert "structure+xml" in found.asked[0].headers["accept"]
    assert [(str(hit.code), hit.name) for hit in found.hits] == [
        (f"{database}/{agency}EXR", "Exchange rates"),
        (f"{database}/{agency}22_289", EVIL),
        (f"{database}/{agency}X@Y", f"{agency}X@Y"),
    ]
    assert all(not hit.is_series and f"as in {database}/" in hit.hint for hit in found.hits)
    assert found.hits[0].description == "Daily"


def test_data_flows_of_version_2() -> None:
    """The older form is read, too."""
    message = (
        b'<Structure xmlns="http://www.SDMX.org/resources/SDMXML/schemas/v2_0/message"><Dataflows>'
        b'<s:Dataflow xmlns:s="http://www.SDMX.org/resources/SDMXML/schemas/v2_0/structure" id="QNA" agencyID="OECD">'
        b"<s:Name>Accounts</s:Name><s:KeyFamilyRef><s:KeyFamilyID>QNA</s:KeyFamilyID></s:KeyFamilyRef></s:Dataflow></Dataflows></Structure>"
    )

    assert [(str(hit.code), hit.name) for hit in search("bis", message).hits] == [("BIS/QNA", "Accounts")]


def test_a_long_list_is_read_apart() -> None:
    """A list above 256 kB is parsed in a child process, and is the same; it is asked for once."""
    flows = (
        f'<s:Dataflow id="F{n}" agencyID="ESTAT"><c:Name xml:lang="en">Flow {n} {"x" * 60}</c:Name></s:Dataflow>' for n in range(4_000)
    )
    found = search("eurostat", structure(*flows))

    assert (len(found.hits), len(found.asked)) == (4_000, 1)
    assert str(found.hits[-1].code) == "EUROSTAT/F3999"


REFUSALS: Sequence[tuple[str, Any, int, type[DomainError]]] = [
    ("fred", {"error_code": 400, "error_message": "Bad Request. The value for variable api_key is not registered."}, 400, KeyRejected),
    ("fred", {"error_code": 429, "error_message": "Too Many Requests."}, 429, RateLimited),
    ("fred", {"observations": []}, 200, AnswerNotUnderstood),
    ("tiingo", {"detail": "Invalid token."}, 401, KeyRejected),
    ("tiingo", {"detail": "Error: You have run over your hourly request allocation."}, 200, RateLimited),
    ("tiingo", [1], 200, AnswerNotUnderstood),
    ("alphavantage", {"Information": "our standard API rate limit is 25 requests per day"}, 200, RateLimited),
    ("alphavantage", {"Error Message": "the parameter apikey is invalid or missing."}, 200, KeyRejected),
    ("alphavantage", {"Meta Data": {}}, 200, AnswerNotUnderstood),
    ("yahoo", {"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}, 401, SourceForbidden),
    ("yahoo", b"Too Many Requests", 429, RateLimited),
    ("yahoo", {"chart": {}}, 200, AnswerNotUnderstood),
    ("quandl", {"quandl_error": {"code": "QELx01", "message": "You have exceeded the limit."}}, 429, RateLimited),
    ("quandl", {"quandl_error": {"code": "QEPx04", "message": "A valid API key is required."}}, 403, KeyMissing),
    ("quandl", b"<html>gone</html>", 410, SourceGone),
    ("quandl", {"databases": []}, 200, AnswerNotUnderstood),
    ("dbnomics", {"message": "Dataset not found"}, 404, DatasetNotFound),
    ("dbnomics", {"results": {}}, 200, AnswerNotUnderstood),
    ("dbnomics", {"results": {"docs": []}, "errors": [{"message": "the index is down"}]}, 200, AnswerNotUnderstood),
    ("worldbank", [{"message": [{"id": "105", "key": "Service currently unavailable", "value": "later"}]}], 200, SourceUnavailable),
    ("worldbank", [{"page": 1}, [{"date": "2020", "value": 1}]], 200, AnswerNotUnderstood),
    ("worldbank", {"page": 1}, 200, AnswerNotUnderstood),
    (
        "ecb",
        b'<m:Error xmlns:m="m"><m:ErrorMessage code="100"><c xmlns="c">No Results</c></m:ErrorMessage></m:Error>',
        200,
        DatasetNotFound,
    ),
    ("eurostat", b"<html><body>maintenance</body></html>", 200, AnswerNotUnderstood),
    ("istat", b"<GenericData/>", 200, AnswerNotUnderstood),
    ("oecd", b"not xml", 429, RateLimited),
    ("bis", structure('<s:Dataflow id="A"/>')[:-30], 200, AnswerTruncated),
]


@pytest.mark.parametrize(("name", "answer", "status", "error"), REFUSALS)
def test_refusals_have_names(name: str, answer: Any, status: int, error: type[DomainError]) -> None:
    """What a provider says in the place of hits is the error that a fetch would have."""
    with pytest.raises(error) as raised:
        search(name, answer, status=status)
    assert type(raised.value) is error
    assert KEY not in f"{raised.value.message} {raised.value.hint}"


@pytest.mark.parametrize("name", SEARCHABLE)
@pytest.mark.parametrize(("status", "error"), [(500, SourceUnavailable), (429, RateLimited), (408, SourceTimedOut)])
def test_statuses_are_those_of_fetches(name: str, status: int, error: type[DomainError]) -> None:
    """A server's own failure, and a limit, are what they are everywhere."""
    with pytest.raises(error):
        search(name, b"", status=status, headers={"Retry-After": "7"})


@pytest.mark.parametrize("name", SEARCHABLE)
@pytest.mark.parametrize("body", [b"<html><body>Welcome</body></html>", b"\xff\xfe\xfa", b"{", b"", b"null", b"5", b'{"a": 1}'])
def test_other_answers_are_none(name: str, body: bytes) -> None:
    """A page, half an answer and other documents are errors, and never hits."""
    with pytest.raises(DomainError) as raised:
        search(name, body)
    assert isinstance(raised.value, AnswerNotUnderstood | AnswerTruncated | SourceForbidden | DatasetNotFound)


def test_a_huge_answer_is_refused() -> None:
    """An answer is measured before it is read."""
    with pytest.raises(AnswerTooLarge):
        search("tiingo", b"[" + b" " * (33 * 1024**2) + b"]")


@pytest.mark.parametrize("name", ["fred", "alphavantage", "tiingo"])
def test_a_key_that_a_provider_repeats_is_hidden(name: str) -> None:
    """Names that hold the key come without it."""
    fields = {"id": "A", "ticker": "A", "title": f"of {KEY}", "name": f"of {KEY}", "1. symbol": "A", "2. name": f"of {KEY}"}
    answers: dict[str, Any] = {"fred": {"seriess": [fields]}, "alphavantage": {"bestMatches": [fields]}, "tiingo": [fields]}
    [hit] = search(name, answers[name]).hits

    assert (KEY in hit.name, hit.name[:3]) == (False, "of ")


def test_what_cannot_be_searched_says_so() -> None:
    """A provider without a search, or without its key, is opened for none; FRED's archive is searched at FRED."""
    providers = InstalledProviders({}, deadline_seconds=5)
    for name, said in [
        ("bls", "no search"),
        ("alfred", "needs an API key"),
        ("fred", "LANNER_PROVIDERS__FRED__API_KEY"),
        ("yahoo", "ENABLED"),
    ]:
        with pytest.raises(ProviderNotConfigured, match=said):
            providers.search_source(name)
    assert providers.get("alfred").search is None


def test_a_search_has_a_short_deadline() -> None:
    """It is that of searches, or the shorter one of fetches."""
    searching, fetching = (InstalledProviders({}, deadline_seconds=seconds).search_source("dbnomics") for seconds in (120.0, 3.0))

    assert [source._http._deadline_seconds for source in (searching, fetching)] == [15.0, 3.0]  # type: ignore[attr-defined]
