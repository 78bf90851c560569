"""The exact requests of clients that are not run here, with the status and the first value that each must get."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest

from tests.entrypoints.rest.fred import FredClient

KEY = "api_key=abcdefghijklmnopqrstuvwxyz123456"
FREDR = f"{KEY}&file_type=json"
OBSERVATIONS = "/fred/series/observations?series_id=JOBS"
WHOLE = "realtime_start=1776-07-04&realtime_end=9999-12-31"
ALFRED = "output_type=2&observation_start=1776-07-04&observation_end=9999-12-31"
MATLAB = "observation_start=2023-11-01&observation_end=2024-12-31"
STATA = "observation_start=2023-11-01&observation_end=2023-11-01&vintage_dates=2023-12-31&output_type=2&file_type=xml"
OPENBB = "limit=100000&observation_end=2024-05-31&observation_start=2023-12-01&series_id=JOBS"
REQUESTS = [
    ("fredr, R", f"{OBSERVATIONS}&observation_start=2023-11-01&{FREDR}", "json", "111.0"),
    ("fredr, R", f"{OBSERVATIONS}&frequency=q&units=lin&aggregation_method=avg&{FREDR}", "json", "105.5"),
    ("fredr, R", f"{OBSERVATIONS}&vintage_dates=2023-12-15%2C2024-01-15&{FREDR}", "json", "100.0"),
    ("fredr, R", f"{OBSERVATIONS}&limit=20&offset=1&sort_order=desc&output_type=1&{FREDR}", "json", "."),
    ("fredr, R", f"/fred/series/vintagedates?series_id=JOBS&{FREDR}", "json", "2023-12-15"),
    ("fredr, R", f"/fred/series/search?search_text=jobs&search_type=full_text&{FREDR}", "json", "JOBS"),
    ("fredr, R", f"/fred/series/release?series_id=JOBS&{FREDR}", "json", "FRED: fred"),
    ("fredr, R", f"/fred/series/tags?series_id=JOBS&{FREDR}", "json", ""),
    ("fredr, R", f"/fred/series/categories?series_id=JOBS&{FREDR}", "json", ""),
    ("fredr, R", f"/fred/releases?{FREDR}", "json", "FRED: fred"),
    ("alfred, R", f"{OBSERVATIONS}&{WHOLE}&{ALFRED}&{KEY}", "xml", "100.0"),
    ("quantmod, R", "/graph/fredgraph.csv?id=JOBS", "csv", "100.0"),
    ("getFredData, MATLAB", f"/fred/series?series_id=JOBS&{MATLAB}&units=pca&frequency=q&{KEY}", "xml", "JOBS"),
    ("getFredData, MATLAB", f"/fred/series/release?series_id=JOBS&{MATLAB}&{KEY}", "xml", "FRED: fred"),
    ("getFredData, MATLAB", f"{OBSERVATIONS}&{MATLAB}&realtime_start=2024-01-20&realtime_end=2024-01-20&{KEY}", "xml", "111.0"),
    ("fetch, MATLAB", "/data/JOBS.txt", "text", "100.0"),
    ("freduse, Stata", "/data/JOBS.txt", "text", "100.0"),
    ("fredusex, Stata", "/data/JOBS", "html", "100.0"),
    ("import fred, Stata", f"{OBSERVATIONS}&{STATA}&{KEY}", "xml", "110.0"),
    ("FredData.jl, Julia", f"/fred/series?{FREDR}&series_id=JOBS", "json", "JOBS"),
    ("FredData.jl, Julia", f"{OBSERVATIONS}&{FREDR}&realtime_start=2024-02-20&realtime_end=2024-02-20", "json", "100.0"),
    ("OpenBB", f"/fred/series/observations?aggregation_method=eop&{FREDR}&{OPENBB}", "json", "."),
    ("files", f"{OBSERVATIONS}&file_type=txt&{KEY}", "zip", ""),
    ("files", f"{OBSERVATIONS}&file_type=xlsx&{KEY}", "xlsx", ""),
]


@pytest.fixture(scope="module")
def fred() -> FredClient:
    return FredClient()


@pytest.mark.parametrize(("client", "request_line", "kind", "first"), REQUESTS)
def test_requests(fred: FredClient, client: str, request_line: str, kind: str, first: str) -> None:
    """Each is answered with what its client reads first."""
    path, _, query = request_line.partition("?")
    fred.client.simulate_get("/fred/series", params={"series_id": "JOBS"})
    answer = fred.client.simulate_get(path, query_string=query)

    assert answer.status_code == 200, client
    if kind == "json":
        assert first_in_json(answer.text) == first
    elif kind == "xml":
        [*_, item] = list(ET.fromstring(answer.text))[:1] or [None]  # noqa: S314 - our own answer
        assert item is not None
        assert first in item.attrib.values()
    elif kind in ("csv", "text", "html"):
        assert re.search(rf"2023-10-01(</th>\s<td class=\"pe-5\">|\D*){re.escape(first)}", answer.text)
    else:
        assert answer.content.startswith(b"PK")


def first_in_json(text: str) -> str:
    """Return what is first in the list of an answer."""
    document = json.loads(text)
    items = next(value for value in document.values() if isinstance(value, list))
    if not items or isinstance(items[0], str):
        return items[0] if items else ""
    item: dict[str, str] = items[0]
    return item.get("value") or item.get("name") or item["id"]
