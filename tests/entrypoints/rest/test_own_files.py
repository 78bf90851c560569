"""Files of one's own over REST: what cannot be read is the request's fault, what has changed is fetched again."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from adapters.providers.files.provider import FilesSource
from domain.errors import AnswerNotUnderstood, AnswerTooLarge, DatasetNotFound, KeyRejected
from domain.use_cases import UseCases
from tests.builders import memory_use_cases
from tests.fakes import CannedSource

ClientOn = Callable[[UseCases], TestClient]
DOUBT, CSV = "Date,v\n01/02/2021,1\n03/02/2021,2\n", "Date,v\n2021-02-01,1\n2021-02-03,2\n2021-02-05,3\n"
WAIT = {"Prefer": "wait=5"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "visits.csv").write_text(DOUBT)
    return tmp_path


@pytest.fixture
def client(client_on: ClientOn, folder: Path) -> TestClient:
    return client_on(memory_use_cases({"canned": FilesSource(folder)}))


def post(client: TestClient, **headers: str) -> Result:
    return client.simulate_post("/timeseries", json={"code": "SHOP/visits"}, headers=headers)


def data(client: TestClient) -> Result:
    return client.simulate_get(f"/timeseries/{post(client).json['id']}/data")


ASKING: dict[str, Callable[[TestClient], Result]] = {
    "a request that waits": lambda client: post(client, **WAIT),
    "a request that is repeated": lambda client: [post(client, **WAIT, **{"Idempotency-Key": "a"}) for _ in range(2)][-1],
    "data": data,
    "data by code": lambda client: (post(client), client.simulate_get("/data.csv", params={"code": "SHOP/visits"}))[-1],
    "data in Quandl's shape": lambda client: client.simulate_get("/timeseries", params={"id": post(client).json["id"]}),
    "a refresh that waits": lambda client: client.simulate_post(f"/timeseries/{post(client).json['id']}/fetches", json={}, headers=WAIT),
}


@pytest.mark.parametrize("ask", ASKING)
def test_a_file_in_doubt_is_a_422(client: TestClient, ask: str) -> None:
    """The problem has the cell, its row and column, and the option that decides; its hint fits a file."""
    answer = ASKING[ask](client)

    assert (answer.status_code, answer.json["code"], answer.json["retryable"]) == (422, "not_understood", False)
    assert answer.json["detail"] == (
        "shop/visits.csv: row 2, column 'Date', cell '01/02/2021': day/month or month/day; option date_format."
    )
    assert answer.json["hint"].startswith("Set date_format in lanner.toml")


def test_a_client_of_quandls_is_told_too(client: TestClient) -> None:
    """Read-through gives the sentence and the hint in Quandl's form."""
    answer = client.simulate_get("/api/v3/datasets/SHOP/visits.json")

    assert answer.status_code == 422
    assert "option date_format. Set date_format in lanner.toml" in answer.json["quandl_error"]["message"]


def test_without_waiting_a_request_is_accepted(client: TestClient) -> None:
    """The refusal stands at the fetch; a problem leads to the series."""
    answer = post(client)
    fetch = client.simulate_get(answer.json["links"]["fetch"]).json
    link = post(client, **WAIT).headers["link"]

    assert answer.status_code == 201
    assert (fetch["status"], fetch["error"]["code"]) == ("error", "not_understood")
    assert link == f'</timeseries/{answer.json["id"]}>; rel="related"'


def test_the_option_helps_at_once(client: TestClient, folder: Path) -> None:
    """Once lanner.toml says what is meant, the next request reads the file."""
    post(client, **WAIT)
    (folder / "lanner.toml").write_text('["shop/*.csv"]\ndate_format = "%d/%m/%Y"\n')
    answer = post(client, **WAIT)

    assert (answer.status_code, answer.json["status"]) == (200, "success")
    assert data(client).json["data"] == [["2021-02-01", 1.0], ["2021-02-03", 2.0]]


def test_a_file_that_breaks_later_is_told_where_a_fetch_was_wanted(client: TestClient, folder: Path) -> None:
    """What is stored is still served; who waits for the fetch of the changed file is told why it failed."""
    (folder / "shop" / "visits.csv").write_text(CSV)
    assert post(client, **WAIT).status_code == 201
    (folder / "shop" / "visits.csv").write_text(DOUBT)

    assert post(client, **WAIT).status_code == 422
    assert len(data(client).json["data"]) == 3


def test_a_changed_file_is_fetched_by_the_next_request(client: TestClient, folder: Path) -> None:
    """A series fetched a moment ago is stale once its file has changed, and only then."""
    (folder / "shop" / "visits.csv").write_text(CSV)
    first, second = post(client, **WAIT).json, post(client, **WAIT).json
    (folder / "shop" / "visits.csv").write_text(CSV + "2021-02-07,4\n")
    third = post(client, **WAIT).json

    assert first["fetch"]["id"] == second["fetch"]["id"] != third["fetch"]["id"]
    assert data(client).json["data"][-1] == ["2021-02-07", 4.0]
    assert client.simulate_get("/api/v3/datasets/SHOP/visits.json").json["dataset"]["newest_available_date"] == "2021-02-07"
    (folder / "shop" / "visits.csv").write_text(CSV + "2021-02-07,5\n2021-02-09,6\n")
    assert client.simulate_get("/api/v3/datasets/SHOP/visits.json").json["dataset"]["newest_available_date"] == "2021-02-09"


@pytest.mark.parametrize(
    ("name", "body", "code", "called"),
    [
        ("shop/sales.csv", CSV, "SHOP/sales", "sales"),
        ("shop/AAPL.csv.gz", CSV, "SHOP/AAPL", "AAPL"),
        ("shop/rates.csv", "Bank rates\n\nDate,v\n2021-02-01,1\n", "SHOP/rates", "Bank rates"),
        ("shop/x.json", '{"name": "Load", "columns": ["date", "v"], "data": [["2021-02-01", 1]]}', "SHOP/x", "Load"),
        ("regions.csv", "date,region,v\n2021-02-01,North,1\n2021-02-01,South,2\n", "REGIONS/north", "regions / North"),
        ("regions.csv", "Output\ndate,region,v\n2021-02-01,North,1\n2021-02-01,South,2\n", "REGIONS/North", "Output / North"),
        ("wide.csv", "region,2020,2021\nNorth,1,2\nSouth,3,4\n", "WIDE/South", "wide / South"),
        ("long/a.csv", "date,k,l,v\n2021,x,p,1\n2021,x,q,2\n", "LONG/a/x/q", "a / x / q"),
    ],
)
def test_a_series_is_called_as_its_file_and_key(  # noqa: PLR0917 - a table of files
    client: TestClient, folder: Path, name: str, body: str, code: str, called: str
) -> None:
    """By the title in the file, else by its name without endings; one series of several by its key, too."""
    (folder / "long").mkdir()
    (folder / name).write_bytes(gzip.compress(body.encode()) if name.endswith(".gz") else body.encode())
    (folder / "lanner.toml").write_text(
        '["regions.csv"]\nkey_columns = ["region"]\n["long/*"]\nkey_columns = ["k", "l"]\nvalue_column = "v"\n'
    )
    answer = client.simulate_post("/timeseries", json={"code": code}, headers=WAIT)
    series = client.simulate_get(f"/timeseries/{answer.json['id']}").json

    assert (series["status"], series["metadata"]["name"], series["code"]) == ("success", called, code)


@pytest.mark.parametrize(
    ("error", "status"),
    [(AnswerNotUnderstood("odd"), 502), (AnswerTooLarge("large"), 502), (KeyRejected("no"), 502), (DatasetNotFound("none"), 404)],
)
def test_providers_answers_are_a_gateways(client_on: ClientOn, error: AnswerNotUnderstood, status: int) -> None:
    """What a provider sends is no fault of the request."""
    error.is_lasting = True
    client = client_on(memory_use_cases({"canned": CannedSource(error=error)}, store=MemoryStore()))

    assert post(client, **WAIT).status_code == 201
    assert data(client).status_code == status


MAY = "Datum;v\n15.02.2021;1,5\n16.02.2021;2,5\n17.02.2021;998,5\n"
CHANGED: dict[str, tuple[str, str]] = {
    "the decimal mark": (
        "Datum;v\n15.02.2021;1.5\n16.02.2021;2.5\n17.02.2021;998.5\n",
        "Numbers had the decimal mark ',' and have '.' now",
    ),
    "the order of days and months": ("Datum;v\n02/15/2021;1,5\n02/16/2021;2,5\n02/17/2021;998,5\n", "Dates were written as 'day/month'"),
    "both": ("Datum,v\n02/15/2021,1.5\n02/16/2021,2.5\n02/17/2021,998.5\n", "were written as"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_file_that_changes_its_dialect_is_suspicious(client: TestClient, folder: Path, what: str) -> None:
    """Nothing of it is stored, until an option says what is meant, or the fetch is allowed to."""
    body, words = CHANGED[what]
    (folder / "shop" / "visits.csv").write_text(MAY)
    assert post(client, **WAIT).json["status"] == "success"
    (folder / "shop" / "visits.csv").write_text(body)
    refused = client.simulate_get(post(client, **WAIT).json["links"]["fetch"]).json

    assert refused["error"]["code"] == "suspicious_values"
    assert words in refused["error"]["message"]
    form, decimal = ("%m/%d/%Y" if "/" in body else "%d.%m.%Y"), ("." if ".5" in body else ",")
    (folder / "lanner.toml").write_text(f'["shop/*.csv"]\ndate_format = "{form}"\ndecimal = "{decimal}"\n')
    assert post(client, **WAIT).json["fetch"]["status"] == "success"


@pytest.mark.parametrize(
    "body",
    [
        MAY + "18.02.2021;1.000,5\n",
        MAY + "18.02.2021;1 000,5\n",
        MAY.replace(";", "\t"),
        "Datum;v\n15.02.2021;1\n16.02.2021;2\n17.02.2021;998\n",
        "Datum;v\n2021-02-15;1,5\n2021-02-16;2,5\n2021-02-17;998,5\n",
        MAY.replace("v\n", "v;w\n").replace("5\n", "5;7\n"),
        MAY.replace("v\n", "v;w\n").replace("5\n", "5;7,5\n"),
    ],
)
def test_a_file_that_only_grows_is_not_suspicious(client: TestClient, folder: Path, body: str) -> None:
    """Larger numbers, other delimiters, further columns and what shows nothing are no other dialect."""
    (folder / "shop" / "visits.csv").write_text(MAY)
    post(client, **WAIT)
    (folder / "shop" / "visits.csv").write_text(body)

    assert post(client, **WAIT).json["fetch"]["status"] == "success"


@pytest.mark.parametrize("first", ["SHOP/visits", "SHOP/VISITS", "SHOP/Visits"])
def test_a_file_is_one_series_in_whatever_case_it_is_asked_for(client: TestClient, folder: Path, first: str) -> None:
    """Its code is the file's own spelling; Quandl's address, which knows capitals alone, leads to the same series."""
    (folder / "shop" / "visits.csv").write_text(CSV)

    asked = [client.simulate_post("/timeseries", json={"code": code}, headers=WAIT) for code in (first, "SHOP/visits", "SHOP/VISITS")]
    read = client.simulate_get("/api/v3/datasets/SHOP/VISITS/data.json").json["dataset_data"]["data"]

    assert [answer.status_code for answer in asked] == [201, 200, 200]
    assert {answer.json["dataset_code"] for answer in asked} == {"visits"}
    assert len({answer.json["id"] for answer in asked}) == 1
    assert len(read) == 3
    assert len(client.simulate_get("/timeseries").json["items"]) == 1


def test_read_through_finds_a_file_in_small_letters(client: TestClient, folder: Path) -> None:
    """A code of Quandl's that no series has yet is resolved to the file's own spelling."""
    (folder / "shop" / "visits.csv").write_text(CSV)

    read = client.simulate_get("/api/v3/datasets/SHOP/VISITS.json")

    assert read.status_code == 200
    assert [item["dataset_code"] for item in client.simulate_get("/timeseries").json["items"]] == ["visits"]


def test_a_series_that_is_stored_in_capitals_stays_the_files_one(client: TestClient, folder: Path) -> None:
    """What was requested before its file was there keeps its code, and the file's own spelling leads to it."""
    (folder / "shop" / "visits.csv").unlink()
    before = client.simulate_post("/timeseries", json={"code": "SHOP/VISITS"}, headers=WAIT).json
    (folder / "shop" / "visits.csv").write_text(CSV)

    after = client.simulate_post("/timeseries", json={"code": "SHOP/visits", "refresh": True}, headers=WAIT).json

    assert (after["id"], after["dataset_code"]) == (before["id"], "VISITS")


def test_two_files_that_differ_in_case_are_two_series(client: TestClient, folder: Path) -> None:
    """Where both spellings are files, each is its own series."""
    (folder / "shop" / "visits.csv").write_text(CSV)
    (folder / "shop" / "VISITS.csv").write_text(CSV.replace("3\n", "4\n"))
    if (folder / "shop" / "visits.csv").read_text() != CSV:
        pytest.skip("this file system knows no case")

    asked = [client.simulate_post("/timeseries", json={"code": code}, headers=WAIT).json for code in ("SHOP/visits", "SHOP/VISITS")]

    assert [answer["dataset_code"] for answer in asked] == ["visits", "VISITS"]


def test_a_stored_file_is_read_in_whatever_case(client: TestClient, folder: Path) -> None:
    """Unless that case is another file's, which is not stored yet."""
    (folder / "shop" / "visits.csv").write_text(CSV)
    client.simulate_post("/timeseries", json={"code": "SHOP/visits"}, headers=WAIT)
    read = client.simulate_get("/data.json?code=shop/VISITS")
    (folder / "shop" / "VISITS.csv").write_text(CSV)
    if len(list((folder / "shop").iterdir())) == 1:
        pytest.skip("this file system knows no case")

    assert (read.status_code, read.json["series"]["code"]) == (200, "SHOP/visits")
    assert client.simulate_get("/data.json?code=shop/VISITS").status_code == 404


def test_periods_follow_the_day_that_an_option_states(client: TestClient, folder: Path) -> None:
    """Without it, where a week begins is not guessed."""
    (folder / "shop" / "visits.csv").write_text("Date,v\n2024-01-05,1\n2024-01-12,2\n2024-01-19,3\n")
    series = post(client, **WAIT).json["id"]
    assert client.simulate_get(f"/timeseries/{series}/data.json?periods=start").status_code == 400

    (folder / "lanner.toml").write_text('["shop/*"]\nanchor = "last day"\n')
    post(client, **WAIT)

    moved = client.simulate_get(f"/timeseries/{series}/data.json?periods=start").json["data"]
    assert [row[0] for row in moved] == ["2023-12-30", "2024-01-06", "2024-01-13"]
