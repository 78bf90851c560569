"""Webhooks: created, changed, tried and removed by an administrator."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from domain.use_cases.manage_webhooks import ManageWebhooks
from domain.webhooks.webhook import Webhook
from entrypoints.rest.http.body import read_object
from entrypoints.rest.http.links import add_next_link, public_path
from entrypoints.rest.http.params import QueryParameters, parse_uuid
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import PAGING
from entrypoints.rest.openapi.response_schemas import WEBHOOKS, page_of
from entrypoints.rest.requests import load
from entrypoints.rest.schemas.schedules import NothingSchema
from entrypoints.rest.schemas.webhooks import (
    DeliverySchema,
    NewWebhookSchema,
    RotationSchema,
    TriedSchema,
    WebhookChangeSchema,
    WebhookRequestSchema,
    WebhookSchema,
)


class _Resource:
    def __init__(self, manage_webhooks: ManageWebhooks, sender: ResponseSender) -> None:
        self._manage_webhooks, self._sender = manage_webhooks, sender


class WebhooksResource(_Resource):
    """Webhooks."""

    @operation({200: WEBHOOKS}, scope=Scope.ADMIN)
    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """List all webhooks without their secrets, oldest first."""
        resp.media = {"items": WebhookSchema(many=True).dump(self._manage_webhooks.list())}

    @operation({201: NewWebhookSchema}, body=WebhookRequestSchema, problems=(422,), scope=Scope.ADMIN)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Have an address told the events that come from now on; its secret is in this response and nowhere else."""
        webhook, secret = self._manage_webhooks.create(**load(WebhookRequestSchema(), read_object(req, self._sender.body_slots)))
        resp.status, resp.location = falcon.HTTP_CREATED, public_path(f"/webhooks/{webhook.id}")
        _send_secret(resp, webhook, secret)


class WebhookResource(_Resource):
    """One webhook."""

    @operation({200: WebhookSchema}, scope=Scope.ADMIN)
    def on_get(self, _req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        """Return it without its secret."""
        resp.media = WebhookSchema().dump(self._manage_webhooks.get(parse_uuid(webhook_id)))

    @operation({200: WebhookSchema}, body=WebhookChangeSchema, scope=Scope.ADMIN)
    def on_patch(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        """Change it, stop it, or have it go on where it stopped."""
        changes = load(WebhookChangeSchema(), read_object(req, self._sender.body_slots))
        resp.media = WebhookSchema().dump(self._manage_webhooks.change(parse_uuid(webhook_id), changes))

    @operation({204: None}, scope=Scope.ADMIN)
    def on_delete(self, _req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        """Remove it with its deliveries; what is pending is not sent any more."""
        self._manage_webhooks.remove(parse_uuid(webhook_id))
        resp.status = falcon.HTTP_NO_CONTENT


class RotateResource(_Resource):
    """The secret of one webhook."""

    @operation({200: NewWebhookSchema}, body=RotationSchema, problems=(422,), scope=Scope.ADMIN)
    def on_post(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        """Make another one, which is in this response and nowhere else; messages are signed with the one before, too, for a while."""
        given = load(RotationSchema(), read_object(req, self._sender.body_slots))
        _send_secret(resp, *self._manage_webhooks.rotate(parse_uuid(webhook_id), **given))


class TestResource(_Resource):
    """A message to one webhook."""

    @operation({200: TriedSchema}, body=NothingSchema, problems=(422,), scope=Scope.ADMIN)
    def on_post(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        """Send one of the type ``webhook.test`` now, and return what the receiver answered."""
        load(NothingSchema(), read_object(req, self._sender.body_slots))
        message_id, reply = self._manage_webhooks.test(parse_uuid(webhook_id))
        resp.media = {"id": message_id, "accepted": reply.accepts, "response_status": reply.status, "error": reply.error or None}


class DeliveriesResource(_Resource):
    """The deliveries of one webhook."""

    @operation({200: page_of(DeliverySchema)}, PAGING, scope=Scope.ADMIN)
    def on_get(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        """List them, the last recorded first."""
        parameters = QueryParameters(req.params, PAGING)
        before = parameters.position("cursor") or None
        page = self._manage_webhooks.deliveries(parse_uuid(webhook_id), before=before, limit=parameters.limit())
        resp.media = {"items": DeliverySchema(many=True).dump(page.items), "next": add_next_link(req, resp, page.next)}


def _send_secret(resp: falcon.Response, webhook: Webhook, secret: str) -> None:
    resp.set_header("Cache-Control", "no-store")
    resp.media = {**WebhookSchema().dump(webhook), "secret": secret}


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    shared = use_cases.manage_webhooks, sender
    yield "/webhooks", WebhooksResource(*shared)
    yield "/webhooks/{webhook_id}", WebhookResource(*shared)
    yield "/webhooks/{webhook_id}/rotate", RotateResource(*shared)
    yield "/webhooks/{webhook_id}/test", TestResource(*shared)
    yield "/webhooks/{webhook_id}/deliveries", DeliveriesResource(*shared)
