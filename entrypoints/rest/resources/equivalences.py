"""Equivalences: series that should agree, and how they have diverged."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from domain.use_cases.manage_equivalences import ManageEquivalences
from entrypoints.rest.http.body import read_object
from entrypoints.rest.http.links import add_next_link, public_path
from entrypoints.rest.http.params import QueryParameters, parse_uuid
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import DIVERGED, OF_SERIES
from entrypoints.rest.openapi.response_schemas import EQUIVALENCES, page_of
from entrypoints.rest.requests import load
from entrypoints.rest.schemas.stand_ins import DivergenceSchema, EquivalenceChangeSchema, EquivalenceRequestSchema, EquivalenceSchema


class _Resource:
    def __init__(self, manage_equivalences: ManageEquivalences, sender: ResponseSender) -> None:
        self._manage_equivalences, self._sender = manage_equivalences, sender


class EquivalencesResource(_Resource):
    """Equivalences."""

    @operation({200: EQUIVALENCES}, OF_SERIES, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List all equivalences, or those of a series, oldest first."""
        series = QueryParameters(req.params, OF_SERIES).text("timeseries_id")
        found = self._manage_equivalences.list(parse_uuid(series, field="timeseries_id") if series else None)
        resp.media = {"items": EquivalenceSchema(many=True).dump(found)}

    @operation({201: EquivalenceSchema}, body=EquivalenceRequestSchema, problems=(404,), scope=Scope.ADMIN)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Have two stored series compared now, and whenever something arrives."""
        arguments = load(EquivalenceRequestSchema(), read_object(req, self._sender.body_slots))
        with self._sender.read_slots.acquire(req.context.client):
            made = self._manage_equivalences.create(**arguments)
        resp.status, resp.location = falcon.HTTP_CREATED, public_path(f"/equivalences/{made.id}")
        resp.media = EquivalenceSchema().dump(made)


class EquivalenceResource(_Resource):
    """One equivalence."""

    @operation({200: EquivalenceSchema}, scope=Scope.READ)
    def on_get(self, _req: falcon.Request, resp: falcon.Response, equivalence_id: str) -> None:
        """Return it."""
        resp.media = EquivalenceSchema().dump(self._manage_equivalences.get(parse_uuid(equivalence_id)))

    @operation({200: EquivalenceSchema}, body=EquivalenceChangeSchema, scope=Scope.ADMIN)
    def on_patch(self, req: falcon.Request, resp: falcon.Response, equivalence_id: str) -> None:
        """Change it, and compare again; a splice ends if it may no longer fail over, or prefers the other series."""
        changes = load(EquivalenceChangeSchema(), read_object(req, self._sender.body_slots))
        with self._sender.read_slots.acquire(req.context.client):
            changed = self._manage_equivalences.change(parse_uuid(equivalence_id), changes)
        resp.media = EquivalenceSchema().dump(changed)

    @operation({204: None}, scope=Scope.ADMIN)
    def on_delete(self, _req: falcon.Request, resp: falcon.Response, equivalence_id: str) -> None:
        """Remove it with its divergences; a splice ends."""
        self._manage_equivalences.remove(parse_uuid(equivalence_id))
        resp.status = falcon.HTTP_NO_CONTENT


class DivergencesResource(_Resource):
    """Divergences."""

    @operation({200: page_of(DivergenceSchema)}, DIVERGED, problems=(404,), scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List what has come apart by more than the tolerance, the last found first."""
        parameters = QueryParameters(req.params, DIVERGED)
        of, before = parameters.text("equivalence"), parameters.position("cursor")
        key = parse_uuid(of, field="equivalence") if of else None
        page = self._manage_equivalences.divergences(key, before=before or None, limit=parameters.limit())
        resp.media = {"items": DivergenceSchema(many=True).dump(page.items), "next": add_next_link(req, resp, page.next)}


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    manage = use_cases.manage_equivalences
    yield "/equivalences", EquivalencesResource(manage, sender)
    yield "/equivalences/{equivalence_id}", EquivalenceResource(manage, sender)
    yield "/divergences", DivergencesResource(manage, sender)
