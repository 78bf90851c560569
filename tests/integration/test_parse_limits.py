"""Answers whose parsers would make far more of them than is written: each is refused by name, in moments and little memory."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, AnswerTooLarge, FetchError
from domain.ports import ParsesResponses, RawResponse

MIB = 1024**2


def day(number: int) -> str:
    return str(np.datetime64("1000-01-01") + number)


def written(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def records(count: int) -> bytes:
    """Rows of which each has a name of its own."""
    return written([{"date": day(i), f"k{i}": 1} for i in range(count)])


def wide(count: int, first: bytes = b"Date,") -> bytes:
    """CSV of many columns."""
    return first + b",".join(b"c%d" % i for i in range(count)) + b"\n2024-01-01" + b",1" * count + b"\n"


def a_parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    parquet.write_table(table, file, compression="zstd")
    return file.getvalue()


def repeated() -> bytes:
    """1.5 kB, in which one megabyte of text stands 6,800 times."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 6_800, pa.int32()), pa.array(["x" * 1_000_000]))
    return a_parquet(pa.table({"date": ["2024-01-01"] * 6_800, "v": texts}))


def sdmx(*, data_sets: list[Any], **structure: Any) -> bytes:
    time_period = {"id": "TIME_PERIOD", "values": [{"id": "2020"}]}
    dimensions = {"series": structure.pop("series"), "observation": [time_period]}
    return written({"dataSets": data_sets, "structure": {"dimensions": dimensions, **structure}})


def a_dimension(name: str, size: int = 1) -> dict[str, Any]:
    return {"id": name, "values": [{"id": str(i)} for i in range(size)]}


def with_attributes() -> bytes:
    series = {str(i): {"attributes": [0] * 2_000, "observations": {"0": [1]}} for i in range(2_000)}
    attributes = [a_dimension(f"a{i}") for i in range(2_000)]
    return sdmx(data_sets=[{"series": series}], series=[a_dimension("A", 2_000)], attributes={"series": attributes})


def with_dimensions() -> bytes:
    series = {":".join([str(i), *["0"] * 1_999]): {"observations": {"0": [1]}} for i in range(2_000)}
    return sdmx(data_sets=[{"series": series}], series=[a_dimension(f"A{i}", 1 if i else 2_000) for i in range(2_000)])


def with_observations() -> bytes:
    cells = ",".join(f'"{i}":[1]' for i in range(2_000))
    series = ",".join(f'"{i}":{{"observations":{{{cells}}}}}' for i in range(2_000))
    return b'{"dataSets":[{"series":{%s}}],"structure":{"dimensions":{}}}' % series.encode()


def in_attributes(start: str, end: str) -> bytes:
    """XML whose 20,000 observations each have the 1,000 attributes of what is around them."""
    attributes = " ".join(f'A{i}="x"' for i in range(1_000))
    observations = "".join(f'<Obs TIME_PERIOD="{1000 + i % 8000}" OBS_VALUE="1" Q="{i}"/>' for i in range(20_000))
    return f"{start} {attributes}>{observations}{end}".encode()


def cubes(count: int, *sizes: int) -> bytes:
    """Cubes without a value."""
    names = [*(f"A{i}" for i in range(len(sizes) - 1)), "time"]
    said = {name: {"category": {"index": [str(1000 + i) for i in range(size)]}} for name, size in zip(names, sizes, strict=True)}
    cube = {"id": names, "size": sizes, "value": {}, "dimension": said}
    return written({f"c{i}": cube for i in range(count)})


def spans(count: int, lasting: int | None = None) -> bytes:
    """Observations of which each was published on a day of its own, and stood from then on or for some days."""
    ends = [day(3 * i + lasting) if lasting else "9999-12-31" for i in range(count)]
    rows = [{"realtime_start": day(3 * i), "realtime_end": ends[i], "date": day(i), "value": "1"} for i in range(count)]
    return written({"realtime_start": "1776-07-04", "realtime_end": "9999-12-31", "observations": rows})


def an_archive() -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, archive.open("eurofxref-hist.csv", "w") as inside:
        for _ in range(200):
            inside.write(bytes(MIB))
    return file.getvalue()


COLUMNS, CELLS, NAMES = "20000 columns", "20000000 cells", "256 dimensions and attributes"
#: What is read, as which file or none, by whom, and what there is too much of.
TOO_LARGE: dict[str, tuple[Callable[[], bytes], str, str, str]] = {
    "records of 20,000 names": (lambda: records(20_000), "a.json", "files", COLUMNS + "|" + CELLS),
    "a few records less": (lambda: records(5_000), "a.json", "files", CELLS),
    "prices of 5,000 names": (lambda: records(5_000), "", "tiingo", CELLS),
    "meta of 5,000 names": (
        lambda: written({"interval": "monthly", "data": json.loads(records(5_000))}),
        "",
        "alphavantage",
        CELLS,
    ),
    "a dictionary in Parquet": (repeated, "a.parquet", "files", "MB of memory"),
    "rows in Parquet": (
        lambda: a_parquet(pa.table({"date": pa.repeat("2024-01-01", 10_500_000), "v": pa.repeat(1, 10_500_000)})),
        "a.parquet",
        "files",
        CELLS,
    ),
    "CSV of 3,000,000 columns": (lambda: wide(3_000_000), "", "csv_url", COLUMNS),
    "the same as a file": (lambda: wide(3_000_000), "a.csv", "files", COLUMNS),
    "columns behind a line in quotes": (lambda: wide(100_000, b'Date,"\n",'), "", "quandl", COLUMNS),
    "the same as a file of one's own": (lambda: wide(100_000, b'Date,"\n",'), "a.csv", "files", COLUMNS),
    "rows to be filled up": (lambda: wide(15_000) + b"2024-01-01,1\n" * 10_000, "", "stooq", CELLS),
    "names without rows": (
        lambda: written({"dataset": {"column_names": ["Date"] + ["c"] * 100_000, "data": []}}),
        "",
        "quandl",
        COLUMNS,
    ),
    "SDMX-JSON of 2,000 × 2,000 observations": (with_observations, "", "ecb", "2000000 rows"),
    "SDMX-JSON of 2,000 × 2,000 attributes": (with_attributes, "", "ecb", NAMES),
    "SDMX-JSON of 2,000 × 2,000 dimensions": (with_dimensions, "", "ecb", NAMES),
    "attributes around": (lambda: in_attributes("<Envelope><Cube", "</Cube></Envelope>"), "", "ecb", NAMES),
    "attributes of a series": (
        lambda: in_attributes("<CompactData><DataSet><Series", "</Series></DataSet></CompactData>"),
        "",
        "ecb",
        NAMES,
    ),
    "cubes by the thousand": (lambda: cubes(1_000, 100, 100, 100), "", "cso_ie", "2000000 observations"),
    "a cube without a time": (lambda: cubes(1, 2_000, 2_000, 0), "", "cso_ie", "2000000 observations"),
    "a cube of many dimensions": (
        lambda: written({"id": ["A"] * 100_000, "size": [9 * 10**18] * 100_000, "value": {}, "dimension": {"A": {}}}),
        "",
        "cso_ie",
        NAMES,
    ),
    "a vintage a row": (lambda: spans(20_000), "", "fred", "50000000 cells in its vintages"),
    "many days of publication": (lambda: spans(60_000, lasting=1), "", "fred", "1000000000 rows times vintages"),
    "a column a row": (
        lambda: written({"observations": [{"date": day(i), f"X_{10_000_000 + i}": "1"} for i in range(5_000)]}),
        "",
        "fred",
        CELLS,
    ),
    "an archive of zeros": (an_archive, "", "ecb_fx", "32 MiB"),
}
NOT_UNDERSTOOD: dict[str, tuple[Callable[[], bytes], str, str, str]] = {
    "deep lists": (lambda: b"[" * MIB, "", "quandl", "deeper than 32"),
    "deep lists in a file": (lambda: b"[" * MIB + b"]" * MIB, "a.json", "files", "deeper than 32"),
    "deep XML": (lambda: b"<a>" * 300_000 + b"</a>" * 300_000, "", "ecb", "deeper than 32"),
    "deep XML of another": (lambda: b"<a>" * 300_000 + b"</a>" * 300_000, "", "fred", "must be"),
    "a long number": (lambda: b'[{"date":"2024-01-01","v":' + b"9" * 8 * MIB + b"}]", "a.json", "files", "cannot|can be read"),
    "a long number in CSV": (lambda: b"Date,V\n2024-01-01," + b"9" * 8 * MIB, "a.csv", "files", "field limit|field larger"),
    "a long number in XML": (
        lambda: b'<A><Cube TIME="2020" OBS_VALUE="' + b"9" * 8 * MIB + b'"/></A>',
        "",
        "ecb",
        "too large for a number",
    ),
    "a long text": (lambda: b'[{"date":"2024-01-01","v":"' + b"9" * 8 * MIB + b'"}]', "a.json", "files", "too large for a number"),
    "a long period": (lambda: b'<A><Cube TIME="' + b"9" * 8 * MIB + b'" OBS_VALUE="1"/></A>', "", "ecb", "a period such as"),
}


def read(provider: str, name: str, body: bytes, folder: Path) -> int:
    source = InstalledProviders({"files": {"path": str(folder)}}, deadline_seconds=30).offline_source(provider)
    assert isinstance(source, ParsesResponses)
    code = DatasetCode("X", "Y") if provider in ("files", "csv_url") else None
    return len(source.parse(code, RawResponse(body=body, url=f"https://example.org/{name}" if name else "")))


def peak() -> int:
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.parametrize("name", [*TOO_LARGE, *NOT_UNDERSTOOD])
def test_what_is_too_much_is_refused_by_name(name, tmp_path):
    """An answer made to exhaust its reader ends in an error that says what there is too much of, in seconds and little memory here."""
    make, file, provider, words = (TOO_LARGE | NOT_UNDERSTOOD)[name]
    body = make()
    before, begun = peak() if sys.platform == "linux" else 0, time.monotonic()
    with pytest.raises(AnswerTooLarge if name in TOO_LARGE else AnswerNotUnderstood, match=words):
        read(provider, file, body, tmp_path)

    assert time.monotonic() - begun < 5
    assert sys.platform != "linux" or peak() - before < 100 * MIB


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("ecb", sdmx(data_sets=[{}] * 20_000, series=[a_dimension("A", 20_000)])),
        ("ecb", ("FREQ,A,TIME_PERIOD,OBS_VALUE\n" + "".join(f"A,{chr(0x4E00 + i)},2020,1\n" for i in range(5_000))).encode()),
        (
            "ecb",
            b"<A>" + b"".join(b'<Obs TIME="2020" COLLECTION%d="x" OBS_VALUE="1"/>' % i for i in range(4_000)) + b"</A>",
        ),
        ("ecb", ("DATAFLOW,A,TIME_PERIOD,OBS_VALUE\n" + "".join(f"X:Y({i}.0),A,2020,1\n" for i in range(5_000))).encode()),
    ],
    ids=["many data sets of one structure", "many series of one code", "a fact a series", "a flow a series"],
)
def test_work_grows_as_the_answer_does(provider, body, tmp_path):
    """What is large in two ways is read in the time of their sum, not of their product."""
    begun = time.monotonic()
    read(provider, "", body, tmp_path)

    assert time.monotonic() - begun < 5


@pytest.mark.slow
def test_large_series_are_read(tmp_path):
    """A million rows are read, and five thousand columns."""
    rows = b"".join(b"%s,1.5\n" % text for text in np.datetime_as_string(np.arange("1000", "3500", dtype="datetime64[D]")).astype("S10"))

    assert read("files", "a.csv", b"Date,V\n" + rows, tmp_path) == 1
    assert read("files", "a.csv", wide(5_000) + b"".join(day(i).encode() + b",1" * 5_000 + b"\n" for i in range(100)), tmp_path) == 1


def test_what_is_kept_of_periods_is_short():
    """Periods that were read are remembered, but none as long as an answer."""
    from adapters.provider_kit.parsing.period_texts import STATISTICS
    from adapters.provider_kit.parsing.periods import read_periods

    assert STATISTICS.read("2024".ljust(200)) is None
    with pytest.raises(FetchError, match="a period such as"):
        read_periods(["2024-01-01T00:00:00." + "0" * 200])
