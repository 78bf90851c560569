"""Flags in the answers of providers: in every format that has them, as recorded and as made up here."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.provider_kit.parsing.flag_codes import code_of, meanings_of
from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.use_cases.parse_answer import ParseAnswer
from domain.vintages import Origin
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import client_of

RECORDED = Path(__file__).parents[3] / "shared" / "recorded"
NO_FLAG = {"OBS_STATUS": ("A", ":", "na", ""), "OBS_FLAG": ("",), "OBS_CONF": ("F", "")}


@cache
def parser() -> ParseAnswer:
    return ParseAnswer(InstalledProviders({}, deadline_seconds=5))


def parsed(provider: str, body: str | bytes, *, url: str = "", kind: str = "") -> list[ParsedSeries]:
    content = body.encode() if isinstance(body, str) else body
    headers = {"content-type": kind} if kind else {}
    return list(parser()(provider, None, RawResponse(body=content, headers=headers, url=url)))


def flags_of(series: ParsedSeries) -> dict[str, str]:
    """The flags of a series by date."""
    _, state = series.vintages[-1]
    codes = state.flags.column(0) if state.flags else [None] * len(state)
    return {day: code for day, code in zip(state.texts(), codes, strict=True) if code}


def only(found: list[ParsedSeries]) -> ParsedSeries:
    [series] = found
    return series


GENERIC = """<message:GenericData xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
 xmlns:generic="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic"><message:Header><message:Structure structureID="X"
 dimensionAtObservation="TIME_PERIOD"/></message:Header><message:DataSet structureRef="X"><generic:Series><generic:SeriesKey>
 <generic:Value id="FREQ" value="A"/></generic:SeriesKey>{}</generic:Series></message:DataSet></message:GenericData>"""
OBS = (
    '<generic:Obs><generic:ObsDimension value="{}"/><generic:ObsValue value="1.5"/>'
    "<generic:Attributes>{}</generic:Attributes></generic:Obs>"
)
ATTRIBUTE = '<generic:Value id="{}" value="{}"/>'


def generic(*observations: Mapping[str, str]) -> str:
    years = enumerate(observations, start=2001)
    return GENERIC.format("".join(OBS.format(year, "".join(ATTRIBUTE.format(*each) for each in found.items())) for year, found in years))


def test_generic_sdmx() -> None:
    """Status and confidentiality are one flag; a normal and a free value have none."""
    found = only(
        parsed(
            "ecb",
            generic(
                {"OBS_STATUS": "A", "OBS_CONF": "F"},
                {"OBS_STATUS": "P", "OBS_CONF": "F"},
                {"OBS_CONF": "C", "OBS_STATUS": "F"},
                {"OBS_CONF": "N", "OBS_STATUS": "A"},
                {"OBS_COM": "a remark"},
            ),
        )
    )

    assert flags_of(found) == {"2002-01-01": "P", "2003-01-01": "F CONF_C", "2004-01-01": "CONF_N"}
    assert found.metadata.flags == {
        "CONF_N": "not for publication",
        "F CONF_C": "forecast; confidential",
        "P": "provisional",
    }


def test_structure_specific_sdmx() -> None:
    """Attributes of observations are flags there, too."""
    body = """<message:StructureSpecificData xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message">
    <message:DataSet><Series FREQ="M" AREA="DE"><Obs TIME_PERIOD="2024-01" OBS_VALUE="1" OBS_STATUS="A"/>
    <Obs TIME_PERIOD="2024-02" OBS_VALUE="2" OBS_STATUS="E" CONF_STATUS="F"/></Series></message:DataSet></message:StructureSpecificData>"""

    assert flags_of(only(parsed("istat", body))) == {"2024-02-01": "E"}


def test_flat_xml() -> None:
    """Cross-sectional observations carry their flags as attributes."""
    body = """<CrossSectionalData><DataSet><Group TIME="2024" FREQ="A"><Section AREA="BE"><BIRTHS SEX="F" value="60614" OBS_STATUS="P"/>
    <BIRTHS SEX="M" value="64000" OBS_STATUS="A"/></Section></Group></DataSet></CrossSectionalData>"""

    assert sorted(map(str, map(flags_of, parsed("eurostat", body)))) == ["{'2024-01-01': 'P'}", "{}"]


def sdmx_json(values: list[dict[str, str]], observations: Mapping[str, Any]) -> str:
    attributes = {"dataSet": [], "series": [], "observation": [{"id": "OBS_STATUS", "name": "Observation Status", "values": values}]}
    dimensions = {
        "series": [{"id": "LOCATION", "keyPosition": 0, "values": [{"id": "AUS", "name": "Australia"}]}],
        "observation": [{"id": "TIME_PERIOD", "role": "TIME_PERIOD", "values": [{"id": str(year)} for year in range(2001, 2006)]}],
    }
    return json.dumps(
        {
            "dataSets": [{"series": {"0": {"attributes": [], "observations": observations}}}],
            "structure": {"attributes": attributes, "dimensions": dimensions},
        }
    )


def test_sdmx_json() -> None:
    """Positions lead to codes, of which the answer says the meanings; several in one are parted by blanks."""
    values = [{"id": "B", "name": "Break"}, {"id": "B; E", "name": "Break; Estimated value"}, {"id": "A", "name": "Normal"}]
    observations = {"0": [1.0, 0], "1": [2.0, 1], "2": [3.0, 2], "3": [4.0, None], "4": [5.0]}
    found = only(parsed("oecd", sdmx_json(values, observations), url="https://x.example/sdmx-json/data/QNA/AUS/all"))

    assert flags_of(found) == {"2001-01-01": "B", "2002-01-01": "B E"}
    assert found.metadata.flags == {"B": "Break", "B E": "Break; Estimated value"}


def test_sdmx_json_without_codes() -> None:
    """In SDMX-JSON 2.0 an attribute may be written beside the value itself."""
    assert flags_of(only(parsed("oecd", sdmx_json([], {"0": [1.0, "P"], "1": [2.0, "A"]})))) == {"2001-01-01": "P"}


def test_compact_json() -> None:
    """SDMX-ML as JSON has them as the IMF's attributes."""
    observations = [
        {"@TIME_PERIOD": "2001", "@OBS_VALUE": "1", "@OBS_STATUS": "E"},
        {"@TIME_PERIOD": "2002", "@OBS_VALUE": "2", "@OBS_STATUS": "A"},
    ]
    body = json.dumps({"CompactData": {"DataSet": {"Series": {"@FREQ": "A", "Obs": observations}}}})

    assert flags_of(only(parsed("imf", body))) == {"2001-01-01": "E"}


CSV = [
    (
        "eurostat",
        (
            "DATAFLOW,LAST UPDATE,freq,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG,CONF_STATUS\n"
            "ESTAT:X(1.0),01/02/24,A,DE,2001,1.5,p,\nESTAT:X(1.0),01/02/24,A,DE,2002,,,C\nESTAT:X(1.0),01/02/24,A,DE,2003,2.5,bep,F\n"
        ),
        {"2001-01-01": "p", "2002-01-01": "CONF_C", "2003-01-01": "bep"},
        {"p": "provisional", "CONF_C": "confidential", "bep": "break in the series; estimated; provisional"},
    ),
    (
        "oecd",
        (
            "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,FREQ,Frequency,TIME_PERIOD,Time period,OBS_VALUE,Observation value,"
            "OBS_STATUS,Observation status\nDATAFLOW,OECD:X(1.0),X,I,A,Annual,2001,,1.5,,A,Normal value\n"
            "DATAFLOW,OECD:X(1.0),X,I,A,Annual,2002,,2.5,,P,Provisional value\n"
        ),
        {"2002-01-01": "P"},
        {"P": "Provisional value"},
    ),
    (
        "oecd",
        (
            "LOCATION,Country,SUBJECT,Subject,TIME,Time,Value,Flag Codes,Flags\nAUS,Australia,X,Something,2001,2001,1.5,E,Estimated value\n"
            "AUS,Australia,X,Something,2002,2002,2.5,,\n"
        ),
        {"2001-01-01": "E"},
        {"E": "Estimated value"},
    ),
    (
        "bis",
        (
            "FREQ:Frequency,TIME_PERIOD:Time period,OBS_VALUE:Value,OBS_STATUS:Status\nA: Annual,2001,1.5,A: Normal value\n"
            "A: Annual,2002,2.5,M: Missing value\n"
        ),
        {"2002-01-01": "M"},
        {"M": "Missing value"},
    ),
]


@pytest.mark.parametrize(
    ("provider", "body", "flags", "meanings"), CSV, ids=["Eurostat", "labels beside codes", "old", "labels behind codes"]
)
def test_csv(provider: str, body: str, flags: dict[str, str], meanings: dict[str, str]) -> None:
    """Columns of flags are known by their names, and labels give their meanings."""
    found = only(parsed(provider, body, kind="text/csv"))

    assert flags_of(found) == flags
    assert found.metadata.flags == meanings


def test_tsv() -> None:
    """A flag follows its value, or the colon that stands for none."""
    body = "freq,geo\\TIME_PERIOD\t2001 \t2002 \t2003 \t2004 \t2005 \nA,DE\t1.5 p\t:c\t: \t2.5 \t3.5 bp\n"
    found = only(parsed("eurostat", body, kind="text/tab-separated-values"))

    assert flags_of(found) == {"2001-01-01": "p", "2002-01-01": "c", "2005-01-01": "bp"}
    assert [value for _, [value] in found.vintages[0][1].rows()] == [1.5, None, None, 2.5, 3.5]


@pytest.mark.parametrize(
    ("status", "flags"),
    [
        ({"1": "p", "2": ":"}, {"2002-01-01": "p"}),
        ({"2": ":c"}, {"2003-01-01": "c"}),
        ([None, "p", ":"], {"2002-01-01": "p"}),
        ({"value": [":", "e", None]}, {"2002-01-01": "e"}),
        ("e", {"2001-01-01": "e", "2002-01-01": "e", "2003-01-01": "e"}),
        (["e"], {"2001-01-01": "e", "2002-01-01": "e", "2003-01-01": "e"}),
        ({}, {}),
        (None, {}),
        (["e", "p"], {}),
        ({"1": 7}, {}),
    ],
)
def test_jsonstat(status: Any, flags: dict[str, str]) -> None:
    """Statuses by position, in a list, one for all, or none that can be understood; the extension says what they mean."""
    cube = {
        "version": "2.0",
        "class": "dataset",
        "id": ["time"],
        "size": [3],
        "dimension": {"time": {"category": {"index": ["2001", "2002", "2003"]}}},
        "value": [1.0, 2.0, None],
        "status": status,
        "extension": {"status": {"label": {"p": "provisional figure", "c": "confidential"}}},
    }
    found = only(parsed("eurostat", json.dumps(cube)))

    assert flags_of(found) == flags
    assert found.metadata.flags.get("p", "provisional figure") == "provisional figure"


def bls(*rows: dict[str, Any]) -> str:
    data = [{"year": "2024", "period": f"M{n:02}", "value": "1.5", **row} for n, row in enumerate(rows, start=1)]
    return json.dumps({"status": "REQUEST_SUCCEEDED", "Results": {"series": [{"seriesID": "LNS14000000", "data": data}]}})


def test_footnotes_of_bls() -> None:
    """Codes of footnotes are flags, several in one; most rows have a footnote without anything. A is a code like others there."""
    found = only(
        parsed(
            "bls",
            bls(
                {"footnotes": [{}]},
                {"footnotes": [{"code": "P", "text": "Preliminary."}]},
                {"footnotes": [{"code": "1", "text": "Revised."}, {"code": "A", "text": ""}, {}]},
                {},
                {"footnotes": "none"},
            ),
        )
    )

    assert flags_of(found) == {"2024-02-01": "P", "2024-03-01": "1 A"}
    assert found.metadata.flags == {"1 A": "Revised.", "P": "Preliminary."}


def test_statuses_of_the_world_bank() -> None:
    """``obs_status`` is mostly empty."""
    row = {"indicator": {"id": "X", "value": "X"}, "country": {"id": "BR", "value": "Brazil"}, "countryiso3code": "BRA", "value": 1.5}
    rows = [row | {"date": "2023", "obs_status": "E"}, row | {"date": "2022", "obs_status": ""}, row | {"date": "2021"}]
    found = only(parsed("worldbank", json.dumps([{"page": 1, "pages": 1, "total": 3}, rows])))

    assert flags_of(found) == {"2023-01-01": "E"}
    assert found.metadata.flags == {"E": "estimated"}


def test_attributes_of_dbnomics() -> None:
    """Attributes of observations come as lists beside the values; others than flags, and lists that do not fit, are left out."""
    doc = {
        "provider_code": "P",
        "dataset_code": "D",
        "series_code": "S",
        "period": ["2001", "2002"],
        "period_start_day": ["2001-01-01", "2002-01-01"],
        "value": [1.5, 2.5],
        "observations_attributes": [["OBS_STATUS", ["A", "P"]], ["OBS_CONF", ["C", "F"]], ["UNIT", ["x", "y"]], ["FLAG", ["x"]], "odd"],
    }
    found = only(parsed("dbnomics", json.dumps({"series": {"docs": [doc]}})))

    assert flags_of(found) == {"2001-01-01": "CONF_C", "2002-01-01": "P"}


def test_what_is_no_code_is_left_out() -> None:
    """A text that is no short code is no flag, and an answer with one is read as before."""
    assert flags_of(only(parsed("ecb", generic({"OBS_STATUS": "see the notes on methods and sources of this value"})))) == {}
    assert code_of("OBS_STATUS", "\x1b[31m") == ""
    assert meanings_of(["b", "zz", "NRP"], {"zz": "twice"}) == {"NRP": "", "b": "break in the series", "zz": "twice"}


def recorded(*providers: str) -> Iterator[Any]:
    manifest = RECORDED / "MANIFEST.jsonl"
    if not manifest.is_file():
        yield pytest.param(None, marks=pytest.mark.skip(reason="../shared/recorded/MANIFEST.jsonl is not there"))
        return
    for entry in map(json.loads, manifest.read_text().splitlines()):
        if entry["provider"] in providers and entry["kind"] in ("series", "series_set") and entry["body"] not in REFUSED:
            yield pytest.param(entry, id=entry["body"])


#: What is not read at all, for other reasons.
REFUSED = {"ecb/sdmx_ECB_EXR_rg-xs.xml", "ecb/sdmx_ECB_EXR_sg-xs.xml", "eurostat/statistics_prc_hicp_midx_PL_head.json"}


def read(entry: Any) -> list[ParsedSeries]:
    return parsed(entry["provider"], (RECORDED / entry["body"]).read_bytes(), url=entry["request_url"], kind=entry["content_type"])


def expected(path: Path) -> Counter[str]:
    """How often each flag stands in a file, read by the standard library alone."""
    if path.suffix == ".xml":
        return Counter(_in_xml(ET.parse(path).getroot()))  # noqa: S314 - recorded files
    if path.suffix != ".json":
        return Counter()
    document = json.loads(path.read_bytes())
    return Counter(_in_document(document, document))


def _in_xml(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        local = element.tag.rpartition("}")[2]
        named = (
            {value.get("id") or value.get("concept"): value.get("value") for each in element for value in each} if local == "Obs" else {}
        )
        found = {**named, **element.attrib}
        codes = [found.get(name, "") for name in ("OBS_STATUS", "OBS_FLAG") if found.get(name, "") not in NO_FLAG[name]]
        codes += [f"CONF_{found['OBS_CONF']}"] if found.get("OBS_CONF", "F") not in NO_FLAG["OBS_CONF"] else []
        if codes:
            yield " ".join(codes)


def _in_document(node: Any, whole: Any) -> Iterator[str]:
    if not isinstance(node, dict):
        for each in node if isinstance(node, list) else ():
            yield from _in_document(each, whole)
        return
    if isinstance(node.get("observations"), dict):
        structure = (whole.get("data") or whole).get("structure") or whole.get("structure")
        listed = structure["attributes"]["observation"]
        places = [at for at, each in enumerate(listed) if each["id"] == "OBS_STATUS"]
        for cells in node["observations"].values():
            for at in places:
                value = cells[1 + at] if len(cells) > 1 + at else None
                code = listed[at]["values"][value]["id"] if isinstance(value, int) else ""
                if code not in NO_FLAG["OBS_STATUS"]:
                    yield code.replace("; ", " ")
        return
    if "status" in node and "value" in node and "dimension" in node:
        status = node["status"]
        status = status.get("value", status) if isinstance(status, dict) else status
        each = list(status.values()) if isinstance(status, dict) else status
        cells = len(node["value"]) if len(each) == 1 and isinstance(status, list) else 1
        yield from (code.lstrip(":") for code in each for _ in range(cells) if code and code.lstrip(":"))
        return
    if "footnotes" in node:
        yield from (note["code"] for note in node["footnotes"] if note.get("code"))
    for each in node.values():
        yield from _in_document(each, whole)


@pytest.mark.parametrize("entry", list(recorded("eurostat", "oecd", "ecb", "bls", "insee", "istat", "bis", "norges_bank", "boi", "imf")))
def test_recorded_flags_are_those_of_the_file(entry: Any) -> None:
    """Each flag of each recorded answer is read, as often as it stands there, and has a meaning."""
    found = read(entry)
    flags = Counter(flag for series in found for flag in flags_of(series).values())

    assert flags == expected(RECORDED / entry["body"])
    assert all(meaning for series in found for code, meaning in series.metadata.flags.items() if code != "a")
    assert {code for series in found for code in series.metadata.flags} == set(flags)


def source_of(series: ParsedSeries) -> Any:
    """A provider that first sends a recorded series, and then the same without the last flag."""

    class Source:
        calls = 0

        def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
            Source.calls += 1
            [(label, state)] = series.vintages
            if Source.calls > 1:
                assert state.flags
                cells = state.flags.cells.copy()
                cells[cells[:, 0].nonzero()[0][-1], 0] = 0
                state = replace(state, flags=type(state.flags).of(state.flags.codes, cells))
            origin = Origin(request="recorded", response_sha256=f"{Source.calls:064}", adapter_version=1)
            return Fetched(metadata=series.metadata, vintages=[(label, state)], origin=origin)

    return Source()


SHOWN = [
    ("eurostat", "eurostat/jsonstat2_wdds_ten00106.json"),
    ("eurostat", "eurostat/pdr_cdh_e_fos.xml"),
    ("oecd", "oecd/pdr_tourism.json"),
    ("ecb", "ecb/bbk_ecb-data.xml"),
    ("bls", "bls/latest_LAUCN040010000000005.json"),
]


@pytest.mark.parametrize(("provider", "body"), SHOWN, ids=[body for _, body in SHOWN])
def test_recorded_flags_are_readable_in_all_formats_and_vintages(provider: str, body: str) -> None:
    """Stored and read as JSON, CSV, Parquet and Arrow, flags of both vintages are those of the answer, with their meanings."""
    if not (RECORDED / body).is_file():
        pytest.skip(f"../shared/recorded/{body} is not there")
    [entry] = [each.values[0] for each in recorded(provider) if each.id == body]
    series = next(each for each in read(entry) if flags_of(each))
    use_cases = memory_use_cases({"canned": source_of(series)})
    code = DatasetCode("X", "Y")
    use_cases.request_fetch(code)
    use_cases.request_fetch(code, refresh=True)
    client, first = client_of(use_cases), flags_of(series)
    last = list(first)[-1]

    for number, flags in ((1, first), (2, {day: code for day, code in first.items() if day != last})):
        query = f"code=canned:{code}&flags=true&vintage={number}"

        def get(ending: str, query: str = query) -> Any:
            return client.simulate_get(f"/data{ending}", query_string=query)

        document = get(".json").json
        text = list(csv.DictReader(io.StringIO(get(".csv").text)))
        tables = pq.read_table(io.BytesIO(get(".parquet").content)), pa.ipc.open_file(get(".arrow").content).read_all()
        assert {row[0]: row[2] for row in document["data"] if row[2]} == flags
        assert document["flags"] == dict(series.metadata.flags)
        assert {row["date"]: row["Value_flag"] for row in text if row["Value_flag"]} == flags
        for table in tables:
            assert {str(row["date"]): row["Value_flag"] for row in table.to_pylist() if row["Value_flag"]} == flags
    [changed] = use_cases.compare_vintages(use_cases.describe_series.by_code(code, None).series.id, None, _newest()).revision.flags_changed
    assert (str(changed.date), changed.old, changed.new) == (last, first[last], None)


def _newest() -> Any:
    from domain.moments import AsOf

    return AsOf()
