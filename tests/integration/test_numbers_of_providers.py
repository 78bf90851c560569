"""One reader for all providers: however the numbers of a column are written, it is read or refused, and never left out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

import pytest

from domain.errors import AnswerNotUnderstood
from tests.reading import read, rows

DAYS = [f"2024-01-{day:02}" for day in range(1, 32)]


def table(cells: Sequence[str], *names: str, date: str = "Date") -> str:
    """CSV with the cells in the last column, and whole numbers in the others."""
    file = io.StringIO()
    lines = [[day, *["5"] * (len(names) - 1), cell] for day, cell in zip(DAYS, cells, strict=False)]
    csv.writer(file, lineterminator="\n").writerows([[date, *names], *lines])
    return file.getvalue()


def dated(cells: Sequence[str], date: str, value: str, **others: object) -> list[dict[str, object]]:
    return [{date: day, value: cell, **others} for day, cell in zip(DAYS, cells, strict=False)]


def treasury(cells: Sequence[str]) -> str:
    entries = "".join(
        f"<properties><NEW_DATE>{day}T00:00:00</NEW_DATE><RATE>{cell}</RATE></properties>" for day, cell in zip(DAYS, cells, strict=False)
    )
    return f"<feed>{entries}</feed>"


def fred_xml(cells: Sequence[str]) -> str:
    found = "".join(f'<observation date="{day}" value="{cell}"/>' for day, cell in zip(DAYS, cells, strict=False))
    return f"<observations>{found}</observations>"


def sdmx_xml(cells: Sequence[str]) -> str:
    found = "".join(f'<Obs TIME_PERIOD="{day}" OBS_VALUE="{cell}"/>' for day, cell in zip(DAYS, cells, strict=False))
    return f'<StructureSpecificData><DataSet><Series FREQ="D">{found}</Series></DataSet></StructureSpecificData>'


def sdmx_json(cells: Sequence[str]) -> dict[str, object]:
    time = {"id": "TIME_PERIOD", "values": [{"id": day} for day in DAYS[: len(cells)]]}
    dimensions = {"series": [{"id": "AREA", "keyPosition": 0, "values": [{"id": "A"}]}], "observation": [time]}
    observations = {str(at): [cell] for at, cell in enumerate(cells)}
    return {"dataSets": [{"series": {"0": {"observations": observations}}}], "structure": {"dimensions": dimensions}}


EIA = "https://api.eia.gov/v2/petroleum/pri/spt/data/?frequency=daily&data[0]=value"
WB = {"indicator": {"id": "X", "value": "x"}, "country": {"id": "DE", "value": "Germany"}, "countryiso3code": "DEU"}
#: By provider and format: an answer whose one series ends with a column of these cells.
ANSWERS: dict[str, Callable[[Sequence[str]], tuple[object, ...]]] = {
    "stooq": lambda cells: ("stooq", table(cells, "Open", "Close")),
    "alphavantage CSV": lambda cells: ("alphavantage", table(cells, "open", "value", date="timestamp")),
    "alphavantage JSON": lambda cells: ("alphavantage", {"interval": "daily", "data": dated(cells, "date", "value")}),
    "tiingo CSV": lambda cells: ("tiingo", table(cells, "close", "volume", date="date")),
    "tiingo JSON": lambda cells: ("tiingo", dated(cells, "date", "volume", close=5)),
    "quandl CSV": lambda cells: ("quandl", table(cells, "Open", "Close"), "WIKI/FB"),
    "quandl JSON": lambda cells: (
        "quandl",
        {"dataset": {"column_names": ["Date", "A", "B"], "data": [[day, 5, cell] for day, cell in zip(DAYS, cells, strict=False)]}},
        "WIKI/FB",
    ),
    "us_treasury CSV": lambda cells: ("us_treasury", table(cells, "1 Mo", "10 Yr")),
    "us_treasury": lambda cells: ("us_treasury", treasury(cells)),
    "ecb_fx": lambda cells: ("ecb_fx", table(cells, "USD", "JPY")),
    "yahoo CSV": lambda cells: ("yahoo", table(cells, "Open", "Volume")),
    "fred CSV": lambda cells: ("fred", table(cells, "GDP", date="DATE")),
    "fred JSON": lambda cells: ("fred", {"observations": dated(cells, "date", "value")}),
    "fred XML": lambda cells: ("fred", fred_xml(cells)),
    "eia": lambda cells: (
        "eia",
        {"response": {"frequency": "daily", "data": dated(cells, "period", "value", series="X")}},
        None,
        EIA,
    ),
    "eia version 1": lambda cells: (
        "eia",
        {"series": [{"series_id": "X.D", "f": "D", "data": [list(pair) for pair in zip(DAYS, cells, strict=False)]}]},
    ),
    "bls": lambda cells: (
        "bls",
        {
            "status": "REQUEST_SUCCEEDED",
            "Results": {
                "series": [
                    {"seriesID": "X", "data": [{"year": str(2000 + at), "period": "A01", "value": cell} for at, cell in enumerate(cells)]}
                ]
            },
        },
    ),
    "worldbank": lambda cells: ("worldbank", [{"page": 1, "pages": 1}, dated(cells, "date", "value", **WB)]),
    "dbnomics CSV": lambda cells: ("dbnomics", table(cells, "A (X/Y/A)", date="period")),
    "dbnomics JSON": lambda cells: (
        "dbnomics",
        {
            "series": {
                "docs": [
                    {"provider_code": "X", "dataset_code": "Y", "series_code": "A", "period": DAYS[: len(cells)], "value": list(cells)}
                ]
            }
        },
    ),
    "sdmx CSV": lambda cells: ("sdmx", table(cells, "OBS_VALUE", date="TIME_PERIOD")),
    "sdmx XML": lambda cells: ("sdmx", sdmx_xml(cells)),
    "sdmx JSON": lambda cells: ("sdmx", sdmx_json(cells), "SDMX/Y.A"),
    "sdmx XML as JSON": lambda cells: (
        "imf",
        {"CompactData": {"DataSet": {"Series": {"@FREQ": "D", "Obs": dated(cells, "@TIME_PERIOD", "@OBS_VALUE")}}}},
    ),
    "jsonstat": lambda cells: (
        "jsonstat",
        {"id": ["time"], "size": [len(cells)], "value": cells, "dimension": {"time": {"category": {"index": DAYS[: len(cells)]}}}},
    ),
}


def last_column(answer: tuple[object, ...]) -> list[float | None]:
    provider, body, code, url = (*answer, None, None)[:4]
    [series] = read(str(provider), body, code, url=str(url or ""))  # type: ignore[arg-type]
    assert series.left_out == ()
    return [values[-1] for values in rows(series).values()]


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (["998.5", "999", "1,000"], [998.5, 999, 1000]),
        (["1.234,5", "12"], [1234.5, 12]),
        (["1 234,5", "2"], [1234.5, 2]),
        (["1'234", "2"], [1234, 2]),
        (["1,25", "1,3"], [1.25, 1.3]),
        (["1.234", "998"], [1.234, 998]),
        (["-1.2%", "2.5%"], [-1.2, 2.5]),
        (["$5", "($1.50)"], [5, -1.5]),
        (["1.2e3", "5-"], [1200, -5]),
        (["#N/A", "#N/A", "5"], [None, None, 5]),
        (["-", "n.a.", "ND", ":", "…", "5"], [None, None, None, None, None, 5]),
        (["NaN", "N/A"], [None, None]),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_every_provider_reads_a_column_whole(name, cells, right):
    """Marks, signs and missing values are the same everywhere, whatever the format."""
    assert last_column(ANSWERS[name](cells)) == right


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1.5", "1,5"], "'1,5' whose marks do not fit those of '1.5'"),
        (["1.5", "much"], "'much' where a number must be"),
        (["1.5", "inf"], "'inf' where a number must be"),
        (["5", "1e400"], "'1e400' which is too large for a number"),
        (["5%", "0.05"], "'0.05' without the per cent sign"),
        (["12,34,567", "1,00,000"], "'12,34,567' where a number must be"),
        (["1.2K", "3.4M"], "'1.2K' where a number must be"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_every_provider_names_the_cell(name, cells, words):
    """What is no number, or may be two, ends in an error with its row and column, and not in a column less."""
    with pytest.raises(AnswerNotUnderstood, match=r"^(Row [12]|[A-Z/.]+: [0-9-]{10}): column '[^']+' holds ") as raised:
        last_column(ANSWERS[name](cells))

    assert words in raised.value.message


@pytest.mark.parametrize("name", ANSWERS)
def test_thousands_alone_are_read_or_in_doubt(name):
    """998, 999 and then 1,000 is 1000 where commas part the cells, and else refused; never 1, and never nothing."""
    answer = ANSWERS[name](["998", "999", "1,000"])
    if ("CSV" in name and name != "fred CSV") or name in ("stooq", "ecb_fx"):
        assert last_column(answer) == [998, 999, 1000]
    else:
        with pytest.raises(
            AnswerNotUnderstood, match=r"(Row 3|2024-01-03): .* holds '1,000' in which a comma may be the decimal mark or part thousands"
        ):
            last_column(answer)
