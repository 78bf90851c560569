"""What files are packed in, and what they are encoded in."""

from __future__ import annotations

import gzip
import io
import json
from datetime import date, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pyarrow as pa
import pytest
from pyarrow import parquet

from adapters.provider_kit.own_files import stem_of
from domain.errors import AnswerNotUnderstood, AnswerTooLarge
from tests.unit.own_files.reading import read, rows

CSV = "Month,a\n2020-01,1.5\n2020-02,2.5\n"
RIGHT = [["2020-01-01", 1.5], ["2020-02-01", 2.5]]
HIDDEN = ' state="hidden"'


def zipped(**members: bytes | str) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return file.getvalue()


def packed(content: bytes) -> bytes:
    """Compress without the time, so that every process gives a test the same name."""
    return gzip.compress(content, mtime=0)


def a_parquet(metadata: dict[str, Any] | None = None, **columns: pa.Array) -> bytes:
    sink = pa.BufferOutputStream()
    fields = [pa.field(name, column.type, metadata=(metadata or {}).get(name)) for name, column in columns.items()]
    parquet.write_table(pa.table(list(columns.values()), schema=pa.schema(fields)), sink)
    return sink.getvalue().to_pybytes()


def a_workbook(*sheets: str, names: tuple[str, ...] = (), hidden: str = "") -> bytes:
    """Write a workbook of sheets given as XML of their rows."""
    names = names or tuple(f"Sheet{number}" for number, _ in enumerate(sheets, 1))
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"{HIDDEN if name == hidden else ""}/>'
        for number, name in enumerate(names, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number, _ in enumerate(names, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return zipped(
        **{
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            f"<sheets>{listed}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f"{relations}</Relationships>",
            "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
            **{
                f"xl/worksheets/sheet{number}.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>'
                for number, sheet in enumerate(sheets, 1)
            },
        }
    )


def sheet(*cells: tuple[object, ...]) -> str:
    return "".join(
        f'<row r="{row}">' + "".join(_cell(f"{'ABCDEFG'[at]}{row}", content) for at, content in enumerate(contents)) + "</row>"
        for row, contents in enumerate(cells, 1)
    )


def _cell(place: str, content: object) -> str:
    if content is None:
        return ""
    if isinstance(content, date):
        return f'<c r="{place}" s="1"><v>{(content - date(1899, 12, 30)).days}</v></c>'
    if isinstance(content, str) and content.startswith("<"):
        return content.replace("<c", f'<c r="{place}"', 1)
    if isinstance(content, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{content}</t></is></c>'
    return f'<c r="{place}"><v>{content}</v></c>'


TABLE = (("Month", "a"), (date(2020, 1, 1), 1.5), (date(2020, 2, 1), 2.5))


@pytest.mark.parametrize(
    "body",
    [
        packed(CSV.encode()),
        packed(b"Month,a\n2020-01,1.5\n") + packed(b"2020-02,2.5\n"),
        zipped(a=CSV),
        zipped(**{"folder/a.csv": CSV, "__MACOSX/folder/._a.csv": "x"}),
        packed(zipped(a=CSV)),
        zipped(a=packed(CSV.encode())),
        CSV.encode("utf-8-sig"),
        CSV.encode("utf-16"),
        b"\xfe\xff" + CSV.encode("utf-16-be"),
        CSV.encode("utf-32"),
        CSV.replace("\n", "\r").encode(),
        CSV.rstrip("\n").encode(),
        json.dumps([{"Month": "2020-01", "a": 1.5}, {"Month": "2020-02", "a": 2.5}]).encode(),
        packed(b'{"2020-01": 1.5, "2020-02": 2.5}'),
        '{"2020-01": 1.5, "2020-02": 2.5}'.encode("utf-16"),
        '\n {"2020-01": 1.5, "2020-02": 2.5}'.encode("utf-8-sig"),
        a_parquet(Month=pa.array(["2020-01", "2020-02"]), a=pa.array([1.5, 2.5])),
        a_parquet(Month=pa.array([date(2020, 1, 1), date(2020, 2, 1)]), a=pa.array([1.5, 2.5], pa.float32())),
        a_parquet(a=pa.array([1.5, 2.5]), __index_level_0__=pa.array([datetime(2020, 1, 1), datetime(2020, 2, 1)], pa.timestamp("ns"))),  # noqa: DTZ001
        a_parquet(
            {"p": {"ARROW:extension:name": "pandas.period", "ARROW:extension:metadata": '{"freq": "M"}'}},
            a=pa.array([1.5, 2.5]),
            p=pa.array([600, 601]),
        ),
        a_workbook(sheet(*TABLE)),
        a_workbook(sheet(("A title",), (), *TABLE, (None,), ("Source: us",))),
        a_workbook(sheet(("Read me",)), sheet(*TABLE)),
        a_workbook(sheet(*TABLE), sheet(*TABLE), names=("Data", "Old"), hidden="Old"),
    ],
)
def test_containers_are_opened(body):
    """Packed, marked and typed files are all read by their first bytes."""
    assert rows(read(body)) == RIGHT


def test_windows_text_is_read():
    """Text that is not UTF-8 is Windows' Western, the euro sign and accents included."""
    assert read("Monat;Umsatz (€)\n2020-01;1,5\n".encode("cp1252")).observations.columns == ("Umsatz (€)",)


@pytest.mark.parametrize(
    "words",
    [
        "Größe;Straße",
        "ÄÖÜ;Œuvre",
        "créée;CAFÉ»",
        "¿Qué?;Año",
        "São;ações",
        "blåbærgrød;Ærø",
        "hääyö;Pääöljy",
        "ðæö;þýðing",
        "m³;n°s",
        "d´ane;1ª",
    ],
)
def test_words_of_the_west_are_read(words):
    """Text that is not UTF-8 and could be Windows' Western is that."""
    assert read(f"Monat;{words}\n2020-01;1,5;2\n".encode("cp1252")).observations.columns == tuple(words.split(";"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Дата;Курс\n2020-01;1,5\n".encode("cp1251"), "row 1 is text in an encoding that nothing names"),
        ("Дата;Курс\n2020-01;1,5\n".encode("koi8-r"), "row 1 is text in an encoding that nothing names"),
        ("Ημερομηνία;Τιμή\n2020-01;1,5\n".encode("cp1253"), "row 1 is text in an encoding that nothing names"),
        ("Miesiąc;x\n2020-01;1,5\n".encode("cp1250"), "'Miesi¹c;x\\n20' in cp1252; option encoding"),
        ("Monat;wartości\n2020-01;1,5\n".encode("cp1250"), "encoding"),
        ("日付;値段の表\n2020-01;1,5\n".encode("shift_jis"), "option encoding"),
        ("Größe;Übersicht;Öl\n2020-01;1,5\n".encode() + b"\xff\n", "row 3 is not text in utf-8"),
        ("Größe;Übersicht;Öl\n2020-01;1,5;\n".encode()[:-1] + b"\xc3", "row 2 is not text in utf-8"),
        (b"Month;a\x9d\n2020-01;1,5\n", "row 1 is not text in cp1252"),
        (b"\xff\xfeM\x00o", "not text in utf-16"),
    ],
)
def test_an_encoding_that_nothing_names_is_refused(body, words):
    """Text that can be neither UTF-8 nor Windows' Western is not read to wrong names."""
    if "wartości".encode("cp1250") in body:  # its only odd sign may be the West's
        assert read(body).observations.columns == ("wartoœci",)
        return
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(body)

    assert words in raised.value.message


def test_an_encoding_can_be_declared():
    """An option names any other encoding."""
    assert read("Месяц;Цена\n2020-01;1,5\n".encode("cp1251"), encoding="cp1251").observations.columns == ("Цена",)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (zipped(a=CSV, b=CSV), "the archive holds 'a' and 'b' where one file must be"),
        (zipped(), "the archive holds nothing"),
        (zipped(a=CSV)[:-30], "it is not a ZIP archive that can be unpacked"),
        (packed(CSV.encode())[:-12], "it is gzip that ends too early"),
        (packed(CSV.encode()) + b"more", "something stands behind the end"),
        (b"\x1f\x8bnothing", "it is not gzip that can be unpacked"),
        (b"\xd0\xcf\x11\xe0" + bytes(50), "old .xls"),
        (b"PAR1nothing", "not Parquet that can be read"),
        (b"Month,a\n2020-01,\x81\n", "row 2 is not text in cp1252"),
        (CSV.encode("utf-16-le"), "as in UTF-16 without a mark; option encoding"),
        (a_workbook(sheet(*TABLE), sheet(*TABLE)), "the sheets 'Sheet1' and 'Sheet2' both hold a table; option sheet"),
        (a_workbook(sheet(("Month", "a"), (date(2020, 1, 1), "<c><f>1+1</f></c>"))), "cell B2 holds a formula without its result"),
        (
            a_workbook(sheet(*TABLE, (date(2020, 3, 1), '<c t="e"><v>#DIV/0!</v></c>'))),
            "row 4, column 'a', cell '#DIV/0!': not a number; options missing",
        ),
        (a_workbook(sheet(("Month", "a"), (date(2020, 1, 1), "1,234"))), "row 2, column 'a', cell '1,234': comma as decimal"),
        (
            a_parquet(
                {"p": {"ARROW:extension:name": "pandas.period", "ARROW:extension:metadata": '{"freq": "B"}'}},
                p=pa.array([1]),
                a=pa.array([1.5]),
            ),
            "its periods of frequency 'B' are not read",
        ),
    ],
)
def test_what_cannot_be_opened_is_refused(body, words):
    """A container that is damaged or holds several tables says so."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(body)

    assert words in raised.value.message


def test_excels_missing_value_is_one():
    """The error #N/A is a missing value."""
    body = a_workbook(sheet(*TABLE[:2], (date(2020, 2, 1), '<c t="e"><f>NA()</f><v>#N/A</v></c>')))

    assert rows(read(body)) == [["2020-01-01", 1.5], ["2020-02-01", None]]


@pytest.mark.parametrize("sheet_name", ["Second", 2])
def test_a_sheet_can_be_chosen(sheet_name):
    """By its name, or its number from 1."""
    body = a_workbook(sheet(*TABLE), sheet(("Month", "b"), (date(2021, 1, 1), 5)), names=("First", "Second"))

    assert rows(read(body, sheet=sheet_name)) == [["2021-01-01", 5]]
    with pytest.raises(AnswerNotUnderstood, match="there is no sheet 'Third' beside 'First' and 'Second'"):
        read(body, sheet="Third")


@pytest.mark.parametrize("body", [gzip.compress(bytes(200 * 1024**2), 1), zipped(a=bytes(200 * 1024**2))], ids=["gzip", "zip"])
def test_what_unpacks_to_too_much_is_refused(body):
    """The size of what is packed is bounded."""
    with pytest.raises(AnswerTooLarge, match="unpacks to more than 128 MiB"):
        read(body)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.csv", "a"),
        ("rates/a.csv.gz", "a"),
        ("a.b.xlsx", "a.b"),
        ("BBXX1.M.DE.csv", "BBXX1.M.DE"),
        ("a.CSV.ZIP", "a"),
        ("csv", "csv"),
        (".csv", ".csv"),
        ("a.json.txt", "a"),
        ("2021.parquet", "2021"),
        ("v1.2", "v1.2"),
    ],
)
def test_the_stem_of_a_name(name, stem):
    """All endings that name formats go, and no others."""
    assert stem_of(name) == stem
