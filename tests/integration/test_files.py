"""Files of many kinds are read as series, or refused with a sentence that says where the fault is."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from adapters.provider_kit.parsing.limits import FILE
from adapters.providers.files import provider as files
from domain.codes import DatasetCode
from domain.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    DatasetNotFound,
    ProviderNotConfigured,
    SourceForbidden,
    SourceUnavailable,
    UnsupportedFrequency,
)
from domain.frequency import Frequency
from domain.ports import Fetched, PriorState, RawResponse
from domain.vintages import Vintage
from tests.builders import an_arrival

FB = DatasetCode("WIKI", "FB")
DAY, NEXT = date(2024, 1, 1), date(2024, 1, 2)


def fetch(folder: Path, code: DatasetCode = FB) -> Fetched:
    return files.open_source(files.Options(path=folder), None).fetch(code, PriorState(newest=None))


def put(folder: Path, name: str, body: bytes | str = "Date,Close\n2024-01-01,1.5\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return folder


def a_parquet(**columns: pa.Array) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def rows(fetched: Fetched) -> list[tuple[object, list[float | None]]]:
    return list(fetched.vintages[0][1].rows())


@pytest.mark.parametrize(
    "body",
    [
        "Date,Open,Close\n2024-01-01,1,1.5\n2024-01-02,NA,-2e3\n",
        "\ufeffDate;Open;Close\r\n2024-01-02;N/A;-2000\r\n\r\n2024-01-01;1;1.5\r\n",
        "Date\tOpen\tClose\t\n2024-01-01\t1\t1.5\t\n2024-01-02\tnull\t-2000\t\n",
        '"Date","Open","Close"\n2024-01-01 00:00:00,"1",1.5\n2024-01-02 00:00:00,"",-2000\n',
        "Open,Date,Close\n1,2024-01-01,1.5\nNaN,2024-01-02,-2000\n",
        ",Open,Close\n2024-01-01,1,1.5\n2024-01-02,.,-2000\n",
    ],
)
def test_csv_is_read(tmp_path, body):
    """Delimiters, quotes, marks for missing values, blank lines and the dates' place may be any of the usual."""
    fetched = fetch(put(tmp_path, "WIKI/FB.csv", body))

    assert rows(fetched) == [(DAY, [1.0, 1.5]), (NEXT, [None, -2000.0])]
    assert fetched.vintages[0][1].columns == ("Open", "Close")
    assert fetched.metadata.date_column == "Date"


@pytest.mark.parametrize(
    "document",
    [
        [{"date": "2024-01-01", "x": 1.5}, {"date": "2024-01-02", "y": 2, "x": None}],
        {"columns": ["date", "x", "y"], "data": [["2024-01-01", 1.5, None], ["2024-01-02", None, "2"]]},
        {"dataset": {"column_names": ["date", "x", "y"], "data": [["2024-01-02", None, 2], ["2024-01-01", 1.5, None]]}},
        {"dataset_data": {"column_names": ["date", "x", "y"], "data": [["2024-01-02", None, 2], ["2024-01-01", 1.5, None]]}},
    ],
)
def test_json_is_read(tmp_path, document):
    """Records and rows under column names mean the same."""
    fetched = fetch(put(tmp_path, "WIKI/FB.json", json.dumps(document)))

    assert rows(fetched) == [(DAY, [1.5, None]), (NEXT, [None, 2.0])]
    assert fetched.vintages[0][1].columns == ("x", "y")


@pytest.mark.parametrize("header", [",2020,2021", "Date,2020,2021"])
def test_names_of_columns_may_be_numbers(tmp_path, header):
    """Columns may be called by numbers, as long as that of the dates is not."""
    fetched = fetch(put(tmp_path, "WIKI/FB.csv", f"{header}\n2024-01-01,1,1.5\n"))

    assert fetched.vintages[0][1].columns == ("2020", "2021")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("FB.csv", "D\0ay,Close,No\0te\n2024-01-01,1,new\n"),
        ("FB.json", '[{"D\\ud800ay": "2024-01-01", "Close": 1, "No\\udc00te": "new"}]'),
    ],
)
def test_names_that_no_store_keeps_are_mended(tmp_path, name, body):
    """A NUL or half a character in a name beside the numbers does not fail the fetch."""
    fetched = fetch(put(tmp_path, f"WIKI/{name}", body))

    assert (fetched.metadata.date_column, fetched.left_out) == ("D\ufffday", ("No\ufffdte",))


def test_a_fault_can_be_told_of_any_column(tmp_path):
    """The sentence about a cell holds nothing that a store could not keep, whatever the column is called."""
    with pytest.raises(AnswerNotUnderstood, match="column 'Clo\ufffdse', cell 'x': not a number"):
        fetch(put(tmp_path, "WIKI/FB.csv", "Date,Clo\0se\n2024-01-01,1\n2024-01-02,x\n2024-01-03,3\n"))


def test_json_may_name_its_frequency(tmp_path):
    """A frequency that is a word for one is kept; that of CSV is inferred from its dates, of which one tells nothing."""
    body = {"columns": ["date", "x"], "frequency": "Monthly", "data": [["2024-01-01", 1.5]]}
    days = "date,x\n2024-01-01,1\n2024-01-02,1\n2024-01-05,1\n2024-01-06,1\n"

    assert fetch(put(tmp_path / "a", "WIKI/FB.json", json.dumps(body))).metadata.frequency is Frequency.MONTHLY
    assert fetch(put(tmp_path / "b", "WIKI/FB.csv")).metadata.frequency is None
    assert fetch(put(tmp_path / "c", "WIKI/FB.csv", days)).metadata.frequency is Frequency.DAILY


def test_parquet_is_read(tmp_path):
    """The first column of dates or moments is the axis, also where it is a frame's index; other kinds of columns are left out."""
    days = pa.array([datetime(2024, 1, 2), datetime(2024, 1, 1)], pa.timestamp("ns"))  # noqa: DTZ001 - a frame's index has no zone
    body = a_parquet(
        x=pa.array([None, 1.5], pa.float32()),
        n=pa.array([Decimal("2.5"), Decimal("3.5")]),
        ok=pa.array([True, False]),
        note=pa.array(["a", "b"]),
        __index_level_0__=days,
    )
    fetched = fetch(put(tmp_path, "WIKI/FB.parquet", body))

    assert rows(fetched) == [(DAY, [1.5, 3.5]), (NEXT, [None, 2.5])]
    assert (fetched.left_out, fetched.metadata.date_column) == (("ok", "note"), "Date")


@pytest.mark.parametrize("moment", ["2024-01-01 10:30:00", "2024-01-01T12:30:00+02:00", "2024-01-01T10:30:00Z"])
def test_moments_make_an_axis_of_seconds(tmp_path, moment):
    """Moments are kept in UTC to the second."""
    fetched = fetch(put(tmp_path, "WIKI/FB.csv", f"t,x\n{moment},1\n"))

    assert rows(fetched) == [(datetime(2024, 1, 1, 10, 30, tzinfo=UTC), [1.0])]


def test_columns_of_words_are_left_out_and_named(tmp_path):
    """A column of which no cell is a number is left out; its name is told."""
    fetched = fetch(put(tmp_path, "WIKI/FB.csv", "Date,Close,Note,Id\n2024-01-01,1,new,1_0\n2024-01-02,2,7 d,1_1\n2024-01-03,3,old,1_2\n"))

    assert fetched.vintages[0][1].columns == ("Close",)
    assert fetched.left_out == ("Note", "Id")


def test_the_origin_names_the_file_and_its_bytes(tmp_path):
    """An origin is the file's place in the folder and the hash of its bytes; the folder's own path is not told."""
    body = b"Date,Close\n2024-01-01,1.5\n"
    origin = fetch(put(tmp_path, "wiki/fb.CSV", body)).origin

    assert origin.request == "files:wiki/fb.CSV"
    assert origin.response_sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("FB.csv", "", "WIKI/FB.csv has no rows."),
        ("FB.csv", "Date,Close\n", "WIKI/FB.csv has no rows."),
        (
            "FB.csv",
            "Date,Close\n2024-01-01,1\n2024-01-02,abc\n2024-01-03,2\n",
            "row 3, column 'Close', cell 'abc': not a number; options missing, decimal, columns.",
        ),
        ("FB.csv", "Date,Close\n2024-01-01,1\n2024-01-02,inf\n", "row 3, column 'Close', cell 'inf': not a number"),
        ("FB.csv", "Date;Close\n2024-01-01;1,500\n", "row 2, column 'Close', cell '1,500': comma as decimal or thousands mark"),
        (
            "FB.csv",
            "Date,Close\n2024-01-01,1\n01/02/2024,2\n",
            "row 3, column 'Date', cell '01/02/2024': day/month or month/day; option date_format.",
        ),
        ("FB.csv", "Date,Close\n2024-01-01,1\n2024-01\n", "row 3 has 1 cells where the header has 2; option delimiter."),
        ("FB.csv", 'Date,Close\n2024-01-01,"1\n', "it is not CSV at row 2"),
        (
            "FB.csv",
            "Date,Close\n2024-01-01,1\n2024-01-01,2\n",
            "date 2024-01-01 repeats on rows 2 and 3 with different values (1 and 2), column 'Close'.",
        ),
        ("FB.csv", "Date\n2024-01-01\n", "no column beside the dates holds numbers"),
        ("FB.csv", "Jahr,Close\n24,1\n", "no column holds dates that can be read"),
        ("FB.csv", "2024-01-01,1\n2024-01-02,2\n", "row 1 has no line of column names above it"),
        ("FB.csv", "Close,2024-01-01T00:00:00Z\n2,2024-01-02\n", "row 1 has no line of column names above it"),
        ("FB.csv", "1,2.5\n2024-01-02,2\n", "row 1 has no line of column names above it: '1, 2.5'"),
        ("FB.csv", b"Date,Close\n2024-01-01,\x81\n", "row 2 is not text in cp1252"),
        ("FB.csv", b"Date,Clo\0se\n2024-01-01,1\n", "holds a NUL"),
        ("FB.json", '[{"date": "2024-01-01", "x": 1', "not JSON at line 1, column 31"),
        ("FB.json", "[" * 100_000, "nested deeper than 32 levels"),
        ("FB.json", '{"a": 7}', "JSON of another shape"),
        ("FB.json", '{"columns": "date", "data": []}', "JSON of another shape"),
        ("FB.json", "[1]", "row 1 is not an object"),
        ("FB.json", '{"columns": ["date", "x"], "data": [7]}', "row 1 is not a list"),
        ("FB.json", '[{"date": "2024-01-01", "\\ud800": 1}]', "half a character"),
        ("FB.parquet", b"PAR1 and no more", "not Parquet that can be read"),
    ],
)
def test_what_is_no_series_is_not_understood(tmp_path, name, body, sentence):
    """A file that is damaged, or no series, is refused with its name, and row and column where they are known."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        fetch(put(tmp_path, f"WIKI/{name}", body))

    assert raised.value.message.startswith(f"WIKI/{name}")
    assert sentence in raised.value.message


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("FB.csv", "t,x\n2024-01-01T10:30:00.5Z,1\n"),
        ("FB.parquet", a_parquet(t=pa.array([1], pa.timestamp("ns")), x=pa.array([1]))),
    ],
)
def test_moments_finer_than_a_second_are_not_supported(tmp_path, name, body):
    """Fractions of seconds are refused, not cut."""
    with pytest.raises(UnsupportedFrequency, match=f"WIKI/{name} has moments finer"):
        fetch(put(tmp_path, f"WIKI/{name}", body))


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    """A file above the limit is refused by its size."""
    put(tmp_path, "WIKI/FB.csv")
    os.truncate(tmp_path / "WIKI/FB.csv", FILE.most + 1)

    with pytest.raises(AnswerTooLarge, match=r"WIKI/FB\.csv is larger than 128 MiB"):
        fetch(tmp_path)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("WIKI/FB.csv", "WIKI/FB"),
        ("wiki/fb.csv", "WIKI/FB"),
        ("Wiki/brk.b.JSON", "WIKI/BRK.B"),
        ("WIKI/prices/Daily/FB.parquet", "WIKI/prices/daily/FB"),
    ],
)
def test_a_code_names_a_file(tmp_path, name, code):
    """The database is a folder, further segments are folders in it, the last is the file without its suffix; case is no matter."""
    bodies = {
        ".csv": "Date,Close\n2024-01-01,1.5\n",
        ".json": '[{"Date": "2024-01-01", "Close": 1.5}]',
        ".parquet": a_parquet(Date=pa.array([DAY]), Close=pa.array([1.5])),
    }
    fetched = fetch(put(tmp_path, name, bodies[Path(name).suffix.lower()]), DatasetCode.parse(code))

    assert rows(fetched) == [(DAY, [1.5])]
    assert fetched.metadata.name == Path(name).stem


def test_the_exact_name_is_preferred(tmp_path):
    """Where names differ in case only, the one spelt like the code is read."""
    put(tmp_path, "WIKI/FB.csv")
    put(tmp_path, "WIKI/fb.csv", "Date,Close\n2024-01-01,2\n")

    assert rows(fetch(tmp_path)) == [(DAY, [1.5])]


@pytest.mark.parametrize("other", ["WIKI/FB.json", "WIKI/FB.CSV"])
def test_two_files_of_one_name_are_not_guessed_between(tmp_path, other):
    """Two files that a code may mean are both named in the refusal."""
    put(tmp_path, "WIKI/FB.csv")
    put(tmp_path, other)

    with pytest.raises(AnswerNotUnderstood, match="WIKI/FB may be") as raised:
        fetch(tmp_path)

    assert "WIKI/FB.csv" in raised.value.message
    assert other in raised.value.message


def test_a_missing_file_is_not_found_and_its_neighbours_are_named(tmp_path):
    """An unknown dataset or database is not found; the hint names what is near."""
    put(tmp_path, "WIKI/FB.csv")
    put(tmp_path, "WIKI/notes.txt")

    with pytest.raises(DatasetNotFound, match="there is no file or folder FBX") as dataset:
        fetch(tmp_path, DatasetCode("WIKI", "FBX"))
    with pytest.raises(DatasetNotFound, match="there is no file or folder WIKY") as database:
        fetch(tmp_path, DatasetCode("WIKY", "FB"))

    assert (dataset.value.hint, database.value.hint) == ("Beside it there are FB.", "Beside it there are WIKI.")


def test_only_what_can_be_asked_for_is_named(tmp_path):
    """The hint names nothing that is no code, and nothing that is not alike."""
    for name in ("FB 1.csv", "FB\udcff.csv", "FB?.csv", "\u202eFB.csv", "UNLIKE.csv"):
        put(tmp_path, f"WIKI/{name}")
    (tmp_path / "WIKI ").mkdir()
    with pytest.raises(DatasetNotFound) as dataset:
        fetch(tmp_path)
    with pytest.raises(DatasetNotFound) as database:
        fetch(tmp_path, DatasetCode("WIKIS", "FB"))

    assert dataset.value.hint == "There is none of a similar name beside it."
    assert database.value.hint == "Beside it there are WIKI."


@pytest.mark.parametrize("link", ["WIKI/FB.csv", "WIKI"])
def test_links_do_not_lead_out_of_the_folder(tmp_path, link):
    """A link to a file or folder outside is refused, one to a place inside is followed."""
    put(tmp_path / "outside", "FB.csv")
    inside = tmp_path / "inside"
    put(inside, "real/FB.csv")
    (inside / link).parent.mkdir(exist_ok=True)
    (inside / link).symlink_to(tmp_path / "outside" / "FB.csv" if link.endswith(".csv") else tmp_path / "outside")
    (inside / "same").symlink_to(inside / "real")

    with pytest.raises(SourceForbidden, match="WIKI/FB lies outside"):
        fetch(inside)
    assert rows(fetch(inside, DatasetCode("SAME", "FB"))) == [(DAY, [1.5])]


def test_a_folder_that_went_away_is_unavailable(tmp_path):
    """A folder that is not there any more may come back, so the fetch can wait."""
    opened = files.open_source(files.Options(path=put(tmp_path / "mounted", "WIKI/FB.csv")), None)
    (tmp_path / "mounted").rename(tmp_path / "elsewhere")

    with pytest.raises(SourceUnavailable, match="WIKI/FB cannot be read"):
        opened.fetch(FB, PriorState(newest=None))


def test_a_folder_may_be_at_home(tmp_path, monkeypatch):
    """A tilde in the path is the user's home."""
    monkeypatch.setenv("HOME", str(put(tmp_path, "series/WIKI/FB.csv")))

    assert files.problem(files.Options(path=Path("~/series"))) == ""
    assert rows(fetch(Path("~/series"))) == [(DAY, [1.5])]


@pytest.mark.parametrize("path", [None, Path("/no/such/folder"), Path("~nobody-of-this-name/series")])
def test_a_folder_must_be_configured(path):
    """Without a folder the provider cannot be asked, and says which variable to set."""
    options = files.Options(path=path)

    assert "LANNER_PROVIDERS__FILES__PATH" in files.problem(options)
    with pytest.raises(ProviderNotConfigured, match="LANNER_PROVIDERS__FILES__PATH"):
        files.open_source(options, None)


@pytest.mark.parametrize(
    ("body", "url", "content_type"),
    [
        (b"Date,Close\n2024-01-01,1.5\n", "https://example.org/a/FB.csv?x=1", ""),
        (b"Date,Close\n2024-01-01,1.5\n", "", "text/csv; charset=utf-8"),
        (b"Date,Close\n2024-01-01,1.5\n", "", ""),
        (b' [{"Date": "2024-01-01", "Close": 1.5}]', "", "text/plain"),
        (a_parquet(Date=pa.array([DAY]), Close=pa.array([1.5])), "", ""),
    ],
)
def test_recorded_answers_are_parsed(tmp_path, body, url, content_type):
    """An answer's format is told by its address, else by its content type, else by its first bytes."""
    answer = RawResponse(body=body, url=url, headers={"content-type": content_type} if content_type else {})
    (parsed,) = files.FilesSource(tmp_path).parse(FB, answer)

    assert parsed.code == FB
    assert list(parsed.vintages[0][1].rows()) == [(DAY, [1.5])]


def test_an_answer_without_a_code_is_not_understood(tmp_path):
    """A file does not say which series it is."""
    with pytest.raises(AnswerNotUnderstood, match="does not name its series"):
        files.FilesSource(tmp_path).parse(None, RawResponse(body=b""))


AMBIGUOUS = "Date,Visits\n01/02/2021,140\n02/02/2021,127\n"


def test_lanner_toml_decides_for_its_patterns(tmp_path):
    """The options for a file stand in the folder's lanner.toml, under a pattern that its path fits."""
    put(tmp_path, "WIKI/FB.csv", AMBIGUOUS)
    with pytest.raises(AnswerNotUnderstood, match="option date_format"):
        fetch(tmp_path)
    put(tmp_path, "lanner.toml", '["WIKI/*.csv"]\ndate_format = "%d/%m/%Y"\n')

    assert rows(fetch(tmp_path)) == [(date(2021, 2, 1), [140.0]), (date(2021, 2, 2), [127.0])]


def test_an_unknown_option_is_refused(tmp_path):
    """An option of no known name fails the fetch, with the nearest name."""
    put(tmp_path, "WIKI/FB.csv")
    put(tmp_path, "lanner.toml", '["*"]\ndate_fromat = "%d/%m/%Y"\n')

    with pytest.raises(AnswerNotUnderstood, match="did you mean date_format"):
        fetch(tmp_path)


def test_a_file_that_did_not_change_is_not_read_again(tmp_path):
    """Time and size of the file, and the options, tell whether it is the same; nothing is unchanged that is not kept."""
    put(tmp_path, "WIKI/FB.csv")
    source = files.open_source(files.Options(path=tmp_path), None)
    first = source.fetch(FB, PriorState(newest=None))
    newest = Vintage.of(1, an_arrival(datetime(2024, 1, 5, tzinfo=UTC), first.vintages[0][1]), None)
    known = PriorState(newest=newest, validators=first.validators)

    assert source.fetch(FB, known).not_modified
    assert not source.fetch(FB, PriorState(newest=None, validators=first.validators)).not_modified
    put(tmp_path, "WIKI/FB.csv", "Date,Close\n2024-01-01,1.75\n")
    assert rows(source.fetch(FB, known)) == [(DAY, [1.75])]
    changed = PriorState(newest=newest, validators=source.fetch(FB, known).validators)
    assert source.fetch(FB, changed).not_modified
    put(tmp_path, "lanner.toml", '["OTHER/*"]\ndecimal = ","\n')
    assert source.fetch(FB, changed).not_modified
    put(tmp_path, "lanner.toml", '["WIKI/*"]\nmissing = "x"\n')
    assert not source.fetch(FB, changed).not_modified


@pytest.mark.parametrize(("code", "right"), [("REGIONS/North", 5.0), ("REGIONS/south", 6.0), ("REGIONS/East-West", 7.0)])
def test_a_code_may_name_a_series_in_a_long_table(tmp_path, code, right):
    """What a code says behind the name of a file is the key of one series in it."""
    put(tmp_path, "regions.csv", "Month,region,v\n2021-01,North,5\n2021-01,South,6\n2021-01,East-West,7\n")
    fetched = fetch(tmp_path, DatasetCode.parse(code))

    assert rows(fetched) == [(date(2021, 1, 1), [right])]
    with pytest.raises(DatasetNotFound, match="holds no series 'Nort'"):
        fetch(tmp_path, DatasetCode("REGIONS", "Nort"))


@pytest.mark.parametrize("name", ["FB.tsv", "FB.txt", "FB.csv.gz", "FB.CSV", "fb.jsonl"])
def test_files_of_every_ending_are_found(tmp_path, name):
    """All endings of files that are read belong to one dataset; what is in a file is told by its bytes."""
    line = '{"Date": "2024-01-01", "Close": 1.5}\n'
    body = 2 * line if "json" in name else "Date,Close\n2024-01-01,1.5\n"
    put(tmp_path, f"WIKI/{name}", gzip.compress(body.encode()) if name.endswith("gz") else body)

    assert rows(fetch(tmp_path)) == [(DAY, [1.5])]


def test_a_refusal_fits_a_file(tmp_path):
    """The hint of a refusal says what to do about a file, not about a provider."""
    put(tmp_path, "WIKI/FB.csv", AMBIGUOUS)
    with pytest.raises(AnswerNotUnderstood) as raised:
        fetch(tmp_path)

    assert "lanner.toml" in raised.value.hint
    assert "provider" not in raised.value.hint


def test_a_title_is_the_name(tmp_path):
    """A file is called by its title, else by its name without endings."""
    put(tmp_path, "WIKI/FB.csv", "Consumer prices\n\nDate,Close\n2024-01-01,1.5 %\n")
    metadata = fetch(tmp_path).metadata

    assert (metadata.name, metadata.column_units) == ("Consumer prices", ("%",))


def test_options_are_given_with_an_answer(tmp_path):
    """Options of an answer go before those of lanner.toml, which hold for the file of the code."""
    put(tmp_path, "WIKI/FB.csv", AMBIGUOUS)
    put(tmp_path, "lanner.toml", '["*/*"]\ndate_format = "%m/%d/%Y"\n')
    source = files.FilesSource(tmp_path)
    plain = RawResponse(body=AMBIGUOUS.encode())
    given = RawResponse(body=AMBIGUOUS.encode(), options={"date_format": "%d/%m/%Y"})

    assert source.parse(FB, plain)[0].vintages[0][1].first == date(2021, 1, 2)
    assert source.parse(FB, given)[0].vintages[0][1].first == date(2021, 2, 1)


def listed(folder: Path, database: str | None = None) -> list[str]:
    return list(map(str, files.listed_codes(files.Options(path=folder), database)))


def test_a_folder_lists_the_codes_of_its_files(tmp_path):
    """Each file has one, whatever its endings, in the folder of its database, or of one that is asked for; nothing is read for it."""
    for name in (
        "wiki/FB.csv",
        "wiki/FB.json",
        "wiki/AAPL.csv.gz",
        "shop/2024/umsatz.csv",
        "shop/no code #1.csv",
        "shop/notes.pdf",
        "top.csv",
    ):
        put(tmp_path, name, b"\0")
    put(tmp_path, "not-a-code/X.csv")

    assert listed(tmp_path) == ["SHOP/2024/umsatz", "WIKI/AAPL", "WIKI/FB"]
    assert (listed(tmp_path, "WIKI"), listed(tmp_path, "NONE")) == (["WIKI/AAPL", "WIKI/FB"], [])


def test_what_lies_outside_or_in_circles_is_not_listed(tmp_path):
    """Links that lead out are passed over; one that leads back ends."""
    put(tmp_path, "outside/secret/X.csv")
    folder = put(tmp_path / "folder", "WIKI/FB.csv")
    (folder / "WIKI" / "again").symlink_to(folder / "WIKI")
    (folder / "OUT").symlink_to(tmp_path / "outside")

    codes = listed(folder)
    assert codes[0] == "WIKI/FB"
    assert {code.removeprefix("WIKI/").removesuffix("FB").replace("again/", "") for code in codes} == {""}
    assert len(codes) < 10


def test_no_folder_lists_nothing(tmp_path):
    """One that is not configured, or is gone, has no codes."""
    assert files.listed_codes(files.Options(), None) == ()
    assert files.listed_codes(files.Options(path=tmp_path / "gone"), None) == ()
