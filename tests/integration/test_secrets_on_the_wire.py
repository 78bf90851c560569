"""Keys that a provider takes in its query string: on the wire, and nowhere else."""

from __future__ import annotations

import html
import json
import logging
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext
from domain.errors import FetchError
from domain.ports import RawResponse
from tests.builders import a_server, an_answer

KEY = "cän ary+key/0123456789&="
SPELLINGS = (KEY, quote(KEY, safe=""), quote_plus(KEY), "0123456789")
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


@pytest.fixture(autouse=True)
def talkative(caplog):
    """Every library tells all it can."""
    caplog.set_level(logging.DEBUG)


def ask(respond, **params: str) -> RawResponse:
    """What a client with the key in its query makes of a server."""
    with a_server(respond) as url:
        client = HttpClient("canned", url + "/api", secrets=[KEY], deadline_seconds=5)
        return client.get(["series"], params, secret_params={"api_key": KEY})


def shown(text: str) -> list[str]:
    return [spelling for spelling in SPELLINGS if spelling in text]


@pytest.mark.parametrize(("params", "before"), [({}, "?"), ({"id": "GDP"}, "?id=GDP&")])
def test_a_secret_parameter_is_sent(params, before, caplog):
    """It reaches the provider behind the others, and is in no line of any log and no part of the answer."""
    heard = []
    answer = ask(lambda target, headers: [an_answer(b"{}")] if heard.append(target) is None else [], **params)

    assert heard == [f"/api/series{before}api_key={quote_plus(KEY)}"]
    assert "GET /api/series" in caplog.text
    assert shown(caplog.text + repr(answer)) == []


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"nonsense\r\n"],
        [HEAD, b"Broken header\r\nContent-Length: 9\r\n\r\n"],
        [HEAD, b"Transfer-Encoding: chunked\r\n\r\nzz"],
        [HEAD, b"Content-Encoding: br\r\n\r\n"],
        [HEAD, b"X: " + b"x" * 70_000],
    ],
)
def test_no_error_shows_it(parts, caplog):
    """However a call ends, neither its error with all its causes nor the log shows the key."""
    with pytest.raises(FetchError) as raised:
        ask(lambda target, headers: parts)

    assert shown("".join(traceback.format_exception(raised.value)) + raised.value.hint + caplog.text) == []


@pytest.mark.parametrize("dead", ["http://127.0.0.1:1", "https://no.such.invalid", "https://127.0.0.1:1"])
def test_no_dead_end_shows_it(dead, caplog):
    """Nor does an error before any connection."""
    with pytest.raises(FetchError) as raised:
        HttpClient("canned", dead, secrets=[KEY], deadline_seconds=5).get(["x"], secret_params={"api_key": KEY})

    assert shown("".join(traceback.format_exception(raised.value)) + raised.value.hint + caplog.text) == []


def test_a_redirect_that_repeats_it(caplog):
    """A redirect inside the API gets it again, once, though the place names it; no log does."""
    heard = []

    def respond(target, headers):
        heard.append(target)
        place = target.replace("/series", "/moved") + "&x=1"
        yield an_answer(b"", status=302, Location=place) if len(heard) == 1 else an_answer(b"{}")

    answer = ask(respond, id="GDP")

    assert heard[1] == f"/api/moved?id=GDP&x=1&api_key={quote_plus(KEY)}"
    assert answer.url.endswith("/api/moved?id=GDP&x=1")
    assert shown(caplog.text + repr(answer)) == []


@pytest.mark.parametrize("place", ["http://127.0.0.1:1/{key}", "//{key}.example/", "/api/{key}", "/api/x?other={key}", "/{key}"])
def test_a_redirect_takes_it_nowhere_else(place, caplog):
    """A place elsewhere, or one that repeats the key where it does not belong, is not gone to and not told."""
    heard = []

    def respond(target, headers):
        heard.append(target)
        yield an_answer(b"", status=302, Location=place.replace("{key}", quote_plus(KEY)))

    with pytest.raises(FetchError) as raised:
        ask(respond)

    assert len(heard) == 1
    assert shown("".join(traceback.format_exception(raised.value)) + raised.value.hint + caplog.text) == []


def test_an_answer_that_repeats_it(caplog):
    """A provider that repeats the request with its key is heard without it, so that nothing of it can be kept."""
    echo = json.dumps({"request": f"/x?api_key={quote_plus(KEY)}", "key": KEY}, ensure_ascii=False).encode()
    answer = ask(lambda target, headers: [an_answer(echo, Link=f"</api?api_key={quote_plus(KEY)}>")])

    assert json.loads(answer.body) == {"request": "/x?api_key=***", "key": "***"}
    assert shown(repr(answer) + caplog.text) == []


@pytest.mark.parametrize(
    "spell",
    [
        str.upper,
        lambda key: b64encode(f"user:{key}".encode()).decode(),
        lambda key: urlsafe_b64encode(key.encode()).decode().rstrip("="),
        lambda key: "".join(f"%{byte:02x}" for byte in key.encode()),
        lambda key: quote(quote_plus(key)),
        lambda key: key.encode().hex(),
        html.escape,
        lambda key: json.dumps(key)[1:-1],
    ],
    ids=["case", "user and key", "URL's base64", "percent", "twice", "hex", "HTML", "JSON"],
)
def test_an_answer_that_repeats_it_otherwise(spell: Callable[[str], str], caplog):
    """Nor is any of it left in body, head, address, error or log where the provider spells it in another way."""
    spelled = spell(KEY)
    at_rest = spelled if spelled.isascii() else "x"
    answer = ask(lambda target, headers: [an_answer(f"<{spelled}>".encode(), Link=f"<{at_rest}>")], id=spelled)
    said = ErrorContext(host="h", key=KEY).quoted(f"The key {spelled} is wrong")
    logging.getLogger("x").info("said %s", said)

    assert answer.body.count(b"***") == 1
    assert said == caplog.messages[-1][len("said ") :]
    for text in (answer.body.decode(), repr(answer.headers), answer.url, said):
        assert spelled[8:-8] not in text
        assert quote_plus(spelled)[8:-8] not in text
