"""Formats, negotiation, entity tags, content encodings, ranges and the cache of encoded responses."""

from __future__ import annotations

import io
from threading import Event, Thread

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from falcon import Response
from falcon.testing import Result, TestClient, create_environ

from domain.frequency import Frequency
from domain.observations import Observations
from domain.series import Metadata
from entrypoints.formats import Format
from entrypoints.rest.app import create_app
from entrypoints.rest.context import Request
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.response_cache import EncodedResponse, ResponseCache
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender, choose_encoding
from tests.builders import memory_use_cases, waiting_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.fakes import NAN, CannedSource

MANY = Observations.of(np.arange(500), ("Close", "=Volume"), np.arange(1000.0).reshape(500, 2))
FEW = Observations.of(["2024-01-30", "2024-01-31", "2024-02-01"], ("Open", "a,b"), [[1.5, 8381600.0], [NAN, 1e16], [3.0, -0.0]])


class SeriesClient:
    """A client of an application with one stored series."""

    def __init__(self, observations: Observations, sender: ResponseSender | None = None) -> None:
        metadata = Metadata(name="Prices", unit="USD", frequency=Frequency.DAILY, attribution="Who sent them")
        use_cases = memory_use_cases({"canned": CannedSource(observations=observations, metadata=metadata)})
        self.client = TestClient(create_app(use_cases, allowed_hosts=(), sender=sender), headers=LOCAL)
        self.refresh()

    def refresh(self) -> None:
        body = {"code": "canned:CANNED/FB", "refresh": True}
        self.id = self.client.simulate_post("/timeseries", json=body).json["id"]

    def get(self, suffix: str = "", query: str = "", **headers: str) -> Result:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.simulate_get(f"/timeseries/{self.id}/data{suffix}", query_string=query, headers=names)


def test_csv_is_as_quandl_wrote_it() -> None:
    """Numbers are Python's, missing cells empty, line ends single, names quoted where they must be."""
    answer = SeriesClient(FEW).get(".csv")

    assert answer.text == 'date,Open,"a,b"\n2024-01-30,1.5,8381600.0\n2024-01-31,,1e+16\n2024-02-01,3.0,-0.0\n'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


def test_small_numbers_are_pythons_too() -> None:
    """One between 0.00001 and 0.0001 is written alike whatever stands beside it."""
    dates = ["2024-01-01", "2024-01-02"]
    alone, beside = ([[0.00001234], [1.0]], [[0.00001234], [1e30]])

    for values in (alone, beside):
        assert "2024-01-01,1.234e-05\n" in SeriesClient(Observations.of(dates, ("Close",), values)).get(".csv").text


def test_a_name_is_never_a_formula() -> None:
    """Spreadsheets take no column's name for something to run."""
    assert SeriesClient(MANY).get(".csv", "limit=1&order=desc").text == "date,Close,'=Volume\n1971-05-15,998.0,999.0\n"


@pytest.mark.parametrize("kind", [Format.PARQUET, Format.ARROW])
def test_columnar_files_say_what_they_hold(kind: Format) -> None:
    """Dates are date32, values float64 with null where one is missing, and the schema names series and vintage."""
    content = SeriesClient(FEW).get(f".{kind}").content
    found = pq.read_table(io.BytesIO(content)) if kind is Format.PARQUET else pa.ipc.open_file(content).read_all()

    assert found.schema.types == [pa.date32(), pa.float64(), pa.float64()]
    assert found.column("Open").to_pylist() == [1.5, None, 3.0]
    facts = {name.decode(): value.decode() for name, value in (found.schema.metadata or {}).items()}
    assert facts | {"digest": ""} == {
        "code": "canned:CANNED/FB",
        "vintage": "1",
        "digest": "",
        "unit": "USD",
        "attribution": "Who sent them",
    }
    assert len(facts["digest"]) == 64


def test_seconds_are_timestamps_in_utc() -> None:
    """An axis finer than a day is a timestamp in Parquet and a moment in CSV."""
    kept = SeriesClient(Observations.of(["2024-01-01T10:00:01"], ("date",), [[1.0]], unit="s"))

    assert pq.read_table(io.BytesIO(kept.get(".parquet").content)).schema.types[0] == pa.timestamp("ms", tz="UTC")
    assert kept.get(".csv").text == "time,date\n2024-01-01T10:00:01Z,1.0\n"


def test_names_that_stand_twice_are_numbered_where_they_must_differ() -> None:
    """A column called like the first, or like another, gets a number in Parquet and in records."""
    kept = SeriesClient(Observations.of(["2024-01-01"], ("date", "a", "a"), [[1.0, 2.0, 3.0]]))

    assert pq.read_table(io.BytesIO(kept.get(".parquet").content)).column_names == ["date", "date_2", "a", "a_2"]
    assert kept.get(query="shape=records").json["data"] == [{"date": "2024-01-01", "date_2": 1.0, "a": 2.0, "a_2": 3.0}]


def test_collapse_and_transform() -> None:
    """Both are calculated before the limit, in that order."""
    answer = SeriesClient(FEW).get(query="collapse=monthly&transform=diff&column_index=1&limit=5")

    assert answer.json["data"] == [["2024-02-29", 1.5]]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/json;q=0.1, application/vnd.apache.parquet", "application/vnd.apache.parquet"),
    ],
)
def test_the_format_is_negotiated(accept: str, media_type: str) -> None:
    """Without a suffix the Accept header decides, and ``Vary`` says so."""
    answer = SeriesClient(FEW).get(Accept=accept)

    assert answer.headers["content-type"] == media_type
    assert "Accept" in answer.headers["vary"].replace("Accept-Encoding", "")


def test_a_format_that_there_is_not() -> None:
    """406 lists what there is; a suffix beats the header."""
    kept = SeriesClient(FEW)

    assert kept.get(Accept="image/png").status_code == 406
    assert "text/csv" in kept.get(Accept="image/png").json["hint"]
    assert kept.get(".csv", Accept="image/png").status_code == 200


def test_by_code() -> None:
    """The same by the code, with its provider or without; an unknown code names the request to make."""
    kept = SeriesClient(FEW)
    answer = kept.client.simulate_get("/data.csv", query_string="code=canned:CANNED/FB")
    unknown = kept.client.simulate_get("/data", query_string="code=NO/SUCH")

    assert answer.text == kept.get(".csv").text
    assert answer.headers["content-location"] == f"/timeseries/{kept.id}/data.csv?vintage=1"
    assert (unknown.status_code, "POST /timeseries" in unknown.json["hint"]) == (404, True)
    assert kept.client.simulate_get("/data").json["errors"][0]["parameter"] == "code"


@pytest.mark.parametrize("suffix", ["", ".csv", ".parquet", ".arrow"])
def test_a_client_that_has_it_gets_nothing_again(suffix: str) -> None:
    """The entity tag gives 304 until a new vintage is stored; another part has another tag."""
    kept = SeriesClient(FEW)
    tag = kept.get(suffix).headers["etag"]
    again = kept.get(suffix, If_None_Match=f'"other", W/{tag}')

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert kept.get(suffix, "limit=1", If_None_Match=tag).status_code == 200
    assert "accept-encoding" in again.headers["vary"].lower()


def test_a_checked_series_has_new_json_but_the_same_csv() -> None:
    """JSON contains the time of the last check, so it changes with that; CSV does not."""
    kept = SeriesClient(FEW)
    before = [kept.get(suffix).headers["etag"] for suffix in (".json", ".csv")]
    kept.refresh()
    after = [kept.get(suffix).headers["etag"] for suffix in (".json", ".csv")]

    assert before[1] == after[1]
    assert before[0] != after[0]


def test_a_numbered_vintage_is_kept_for_ever() -> None:
    """Its response may be cached for ever, and contains nothing that could change."""
    answer, newest = SeriesClient(FEW).get(query="vintage=1"), SeriesClient(FEW).get()

    assert "immutable" in answer.headers["cache-control"]
    assert {"checked_at", "stale"}.isdisjoint(answer.json)
    assert (newest.headers["cache-control"], newest.json["stale"]) == ("public, no-cache", False)


def test_a_problem_is_never_kept() -> None:
    """What is missing today may exist tomorrow: a problem has none of the headers of a success."""
    kept = SeriesClient(FEW)

    for absent in (kept.get(query="vintage=2"), kept.get(".parquet", "vintage=1", Range="bytes=999999-")):
        assert absent.status_code in (404, 416)
        assert absent.headers["cache-control"] == "no-store"
        assert {"etag", "age", "last-modified", "content-location"}.isdisjoint(absent.headers)


def test_any_tag_is_met_by_what_there_is() -> None:
    """``If-None-Match: *`` is 304 where there is a response, and 404 where there is none."""
    kept = SeriesClient(FEW)

    assert kept.get(If_None_Match="*").status_code == 304
    assert kept.get(query="vintage=2", If_None_Match="*").status_code == 404


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", ""),
        ("gzip, deflate", "gzip"),
        ("gzip, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("gzip;q=0, *", "zstd"),
        ("identity", ""),
        ("gzip;q=0", ""),
        ("gzip;q=nonsense", ""),
        ("identity, gzip;q=0.5", ""),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
    ],
)
def test_the_coding_a_client_likes_best(header: str, coding: str) -> None:
    """Qualities count, and zstd wins a draw."""
    assert choose_encoding(header) == coding


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_large_answers_are_compressed(coding: str) -> None:
    """The compressed response has the same content under a tag of its own; a small one is not compressed."""
    kept = SeriesClient(MANY)
    plain, coded = kept.get(".json", Accept_Encoding="identity"), kept.get(".json", Accept_Encoding=coding)

    assert coded.headers["content-encoding"] == coding
    assert pa.CompressedInputStream(pa.BufferReader(coded.content), coding).read() == plain.content
    assert coded.headers["etag"] != plain.headers["etag"]
    assert "content-encoding" not in kept.get(".json", "limit=1", Accept_Encoding=coding).headers


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-3", 0, 3), ("bytes=4-", 4, None), ("bytes=-8", -8, None), ("bytes=0-999999", 0, None)],
)
def test_ranges_of_columnar_files(asked: str, first: int, last: int | None) -> None:
    """Readers that take footers and columns apart get just the bytes they ask for."""
    kept = SeriesClient(MANY)
    whole = kept.get(".parquet").content
    answer = kept.get(".parquet", Range=asked)
    part = whole[first : None if last is None else last + 1]

    assert (answer.status_code, answer.content) == (206, part)
    begin = len(whole) + first if first < 0 else first
    assert answer.headers["content-range"] == f"bytes {begin}-{begin + len(part) - 1}/{len(whole)}"


def test_a_range_of_a_head_is_its_size() -> None:
    """HEAD returns the size of the whole."""
    kept = SeriesClient(MANY)
    path = f"/timeseries/{kept.id}/data.parquet"
    head = kept.client.simulate_head(path, headers={"Range": "bytes=0-3"})

    assert (head.status_code, head.headers["content-length"]) == (200, str(len(kept.get(".parquet").content)))


def test_ranges_that_cannot_be_had() -> None:
    """One behind the end is 416; one under another tag, of another unit or of JSON gives the whole."""
    kept = SeriesClient(MANY)
    size = len(kept.get(".arrow").content)
    beyond = kept.get(".arrow", Range=f"bytes={size}-")

    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    assert kept.get(".arrow", Range="bytes=-0").status_code == 416
    assert kept.get(".arrow", Range="bytes=0-3", If_Range='"older"').status_code == 200
    assert kept.get(".arrow", Range="rows=0-3").status_code == 200
    assert kept.get(".json", Range="bytes=0-3").status_code == 200


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_ranges_of_csv(coding: str) -> None:
    """They are bytes of what the client gets whole: of the compressed file, if it accepts that."""
    kept = SeriesClient(MANY)
    whole = kept.get(".csv", Accept_Encoding=coding)
    part = kept.get(".csv", Accept_Encoding=coding, Range="bytes=100-299", If_Range=whole.headers["etag"])
    head = kept.client.simulate_head(f"/timeseries/{kept.id}/data.csv", headers={"Accept-Encoding": coding})

    assert (part.status_code, part.content) == (206, whole.content[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(whole.content)}"
    assert (head.headers["content-length"], head.headers["accept-ranges"]) == (str(len(whole.content)), "bytes")
    for name in ("etag", "vary"):
        assert part.headers[name] == whole.headers[name] == head.headers[name]
    assert [each.headers.get("content-encoding", "identity") for each in (whole, part)] == [coding, coding]


def test_ranges_of_csv_that_cannot_be_had() -> None:
    """A tag of another coding, or of other data, gives the whole; what is behind the end is 416."""
    kept = SeriesClient(MANY)
    plain, coded = (kept.get(".csv", Accept_Encoding=coding) for coding in ("identity", "gzip"))
    beyond = kept.get(".csv", Range=f"bytes={len(plain.content)}-")

    assert kept.get(".csv", Range="bytes=0-9", If_Range=coded.headers["etag"]).content == plain.content
    assert kept.get(".csv", Range="bytes=0-9", Accept_Encoding="gzip", If_Range=plain.headers["etag"]).content == coded.content
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(plain.content)}")
    assert "accept-ranges" not in kept.get(".json").headers


def test_ranges_in_the_quandl_compatible_api() -> None:
    """CSV is read in parts there too; what cannot be had is said in its own form."""
    kept = SeriesClient(MANY)
    whole, part, beyond = (
        kept.client.simulate_get("/api/v3/datasets/CANNED/FB.csv", headers={"Range": asked} if asked else {})
        for asked in ("", "bytes=-8", "bytes=999999-")
    )

    assert (part.status_code, part.content) == (206, whole.content[-8:])
    assert (beyond.status_code, beyond.headers["content-type"], beyond.text[:13]) == (416, "text/csv", "code,message\n")
    assert kept.client.simulate_get("/api/v3/datasets/CANNED/FB.xml", headers={"Range": "bytes=0-3"}).status_code == 200


def test_what_was_encoded_once_is_sent_again() -> None:
    """The second response comes from the cache with the same bytes and headers."""
    sender = ResponseSender(capacity=10**6, threads=8)
    kept = SeriesClient(MANY, sender)
    first, size = kept.get(".csv"), sender.cache.size
    second = kept.get(".csv")

    assert size == sender.cache.size > len(first.content)
    unsteady = ("x-request-id",)
    assert [{k: v for k, v in each.headers.items() if k not in unsteady} for each in (first, second)] == [
        {k: v for k, v in first.headers.items() if k not in unsteady}
    ] * 2


def test_the_cache_is_bounded() -> None:
    """The least recently used response is evicted first, and one that is too large is never cached."""
    size = EncodedResponse(b"", {}).size + 25
    cache = ResponseCache(4 * size)
    for name in "abcde":
        cache.put(name, EncodedResponse(b"x" * 25, {}))
        cache.get("a")
    cache.put("f", EncodedResponse(b"x" * 26, {}))
    cache.put("e", EncodedResponse(b"y" * 25, {}))

    assert cache.size == 4 * size
    assert [name for name in "abcdef" if cache.get(name)] == ["a", "c", "d", "e"]


def test_small_answers_count_with_all_that_they_take() -> None:
    """Headers and objects count like bodies, so that no number of empty responses outgrows the cache."""
    cache = ResponseCache(10**6)
    for number in range(2000):
        cache.put(f"{number}", EncodedResponse(b"", {"Content-Location": "/" * 1000}))

    assert cache.size <= 10**6
    assert cache.get("0") is None


def test_half_of_the_threads_stay_free() -> None:
    """Beyond half of the threads, requests for large responses get a Retry-After; others are served."""
    sender = ResponseSender(capacity=0, threads=4)
    begun, go_on = [Event(), Event()], Event()

    def hold(mine: Event) -> None:
        with sender.read_slots.acquire(str(id(mine))):
            mine.set()
            go_on.wait(10)

    holders = [Thread(target=hold, args=(mine,)) for mine in begun]
    for holder in holders:
        holder.start()
    assert all(mine.wait(10) for mine in begun)

    with pytest.raises(Problem) as caught, sender.read_slots.acquire("another"):
        pass
    go_on.set()
    for holder in holders:
        holder.join()
    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "1"})
    with sender.read_slots.acquire("another"):
        pass


def test_concurrent_requests_share_one_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """Concurrent requests for the same response share it, though there are fewer slots than requests."""
    monkeypatch.setattr("entrypoints.rest.http.responses._SHARED_WAIT", 10.0)
    sender, begun, go_on, made = ResponseSender(capacity=10**6, threads=2), Event(), Event(), []

    def build() -> EncodedResponse:
        made.append(1)
        begun.set()
        go_on.wait(10)
        return EncodedResponse(b"once", {})

    def want() -> None:
        resp = Response()
        sender.send(Request(create_environ()), resp, CacheableResponse(key=("FB",), format=Format.JSON, build=build))
        got.append(resp.data)

    got: list[bytes | None] = []
    clients = [Thread(target=want) for _ in range(5)]
    clients[0].start()
    assert begun.wait(10)
    for client in clients[1:]:
        client.start()
    go_on.set()
    for client in clients:
        client.join()
    assert (got, made) == ([b"once"] * 5, [1])


def test_a_client_leaves_places_for_streams_to_others() -> None:
    """Each client has a share; a stream that is read, dropped or never begun releases its slot."""
    sender = ResponseSender(capacity=0, threads=16)
    streams = [sender.stream_slots.stream([b"a", b"", b"b"], "one") for _ in range(2)]

    with pytest.raises(Problem):
        sender.stream_slots.stream([b"c"], "one")
    assert b"".join(sender.stream_slots.stream([b"c"], "another")) == b"c"
    assert b"".join(streams.pop()) == b"ab"
    sender.stream_slots.stream([b"d"], "one")
    del streams
    assert all(b"".join(sender.stream_slots.stream([b"e"], "one")) == b"e" for _ in range(5))


def test_a_client_that_waits_leaves_places_to_others_and_to_readers() -> None:
    """However many fetches it waits for, others may wait, and stored data can be read."""
    sender = ResponseSender(capacity=0, threads=8)
    kept = SeriesClient(MANY, sender)
    with sender.wait_slots.acquire("one"), sender.wait_slots.acquire("one"):
        with pytest.raises(Problem), sender.wait_slots.acquire("one"):
            pass
        with sender.wait_slots.acquire("another"):
            assert kept.get(".csv").status_code == 200


def test_what_was_requested_is_answered_where_nobody_may_wait() -> None:
    """A preference to wait is ignored when all slots for waiting are held; the request itself succeeds."""
    sender = ResponseSender(capacity=0, threads=4)
    client = TestClient(create_app(waiting_use_cases(), allowed_hosts=(), sender=sender), headers=LOCAL)
    with sender.wait_slots.acquire("127.0.0.1"):
        answer = client.simulate_post("/timeseries", json={"code": "CANNED/FB"}, headers={"Prefer": "wait=5"})

    assert (answer.status_code, answer.json["status"]) == (201, "pending")
    assert "preference-applied" not in answer.headers


def test_quandls_shape_names_what_providers_leave_out() -> None:
    """Read by its id too, a single column without a name is Value; and the response has its Last-Modified."""
    kept = SeriesClient(Observations.of(["2024-01-01"], ("",), [[1.0]]))
    answer = kept.client.simulate_get("/timeseries", params={"id": kept.id})

    assert answer.json["dataset_data"]["column_names"] == ["Date", "Value"]
    assert "last-modified" in answer.headers


def test_a_vintage_has_the_metadata_that_came_with_it() -> None:
    """Its permanent response names the series as it did when it was the newest."""
    source = CannedSource(observations=FEW, metadata=Metadata(name="Old"))
    client = TestClient(create_app(memory_use_cases({"canned": source}), allowed_hosts=()), headers=LOCAL)
    path = client.simulate_post("/timeseries", json={"code": "CANNED/FB"}).json["links"]["self"]
    source.observations, source.metadata = MANY, Metadata(name="New")
    client.simulate_post("/timeseries", json={"code": "CANNED/FB", "refresh": True, "allow_shrink": True})
    names = [client.simulate_get(f"{path}/data", query_string=query).json["series"]["name"] for query in ("vintage=1", "vintage=2", "")]

    assert names == ["Old", "New", "New"]
