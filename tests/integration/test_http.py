"""The HTTP client, against real local sockets."""

from __future__ import annotations

import gzip
import logging
import time
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext, retry_after, status_error
from domain.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    AnswerTruncated,
    DatasetNotFound,
    FetchError,
    KeyRejected,
    SourceTimedOut,
    SourceUnavailable,
)
from domain.ports import RawResponse
from tests.builders import a_server, an_answer

KEY = "canary-key"


def a_client(base_url: str, *, seconds: float = 10) -> HttpClient:
    """A client of a provider called canned, that has a key."""
    return HttpClient("canned", base_url, secrets=[KEY], deadline_seconds=seconds)


def ask(*parts: bytes) -> RawResponse:
    """What the client makes of these bytes."""
    with a_server(lambda target, headers: parts) as url:
        return a_client(url).get(["x.json"], headers={"X-Api-Token": KEY})


@pytest.mark.parametrize("status", [200, 204, 304, 404, 410, 429, 503])
def test_any_complete_answer_is_given(status):
    """Whatever its status, a complete answer comes with its body, its headers by lower-case name and its address."""
    body = b"" if status in (204, 304) else b"{}"
    answer = ask(an_answer(body, status=status, X_Word="hello"))

    assert (status, body) == (answer.status, answer.body)
    assert answer.headers["x-word"] == "hello"
    assert answer.url.endswith("/x.json")


def test_what_is_sent():
    """The client says who it is, takes gzip alone, and sends the headers it is given."""
    seen = []
    with a_server(lambda target, headers: [an_answer(b"{}")] if seen.append((target, headers)) is None else []) as url:
        a_client(url + "/api").get(["datasets", "WIKI", "FB.json"], {"code": "a b&c"}, {"X-Api-Token": KEY})
    [(target, headers)] = seen

    assert target == "/api/datasets/WIKI/FB.json?code=a+b%26c"
    assert headers["user-agent"].startswith("lanner")
    assert headers["accept-encoding"] == "gzip"
    assert headers["x-api-token"] == KEY


def test_cookies_and_the_environment_are_ignored(monkeypatch):
    """No cookie is sent back, and a proxy named in the environment is not used."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen = []
    with a_server(lambda target, headers: [an_answer(b"{}", Set_Cookie="a=b")] if seen.append(headers) is None else []) as url:
        client = a_client(url)
        client.get(["x"])
        client.get(["x"])

    assert [headers.get("cookie") for headers in seen] == [None, None]


@pytest.mark.parametrize("segment", ["WIKI?x=1#", "@evil.example", "a/b", "a\\b", "...", "%2e", "\r\nX: y", "é"])
def test_a_segment_stays_a_segment(segment):
    """Whatever stands in a segment, it is quoted as one below the base URL."""
    seen = []
    with a_server(lambda target, headers: [an_answer(b"{}")] if seen.append(target) is None else []) as url:
        a_client(url + "/api/v3").get(["datasets", segment])

    assert seen[0].startswith("/api/v3/datasets/")
    assert seen[0].count("/") == 4
    assert not {"?", "#", "@"} & set(seen[0])


@pytest.mark.parametrize(("segment", "params"), [("\ud800", {}), ("FB", {"cursor": "\udfff"})])
def test_what_no_address_can_hold_is_told(segment, params):
    """Half a character is not asked for, and its source raises nothing but what sources raise."""
    with pytest.raises(AnswerNotUnderstood, match="cannot be asked"):
        a_client("https://host.invalid/api").get(["a", segment], params)


@pytest.mark.parametrize("segment", ["", ".", "..", "../../admin", "a/../../b", "..\\..", "%2e%2e", "x/%2E%2e/y"])
def test_a_segment_that_climbs_is_refused(segment):
    """A segment that would move the path is never sent."""
    with pytest.raises(DatasetNotFound):
        a_client("https://host.invalid/api").get(["datasets", segment])


BODY = b"Date,Value\n2024-01-01,1.5\n2024-01-02,\xc3\xa9\n"
CHUNKED = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:30], BODY[30:])) + b"0\r\n\r\n"
TYPE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/csv\r\n"
FORMS = {
    "length": TYPE + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "chunked": TYPE + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "gzip": TYPE + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BODY),
    "gzip in members": TYPE + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BODY[:20]) + gzip.compress(b"") + gzip.compress(BODY[20:]),
    "gzip with length": TYPE + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(BODY)) + gzip.compress(BODY),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_body_is_decoded(form):
    """A body comes whole by length, in chunks and in gzip."""
    assert ask(FORMS[form]).body == BODY


def test_members_may_come_in_pieces():
    """Wherever the network divides a body of several gzip members, it is the same body."""
    packed = gzip.compress(BODY[:20]) + gzip.compress(BODY[20:])
    head = TYPE + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    for cut in range(1, len(packed), 5):
        parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in (packed[:cut], packed[cut:])]

        assert ask(head, *parts, b"0\r\n\r\n").body == BODY


@pytest.mark.parametrize("form", [form for form in FORMS if form != "gzip in members"])
def test_a_cut_is_seen_at_every_byte(form):
    """Wherever a connection breaks, the part that came is never taken for the whole."""
    whole = FORMS[form]
    length = len(whole) - (len("0\r\n\r\n") if form == "chunked" else 0)
    cuts = iter(range(length))
    with a_server(lambda target, headers: [whole[: next(cuts)]]) as url:
        client = a_client(url)
        for cut in range(length):
            with pytest.raises(AnswerTruncated if cut > len(TYPE) + 80 else FetchError):
                client.get(["x"])


def test_a_cut_inside_any_member_is_seen():
    """A body that ends inside its second gzip member is not whole."""
    first, second = gzip.compress(BODY[:20]), gzip.compress(BODY[20:])
    for cut in range(1, len(second)):
        with pytest.raises(AnswerTruncated):
            ask(TYPE + b"Content-Encoding: gzip\r\n\r\n" + first + second[:cut])


def test_text_without_an_end_is_truncated():
    """CSV whose end nothing marks may have been cut, so it is refused; JSON marks its own end."""
    with pytest.raises(AnswerTruncated):
        ask(TYPE + b"\r\n" + BODY)

    assert ask(b"HTTP/1.0 200 OK\r\n\r\n{}").body == b"{}"
    assert ask(b"HTTP/1.0 410 Gone\r\nContent-Type: text/plain\r\n\r\ngone").body == b"gone"


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([TYPE + b"Content-Encoding: br\r\n\r\nxx"], AnswerNotUnderstood),
        ([TYPE + b"Content-Encoding: gzip\r\n\r\nno gzip at all"], AnswerNotUnderstood),
        ([TYPE + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(BODY), b"garbage"], AnswerNotUnderstood),
        ([TYPE + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(BODY), b"g"], AnswerNotUnderstood),
        ([TYPE + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(bytes(40 * 1024**2))], AnswerTooLarge),
        ([TYPE + b"Content-Encoding: gzip\r\n\r\n", *[gzip.compress(bytes(9 * 1024**2))] * 4], AnswerTooLarge),
        ([TYPE + b"Content-Length: 40000000\r\n\r\n", *[bytes(1024**2)] * 40], AnswerTooLarge),
        ([b"SSH-2.0-OpenSSH_9\r\n"], SourceUnavailable),
        ([], SourceUnavailable),
    ],
)
def test_a_bad_body_has_a_name(parts, error):
    """Unknown codings, false gzip, bombs and other protocols end in the error that says so."""
    with pytest.raises(error):
        ask(*parts)


@pytest.mark.parametrize("status", [204, 304, 404])
def test_nothing_may_be_packed(status):
    """An answer that needs no body may say that it is gzip and send none; one that promises data may not."""
    head = b"HTTP/1.1 %d Whatever\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"

    assert (ask(head % status).status, ask(head % status).body) == (status, b"")
    with pytest.raises(AnswerTruncated):
        ask(head % 200)


def test_a_part_is_not_the_whole():
    """An answer that says it is a part is not taken for the whole, however well it ends."""
    with pytest.raises(AnswerTruncated, match="part"):
        ask(an_answer(b"{}", status=206, Content_Range="bytes 0-1/9"))


@pytest.mark.parametrize("transfer", ["gzip, chunked", "gzip", "chunked, chunked"])
def test_a_transfer_that_was_not_asked_for(transfer):
    """Another transfer coding than chunks is not guessed at."""
    with pytest.raises(AnswerNotUnderstood, match="coding"):
        ask(TYPE + b"Transfer-Encoding: " + transfer.encode() + b"\r\n\r\n2\r\n{}\r\n0\r\n\r\n")


@pytest.mark.parametrize("cut", range(17, 80, 7))
def test_a_cut_head_is_no_head(cut):
    """A head without its last line is not an answer, even where no body would follow."""
    head = b"HTTP/1.1 304 Not Modified\r\nETag: some\r\nLast-Modified: yesterday\r\nDate: today\r\n\r\n"
    with pytest.raises(SourceUnavailable):
        ask(head[:cut])


def test_a_head_is_bounded():
    """A head of more than 64 KiB is too large, in one line or in many."""
    for lines in ([b"X: " + b"x" * 70_000 + b"\r\n"], [b"X: " + b"x" * 10_000 + b"\r\n"] * 7):
        with pytest.raises(AnswerTooLarge, match="head"):
            ask(TYPE, *lines, b"\r\n{}")


def test_a_conditional_request():
    """A header may ask for news alone, and an answer that there is none comes with its status; redirects keep the header."""
    heard = []

    def respond(target, headers):
        heard.append(headers["if-none-match"])
        yield an_answer(b"", status=302, Location="/y") if target == "/x" else b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'

    with a_server(respond) as url:
        answer = a_client(url).get(["x"], headers={"If-None-Match": '"a"'})

    assert (answer.status, answer.body, answer.headers["etag"], heard) == (304, b"", '"a"', ['"a"', '"a"'])


@pytest.mark.parametrize("begun", [b"", TYPE + b"Content-Length: 9\r\n\r\n"])
def test_silence_times_out(begun):
    """A server that goes silent, before its answer or inside it, is left at the deadline."""

    def respond(target, headers):
        yield begun
        time.sleep(0.5)

    with a_server(respond) as url, pytest.raises(SourceTimedOut):
        a_client(url, seconds=0.1).get(["x"])


def test_a_dripping_body_is_cut_at_the_deadline():
    """Bytes that come one by one do not put the deadline off."""

    def respond(target, headers):
        yield TYPE + b"Content-Length: 100\r\n\r\n"
        for _ in range(80):
            yield b"x"
            time.sleep(0.02)

    with a_server(respond) as url, pytest.raises(SourceTimedOut):
        a_client(url, seconds=0.1).get(["x"])


def test_a_spent_deadline_asks_nothing():
    """Once the deadline that calls share is over, none begins."""
    with pytest.raises(SourceTimedOut):
        a_client("https://host.invalid").get(["x"], until=time.monotonic() - 1)


def test_redirects_inside_the_origin_are_followed():
    """Up to three redirects at the same host are followed."""
    places = {"/a": "/b", "/b": "c", "/c": "/d?x=1"}

    def respond(target, headers):
        yield an_answer(b"", status=302, Location=places[target]) if target in places else an_answer(target.encode())

    with a_server(respond) as url:
        assert a_client(url).get(["a"]).body == b"/d?x=1"


def test_redirects_in_a_circle_end():
    """A fourth redirect is refused."""
    with pytest.raises(AnswerNotUnderstood, match="more than 3"):
        ask(an_answer(b"", status=301, Location="/x.json"))


@pytest.mark.parametrize("place", ["https://evil.example/x", "//evil.example/x", "http://127.0.0.1:9/x", "http://[/"])
def test_the_key_is_not_taken_elsewhere(place):
    """A redirect to another host, port or scheme is refused for good."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        ask(an_answer(b"", status=302, Location=place))

    assert not raised.value.retryable


@pytest.mark.parametrize(
    "place", ["/admin", "/api/v30/x", "../../x", "/api/v3/../../admin", "{url}/api/v3/%2e%2e/%2e%2e/admin", "/api/v3/..%2f..%2fadmin"]
)
def test_a_redirect_does_not_leave_the_api(place):
    """A redirect to a path outside the base URL's is refused for good, and that path is not asked for."""
    asked = []

    def respond(target, headers):
        asked.append(target)
        yield an_answer(b"", status=302, Location=place.replace("{url}", url)) if len(asked) == 1 else an_answer(b"{}")

    with a_server(respond) as url, pytest.raises(AnswerNotUnderstood, match="outside") as raised:
        a_client(url + "/api/v3").get(["x"], headers={"X-Api-Token": KEY})

    assert asked == ["/api/v3/x"]
    assert "LANNER_PROVIDERS__CANNED__BASE_URL" in raised.value.hint


def test_an_unknown_host_says_what_to_do():
    """A name that does not resolve is said to be one, with the ways out."""
    with pytest.raises(SourceUnavailable, match=r"Could not reach no\.such\.invalid: name not resolved\.") as raised:
        a_client("https://no.such.invalid/api").get(["x"])

    assert "LANNER_PROVIDERS__CANNED__BASE_URL" in raised.value.hint
    assert "LANNER_ROUTES" in raised.value.hint


def test_a_closed_port_says_so():
    """A port at which nobody listens refuses."""
    with a_server(lambda target, headers: []) as url:
        pass
    with pytest.raises(SourceUnavailable, match="connection refused"):
        a_client(url).get(["x"])


def test_plain_http_where_tls_is_expected():
    """A server without TLS behind an https address cannot be reached, and the sentence says why."""
    with a_server(lambda target, headers: []) as url, pytest.raises(SourceUnavailable, match=r"TLS|closed"):
        HttpClient("canned", url.replace("http:", "https:"), secrets=[], deadline_seconds=10, by_operator=True).get(["x"])


@pytest.mark.parametrize(
    "parts", [[], [an_answer(b"", status=302, Location="http://evil.example/?key=canary-key")], [TYPE + b"Content-Length: 9\r\n\r\n"]]
)
def test_the_key_is_never_shown(parts, caplog):
    """Neither a traceback nor the most talkative log shows the key."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(FetchError) as raised:
        ask(*parts)

    assert KEY not in "".join(traceback.format_exception(raised.value)) + raised.value.hint
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", " canary-key"])
def test_a_key_that_no_header_carries(key):
    """A key with a line break or other letters is refused with the variable's name, before anything is sent."""
    with pytest.raises(KeyRejected) as raised:
        a_client("https://host.invalid").get(["x"], headers={"X-Api-Token": key})

    assert "LANNER_PROVIDERS__CANNED__API_KEY" in raised.value.hint
    assert key not in "".join(traceback.format_exception(raised.value))


NOW = datetime(2024, 1, 1, tzinfo=UTC)


@given(st.text(max_size=60) | st.from_regex(r"\A(Mon, )?[0-9]{1,20} Jan [0-9]{1,20} [0-9:]{1,12} ([+-][0-9]{1,9}|GMT)\Z"))
def test_retry_after_is_between_now_and_tomorrow(text):
    """Whatever a provider writes into ``Retry-After``, it is a wait between nothing and a day, or none."""
    seconds = retry_after(RawResponse(body=b"", headers={"retry-after": text}), NOW)

    assert seconds is None or 0 <= seconds <= 86400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("soon", None),
        ("120", 120.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("9" * 400, 86400.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Wed, 01 Jan 2025 00:00:00 GMT", 86400.0),
        ("Mon, 01 Jan 2024 00:00:30 -0000", 30.0),
        ("Mon, 01 Jan 2024 02:00:30 +0200", 30.0),
        ("Monday, 01-Jan-24 00:00:30 GMT", 30.0),
        ("Mon Jan  1 00:00:30 2024", 30.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
        (f"Mon, 01 Jan {'9' * 30} 00:00:00 GMT", None),
        ("Mon, 01 Jan 2024 00:00:30 +99999999", None),
        ("1e3", None),
        ("inf", None),
        ("nan", None),
        ("٣", None),
        ("-" + "9" * 400, 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    """``Retry-After`` is read in both its forms and kept between nothing and a day."""
    assert retry_after(RawResponse(body=b"", headers={"retry-after": text}), NOW) == seconds


KEYED = ErrorContext(host="host", key=KEY, key_variable="THE_VARIABLE")
KEYLESS = ErrorContext(host="host", key_variable="THE_VARIABLE")
OPEN = ErrorContext(host="host")


@pytest.mark.parametrize(
    ("status", "door", "code"),
    [
        (302, KEYED, "not_understood"),
        (400, KEYED, "not_understood"),
        (401, KEYED, "key_rejected"),
        (401, KEYLESS, "key_missing"),
        (403, KEYED, "forbidden"),
        (403, KEYLESS, "key_missing"),
        (403, OPEN, "forbidden"),
        (404, KEYED, "not_found"),
        (408, KEYED, "timed_out"),
        (410, KEYED, "gone"),
        (413, KEYED, "too_large"),
        (414, KEYED, "too_large"),
        (418, KEYED, "not_understood"),
        (425, KEYED, "unavailable"),
        (429, KEYED, "rate_limited"),
        (500, KEYED, "unavailable"),
        (503, KEYED, "unavailable"),
        (599, KEYED, "unavailable"),
    ],
)
def test_a_status_has_its_error(status, door, code):
    """Every status that is no success has one error."""
    assert status_error(RawResponse(body=b"", status=status), door).code == code


@pytest.mark.parametrize("status", [408, 429, 503])
def test_passing_statuses_say_how_long(status):
    """What may pass tells how long the provider wants to be left alone."""
    error = status_error(RawResponse(body=b"", status=status, headers={"retry-after": "7"}), KEYED)

    assert getattr(error, "retry_after", None) == 7.0


def test_a_firewalls_page_is_forbidden():
    """An HTML page with 403 is the site's firewall: final, whether a key was sent or not."""
    page = RawResponse(body=b"<html><body>Request unsuccessful. Incapsula</body></html>", status=403)

    assert [status_error(page, door).code for door in (KEYED, KEYLESS)] == ["forbidden"] * 2
    assert "firewall" in status_error(page, KEYLESS).hint


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b'{"error": "No such thing, canary-key."}', "", "No such thing, ***."),
        (b'{"message": "%s"}' % (b"x" * 5000), "", "x…"),
        (b'["no", "object"]', "", "400."),
        (b"plain\n words", "text/plain", "plain words"),
        (b"\x00\xff", "", "400."),
    ],
)
def test_the_providers_own_words_are_told(body, kind, words):
    """A refusal repeats what the provider says: shortened, on one line, without the key."""
    error = status_error(RawResponse(body=body, status=400, headers={"content-type": kind}), KEYED)

    assert error.message.endswith(words)
    assert len(error.message) < 400
