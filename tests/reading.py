"""Bodies of answers, read by a provider as it ships."""

from __future__ import annotations

import json
from typing import Any

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.ports import ParsedSeries, RawResponse
from domain.use_cases.parse_answer import ParseAnswer

Table = dict[str, list[float | None]]


def read(provider: str, body: Any, code: str | None = None, *, url: str = "", status: int = 200) -> list[ParsedSeries]:
    """Return the series that a provider finds in a text, or in an object as JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    wanted = None if code is None else DatasetCode.parse(code)
    parse = ParseAnswer(InstalledProviders({}, deadline_seconds=5))
    return list(parse(provider, wanted, RawResponse(body=text.encode(), status=status, url=url)))


def rows(series: ParsedSeries) -> Table:
    """Return the only state of a series by date, missing values as None."""
    [(published, state)] = series.vintages
    assert published is None
    return dict(zip(state.texts(), (values for _, values in state.rows()), strict=True))
