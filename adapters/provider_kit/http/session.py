"""The requests of one fetch: one deadline and one size limit for all, one result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.parsing.limits import FETCH, PAGES
from domain.errors import DatasetNotFound
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.vintages import Origin
from domain.window import Window

_NOTHING: Mapping[str, str] = {}


class ProviderSession:
    """
    Send the requests of one fetch.

    Args:
        secret_params: secret query parameters of every request.
        headers: of every request.

    """

    def __init__(self, http: HttpClient, *, secret_params: Mapping[str, str] = _NOTHING, headers: Mapping[str, str] = _NOTHING) -> None:
        self._http, self._secret_params, self._headers = http, secret_params, headers
        self._until = http.deadline()
        self._sha = hashlib.sha256()
        self._first = ""
        self._calls = self._bytes = 0

    def get(self, segments: Sequence[str], params: Mapping[str, str] = _NOTHING) -> RawResponse:
        """
        Request one page; raises as ``HttpClient.get``.

        Raises:
            AnswerTooLarge: there are too many pages, or they are too large together.

        """
        answer = self._http.get(segments, params, self._headers, secret_params=self._secret_params, until=self._until)
        self._sha.update(answer.sent)
        self._first = self._first or answer.url
        self._calls += 1
        self._bytes += len(answer.sent)
        PAGES.check(self._calls, "The series")
        FETCH.check(self._bytes, "The series")
        return answer

    def fetched(self, series: ParsedSeries, adapter_version: int, *, covers: Window | None = None) -> Fetched:
        """
        Return the result; its origin is the first URL and the hash of all bodies in order.

        Args:
            covers: see ``Fetched``.

        Raises:
            DatasetNotFound: it has no observations.

        """
        if not any(len(state) for _, state in series.vintages):
            raise DatasetNotFound(f"The provider has no observations of {series.code}.")
        origin = Origin(request=self._first, response_sha256=self._sha.hexdigest(), adapter_version=adapter_version)
        return Fetched(
            metadata=series.metadata,
            vintages=series.vintages,
            origin=origin,
            left_out=series.left_out,
            covers=covers,
            dialect=series.dialect,
        )


def newest_window(series: ParsedSeries, known: PriorState) -> Window | None:
    """Return the window of a response that goes back only so far: from its first date on, of which the newest is not final."""
    state = series.vintages[-1][1]
    if known.newest is None or state.first is None or state.last is None:
        return None
    return Window(start=state.first, end=state.last, revises_last=1)
