"""Revisions between two states of a series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon

from domain.api_keys import Scope
from domain.moments import AsOf
from domain.use_cases import UseCases
from domain.use_cases.compare_vintages import Comparison
from entrypoints.formats import table
from entrypoints.rest.http.errors import explain_missing_observations
from entrypoints.rest.http.params import QueryParameters, parse_state, parse_uuid
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.response_schemas import REVISIONS
from entrypoints.rest.openapi.revision_parameters import COMPARING
from entrypoints.rest.schemas.series import SourceSchema
from entrypoints.rest.schemas.vintages import VintageSchema


class RevisionsResource:
    """Revisions of a series, cell by cell."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._compare_vintages, self._describe_series = use_cases.compare_vintages, use_cases.describe_series
        self._sender = sender

    @operation({200: REVISIONS}, COMPARING, problems=(413, 422, 502), scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Compare two states, by default the newest with the one before it."""
        key = parse_uuid(series_id)
        parameters = QueryParameters(req.params, COMPARING)
        before, after = parse_state(parameters, "from"), parse_state(parameters, "to") or AsOf()
        with explain_missing_observations(self._describe_series, key), self._sender.read_slots.acquire(req.context.client):
            found = self._compare_vintages(key, before, after)
            revision = found.revision
            self._sender.check_size(revision.added, revision.deleted, further=4 * (len(revision.changed) + len(revision.flags_changed)))
            resp.media = _document(found)


def _document(found: Comparison) -> dict[str, Any]:
    return {
        "series": SourceSchema().dump(found.series),
        "from": VintageSchema().dump(found.before),
        "to": VintageSchema().dump(found.after),
        "added": table(found.revision.added),
        "changed": found.revision.changed,
        "deleted": table(found.revision.deleted),
        "columns_added": found.revision.columns_added,
        "columns_removed": found.revision.columns_removed,
        "flags_changed": found.revision.flags_changed,
        "flags_alone": found.revision.has_flags_alone,
    }


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/timeseries/{series_id}/revisions", RevisionsResource(use_cases, sender)
