"""Bodies as parsers take them: unpacked, and text in UTF-8 where a mark or a declaration says that it is in another encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import replace

from adapters.provider_kit.http.body import is_self_delimiting
from adapters.provider_kit.http.status_errors import is_success
from adapters.provider_kit.parsing.containers import ContainerError, is_packed, unpack
from adapters.provider_kit.parsing.limits import BODY, check_body
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood, AnswerTruncated
from domain.ports import RawResponse

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_IN_XML = re.compile(rb"\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})[\"']")
_SAID_IN_XML = re.compile(r"\sencoding\s{0,9}=\s{0,9}[\"'][A-Za-z0-9_.:-]{1,40}[\"']")
_HEAD = 200
_BINARY = (b"PAR1", b"\x89PNG")
#: By the names of Python's codecs; what is declared as Latin-1 is Windows' Western, as the standard of the web has it.
_READ_AS = {"iso8859-1": "cp1252", "ascii": "utf-8", "utf-8-sig": "utf-8"}
_WARNING = "The answer does not end with a line break, and nothing proves that it is whole: its last cell may be cut off."


def plain(answer: RawResponse) -> RawResponse:
    """
    Return an answer as parsers take it: of a successful one the file that is packed in it, in UTF-8; of each without a byte order mark.

    ``HttpClient.get`` and the sources that ``open_source`` returns apply it, so that no provider has to.

    Raises:
        AnswerNotUnderstood: it holds several files, which are listed, or is not text in the encoding that it says.
        AnswerTooLarge: it unpacks to too much.
        AnswerTruncated: it is packed and ends too early.

    """
    body = _text_of(answer) if is_success(answer) else answer.body
    body = body.removeprefix(codecs.BOM_UTF8)
    if body is answer.body:
        return answer
    kind = answer.headers.get("content-type", "").partition(";")[0]
    return replace(answer, body=body, headers={**answer.headers, "content-type": kind}, original=answer.sent)


def _text_of(answer: RawResponse) -> bytes:
    body = _unpacked(answer.body) if is_packed(answer.body) else answer.body
    encoding = marked(body) or _declared(body, answer.headers)
    if encoding not in ("", "utf-8", "utf-8-sig") and not body.startswith(_BINARY):
        text = _decoded(body, encoding)
        if text.lstrip().startswith("<?xml"):
            text = _SAID_IN_XML.sub("", text[:_HEAD], count=1) + text[_HEAD:]
        body = text.encode()
        check_body(body)
    return body


def marked(body: bytes) -> str:
    """Return the encoding that the mark at the beginning of a body says; empty if there is none."""
    return next((encoding for mark, encoding in MARKS if body.startswith(mark)), "")


def doubts(answer: RawResponse) -> tuple[str, ...]:
    """Return what of a saved answer cannot be relied on: text that stops without the end of a line may be cut inside its last cell."""
    body = answer.body.rstrip(b"\0 ")
    is_proved = body.endswith((b"\n", b"\r")) or is_packed(body) or body.startswith(_BINARY) or is_self_delimiting(answer.body)
    return () if is_proved or not is_success(answer) else (_WARNING,)


def _unpacked(body: bytes) -> bytes:
    try:
        inner, is_workbook = unpack(body, "The answer", BODY)
    except ContainerError as exc:
        error = AnswerTruncated if exc.is_damaged else AnswerNotUnderstood
        raise error(f"The answer cannot be unpacked: {storable(exc.what)}.") from exc
    if is_workbook or is_packed(inner):
        raise AnswerNotUnderstood("The answer is a workbook, or packed more than twice, where text must be.")
    check_body(inner)
    return inner


def _declared(body: bytes, headers: Mapping[str, str]) -> str:
    """Return the encoding that the headers or an XML declaration say; empty if they say none, or one that there is not."""
    header, in_xml = _CHARSET.search(headers.get("content-type", "")), _IN_XML.match(body, 0, _HEAD)
    # In XML that can be read as ASCII so far, UTF-16 is a mistake of the server's.
    said = header[1] if header else in_xml[1].decode() if in_xml and not in_xml[1].lower().startswith((b"utf-16", b"utf-32")) else ""
    try:
        encoding = codecs.lookup(said).name if said else ""
    except LookupError:
        return ""
    is_json = body[:64].lstrip().startswith((b"{", b"["))
    return "" if is_json and _is_utf8(body) else _READ_AS.get(encoding, encoding)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except (UnicodeError, LookupError) as exc:
        line = body.count(b"\n", 0, exc.start) + 1 if isinstance(exc, UnicodeDecodeError) else 0
        where = f" in line {line}" if line else ""
        raise AnswerNotUnderstood(f"The answer is not text in {encoding}, as it says{where}.") from exc
