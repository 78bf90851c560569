"""Formulas: series that are computed from others when they are read."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.use_cases import UseCases
from domain.use_cases.manage_formulas import ManageFormulas
from entrypoints.rest.http.body import read_object
from entrypoints.rest.http.links import add_next_link, public_path
from entrypoints.rest.http.params import QueryParameters
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import DEFINING, PAGING
from entrypoints.rest.openapi.response_schemas import page_of
from entrypoints.rest.requests import load
from entrypoints.rest.schemas.formulas import DefinedFormulaSchema, FormulaRequestSchema, FormulaSchema


class FormulasResource:
    """Formulas."""

    def __init__(self, manage_formulas: ManageFormulas) -> None:
        self._manage_formulas = manage_formulas

    @operation({200: page_of(FormulaSchema)}, PAGING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List formulas in the order in which they were first defined."""
        parameters = QueryParameters(req.params, PAGING)
        page = self._manage_formulas.list(after=parameters.position("cursor"), limit=parameters.limit())
        resp.media = {"items": FormulaSchema(many=True).dump(page.items), "next": add_next_link(req, resp, page.next)}


class FormulaResource:
    """One formula."""

    def __init__(self, manage_formulas: ManageFormulas, sender: ResponseSender) -> None:
        self._manage_formulas, self._sender = manage_formulas, sender

    @operation({200: FormulaSchema}, scope=Scope.READ)
    def on_get(self, _req: falcon.Request, resp: falcon.Response, formula_database: str, formula: str) -> None:
        """Return it with all versions of its definition."""
        resp.media = FormulaSchema().dump(self._manage_formulas.get(DatasetCode(formula_database, formula)))

    @operation({200: DefinedFormulaSchema, 201: DefinedFormulaSchema}, DEFINING, body=FormulaRequestSchema, scope=Scope.FETCH)
    def on_put(self, req: falcon.Request, resp: falcon.Response, formula_database: str, formula: str) -> None:
        """Define it, or define it anew; a definition that says the same adds no version."""
        fetch = QueryParameters(req.params, DEFINING).flag("fetch")
        given = load(FormulaRequestSchema(), read_object(req, self._sender.body_slots))
        code = DatasetCode(formula_database, formula)
        about = {"request_id": req.context.request_id, "requester": requester_of(req)}
        with self._sender.read_slots.acquire(req.context.client):
            defined = self._manage_formulas.define(code, **given, fetch=fetch, **about)
        if defined.created:
            resp.status, resp.location = falcon.HTTP_CREATED, public_path(f"/formulas/{code}")
        resp.media = {**FormulaSchema().dump(defined.formula), "requested": defined.requested}

    @operation({204: None}, scope=Scope.ADMIN)
    def on_delete(self, _req: falcon.Request, resp: falcon.Response, formula_database: str, formula: str) -> None:
        """Remove it with all versions of its definition; formulas that read it can no longer be computed."""
        self._manage_formulas.remove(DatasetCode(formula_database, formula))
        resp.status = falcon.HTTP_NO_CONTENT


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/formulas", FormulasResource(use_cases.manage_formulas)
    yield "/formulas/{formula_database}/{formula}", FormulaResource(use_cases.manage_formulas, sender)
