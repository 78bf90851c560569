"""Series are found in files of every form and order, and what is wrong with a file is named by its cell."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.provider_kit.file_imports import FileImportSource, runs
from domain.errors import DomainError
from domain.importing import FileState, ImportRequest

HEADER = ["ticker", "date", "open", "close"]
ROWS = [
    ["AAPL", "2018-01-02", 1.5, 2.0],
    ["AAPL", "2018-01-03", None, 2.5],
    ["MSFT", "2018-01-02", 3.0, -4.25],
]
MIXED = [ROWS[0], ROWS[2], ROWS[1]]

Write = Callable[[Path, Sequence[Sequence[Any]]], Path]


def header_of(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the names of the columns: one of flags is the last."""
    return [*HEADER, *["close_flag"] * (len(rows[0]) - len(HEADER))]


def as_csv(folder: Path, rows: Sequence[Sequence[Any]], delimiter: str = ",") -> Path:
    lines = [delimiter.join("" if cell is None else str(cell) for cell in row) for row in [header_of(rows), *rows]]
    (folder / "wiki.csv").write_text("\n".join(lines) + "\n")
    return folder / "wiki.csv"


def as_semicolons(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    return as_csv(folder, rows, ";")


def as_gzip(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    packed = folder / "wiki.csv.gz"
    packed.write_bytes(gzip.compress(as_csv(folder, rows).read_bytes()))
    return packed


def as_zip(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    with ZipFile(folder / "wiki.zip", "w") as archive:
        archive.write(as_csv(folder, rows), "WIKI_PRICES.csv")
    return folder / "wiki.zip"


def as_parquet(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    columns = dict(zip(header_of(rows), map(list, zip(*rows, strict=True)), strict=True))
    columns["date"] = [date.fromisoformat(day) for day in columns["date"]]
    pq.write_table(pa.table(columns), folder / "wiki.parquet")
    return folder / "wiki.parquet"


def as_lines(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    (folder / "wiki.jsonl").write_text("".join(json.dumps(dict(zip(header_of(rows), row, strict=True))) + "\n" for row in rows))
    return folder / "wiki.jsonl"


def as_document(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    (folder / "wiki.json").write_text(json.dumps([dict(zip(header_of(rows), row, strict=True)) for row in rows], indent=1))
    return folder / "wiki.json"


WAYS = [as_csv, as_semicolons, as_gzip, as_zip, as_parquet, as_lines, as_document]


def found(*paths: Path, layout: str = "by-ticker", **more: Any) -> dict[str, list[FileState]]:
    request = ImportRequest(paths=paths, database="WIKI", layout=layout, **more)
    series = [(str(each.code), list(each.states)) for each in FileImportSource().find(request)]
    assert len({code for code, _ in series}) == len(series)
    return dict(series)


def rows_of(state: FileState) -> list[tuple[Any, list[float | None]]]:
    return list(state.observations.rows())


@pytest.mark.parametrize("rows", [ROWS, MIXED], ids=["grouped", "mixed"])
@pytest.mark.parametrize("write", WAYS)
def test_a_table_by_ticker_is_read_in_every_form(tmp_path: Path, write: Write, rows: Sequence[Sequence[Any]]) -> None:
    """Each ticker is a series with all columns, whether its rows stand together or not; the file's hash is its bytes'."""
    series = found(write(tmp_path, rows), published="none")

    assert list(series) == ["WIKI/AAPL", "WIKI/MSFT"]
    [apple], [microsoft] = series.values()
    assert apple.observations.columns == ("open", "close")
    assert rows_of(apple) == [(date(2018, 1, 2), [1.5, 2.0]), (date(2018, 1, 3), [None, 2.5])]
    assert rows_of(microsoft) == [(date(2018, 1, 2), [3.0, -4.25])]
    assert (apple.published, apple.metadata.name, apple.metadata.date_column) == (None, "AAPL", "date")


FLAGGED = [[*row, flag] for row, flag in zip(ROWS, [None, " e  b", "p"], strict=True)]


@pytest.mark.parametrize("rows", [FLAGGED, [FLAGGED[0], FLAGGED[2], FLAGGED[1]]], ids=["grouped", "mixed"])
@pytest.mark.parametrize("write", WAYS)
def test_a_column_of_flags_stands_beside_its_values(tmp_path: Path, write: Write, rows: Sequence[Sequence[Any]]) -> None:
    """NAME_flag is no column of values, but holds the flags of NAME in every form of a table; series without any have none."""
    [apple], [microsoft] = found(write(tmp_path, rows), published="none").values()

    for state, expected in ((apple, [None, "e b"]), (microsoft, ["p"])):
        assert state.observations.columns == ("open", "close")
        assert state.observations.flags
        assert state.observations.flags.column(0) == [None] * len(expected)
        assert state.observations.flags.column(1) == expected
    [plain], _ = found(write(tmp_path, [[*row[:-1], None] for row in rows]), published="none").values()
    assert plain.observations == apple.observations.without_flags()


def test_flags_of_a_long_table_with_labels(tmp_path: Path) -> None:
    """A long table has one column of values beside its flags; each label has its own."""
    text = "code,date,vintage,value,value_flag\nA,2018,2019-01-01,1,p\nA,2018,2019-02-01,1,\nB,2018,2019-01-01,2,e\n"
    (tmp_path / "long.csv").write_text(text)

    first, second = found(tmp_path / "long.csv", layout="long", published="column")["WIKI/A"]

    assert first.observations.flags
    assert (first.observations.flags.column(0), second.observations.flags) == (["p"], None)


def test_flags_that_are_asked_for_as_values_are_numbers(tmp_path: Path) -> None:
    """What --map names as values is read as such."""
    (tmp_path / "t.csv").write_text("code,date,v,v_flag\nA,2018,1,0\n")

    [state] = found(tmp_path / "t.csv", columns={"value": ["v", "v_flag"]})["WIKI/A"]

    assert (state.observations.columns, state.observations.flags) == (("v", "v_flag"), None)


def test_large_mixed_tables_go_through_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of many series in the order of the dates give the same as in the order of the series, also if parts are split again."""
    monkeypatch.setattr(runs, "_SORTED_BYTES", 20_000)
    days = np.datetime64("2000-01-01") + np.arange(60)
    table = {(f"T{ticker}", str(day)): float(ticker * 1000 + number) for number, day in enumerate(days) for ticker in range(150)}
    lines = [f"{ticker},{day},{value},{-value},{'bep'[int(value) % 3]}" for (ticker, day), value in table.items()]
    path = tmp_path / "mixed.csv"
    path.write_text("\n".join([",".join([*HEADER, "close_flag"]), *lines]) + "\n")

    series = found(path, published="none")

    assert len(series) == 150
    for ticker in range(150):
        [state] = series[f"WIKI/T{ticker}"]
        assert state.observations.values[:, 0].tolist() == [ticker * 1000 + number for number in range(60)]
        assert state.observations.flags
        assert state.observations.flags.column(1) == ["bep"[(ticker * 1000 + number) % 3] for number in range(60)]


def test_a_long_table_with_labels_is_a_history(tmp_path: Path) -> None:
    """Each label of a series is a state of its own, the oldest first; several columns can name a series."""
    text = "country,item,date,vintage,value\nDE,gdp,2018-Q1,2019-02-01,2\nDE,gdp,2018-Q1,2019-01-01,1\nFR,gdp,2018-Q1,2019-01-01,5\n"
    (tmp_path / "long.csv").write_text(text)

    series = found(tmp_path / "long.csv", layout="long", published="column", columns={"code": ["country", "item"]})

    assert list(series) == ["WIKI/DE/gdp", "WIKI/FR/gdp"]
    german = series["WIKI/DE/gdp"]
    assert [(state.published, rows_of(state)) for state in german] == [
        (date(2019, 1, 1), [(date(2018, 1, 1), [1.0])]),
        (date(2019, 2, 1), [(date(2018, 1, 1), [2.0])]),
    ]
    assert german[0].metadata.frequency == "quarterly"


def test_a_folder_of_old_downloads(tmp_path: Path) -> None:
    """Files are one series if their names differ by their dates alone; folders may hold the dates, or the names."""
    for name in ("gdp_2019-01-30.csv", "gdp_2019-02-28.csv.gz", "20190330/gdp.csv", "rates/2019.01.30.csv", "notes.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        body = b"date,value\n2018-01-01,1\n2018-01-02,2\n"
        path.write_bytes(gzip.compress(body) if name.endswith("gz") else body)
    (tmp_path / "link_2019-05-30.csv").symlink_to(tmp_path / "gdp_2019-01-30.csv")

    series = found(tmp_path, layout="wide", published="filename")

    assert {code: [state.published for state in states] for code, states in series.items()} == {
        "WIKI/gdp": [date(2019, 1, 30), date(2019, 2, 28), date(2019, 3, 30)],
        "WIKI/rates": [date(2019, 1, 30)],
    }
    assert series["WIKI/gdp"][2].file == "20190330/gdp.csv"


def test_an_archive_of_one_file_is_that_file(tmp_path: Path) -> None:
    """It is called by the archive's name, as a packed file is."""
    with ZipFile(tmp_path / "gdp_2019-01-30.zip", "w") as archive:
        archive.writestr("export.csv", "date,value\n2018-01-01,1\n2018-01-02,2\n")

    [(code, [state])] = found(tmp_path, layout="wide", published="filename").items()

    assert (code, state.published, state.file) == ("WIKI/gdp", date(2019, 1, 30), "gdp_2019-01-30.zip")


def test_times_of_files(tmp_path: Path) -> None:
    """A file's time is a moment; that of a file in an archive has no zone and is a day."""
    path = tmp_path / "gdp.csv"
    path.write_text("date,value\n2018-01-01,1\n2018-01-02,2\n")
    os.utime(path, (1_548_846_000, 1_548_846_000))
    with ZipFile(tmp_path / "old.zip", "w") as archive:
        for name in ("a.csv", "b.csv"):
            archive.writestr(ZipInfo(name, (2019, 1, 30, 23, 0, 0)), path.read_text())

    plain, packed = (found(each, layout="wide", published="mtime") for each in (path, tmp_path / "old.zip"))

    assert [state.published for state in plain["WIKI/gdp"]] == [datetime(2019, 1, 30, 11, 0, tzinfo=UTC)]
    assert {code: states[0].published for code, states in packed.items()} == {
        "WIKI/old/a": date(2019, 1, 30),
        "WIKI/old/b": date(2019, 1, 30),
    }


GOOD = "ticker,date,open,close\nA,2018-01-02,1,2\n"
WRONG = [
    (GOOD + "A,2018-01-03,x,2\n", {}, r"^t\.csv: row 3, column 'open', cell 'x': not a number"),
    (GOOD + "A,2018-01-03,1e999,2\n", {}, r"row 3, column 'open', cell 'inf': too large for a number"),
    (GOOD + "A,2018-01-03,1\n", {}, r"^t\.csv: row 3 has 3 cells where row 1 has 4"),
    (GOOD + "A,yesterday,1,2\n", {}, r"row 3, column 'date', cell 'yesterday': not a date"),
    (GOOD + "A,,1,2\n", {}, r"row 3, column 'date', cell '': not a date"),
    (GOOD + "A,01/02/2018,1,2\n", {}, r"row 3, column 'date', cell '01/02/2018': day/month or month/day; option date_format"),
    (GOOD + "A,2018,1,2\n", {}, r"row 3, column 'date', cell '2018': a date of annual periods where others are daily"),
    (
        "ticker,date,v,v_flag\nA,2018-01-02,1,\nA,2018-01-03,1,see the note at the end of the table\n",
        {},
        r"row 3, column 'v_flag', cell 'see the note at the end of the table': no flag, which is a short code",
    ),
    (GOOD + ",2018-01-03,1,2\n", {}, r"row 3, column 'ticker', cell '': no code"),
    (GOOD + "A,2018-01-02,1,3\n", {}, r"^t\.csv: series 'A': The date 2018-01-02 stands twice with different values"),
    (GOOD + "A B,2018-01-02,1,3\nA_B,2018-01-02,1,3\n", {}, r"'A_B' and 'A B' both give the code A_B|'A B' and 'A_B' both give"),
    (GOOD.replace("ticker", "name"), {}, r"no column is known to hold the code; there are 'name', 'open' and 'close'"),
    (GOOD.replace("open", "day"), {}, r"the columns 'date' and 'day' may each hold the date"),
    (GOOD.replace("open", "close"), {}, r"row 1: the name 'close' stands twice"),
    (GOOD, {"columns": {"date": ["dat"]}}, r"there is no column 'dat'; did you mean 'date'\?"),
    (GOOD, {"columns": {"dates": ["date"]}}, r"There is nothing called 'dates' to map"),
    (GOOD, {"layout": "long"}, r"the values may stand in the columns 'open' and 'close'"),
    (GOOD, {"layout": "tall"}, r"'tall' is no layout"),
    (GOOD, {"published": "column"}, r"no column is known to hold the published"),
    (GOOD, {"published": "filename"}, r"The name of t\.csv holds no date"),
    (GOOD, {"options": {"decimla": ","}}, r"there is no option 'decimla'"),
    ("ticker,date,v\nA,2020:01,1\nA,2020:02,2\n", {}, r"row 2, column 'date', cell '2020:01': a month or a quarter; option date_format"),
    ("ticker,date,v\nA,2020-01-01T10:00Z,1\nA,2020-01-01T11:00,2\n", {}, r"row 3, .* no offset from UTC where other cells have one"),
    ("code,date,vintage,v\nA,2018,2019-01-01T10:00:00.5Z,1\n", {"published": "column"}, r"row 2, column 'vintage', .* finer than a second"),
    (
        "code,date,vintage,v\nA,2018,2019-01,1\n",
        {"published": "column"},
        r"row 2, column 'vintage', cell '2019-01': not a day as 2024-01-31",
    ),
    ("ticker\nA\n", {}, r"nothing parts the names in row 1, 'ticker'; option delimiter"),
    ("", {}, r"row 1 holds no names"),
]


@pytest.mark.parametrize(("text", "more", "message"), WRONG, ids=[message[:40] for *_, message in WRONG])
def test_what_is_wrong_is_named(tmp_path: Path, text: str, more: dict[str, Any], message: str) -> None:
    """An error names file, row, column and cell, and what to do."""
    (tmp_path / "t.csv").write_text(text)

    with pytest.raises(DomainError, match=message) as caught:
        found(tmp_path / "t.csv", **more)
    assert caught.value.hint
    assert "lanner.toml" not in caught.value.hint


@pytest.mark.parametrize("write", [as_parquet, as_lines, as_document])
@pytest.mark.parametrize(("place", "message"), [(0, "column 'ticker', cell 'None': no code"), (1, "column 'date', cell 'None': no date")])
def test_nothing_stands_where_a_code_or_a_date_must(tmp_path: Path, write: Write, place: int, message: str) -> None:
    """The row is named by its number among the rows."""
    path = write(tmp_path, ROWS)
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        column = pa.array(
            [None if row == 1 else cell for row, cell in enumerate(table.column(place).to_pylist())], table.schema[place].type
        )
        pq.write_table(table.set_column(place, HEADER[place], column), path)
    else:
        path = write(tmp_path, [ROWS[0], [None if at == place else cell for at, cell in enumerate(ROWS[1])], ROWS[2]])

    with pytest.raises(DomainError, match=f"row [23], {message}"):
        found(path, published="none")


def test_a_row_far_down_is_named_by_its_number(tmp_path: Path) -> None:
    """Also behind the blocks in which a table is read."""
    rows = "".join(f"T{number:07},2018-01-02,{number},2\n" for number in range(200_000))
    (tmp_path / "t.csv").write_text(f"ticker,date,open,close\n{rows}Z,2018-01-02,x,2\n")

    with pytest.raises(DomainError, match=r"row 200002, column 'open', cell 'x': not a number"):
        found(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("name", "published", "message"),
    [
        ("gdp_2019-01-30.csv", "", "holds the date 2019-01-30"),
        ("gdp_2019-01-30_2019-02-30.csv", "filename", None),
        ("gdp_2019-01-30_2019-02-28.csv", "filename", "holds two dates, 2019-01-30 and 2019-02-28"),
    ],
)
def test_dates_in_names(tmp_path: Path, name: str, published: str, message: str | None) -> None:
    """A date in a name is not taken for the file's own unless that is said, and there must be one."""
    (tmp_path / name).write_text("date,value\n2018-01-01,1\n2018-01-02,2\n")

    if message is None:
        assert found(tmp_path, layout="wide", published=published)
    else:
        with pytest.raises(DomainError, match=message):
            found(tmp_path, layout="wide", published=published)


def test_two_files_whose_names_give_one_code(tmp_path: Path) -> None:
    """They are different series; nothing is read of either."""
    for name in ("a b_2019-01-30.csv", "a_b_2019-02-28.csv"):
        (tmp_path / name).write_text("date,value\n2018-01-01,1\n2018-01-02,2\n")

    with pytest.raises(DomainError, match="the names 'a_b' and 'a b' both give the code a_b; rename one"):
        found(tmp_path, layout="wide", published="filename")


def test_nothing_to_import(tmp_path: Path) -> None:
    """An empty folder, and a path that does not exist."""
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DomainError, match=r"There (are no files|is no file or folder)"):
            found(path)
