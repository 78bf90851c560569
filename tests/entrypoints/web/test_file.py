"""Dropping a file: what would be read of it beside what stands in it, without scripts; nothing is stored and nothing runs."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import fields, replace
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from falcon.testing import Result

from adapters.provider_kit.child_process.file_previews import ChildProcessFilePreviews
from adapters.provider_kit.own_files.options import FileOptions, options_for, read_options
from adapters.provider_kit.own_files.preview import as_toml
from domain.api_keys import Scope
from domain.ports import FilePreview
from domain.use_cases import UseCases
from domain.use_cases.preview_file import PreviewFile
from entrypoints.rest.http.uploads import MOST_BYTES
from entrypoints.web.file_options import OPTIONS, options_of
from tests.builders import memory_use_cases
from tests.entrypoints.web.conftest import OWN, Browser, Page, browser_of
from tests.fakes import CannedSource

BOUNDARY = "----boundary7MA4YWxk"
AMBIGUOUS = b"Date,Visits\n01/02/2021,5\n02/03/2021,7\n"
GERMAN = b"Datum;Umsatz;Notiz\n31.01.2021;1.234,5;gut\n28.02.2021;1.300,0;\n31.03.2021;1.280,5;\n30.04.2021;1.290,5;\n"


def body_of(content: bytes | None, name: str, options: Mapping[str, str]) -> bytes:
    """Write a form as a browser does."""
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in options.items()]
    if content is not None:
        escaped = name.replace('"', "%22")
        head = f'Content-Disposition: form-data; name="file"; filename="{escaped}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        parts.append(head.encode() + content)
    lines = b"".join(f"--{BOUNDARY}\r\n".encode() + part + b"\r\n" for part in parts)
    return lines + f"--{BOUNDARY}--\r\n".encode()


def dropped(browser: Browser, content: bytes | None, name: str = "visits.csv", headers: Mapping[str, str] = OWN, **options: str) -> Result:
    """Send a file."""
    sent = {"Accept": "text/html", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **headers}
    return browser._ask("POST", "/file", sent, body=body_of(content, name, options))


@pytest.fixture(scope="module")
def kept() -> UseCases:
    return memory_use_cases({"canned": CannedSource()})


@pytest.fixture(scope="module")
def browser(kept: UseCases) -> Browser:
    return browser_of(kept)


def test_the_page_asks_for_a_file(browser: Browser) -> None:
    """Its form has a control for each option of own files, and works without scripts."""
    page = Page(browser.get("/file").text)
    [form] = [each for each in page.all("form") if each["action"] == "/file"]
    names = {each.get("name") for tag in ("input", "select", "textarea") for each in page.all(tag)}

    assert (form["method"], form["enctype"]) == ("post", "multipart/form-data")
    assert {"file", *(field.name for field in fields(FileOptions))} <= names
    assert [option.name for option in OPTIONS if option.name not in {field.name for field in fields(FileOptions)}] == []


def test_what_is_read_stands_beside_the_file(browser: Browser) -> None:
    """Columns, dates, frequency, what is left out, and how it is written; the rows of the file as they are."""
    answer = dropped(browser, GERMAN, "umsatz.csv")
    words = Page(answer.text).words

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    assert "umsatz.csv" in words
    assert "4 dates, Jan 2021 to Apr 2021, from “Datum”" in words
    assert "Left outNotiz" in words
    assert "numbers with a comma as the decimal mark" in words
    assert "31.01.20211.234,5gut" in words
    assert "2021-01-311,234.5" in words


def test_the_cell_in_question_is_marked(browser: Browser) -> None:
    """A doubt names its cell and the option that decides; with the option the file is read, and the lines of lanner.toml say so."""
    page = Page(dropped(browser, AMBIGUOUS).text)
    answer = dropped(browser, AMBIGUOUS, date_format="%d/%m/%Y")
    decided = Page(answer.text)

    assert "day/month or month/day" in page.words
    assert "<mark>01/02/2021</mark>" in dropped(browser, AMBIGUOUS).text
    assert [each["id"] for each in page.all("label") if each.get("class") == "asked"] == ["option-date_format"]
    assert "2021-02-015" in decided.words
    assert "Writtenas the options say" in decided.words
    assert decided.all("mark") == []
    assert '["visits.csv"] date_format = "%d/%m/%Y"' in decided.words


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("01/02/2021", {"date_format=%d/%m/%Y": "1 February 2021: day first", "date_format=%m/%d/%Y": "2 January 2021: month first"}),
        ("01.02.21", {"date_format=%d.%m.%y": "1 February 2021: day first", "date_format=%m.%d.%y": "2 January 2021: month first"}),
        ("01/02/2021 10:30", {"date_format=%d/%m/%Y %H:%M": "1 February 2021: day first"}),
    ],
)
def test_a_doubt_is_settled_by_a_button(browser: Browser, cell: str, said: dict[str, str]) -> None:
    """Each says what the cell in question would mean, and stands before the options; pressed, the file is read like that."""
    content = f"Date,Visits\n{cell},5\n".encode()
    page = Page(dropped(browser, content).text)
    offered = {each["value"] for each in page.all("button") if each.get("name") == "answer"}

    assert set(said) <= offered
    assert [text for text in said.values() if text not in page.words] == []
    for answer in offered:
        assert "What would be read Nothing" not in Page(dropped(browser, content, answer=answer).text).words


def test_a_number_with_one_mark_is_settled_by_a_button(browser: Browser) -> None:
    """The mark is of decimals or of thousands."""
    content = b"Date;Visits\n2021-01-31;1,234\n2021-02-28;1,300\n"
    page = Page(dropped(browser, content).text)

    assert "1.234: a decimal mark" in page.words
    assert "1,234: a mark between thousands" in page.words
    assert "2021-01-311,234" in Page(dropped(browser, content, answer="thousands=,").text).words
    assert "2021-01-311.234" in Page(dropped(browser, content, answer="decimal=,").text).words


def test_a_cell_far_down_is_shown_with_its_rows(browser: Browser) -> None:
    """The rows around it stand below the first ones."""
    lines = [f"2020-{1 + day // 28:02}-{1 + day % 28:02},{day}" for day in range(300)]
    lines[200] = "2020-08-05,secret"
    page = Page(dropped(browser, ("Date,Value\n" + "\n".join(lines)).encode()).text)

    assert "secret" in page.words
    assert len(page.all("mark")) == 1
    assert "2020-08-04" in page.words
    assert "2020-06-12" not in page.words.partition("The file as it is")[2].partition("What would be read")[0]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b'[{"date": "2024-01-31", "value": 1.5}, {"date": "2024-02-29", "value": 2}]', "a.json", "2024-01-311.5"),
        (gzip.compress(b"Date,Value\n2024-01-31,1.5\n"), "a.csv.gz", "2024-01-311.5"),
        (b"\x00\x01\x02" * 50, "a.bin", "What would be read Nothing"),
        (b"PK\x03\x04broken", "a.xlsx", "What would be read Nothing"),
        (b"no dates at all\nhere\n", "a.txt", "What would be read Nothing"),
    ],
    ids=["json", "packed", "binary", "workbook", "words"],
)
def test_files_of_any_kind(browser: Browser, content: bytes, name: str, said: str) -> None:
    """A file is what its bytes say; one that is nothing is said to be so."""
    answer = dropped(browser, content, name)

    assert (answer.status_code, said in Page(answer.text).words) == (200, True)


def test_a_workbook_and_parquet(browser: Browser) -> None:
    """Cells of a sheet and of a columnar file are shown as text."""
    import pyarrow as pa
    from pyarrow import parquet

    buffer = BytesIO()
    parquet.write_table(pa.table({"date": ["2024-01-31", "2024-02-29"], "value": [1.5, 2.0]}), buffer)

    assert "2024-01-311.5" in Page(dropped(browser, buffer.getvalue(), "a.parquet").text).words


def test_markup_stays_text(browser: Browser) -> None:
    """Names, cells, columns and options full of markup make no element and no attribute."""
    evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7007*7 }}"
    content = f'Date,"{evil.replace(chr(34), chr(34) * 2)}"\n2024-01-31,1\n2024-02-29,"{evil.replace(chr(34), chr(34) * 2)}"\n'.encode()
    for name, options in (
        (f"{evil}.csv", {}),
        ("x/../../etc/passwd", {"date_column": evil, "columns": evil}),
        ("a.csv", {"missing": evil}),
    ):
        answer = dropped(browser, content, name, **options)
        page = Page(answer.text)
        assert answer.status_code == 200
        assert [each for each in page.all("script") if not each.get("src", "").startswith("/static/")] == []
        assert page.all("img") == []
        assert [name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"] == []
        assert "49049" not in page.words


@pytest.mark.parametrize(
    ("content", "options", "status", "said"),
    [
        (None, {}, 400, "No file was chosen."),
        (b"", {}, 400, "The file is empty."),
        (b"x" * (MOST_BYTES + 1), {}, 413, "larger than 8 MiB"),
        (b"x" * (MOST_BYTES + 100_000), {}, 413, "Its first rows are enough"),
        (AMBIGUOUS, {"skip_rows": "-1"}, 400, "skip_rows must be a whole number from 0."),
        (AMBIGUOUS, {"decimal": "x"}, 400, "decimal must be one of"),
        (AMBIGUOUS, {"missing": "a\0"}, 400, "The form is not valid."),
    ],
)
def test_limits_and_wrong_forms(browser: Browser, content: bytes | None, options: dict[str, str], status: int, said: str) -> None:
    """Each is refused with what helps."""
    answer = dropped(browser, content, **options)

    assert (answer.status_code, said in Page(answer.text).words) == (status, True)


def test_other_bodies_are_refused(browser: Browser) -> None:
    """A body of another kind, and one that is cut off, is no form."""
    assert browser.post("/file", {"file": "x"}).status_code == 415
    headers = {"Accept": "text/html", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **OWN}
    assert browser._ask("POST", "/file", headers, body=body_of(AMBIGUOUS, "a.csv", {})[:-60]).status_code == 400
    assert browser._ask("POST", "/file", {**headers, "Content-Type": "multipart/form-data"}, body=b"x").status_code == 400


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}], ids=str)
def test_pages_of_others_send_no_files(browser: Browser, headers: dict[str, str]) -> None:
    """As with every form."""
    assert dropped(browser, AMBIGUOUS, headers=headers).status_code == 403


def test_nothing_is_stored(browser: Browser, kept: UseCases) -> None:
    """No series, and no file."""
    dropped(browser, GERMAN)

    assert list(kept.search_series.databases()) == []
    assert "Nothing is kept yet" in Page(browser.get("/").text).words


def test_scope_to_fetch_is_needed() -> None:
    """A key that may only read sees no link to the page and cannot send a file."""
    use_cases = memory_use_cases({"canned": CannedSource()})
    tokens = {scope: use_cases.manage_keys.create(str(scope), [Scope.READ, scope])[1] for scope in (Scope.READ, Scope.FETCH)}
    browser = browser_of(use_cases, keys_required=True)
    assert browser.get("/file").status_code == dropped(browser, AMBIGUOUS).status_code == 401
    browser.post("/sign-in", {"token": tokens[Scope.READ]})
    assert browser.get("/file").status_code == dropped(browser, AMBIGUOUS).status_code == 403
    assert "/file" not in browser.get("/").text.replace("/file.js", "")
    browser.post("/sign-in", {"token": tokens[Scope.FETCH]})
    assert dropped(browser, AMBIGUOUS).status_code == 200


class Held:
    """Reads nothing until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = Event(), Event()

    def __call__(self, body: bytes, name: str, options: Mapping[str, Any]) -> FilePreview:
        self.begun.set()
        self.go.wait(20)
        return FilePreview(rows=())


def test_few_files_are_read_at_once(kept: UseCases) -> None:
    """A client's second file is refused while its first is read, and taken afterwards."""
    held = Held()
    browser = browser_of(replace(kept, preview_file=PreviewFile(held)))
    first = Thread(target=dropped, args=(browser, AMBIGUOUS))
    first.start()
    assert held.begun.wait(20)
    refused = dropped(browser, AMBIGUOUS)
    held.go.set()
    first.join()

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert dropped(browser, AMBIGUOUS).status_code == 200


def test_time_and_memory_are_bounded(tmp_path: Path) -> None:
    """What takes longer, or more memory, than a file may is said in the preview; the process that read it is gone."""
    late = ChildProcessFilePreviews(memory_bytes=2**30, seconds=0.001)(AMBIGUOUS, "a.csv", {})
    bomb = gzip.compress(b"Date,Value\n" + b"2024-01-31,1.5,3,4,5,6\n" * 6_000_000)
    heavy = ChildProcessFilePreviews(memory_bytes=2**28, seconds=60)(bomb, "a.csv.gz", {})

    assert late.error is not None
    assert late.error.code == "timed_out"
    assert len(bomb) < MOST_BYTES
    assert heavy.error is not None
    assert heavy.error.code == "too_large"


def test_the_lines_say_the_same() -> None:
    """The table of lanner.toml is read back to the options of the form, whatever the file's name."""
    form = {
        "date_format": 'a"b\\c',
        "thousands": "none",
        "missing": "x\ny z",
        "sheet": "2",
        "unit_row": "true",
        "skip_rows": "3",
        "delimiter": "tab",
    }
    given = options_of(form)
    for name in ("visits.csv", 'we"ird [1]*?.csv', "ü€.xlsx"):
        assert options_for(as_toml(name, given).encode(), name) == read_options(given)
    assert given == {
        "date_format": 'a"b\\c',
        "thousands": "",
        "missing": ["x", "y z"],
        "sheet": 2,
        "skip_rows": 3,
        "unit_row": True,
        "delimiter": "\t",
    }
