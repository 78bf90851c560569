"""The table of agencies: an entry is a provider, is asked at its address, and finds the series of its example."""

from __future__ import annotations

from collections import Counter
from urllib.parse import unquote

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.providers.sdmx.agencies import AGENCIES
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, ProviderNotConfigured
from domain.ports import PriorState, RawResponse
from domain.providers import Limit, Terms
from tests.builders import a_server, an_answer
from tests.contracts.test_data_sources import ROOT, SPECS

KNOWN = PriorState(newest=None)
REQUESTS = {
    "abs": "/data/CPI/1.10001.10.50.Q",
    "bis": "/data/WS_CBPOL/M.CH",
    "boe": "/_iadb-fromshowcolumns.asp?xml.x=yes&SeriesCodes=XUDLUSS&Datefrom=01/Jan/1900&Dateto=now&UsingCodes=Y",
    "boi": "/data/dataflow/BOI.STATISTICS/EXR/1.0/RER_USD_ILS",
    "boj": "/getDataCode?format=json&lang=en&db=FM08&code=FXERD01",
    "bundesbank": "/data/BBEX3/D.USD.EUR.BB.AC.000",
    "cso_ie": "/PxStat.Data.Cube_API.ReadDataset/NQQ25/JSON-stat/2.0/en",
    "dst": "/data/PRIS111/JSONSTAT?lang=en&Tid=*",
    "ecb": "/data/EXR/D.USD.EUR.SP00.A?format=jsondata",
    "eurostat": "/data/prc_hicp_midx/M.I15.CP00.DE?format=JSON&lang=en",
    "ilo": "/data/ILO,DF_UNE_DEAP_SEX_AGE_RT/DEU.A..SEX_T.AGE_YTHADULT_YGE15",
    "imf": "/data/IMF.RES,WEO/DEU.NGDP_R.A",
    "insee": "/data/SERIES_BDM/001654489",
    "istat": "/data/22_289/A.IT.JAN.1.TOTAL.99",
    "jsonstat": "/us-gsp",
    "norges_bank": "/data/EXR/B.USD.NOK.SP?format=sdmx-json&locale=en",
    "oecd": "/data/OECD.SDD.STES,DSD_STES@DF_CLI/USA.M.LI...AA...H?format=jsondata",
    "onb": "/data?lang=EN&hierid=11&pos=VDBFKBSC217000&freq=M",
    "ssb": "/dataset/1086.json?lang=en",
    "unicef": "/data/UNICEF,CME,1.0/DEU.CME_MRY0T4._T",
}


def test_an_entry_is_a_provider():
    """Each entry of the table is installed under its name, with its facts, and needs an address at most to be ready."""
    installed = InstalledProviders({}, deadline_seconds=5)
    installed.check()
    for agency in AGENCIES:
        provider = installed.get(agency.name)

        assert (provider.title, provider.databases, provider.terms) == (agency.title, agency.databases, agency.terms)
        assert (provider.problem == "") == bool(agency.base_url)
        assert isinstance(provider.terms, Terms)
        assert all(isinstance(limit, Limit) for limit in provider.limits)
        assert not agency.base_url or agency.base_url.startswith("https://")
        assert DatasetCode.parse(agency.example).database in provider.databases


def test_the_documents_name_every_agency():
    """The table in docs/providers.md has each agency with its title and its example."""
    lines = [f"| {agency.title} | `{agency.example}` |" for agency in AGENCIES if agency.base_url]

    assert [line for line in (ROOT / "docs" / "providers.md").read_text().splitlines() if line in lines] == lines


def test_no_database_is_declared_twice():
    """A database code of an agency is declared by no other provider."""
    declared = Counter(database for spec in SPECS.values() for database in spec.databases)

    assert [database for database, count in declared.items() if count > 1] == []


@pytest.mark.parametrize("agency", AGENCIES, ids=lambda agency: agency.name)
def test_an_example_is_fetched(agency):
    """The example's request is the agency's documented one; an answer with one series is the series asked for."""
    asked = []
    code = DatasetCode.parse(agency.example)
    flow, key = agency.naming.parts(code)
    [*agency_id, own, version] = flow.split(",") if flow.count(",") == 2 else [*flow.split(","), "1.0"]
    cells = {"DATAFLOW": f"{':'.join([*agency_id, own])}({version})"} if key or not agency.identity else {agency.identity[0]: code.dataset}
    cells |= {f"D{i}": value or "_T" for i, value in enumerate(key.split(".")) if key} | {"TIME_PERIOD": "2024-02", "OBS_VALUE": "1"}
    body = f"{','.join(cells)}\n{','.join(cells.values())}\n".encode()

    def respond(target, headers):
        asked.append((unquote(target), headers["accept"]))
        yield an_answer(body, Content_Type="text/csv")

    with a_server(respond) as address:
        providers = InstalledProviders({agency.name: {"base_url": f"{address}/api"}}, deadline_seconds=5)
        fetched = providers.source(agency.name).fetch(code, KNOWN)

    assert asked == [(f"/api{REQUESTS[agency.name]}", agency.accept)]
    assert [list(state.rows()) for _, state in fetched.vintages] == [[(fetched.vintages[0][1].first, [1.0])]]
    assert fetched.metadata.attribution == agency.terms.attribution
    assert fetched.origin.adapter_version == agency.spec.adapter_version


def test_a_code_that_an_agency_cannot_have_is_not_found():
    """A code with too few parts is refused before any call, with the example."""
    source = InstalledProviders({}, deadline_seconds=5).source("onb")
    with pytest.raises(DatasetNotFound) as raised:
        source.fetch(DatasetCode("ONB", "VDBFKBSC217000"), KNOWN)

    assert "ONB/11.VDBFKBSC217000.M" in raised.value.hint


@pytest.mark.parametrize("name", ["sdmx", "jsonstat"])
def test_a_service_of_ones_own_must_be_named(name):
    """The providers for any service cannot be asked before an address is set, say how, and read recorded answers all the same."""
    providers = InstalledProviders({}, deadline_seconds=5)
    problem = f"Set LANNER_PROVIDERS__{name.upper()}__BASE_URL to the address of the service."
    body = b"DATAFLOW,D0,TIME_PERIOD,OBS_VALUE\nX,A,2024-02,1\n"

    assert providers.get(name).problem == problem
    with pytest.raises(ProviderNotConfigured, match=problem):
        providers.source(name)
    assert len(providers.offline_source(name).parse(None, RawResponse(body=body, headers={"content-type": "text/csv"}))) == 1
    assert InstalledProviders({name: {"base_url": "https://example.org"}}, deadline_seconds=5).get(name).problem == ""


def test_what_is_read_to_other_values_is_another_version() -> None:
    """INSEE's T and B, the BoJ's fiscal years, Yahoo's running period, flags and others were read otherwise: the bytes are read anew."""
    versions = {name: spec.adapter_version for name, spec in SPECS.items()}

    assert {versions[name] for name in ("boj", "yahoo", "fred", "alfred", "ecb", "oecd", "eurostat", "dbnomics")} == {2}
    assert {versions[name] for name in ("insee", "bls", "worldbank")} == {3}
    assert {versions[name] for name in ("files", "csv_url")} == {4}
    assert versions["tiingo"] == 2
