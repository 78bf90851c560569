"""Every provider's answers come in gzip, in a ZIP archive, in UTF-16, or cut: the same series, or an error that says what came."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from adapters.provider_kit.conformance.replay_server import Case, Sent, opened
from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, AnswerTruncated
from domain.ports import PriorState, RawResponse
from tests.builders import a_server

PAYLOADS = Path(__file__).parents[1] / "payloads"
NAMES = sorted(path.parent.name for path in PAYLOADS.glob("*/contract.json") if json.loads(path.read_text()).get("answers"))
CSV = b"Date,Open,Close\n2024-01-02,1.5,2\n2024-01-03,1.25,3.75"
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def zipped(body: bytes, *others: str) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data/answer", body)
        for name in others:
            archive.writestr(name, b"")
    return file.getvalue()


def in_utf_16(body: bytes) -> bytes:
    return body.decode("utf-8-sig").encode("utf-16")


FORMS = {
    "gzip": lambda sent: replace(sent, body=gzip.compress(sent.body)),
    "a ZIP archive": lambda sent: replace(sent, body=zipped(sent.body)),
    "UTF-16": lambda sent: replace(sent, body=in_utf_16(sent.body)),
    "UTF-16 in gzip": lambda sent: replace(sent, body=gzip.compress(in_utf_16(sent.body))),
}


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """A provider on its payload."""
    with opened(request.param, PAYLOADS / request.param) as replayed:
        yield replayed


def under(case: Case, fault):
    """What the provider fetches while its answers, but for refusals, come in another form."""
    case.fault = lambda sent: fault(sent) if sent.status == 200 else sent
    try:
        return case.fetch()
    finally:
        case.fault = None


@pytest.mark.parametrize("form", FORMS)
def test_a_packed_answer_is_the_answer(case: Case, form: str) -> None:
    """No provider has to know how its answers are packed or encoded."""
    whole, found = case.fetch(), under(case, FORMS[form])

    assert (found.vintages, found.metadata) == (whole.vintages, whole.metadata)


def test_several_files_are_listed(case: Case) -> None:
    """Of an archive of several files nobody knows which is meant."""
    with pytest.raises(AnswerNotUnderstood, match=r"'data/answer' and 'README' where one file must be"):
        under(case, lambda sent: Sent(body=zipped(sent.body, "README"), headers=sent.headers))


@pytest.mark.parametrize("pack", [gzip.compress, zipped])
def test_a_packed_answer_that_was_cut_is_truncated(case: Case, pack) -> None:
    """What is packed proves whether it is whole; a file of one's own is not asked for again by itself."""
    error = AnswerNotUnderstood if case.spec.name == "csv_url" else AnswerTruncated
    with pytest.raises(error):
        under(case, lambda sent: Sent(body=pack(sent.body)[:-9], headers=sent.headers))


@pytest.mark.parametrize(
    ("answer", "is_proved"),
    [
        (HEAD + b"Content-Length: %d\r\n\r\n" % len(CSV) + CSV, True),
        (HEAD + b"Content-Length: %d\r\n\r\n" % (len(CSV) + 1) + CSV, False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(CSV) + CSV + b"\r\n0\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(CSV) + CSV + b"\r\n", False),
        (HEAD + b"\r\n" + CSV, False),
        (HEAD + b"\r\n" + CSV + b"\n", False),
        (HEAD + b"\r\n" + zipped(CSV), True),
        (HEAD + b"\r\n" + zipped(CSV)[:-1], False),
        (HEAD + b"\r\n" + gzip.compress(CSV), False),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(CSV), True),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(CSV)[:-1], False),
    ],
    ids=range(11),
)
def test_text_without_an_end_is_taken_where_its_length_is_proved(answer, is_proved):
    """A last cell that may be cut counts where the length, the last chunk or a checksum says that nothing is wanting."""
    with a_server(lambda target, headers: [answer]) as url:
        source = InstalledProviders({"stooq": {"base_url": url, "enabled": "true"}}, deadline_seconds=10).source("stooq")
        if is_proved:
            [(_, state)] = source.fetch(DatasetCode("STOOQ", "A"), PriorState(newest=None)).vintages
            assert state.values.tolist() == [[1.5, 2], [1.25, 3.75]]
        else:
            with pytest.raises(AnswerTruncated):
                source.fetch(DatasetCode("STOOQ", "A"), PriorState(newest=None))


def test_a_saved_text_without_an_end_is_doubted() -> None:
    """What was saved proves nothing about its length: the series is read with a warning, and without one where its last line ends."""
    source = InstalledProviders({}, deadline_seconds=10).offline_source("stooq")
    [doubtful], [whole], [packed] = (source.parse(None, RawResponse(body=body)) for body in (CSV, CSV + b"\n", gzip.compress(CSV)))

    assert [series.warnings for series in (whole, packed)] == [(), ()]
    assert doubtful.warnings == (
        "The answer does not end with a line break, and nothing proves that it is whole: its last cell may be cut off.",
    )
