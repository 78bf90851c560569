"""Bodies as parsers take them: unpacked, in UTF-8; what proves that they are whole."""

from __future__ import annotations

import gzip
import io
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from adapters.provider_kit.parsing.bodies import doubts, plain
from adapters.provider_kit.parsing.documents import read_text
from adapters.provider_kit.parsing.xml import xml_root
from domain.errors import AnswerNotUnderstood, AnswerTooLarge, AnswerTruncated
from domain.ports import RawResponse

CSV = "Date,Prix (é)\n2024-01-31,1.5\n"
XML = "<?xml version='1.0' encoding='{}'?>\n<a b='é'/>"
JSON = '{"name": "é"}'


def packed(content: bytes) -> bytes:
    """Compress without the time, so that every process gives a test the same name."""
    return gzip.compress(content, mtime=0)


def zipped(method: int = ZIP_DEFLATED, **members: bytes) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(ZipInfo(name), content, method)
    return file.getvalue()


def an_answer(body: bytes, kind: str = "", status: int = 200) -> RawResponse:
    return RawResponse(body=body, status=status, headers={"content-type": kind} if kind else {})


UTF8 = CSV.encode()
WORKBOOK = zipped(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (UTF8, ""),
        (UTF8, "text/csv; charset=utf-8"),
        (UTF8, "text/csv; charset=us-ascii"),
        (UTF8, "text/csv; charset=nobody-knows"),
        (b"\xef\xbb\xbf" + UTF8, ""),
        (b"\xef\xbb\xbf" + UTF8, "text/csv; charset=iso-8859-1"),
        (CSV.encode("utf-16"), ""),
        (CSV.encode("utf-16"), "text/csv; charset=utf-8"),
        (b"\xfe\xff" + CSV.encode("utf-16-be"), ""),
        (CSV.encode("utf-32"), ""),
        (CSV.encode("latin-1"), "text/csv; charset=ISO-8859-1"),
        (CSV.encode("latin-1"), 'text/csv; header=present; charset="latin1"'),
        (CSV.encode("cp1252"), "text/csv;charset=windows-1252"),
        (CSV.encode("iso8859-15"), "text/csv; charset=iso-8859-15"),
        (packed(UTF8), "application/gzip"),
        (packed(UTF8[:9]) + packed(UTF8[9:]), ""),
        (packed(CSV.encode("latin-1")), "text/csv; charset=latin1"),
        (packed(CSV.encode("utf-16")), ""),
        (zipped(a=UTF8), "application/zip"),
        (zipped(**{"data/": b"", "data/a.csv": UTF8, "__MACOSX/data/._a.csv": b"x"}), ""),
        (packed(zipped(a=UTF8)), ""),
        (zipped(a=packed(UTF8)), ""),
    ],
)
def test_a_body_becomes_text(body, kind):
    """Gzip, a ZIP of one file, marks and declared encodings are taken off; doing it twice changes nothing."""
    answer = plain(an_answer(body, kind))

    assert read_text(answer.body) == CSV
    assert plain(answer).body == answer.body


def test_what_is_declared_as_latin_1_is_windows_text():
    """As the standard of the web has it: the euro sign, which Latin-1 has not, is one."""
    assert read_text(plain(an_answer(b"Date,\x80\n", "text/csv; charset=iso-8859-1")).body) == "Date,€\n"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (XML.format("utf-8").encode(), ""),
        (XML.format("UTF-16").encode(), ""),
        (XML.format("ISO-8859-1").encode("latin-1"), ""),
        (XML.format("windows-1252").encode("cp1252"), "application/xml"),
        (XML.format("utf-16").encode("utf-16"), ""),
        (XML.format("utf-8").encode("latin-1"), "text/xml; charset=iso-8859-1"),
        (packed(XML.format("iso-8859-1").encode("latin-1")), ""),
    ],
)
def test_xml_may_declare_its_encoding(body, kind):
    """The declaration of XML counts where neither a mark nor a header says another; UTF-16 that is none is a mistake."""
    assert xml_root(plain(an_answer(body, kind)).body).get("b") == "é"


def test_json_is_utf_8_whatever_is_declared():
    """A header that contradicts JSON's only encoding counts only where the body is not in it."""
    for body in (JSON.encode(), JSON.encode("latin-1"), JSON.encode("utf-16")):
        assert read_text(plain(an_answer(body, "application/json; charset=iso-8859-1")).body) == JSON


@pytest.mark.parametrize(
    ("body", "kind", "error", "words"),
    [
        (zipped(a=UTF8, b=UTF8), "", AnswerNotUnderstood, "the archive holds 'a' and 'b' where one file must be"),
        (zipped(**{f"{n:02}": b"" for n in range(20)}), "", AnswerNotUnderstood, "'11' and 8 more where"),
        (zipped(), "", AnswerNotUnderstood, "the archive holds nothing"),
        (zipped(a=UTF8)[:-30], "", AnswerTruncated, "it is not a ZIP archive"),
        (zipped(ZIP_STORED, a=UTF8).replace(b"1.5", b"1.6"), "", AnswerTruncated, "Bad CRC-32"),
        (packed(UTF8)[:-3], "", AnswerTruncated, "it is gzip that ends too early"),
        (packed(UTF8) + packed(UTF8)[:9], "", AnswerTruncated, "it is gzip that ends too early"),
        (packed(UTF8)[:-8] + bytes(8), "", AnswerTruncated, "it is not gzip that can be unpacked"),
        (packed(UTF8) + b"more", "", AnswerNotUnderstood, "something stands behind the end"),
        (packed(b"") * 10_001, "", AnswerNotUnderstood, "gzip of more than 10000 parts"),
        (packed(packed(packed(UTF8))), "", AnswerNotUnderstood, "packed more than twice"),
        (packed(bytes(33 * 1024**2)), "", AnswerTooLarge, "unpacks to more than 32 MiB"),
        (zipped(a=bytes(33 * 1024**2)), "", AnswerTooLarge, "unpacks to more than 32 MiB"),
        (WORKBOOK, "", AnswerNotUnderstood, "a workbook"),
        (
            b"a\n" + CSV.encode("latin-1"),
            "text/csv; charset=shift_jis",
            AnswerNotUnderstood,
            "is not text in shift_jis, as it says in line 2",
        ),
        (UTF8, "text/csv; charset=base64", AnswerNotUnderstood, "is not text in base64"),
        (CSV.encode("latin-1"), "", AnswerNotUnderstood, "not text in UTF-8 in line 1, and does not say in which other encoding"),
        (CSV.encode("cp1252"), "text/csv; charset=utf-8", AnswerNotUnderstood, "not text in UTF-8 in line 1"),
    ],
    ids=range(18),
)
def test_what_cannot_be_unpacked_or_decoded_is_named(body, kind, error, words):
    """Several files are listed; what is damaged may come whole the next time; no encoding is guessed."""
    with pytest.raises(error) as raised:
        read_text(plain(an_answer(body, kind)).body)

    assert type(raised.value) is error
    assert words in raised.value.message


def test_a_refusal_is_left_as_it_is():
    """An answer that is no success is not unpacked: its status tells what is wrong."""
    answer = an_answer(b"PK\x03\x04", "text/html; charset=latin-1", status=503)

    assert plain(answer) is answer


@pytest.mark.parametrize(
    ("body", "is_doubtful"),
    [
        (UTF8, False),
        (UTF8[:-1], True),
        (UTF8[:-3], True),
        (UTF8.replace(b"\n", b"\r"), False),
        (UTF8.replace(b"\n", b"\r\n"), False),
        (CSV.encode("utf-16"), False),
        (CSV[:-1].encode("utf-16"), True),
        (b"\xfe\xff" + CSV.encode("utf-16-be"), False),
        (b"\xfe\xff" + CSV[:-1].encode("utf-16-be"), True),
        (UTF8 + b"  ", False),
        (packed(UTF8[:-1]), False),
        (zipped(a=UTF8[:-1]), False),
        (JSON.encode(), False),
        (JSON.encode()[:-1], True),
        (b'{"a": 1}\n{"a": 2}', False),
        (b"<a><b/></a>", False),
        (b"<a><b/>", True),
        (b"PAR1...PAR1", False),
        (b"2024-01-31", True),
    ],
)
def test_text_without_an_end_may_be_cut(body, is_doubtful):
    """Nothing proves that a saved text is whole whose last line has no end, unless it is closed by its form or was packed."""
    assert bool(doubts(RawResponse(body=body))) is is_doubtful


def test_a_refusal_has_no_last_cell():
    """Of an answer that is no success nothing is read."""
    assert doubts(RawResponse(body=b"Not found", status=404)) == ()
