"""An answer that is cut at any byte, in any form of transfer, over a real provider: the whole or nothing."""

from __future__ import annotations

import gzip
import json

import pytest

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import AnswerTruncated, FetchError
from domain.observations import Observations
from domain.ports import PriorState
from tests.builders import a_server

ROWS = [["2024-01-03", 12.5, 100], ["2024-01-02", 1.25, None], ["2023-12-29", -0.5, 99.875]]
JSON = json.dumps({"dataset": {"name": "A [1] {2}", "column_names": ["Date", "Open", "Close"], "data": ROWS}}).encode()
CSV = b"Date,Open,Close\n2024-01-03,12.5,100\n2024-01-02,1.25,\n2023-12-29,-0.5,99.875\n"
#: Begins as markup does.
ODD_CSV = CSV.replace(b"Open,Close", b"Open>,<Close").replace(b"Date", b"<Date", 1)
WHOLE = Observations.of([row[0] for row in ROWS][::-1], ["Open", "Close"], [[-0.5, 99.875], [1.25, float("nan")], [12.5, 100.0]])
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def chunked(body: bytes) -> bytes:
    """A body in chunks of 30 bytes, whose sizes are written with zeros in front, as some servers do."""
    pieces = [body[at : at + 30] for at in range(0, len(body), 30)]
    return b"".join(b"%06x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"000000\r\n\r\n"


FORMS = {
    "length": lambda body: HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body,
    "chunked": lambda body: HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body),
    "until closed": lambda body: HEAD + b"\r\n" + body,
    "gzip until closed": lambda body: HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(body, mtime=0),
    "gzip with length": lambda body: (
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(body, mtime=0)) + gzip.compress(body, mtime=0)
    ),
    "gzip chunked": lambda body: HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(gzip.compress(body)),
}


@pytest.mark.parametrize("body", [JSON, CSV, ODD_CSV], ids=["json", "csv", "odd csv"])
@pytest.mark.parametrize("form", FORMS)
def test_the_whole_or_nothing(form, body):
    """Cut at each of its bytes, an answer gives the whole observations or a named error, never others."""
    whole = FORMS[form](body)
    cuts = iter(range(len(whole) + 1))
    accepted, codes = [], set()
    with a_server(lambda target, headers: [whole[: next(cuts)]]) as url:
        source = InstalledProviders({"quandl": {"base_url": url}}, deadline_seconds=10).source("quandl")
        for cut in range(len(whole) + 1):
            try:
                [(_, state)] = source.fetch(DatasetCode("X", "Y"), PriorState(newest=None)).vintages
            except FetchError as error:
                codes.add(error.code)
                continue
            accepted.append(cut)
            if body is not ODD_CSV:
                assert state == WHOLE, cut

    assert codes <= {"truncated", "unavailable", "not_understood"}
    if body is JSON or (body is CSV and form != "until closed"):
        assert accepted[-1:] == [len(whole)]
    if form == "until closed" and body is not JSON:
        assert accepted == []
    # Behind the last byte of the data stands only what closes the form.
    assert all(len(whole) - cut <= len(b"000000\r\n\r\n") for cut in accepted)


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        (b"\xef\xbb\xbf" + JSON, True),
        (JSON[:-1], False),
        (JSON + b"{", False),
        (b"<TICKER>,<DATE>\nX,2024-01-01\n", False),
        (b"[DATE],X\n2024-01-01,1\n", False),
        (b"<a><b>1</b></a>\n", True),
        (b"<a><b>1</b>", False),
        (b"<?xml version='1.0'?>\n<m:Set xmlns:m='x'><m:Obs/></m:Set>", True),
        (b"<!DOCTYPE html><HTML><p>Sorry</p></html>", True),
        (b"", False),
        (b"PAR1 and more PAR1", False),
    ],
)
def test_only_what_shows_its_own_end_needs_no_other(body, accepted):
    """Until its connection closes, an answer is whole only if it is complete JSON, or markup that closes what it opened."""

    with a_server(lambda target, headers: [HEAD, b"\r\n", body]) as url:
        client = HttpClient("canned", url, secrets=[], deadline_seconds=10)
        if accepted:
            assert client.get(["x"]).body == body.removeprefix(b"\xef\xbb\xbf")
        else:
            with pytest.raises(AnswerTruncated):
                client.get(["x"])
