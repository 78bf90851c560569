"""Which series an answer holds: what tells two apart, and whether one is the series that was asked for."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError
from tests.reading import read, rows

FLOW = (
    '<m:Header><m:Structure structureID="S"><c:StructureUsage xmlns:c="c"><Ref agencyID="{}" id="{}" version="{}"/></c:StructureUsage>'
    "</m:Structure></m:Header>"
)


def specific(*series: str, header: str = "") -> str:
    return f'<m:StructureSpecificData xmlns:m="m">{header}<m:DataSet>{"".join(series)}</m:DataSet></m:StructureSpecificData>'


def compact(*series: str) -> str:
    return f'<CompactData><d:DataSet xmlns:d="d">{"".join(series)}</d:DataSet></CompactData>'


def one(attributes: str, year: int = 2019, value: int = 1) -> str:
    return f'<Series {attributes}><Obs TIME_PERIOD="{year}" OBS_VALUE="{value}"/></Series>'


def loose(attributes: str, year: int = 2019, value: int = 1) -> str:
    return f'<Obs {attributes} TIME_PERIOD="{year}" OBS_VALUE="{value}" OBS_STATUS="{year}"/>'


def cubes(attributes: str, year: int = 2019, value: int = 1) -> str:
    return f'<Cube {attributes}><Cube TIME="{year}" OBS_VALUE="{value}"/></Cube>'


def generic(key: str, *, header: str = "") -> str:
    parts = "".join(f'<Value id="{name}" value="{part}"/>' for name, part in zip(NAMED, key.split("."), strict=False))
    series = f'<Series><SeriesKey>{parts}</SeriesKey><Obs><ObsDimension value="2019"/><ObsValue value="1"/></Obs></Series>'
    return f'<m:GenericData xmlns:m="m">{header}<m:DataSet>{series}</m:DataSet></m:GenericData>'


def table(names: str, *lines: str) -> str:
    return "\n".join((f"{names},TIME_PERIOD,OBS_VALUE", *lines, ""))


BESIDE = '<Cube A="DE"><Cube TIME="2019" METHODOLOGY="N" OBS_VALUE="1"/><Cube TIME="2020" METHODOLOGY="H" OBS_VALUE="2"/></Cube>'
NAMED = ("FREQ", "CURRENCY", "CURRENCY_DENOM", "EXR_TYPE", "EXR_SUFFIX")


@pytest.mark.parametrize(
    ("provider", "body", "codes"),
    [
        ("sdmx", specific(one('A="DE" METHODOLOGY="N"'), one('A="DE" METHODOLOGY="HICP"', 2020, 2)), ["DE.N", "DE.HICP"]),
        ("oecd", specific(one('A="DE" BASE_PER="2010"'), one('A="DE" BASE_PER="2015"', 2020, 2)), ["DE.2010", "DE.2015"]),
        ("sdmx", specific(one('A="DE"'), one('A="DE" SOURCE="X"', 2020, 2)), ["DE", "DE.X"]),
        ("sdmx", specific(one('A="DE" TITLE="Prices, old"'), one('A="DE" TITLE="Prices, new"', 2020, 2)),
         ["DE.Prices,_old", "DE.Prices,_new"]),
        ("sdmx", specific(one('A="DE" PUBL="a" SOURCE="x"'), one('A="DE" PUBL="b" SOURCE="x"', 2020, 2)), ["DE.a", "DE.b"]),
        ("ecb", specific(one('A="DE" TIME_PER_COLLECT="E"'), one('A="DE" TIME_PER_COLLECT="A"', 2020, 2)), ["DE.E", "DE.A"]),
        ("sdmx", specific(loose('A="DE" METHODOLOGY="N"'), loose('A="DE" METHODOLOGY="HICP"', 2020, 2)), ["DE.N", "DE.HICP"]),
        ("sdmx", compact(one('A="DE" VERSION_DATE="1"'), one('A="DE" VERSION_DATE="2"', 2020, 2)), ["DE.1", "DE.2"]),
        ("boe", f"<E>{BESIDE}</E>", ["DE.N", "DE.H"]),
        ("sdmx", {"CompactData": {"DataSet": {"Series": [
            {"@A": "DE", "@METHODOLOGY": method, "Obs": {"@TIME_PERIOD": year, "@OBS_VALUE": "1"}}
            for method, year in (("N", "2019"), ("HICP", "2020"))]}}}, ["DE.N", "DE.HICP"]),
        ("oecd", table("A,METHODOLOGY", "DE,N,2019,1", "DE,HICP,2020,2"), ["DE.N", "DE.HICP"]),
        ("sdmx", "TIME_PERIOD,A,METHODOLOGY,OBS_VALUE\n2019,DE,N,1\n2020,DE,HICP,2\n", ["DE.N", "DE.HICP"]),
        ("sdmx", "A,TIME_PERIOD,METHODOLOGY,OBS_VALUE\nDE,2019,N,1\nDE,2020,HICP,2\n", ["DE.N", "DE.HICP"]),
        ("sdmx", specific(one('A="DE" YEAR="2010"'), one('A="DE" YEAR="2015"', 2020, 2)), ["DE.2010", "DE.2015"]),
        ("sdmx", specific(loose('A="DE" PERIOD="x"'), loose('A="DE" PERIOD="y"', 2020, 2)), ["DE.x", "DE.y"]),
        ("sdmx", table("YEAR,A", "2010,DE,2019,1", "2015,DE,2020,2"), ["2010.DE", "2015.DE"]),
        ("sdmx", {"dataSets": [{"series": {"0": {"observations": {"0": [1]}}, "1": {"observations": {"1": [2]}}}}],
         "structure": {"dimensions": {"series": [{"id": "YEAR", "values": [{"id": "2010"}, {"id": "2015"}]}],
         "observation": [{"id": "TIME_PERIOD", "values": [{"id": "2019"}, {"id": "2020"}]}]}}}, ["2010", "2015"]),
        ("sdmx", specific(one('B="X" A="DE"'), one('A="DE" B="X"', 2020, 2)), ["X.DE"]),
    ],
)  # fmt: skip
def test_what_any_attribute_tells_apart_is_two_series(provider: str, body: Any, codes: list[str]) -> None:
    """Where a message does not say which attributes are dimensions, two series stay two, and the attribute stands in their codes."""
    assert [series.code.dataset for series in read(provider, body)] == codes


KNOWN = ["METHODOLOGY", "SOURCE", "BASE_PER", "VINTAGE", "EDITION_DATE", "COVERAGE", "BREAKS", "METHOD", "COMPILATION", "IDBANK", "TYPE"]
LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", min_size=3, max_size=12).map(lambda text: f"Q{text}")
VALUES = st.sets(st.text("ABCXYZ0123456789_", min_size=1, max_size=8), min_size=2, max_size=2).map(sorted)


@given(name=st.sampled_from(KNOWN) | LETTERS, values=VALUES, form=st.sampled_from(["series", "flat", "compact", "json", "csv", "cube"]))
def test_an_attribute_of_an_unknown_agency_never_mixes_two_series(name: str, values: list[str], form: str) -> None:
    """Whatever tells two series of a message apart, they are two, or the answer is refused; never one with the values of both."""
    first, second = (f'AREA="DE" {name}="{value}"' for value in values)
    pairs = [("2019", values[0], "1"), ("2020", values[1], "2")]
    body: Any = {
        "series": specific(one(first), one(second, 2020, 2)),
        "flat": specific(loose(first), loose(second, 2020, 2)),
        "compact": compact(one(first), one(second, 2020, 2)),
        "json": {"CompactData": {"DataSet": {"Series": [
            {"@AREA": "DE", f"@{name}": own, "Obs": {"@TIME_PERIOD": year, "@OBS_VALUE": value}} for year, own, value in pairs]}}},
        "csv": table(f"AREA,{name}", *(f"DE,{own},{year},{value}" for year, own, value in pairs)),
        "cube": f"<E>{cubes(first)}{cubes(second, 2020, 2)}</E>",
    }[form]  # fmt: skip
    try:
        found = read("sdmx", body)
    except FetchError:
        return

    assert sorted(value for series in found for [value] in rows(series).values()) == [1.0, 2.0]
    assert len({series.code for series in found}) == 2


BIS = (
    "FREQ,REF_AREA,UNIT_MEASURE,UNIT_MULT,TIME_FORMAT,COMPILATION,DECIMALS,SOURCE_REF,SUPP_INFO_BREAKS,TITLE,TIME_PERIOD,OBS_VALUE,OBS_STATUS\n"
    "D,CH,368,0,,Policy rate since 2019.,4,Swiss National Bank,,Switzerland,2024-01-01,NaN,M\n"
    "D,CH,368,0,,Policy rate since 2020.,4,Swiss National Bank,,Switzerland,2024-01-02,1.75,A\n"
)


def test_attributes_among_the_dimensions_are_none() -> None:
    """The BIS writes attributes before the values: its entry says which, and the old code with them still finds the series."""
    [series] = read("bis", BIS)
    codes = ["BIS/D.CH", "BIS/D.CH.368", "BIS/D.CH.368.0..Policy_rate_since_2020..4.Swiss_National_Bank..Switzerland"]
    first = "DATAFLOW,FREQ,REF_AREA,TIME_PERIOD,AVAILABILITY,COLLECTION,OBS_STATUS,OBS_CONF,OBS_VALUE\n"
    between = first + "BIS:X(1.0),A,CH,2019,K,S,M,F,\nBIS:X(1.0),A,CH,2020,L,S,A,F,1\n"
    dimension = table("FREQ,REF_AREA,CURRENCY,COLLECTION", "M,CH,CHF,A,2024-01,1", "M,CH,CHF,E,2024-01,2")

    assert (str(series.code), series.metadata.name, series.metadata.unit) == ("BIS/D.CH", "Switzerland", "368")
    assert rows(series) == {"2024-01-01": [None], "2024-01-02": [1.75]}
    assert [rows(read("bis", BIS, code)[0])["2024-01-02"] for code in codes[:2]] == [[1.75]] * 2
    assert [str(series.code) for series in read("bis", between)] == ["BIS/X.A.CH"]
    assert [str(series.code) for series in read("bis", dimension)] == ["BIS/M.CH.CHF.A", "BIS/M.CH.CHF.E"]
    assert rows(read("bis", dimension, "BIS/WS_XRU.M.CH.CHF.E")[0]) == {"2024-01-01": [2.0]}
    assert [str(series.code) for series in read("sdmx", BIS.replace("since 2019", "since 2020"))] != []


RATES = [("CURRENCY", "USD"), ("CURRENCY_DENOM", "EUR")]
SWAPPED = 'FREQ="D" CURRENCY="EUR" CURRENCY_DENOM="USD"'
CUBE = {"version": "2.0", "id": ["sex", "time"], "size": [1, 1], "value": [1], "extension": {"matrix": "T1"},
        "dimension": {"sex": {"category": {"index": ["F"]}}, "time": {"category": {"index": ["2019"]}}}}  # fmt: skip
JAPAN = {"STATUS": 200, "DB": "FM08", "RESULTSET": [{"SERIES_CODE": "OTHER", "FREQUENCY": "DAILY",
         "VALUES": {"SURVEY_DATES": [20240104], "VALUES": [1]}}]}  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "code", "body"),
    [
        ("ecb", "ECB/EXR.D.USD.EUR", generic("D.EUR.USD")),
        ("ecb", "ECB/EXR.D.USD.EUR", specific(one(SWAPPED))),
        ("ecb", "ECB/EXR.D..EUR", generic("D.EUR.USD")),
        ("ecb", "ECB/EXR.M.USD.EUR", generic("D.USD.EUR")),
        ("ecb", "ECB/EXR.D.USD.EUR.SP00.A", generic("D.USD.EUR")),
        ("ecb", "ECB/ICP.D.USD.EUR", generic("D.USD.EUR", header=FLOW.format("ECB", "EXR", "1.0"))),
        ("sdmx", "SDMX/X,EXR,1.0/D.USD", generic("D.USD", header=FLOW.format("X", "EXR", "2.0"))),
        ("sdmx", "SDMX/X,EXR/D.USD", generic("D.USD", header=FLOW.format("Y", "EXR", "1.0"))),
        ("sdmx", "SDMX/ICP.D.USD", "DATAFLOW,A,B,TIME_PERIOD,OBS_VALUE\nX:EXR(1.0),D,USD,2019,1\n"),
        ("insee", "INSEE/001654489", specific(one('IDBANK="000000001" FREQ="A"'))),
        ("insee", "INSEE/001654489", specific(one('FREQ="A" PRODUIT="B"'), header=FLOW.format("FR1", "SERIES_BDM", "1.0"))),
        ("insee", "INSEE/001654489", specific(one('FREQ="A" PRODUIT="B"'))),
        ("boe", "BOE/XUDLUSS", '<E><Cube SCODE="XUDLJYS"><Cube TIME="2024-01-02" OBS_VALUE="1"/></Cube></E>'),
        ("boe", "BOE/XUDLUSS", '<E><Cube><Cube TIME="2024-01-02" OBS_VALUE="1"/></Cube></E>'),
        ("boj", "BOJ/FM08.FXERD01", JAPAN),
        ("boj", "BOJ/FM01.OTHER", JAPAN),
        ("cso_ie", "CSO_IE/T2.F", CUBE),
        ("imf", "IMF/X.A.DE", {"CompactData": {"DataSet": {"Series": {"@FREQ": "A", "@AREA": "FR", "Obs": {"@TIME_PERIOD": "2019"}}}}}),
        ("onb", "ONB/11.VDB.M", '<OeNBData><dataSet pos="VDB" freq="A"><obs value="1" periode="2019"/></dataSet></OeNBData>'),
        ("eurostat", "EUROSTAT/X.A.PC.DE", "freq,unit,geo\\TIME_PERIOD\t2022 \nA,PC,FR\t1 \n"),
        ("oecd", "OECD/X.A.EUR", specific(one('FREQ="A" AREA="DE" UNIT="EUR"'))),
    ],
)  # fmt: skip
def test_an_answer_of_another_series_is_refused(provider: str, code: str, body: Any) -> None:
    """An answer that names another flow, key or identity than was asked for is not understood, be it the only series in it."""
    with pytest.raises(AnswerNotUnderstood, match=f"The answer is not the series {re.escape(code)} but "):
        read(provider, body, code)


@pytest.mark.parametrize(
    ("provider", "code", "body"),
    [
        ("ecb", "ECB/exr.d.usd.eur", generic("D.USD.EUR")),
        ("ecb", "ECB/EXR/D.USD.EUR", generic("D.USD.EUR")),
        ("ecb", "ECB/EXR.D.USD+GBP.EUR", generic("D.USD.EUR")),
        ("ecb", "ECB/EXR.D..EUR", generic("D.USD.EUR")),
        ("ecb", "ECB/EXR.D", generic("D.USD.EUR")),
        ("ecb", "ECB/EXR", generic("D.USD.EUR", header=FLOW.format("ECB", "EXR", "1.0"))),
        ("ecb", "ECB/ECB,EXR,1.0/D.USD.EUR", generic("D.USD.EUR", header=FLOW.format("ECB", "EXR", "1.0"))),
        ("ecb", "ECB/ECB,exr,latest/D.USD.EUR", generic("D.USD.EUR", header=FLOW.format("ECB", "EXR", "1.0"))),
        ("oecd", "OECD/X.USA.M.LI...AA...H", specific(one('REF_AREA="USA" FREQ="M" MEASURE="LI" UNIT_MEASURE="IX" ACTIVITY="_Z" '
         'ADJUSTMENT="AA" TRANSFORMATION="IX" TIME_HORIZ="_Z" METHODOLOGY="H" DECIMALS="2"'))),
        ("sdmx", "SDMX/X.A.CP_MEUR.B1GQ.LU", specific(one('geo="LU" na_item="B1GQ" unit="CP_MEUR" freq="A"'))),
        ("imf", "IMF/X.A.DE.EUR", specific(one('FREQ="A" AREA="DE" UNIT="EUR"'))),
        ("insee", "INSEE/000000001", specific(one('IDBANK="000000001" FREQ="A"'))),
        ("insee", "INSEE/IPI.A.B", specific(one('IDBANK="000000001" FREQ="A" PRODUIT="B"'))),
        ("cso_ie", "CSO_IE/t1.f", CUBE),
        ("onb", "ONB/11.VDB.A", '<OeNBData><dataSet pos="VDB" land="AT" freq="A"><obs value="1" periode="2019"/></dataSet></OeNBData>'),
        ("oecd", "OECD/FX.M.USD", "STRUCTURE,STRUCTURE_ID,ACTION,SERIES_KEY,OBS_VALUE,CUR,WHEN\ndataflow,E:FX(1.0),I,M.USD,1,USD,2019\n"),
        ("dst", "DST/T.M+K", CUBE | {"dimension": {**CUBE["dimension"], "sex": {"category": {"index": ["M+K"]}}}, "extension": {}}),
    ],
)  # fmt: skip
def test_documented_spellings_of_a_code_find_their_series(provider: str, code: str, body: Any) -> None:
    """Case, slash, empty parts, alternatives, a flow with its agency, and the order of a message that has none are no other series."""
    [series] = read(provider, body, code)

    assert (str(series.code), rows(series)) == (code, {"2019-01-01": [1.0]})


def test_a_table_without_the_series_does_not_have_it() -> None:
    """Of a whole table the code may name no series: then it is not found, and those of the table are named."""
    with pytest.raises(DatasetNotFound) as raised:
        read("cso_ie", CUBE, "CSO_IE/T1.M")

    assert raised.value.hint == "It has CSO_IE/T1.F."


@pytest.mark.parametrize(
    ("versions", "codes"),
    [
        (("X:DF(1.0)", "X:DF(2.0)"), ["X,DF,1.0/A.DE", "X,DF,2.0/A.DE"]),
        (("X:DF(1.0)", "X:DF(1.1)"), ["X,DF,1.0/A.DE", "X,DF,1.1/A.DE"]),
        (("X:DF(1.0.0)", "X:DF(2.0.0)"), ["X,DF,1.0.0/A.DE", "X,DF,2.0.0/A.DE"]),
        (("X:DF(1.0)", "Y:DF(1.0)"), ["X,DF,1.0/A.DE", "Y,DF,1.0/A.DE"]),
        (("X:DF(1.0)", "X:EF(1.0)"), ["DF.A.DE", "EF.A.DE"]),
        (("X:DF(1.6.0)", "X:DF(1.7.0)"), ["DF.A.DE"]),
        (("X:DF(1.0)", "X:DF(1.0)"), ["DF.A.DE"]),
    ],
)
def test_versions_of_a_flow_stay_apart(versions: tuple[str, str], codes: list[str]) -> None:
    """Two flows, or two versions that the rules of semantic versions do not call compatible, are never one series, in any format."""
    references = [re.fullmatch(r"(\w):(\w+)\((.*)\)", version).groups() for version in versions]  # type: ignore[union-attr]
    csv = "DATAFLOW,FREQ,AREA,TIME_PERIOD,OBS_VALUE\n" + "".join(f"{flow},A,DE,{2019 + i},{i}\n" for i, flow in enumerate(versions))
    header = "".join(
        FLOW.format(*reference).replace('"S"', f'"S{i}"').removeprefix("<m:Header>").removesuffix("</m:Header>")
        for i, reference in enumerate(references)
    )
    key = 'FREQ="A" AREA="DE"'
    data = "".join(f'<m:DataSet structureRef="S{i}">{one(key, 2019 + i, i)}</m:DataSet>' for i in range(2))
    xml = f'<m:StructureSpecificData xmlns:m="m"><m:Header>{header}</m:Header>{data}</m:StructureSpecificData>'
    dimensions = {"series": [{"id": name, "values": [{"id": code}]} for name, code in (("FREQ", "A"), ("AREA", "DE"))]}
    structures = [
        {"links": [{"rel": "dataflow", "urn": f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={flow}"}],
         "dimensions": {**dimensions, "observation": [{"id": "TIME_PERIOD", "values": [{"id": str(2019 + i)}]}]}}
        for i, flow in enumerate(versions)
    ]  # fmt: skip
    cells = [{"structure": i, "series": {"0:0": {"observations": {"0": [i]}}}} for i in range(2)]

    for body in (csv, xml, {"data": {"dataSets": cells, "structures": structures}}):
        found = read("sdmx", body)
        assert [series.code.dataset for series in found] == codes
        for series in found:
            assert rows(read("sdmx", body, str(series.code))[0]) == rows(series)


def test_one_identity_is_one_series() -> None:
    """Parts of a series that one identity names are joined; where they contradict each other the answer is refused."""
    whole = specific(one('IDBANK="1" FREQ="A"'), one('IDBANK="1" FREQ="A" TITLE="x"', 2020, 2))

    assert rows(read("insee", whole, "INSEE/1")[0]) == {"2019-01-01": [1.0], "2020-01-01": [2.0]}
    for other in ('FREQ="A" UNIT_MULT="6"', 'FREQ="Q" UNIT_MULT="0"', 'FREQ="A" UNIT_MULT="0" REF_AREA="FE"'):
        with pytest.raises(AnswerNotUnderstood, match="The answer holds two series 1, with "):
            read("insee", specific(one('IDBANK="1" FREQ="A" UNIT_MULT="0" REF_AREA="FM"'), one(f'IDBANK="1" {other}', 2020)), "INSEE/1")


@pytest.mark.parametrize(
    ("period", "begins", "day", "frequency", "dates"),
    [
        ("2020-A1", "--04-01", "2020-04-01", "annual", "first day of the reporting year"),
        ("2010-Q2", "--07-01", "2010-10-01", "quarterly", "first day of the reporting quarter"),
        ("2020-S2", "--04-06", "2020-10-06", "semiannual", "first day of the reporting half-year"),
        ("2020-T3", "--10-01", "2021-06-01", None, "first day of the reporting third of the year"),
        ("2020-M12", "--04-01", "2021-03-01", "monthly", "first day of the reporting month"),
        ("2020-M02", "--01-31", "2020-02-29", "monthly", "first day of the reporting month"),
        ("2011-W36", "--07-01", "2012-03-05", "weekly", "first day of the reporting week"),
        ("2020-W01", "--04-03", "2020-04-06", "weekly", "first day of the reporting week"),
        ("2020-D001", "--04-01", "2020-04-01", "daily", "the day itself"),
        ("2020-Q1", "--01-01", "2020-01-01", "quarterly", "first day of the quarter"),
        ("2020", "--04-01", "2020-01-01", "annual", "first day of the year"),
        ("2020-04", "--04-01", "2020-04-01", "monthly", "first day of the month"),
    ],
)
def test_reporting_years_begin_where_the_answer_says(period: str, begins: str, day: str, frequency: str | None, dates: str) -> None:
    """Lettered periods count from the first day of the reporting year, as in SDMX 2.1, section 6; plain years and months do not."""
    for body in (
        specific(f'<Series A="DE" REPORTING_YEAR_START_DAY="{begins}"><Obs TIME_PERIOD="{period}" OBS_VALUE="1"/></Series>'),
        specific(f'<Series A="DE"><Obs TIME_PERIOD="{period}" OBS_VALUE="1" REPYEARSTART="{begins}"/></Series>'),
        f"A,TIME_PERIOD,OBS_VALUE,REPORTING_YEAR_START_DAY\nDE,{period},1,{begins}\n",
    ):
        [series] = read("sdmx", body)

        assert (rows(series), series.metadata.frequency, series.metadata.extra["dates"]) == ({day: [1.0]}, frequency, dates)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["DE,2020-A1,1,--13-01"], "'--13-01' stands where the first day of a reporting year"),
        (["DE,2020-A1,1,April"], "'April' stands where the first day of a reporting year"),
        (["DE,2020-A1,1,--04-01", "DE,2021-A1,1,--07-01"], "REPORTING_YEAR_START_DAY is '--04-01' from 2020-A1 and '--07-01' from 2021-A1"),
        (["DE,2020-A1,1,--04-01", "DE,2021-A1,1,"], "REPORTING_YEAR_START_DAY is '--04-01' from 2020-A1 and '--01-01' from 2021-A1"),
        (["DE,2020-W53,1,--07-01"], "'2020-W53' stands where a period"),
        (["DE,2020-Q5,1,--07-01"], "'2020-Q5' stands where a period"),
    ],
)
def test_a_reporting_year_that_is_not_clear_is_refused(lines: list[str], words: str) -> None:
    """A day that there is not, two of them in one series, and a period outside its year are refused."""
    with pytest.raises(AnswerNotUnderstood, match=words):
        read("sdmx", "\n".join(("A,TIME_PERIOD,OBS_VALUE,REPORTING_YEAR_START_DAY", *lines, "")))
    with pytest.raises(AnswerNotUnderstood, match="Periods of a year that ends on '--06-30' are not supported"):
        read("sdmx", "A,TIME_PERIOD,OBS_VALUE,REPORTING_YEAR_END_DAY\nDE,2020-A1,1,--06-30\n")


@pytest.mark.parametrize(
    ("frequency", "dates", "days", "word"),
    [
        ("ANNUAL(MAR)", [2023], ["2023-04-01"], "annual"),
        ("ANNUAL", [2023], ["2023-01-01"], "annual"),
        ("SEMIANNUAL(SEP)", [202301, 202302], ["2023-04-01", "2023-10-01"], "semiannual"),
        ("SEMIANNUAL", [202301, 202302], ["2023-01-01", "2023-07-01"], "semiannual"),
        ("QUARTERLY", [202302], ["2023-04-01"], "quarterly"),
        ("WEEKLY(MONDAY)", [20240108], ["2024-01-08"], "weekly"),
    ],
)
def test_fiscal_years_of_the_bank_of_japan_begin_in_april(frequency: str, dates: list[int], days: list[str], word: str) -> None:
    """The word for the frequency says in which month the year ends; one that nobody explains is refused."""
    found = {"SERIES_CODE": "X", "FREQUENCY": frequency, "VALUES": {"SURVEY_DATES": dates, "VALUES": [1] * len(dates)}}
    [series] = read("boj", {"STATUS": 200, "DB": "CO", "RESULTSET": [found]})

    assert (list(rows(series)), series.metadata.frequency) == (days, word)
    with pytest.raises(AnswerNotUnderstood, match="'ANNUAL\\(JUN\\)', of which nobody says when they begin"):
        read("boj", {"STATUS": 200, "DB": "CO", "RESULTSET": [found | {"FREQUENCY": "ANNUAL(JUN)"}]})
