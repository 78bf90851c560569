"""A table written in any mix of dialects is read as what it is: with the options that fit, else the same or an error."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.provider_kit.own_files import read_file
from adapters.provider_kit.own_files.options import FileOptions, read_options
from domain.errors import FetchError
from domain.observations import Observations
from tests.servers import SETTINGS

EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "300"))

NAMES = ("Umsatz", "Price", "a b", "Größe", "x1", "net (EUR)")
DAY_FORMATS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%y",
    "%y-%m-%d",
    "%Y%m%d",
    "%d %b %Y",
    "%B %d, %Y",
    "%d-%b-%y",
    "%Y/%m/%d",
    "%d%b%Y",
    "%a, %d %b %Y",
    "%d.%m.%Y, %A",
)
MONTH_FORMATS = ("%Y-%m", "%Y%m", "%b %Y", "%b-%y", "%YM%m", "%m/%Y", "%Y%b", "%b %y", "%Y:%m", "%m.%Y", "%Y.%m")
MOMENT_FORMATS = (
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%d.%m.%Y %H:%M:%S",
    "%Y%m%d %H:%M",
    "%Y%m%d%H",
    "%Y%m%d%H%M",
    "%d%b%Y:%H:%M:%S",
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
MISSING = ("", "NA", "-", "n/a", "..", "null")
TITLES = ((), ("Some figures",), ("Some figures", "in thousands", ""), ("Stand: 15.10.2021",), ("2021",), ("Report of", "31.12.2021"))
FOOTNOTES = ((), ("", "Source: own"), ("Source: own",), ("Source: us, them; 5 May 2021", "1) provisional"), ("* estimate",))


@dataclass(frozen=True)
class Dialect:
    """How a table is written."""

    delimiter: str
    decimal: str
    thousands: str
    date_format: str
    encoding: str
    missing: str
    titles: Sequence[str]
    footnotes: Sequence[str]
    quoting: int
    line_end: str
    affix: str

    def number(self, value: tuple[int, int] | None) -> str:
        """Write hundredths, thousandths, … with this dialect's marks."""
        if value is None:
            return self.missing
        digits, places = value
        whole, part = divmod(abs(digits), 10**places)
        text = f"{whole:,}".replace(",", self.thousands) + (f"{self.decimal}{part:0{places}}" if places else "")
        return ("-" if digits < 0 else "") + text + self.affix

    def written(self, moments: Sequence[datetime], names: Sequence[str], table: Sequence[Sequence[Any]]) -> bytes:
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=self.delimiter, quoting=self.quoting, lineterminator="\n")  # type: ignore[arg-type]
        writer.writerow(["Date", *names])
        for moment, values in zip(moments, table, strict=True):
            writer.writerow([moment.strftime(self.date_format), *map(self.number, values)])
        lines = [*self.titles, *file.getvalue().splitlines(), *self.footnotes]
        return (self.line_end.join(lines) + self.line_end).encode(self.encoding)

    @property
    def options(self) -> FileOptions:
        said = {"delimiter": self.delimiter, "decimal": self.decimal, "thousands": self.thousands, "date_format": self.date_format}
        return read_options({**said, "encoding": self.encoding, "skip_rows": len(self.titles), "header_rows": 1})


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    decimal = draw(st.sampled_from(".,"))
    return Dialect(
        delimiter=draw(st.sampled_from(",;\t|")),
        decimal=decimal,
        thousands=draw(st.sampled_from([mark for mark in ("", ",", ".", " ", "'") if mark != decimal])),
        date_format=draw(st.sampled_from(DAY_FORMATS + MONTH_FORMATS + MOMENT_FORMATS)),
        encoding=draw(st.sampled_from(ENCODINGS)),
        missing=draw(st.sampled_from(MISSING)),
        titles=draw(st.sampled_from(TITLES)),
        footnotes=draw(st.sampled_from(FOOTNOTES)),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        line_end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        affix=draw(st.sampled_from(["", "", "", " %", "%", " €"])),
    )


@st.composite
def tables(draw: st.DrawFn, date_format: str) -> tuple[list[datetime], list[str], list[list[tuple[int, int] | None]]]:
    begin = datetime.combine(draw(st.dates(date(1970, 1, 1), date(2060, 1, 1))), datetime.min.time())
    step = draw(st.sampled_from([timedelta(days=1), timedelta(days=7), timedelta(days=31), timedelta(days=91)]))
    if date_format in MOMENT_FORMATS:
        step = draw(st.sampled_from([timedelta(hours=1), timedelta(days=1, hours=1)]))
    if date_format in MONTH_FORMATS:
        begin, step = begin.replace(day=1), timedelta(days=31)
    count = draw(st.integers(1, 12))
    moments = [begin + step * i for i in range(count)]
    if date_format in MONTH_FORMATS:
        moments = [moment.replace(day=1) for moment in moments]
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    places = draw(st.lists(st.integers(0, 4), min_size=len(names), max_size=len(names)))
    number = st.integers(-10, 10) | st.integers(-20_000, 20_000) | st.integers(-(10**9), 10**9)
    table = [[draw(st.none() | number) if draw(st.integers(0, 9)) == 0 else draw(number) for _ in names] for _ in moments]
    cells = [[None if value is None else (value, places[i]) for i, value in enumerate(row)] for row in table]
    return draw(st.permutations(moments)) if draw(st.booleans()) else moments, names, cells


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_no_dialect_gives_other_numbers(data):
    """With the options of its dialect a table is read bit for bit; without any, the same or an error comes out."""
    dialect = data.draw(dialects())
    moments, names, cells = data.draw(tables(dialect.date_format))
    body = dialect.written(moments, names, cells)
    right = observations(moments, names, cells)

    assert read_file(body, "a file", dialect.options).observations == right
    if dialect.delimiter == dialect.decimal == ",":
        return  # the contract: between commas a dot is decimal, and a comma in quotes before three digits parts thousands
    try:
        found = read_file(body, "a file").observations
    except FetchError:
        return
    assert found == right


def observations(moments: Sequence[datetime], names: Sequence[str], cells: Sequence[Sequence[tuple[int, int] | None]]) -> Observations:
    values = [[float("nan") if value is None else float(f"{value[0]}e-{value[1]}") for value in row] for row in cells]
    timed = any(moment.time() != datetime.min.time() for moment in moments)
    return Observations.of(moments, names, values, unit="s" if timed else "D")
