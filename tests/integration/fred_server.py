"""A local server that answers as FRED does, from ALFRED's recorded spans: it cuts them at the window and refuses long histories."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.web import Asked, Sent, web

RECORDED = Path(__file__).parents[3] / "shared" / "recorded"
KEY = "0123456789abcdef0123456789abcdef"
TODAY = "2024-10-30"


@dataclass
class Fred:
    """
    What the server knows of one series.

    Attributes:
        longest: how many vintages one query may span.
        asked: the queries so far, without the key.

    """

    rows: list[dict[str, str]]
    vintages: list[str]
    facts: dict[str, Any]
    longest: int = 2000
    in_alfred: bool = True
    release_dates: tuple[str, ...] = ("2024-11-27", "2024-10-30", "2024-09-26")
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Mapping[str, Any]]:
        if query.pop("api_key", "") != KEY:
            return _refused("The value for variable api_key is not registered.")
        self.asked.append((path, query))
        if path.endswith("/release/dates"):
            dates = [{"release_id": int(query["release_id"]), "date": day} for day in self.release_dates]
            return 200, {"release_dates": dates}
        return self._of_series(path, query)

    def _of_series(self, path: str, query: dict[str, str]) -> tuple[int, Mapping[str, Any]]:
        if query["series_id"] != self.facts["id"]:
            return _refused("The series does not exist.")
        if path.endswith("/series/release"):
            return 200, json.loads((RECORDED / "fred" / "fred_series_releases.json").read_text())
        if path.endswith("/vintagedates"):
            if not self.in_alfred:
                return _refused("The series does not exist in ALFRED but may exist in FRED.")
            return 200, {"count": len(self.vintages), "vintage_dates": _page(self.vintages, query)}
        return self._observations(query) if path.endswith("/observations") else (200, {"seriess": [self.facts]})

    def _observations(self, query: dict[str, str]) -> tuple[int, Mapping[str, Any]]:
        start, end = query.get("realtime_start", TODAY), query.get("realtime_end", TODAY)
        if sum(start <= day <= end for day in self.vintages) > self.longest:
            return _refused("This exceeds the maximum number of vintage dates allowed (2000).")
        seen = [row for row in self.rows if row["realtime_start"] <= end and row["realtime_end"] >= start]
        cut = [{**row, "realtime_start": max(row["realtime_start"], start), "realtime_end": min(row["realtime_end"], end)} for row in seen]
        return 200, {"realtime_start": start, "realtime_end": end, "output_type": 1, "observations": _page(cut, query)}


def gdp() -> Fred:
    """GDP as it was recorded, all releases and vintages."""
    folder = RECORDED / "alfred"
    return Fred(
        rows=json.loads((folder / "fred_series_all_releases.json").read_text())["observations"],
        vintages=json.loads((folder / "fred_series_vintagedates.json").read_text())["vintage_dates"],
        facts=json.loads((RECORDED / "fred" / "fred_series_info.json").read_text())["seriess"][0],
    )


@contextmanager
def serving(fred: Fred) -> Iterator[str]:
    """Serve until the end of the block; give the base URL."""

    def answer(asked: Asked) -> Sent:
        status, document = fred.answer(asked.path, dict(asked.query))
        return Sent(json.dumps(document).encode(), status, {"Content-Type": "application/json; charset=UTF-8"})

    with web(answer) as url:
        yield f"{url}/fred"


def _page(rows: list[Any], query: Mapping[str, str]) -> list[Any]:
    offset = int(query.get("offset", "0"))
    return rows[offset : offset + int(query.get("limit", "100000"))]


def _refused(message: str) -> tuple[int, Mapping[str, Any]]:
    return 400, {"error_code": 400, "error_message": f"Bad Request.  {message}"}
