"""``lanner webhooks``: create, list, try and remove webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from domain.schedules.selector import Selector
from domain.webhooks.events import EventType
from domain.webhooks.webhook import DEFAULT_THRESHOLD
from entrypoints.cli.empty_lists import say_if_empty
from entrypoints.cli.operator import bind_operator
from entrypoints.cli.tables import print_paragraph, say, when

if TYPE_CHECKING:
    from domain.webhooks.webhook import Webhook
    from entrypoints.cli.session import Session


@click.group
def webhooks() -> None:
    """Create, list, try and remove webhooks."""
    bind_operator()


@webhooks.command
@click.argument("url")
@click.option(
    "--event",
    "events",
    type=click.Choice([event.value for event in EventType]),
    multiple=True,
    help="May be repeated.  [default: all of them]",
)
@click.option("--only", help="The series: a code, a mask, a database or a provider, as for lanner follow.  [default: all]")
@click.option(
    "--threshold", type=float, default=DEFAULT_THRESHOLD, show_default=True, help="The percent from which on a revision is large."
)
@click.pass_obj
def add(session: Session, url: str, *, events: tuple[str, ...], only: str | None, threshold: float) -> None:
    """
    Have URL told what happens from now on.

    Prints the secret that its messages are signed with; it cannot be shown again.
    """
    webhook, secret = session.use_cases().manage_webhooks.create(
        url,
        events=[EventType(event) for event in events or EventType],
        selector=Selector.parse(only, field="only") if only else None,
        threshold=threshold,
    )
    click.echo(secret)
    say(f"This is the secret of webhook {webhook.id}. Keep it: it is not shown again.", err=True)


@webhooks.command("list")
@click.pass_obj
def list_webhooks(session: Session) -> None:
    """List the webhooks without their secrets."""
    for number, webhook in enumerate(say_if_empty(session, session.use_cases().manage_webhooks.list(), "webhooks")):
        if number:
            click.echo()
        _print(webhook)


def _print(webhook: Webhook) -> None:
    """Print a paragraph, in lines of at most 80 characters but for a long address or selector."""
    say(f"{webhook.id}  {webhook.url}")
    facts = {
        "events": "all" if webhook.events == set(EventType) else " ".join(sorted(webhook.events)),
        "only": str(webhook.selector or ""),
        "last success": when(webhook.last_success_at),
        "next attempt": when(None if webhook.disabled_at else webhook.retry_at),
        "disabled": webhook.disabled_reason,
    }
    for name, text in facts.items():
        if text:
            print_paragraph(f"{name:<14}{text}", indent=2)


@webhooks.command
@click.argument("webhook_id", type=click.UUID)
@click.pass_obj
def test(session: Session, webhook_id: UUID) -> None:
    """Send a message now, and print what came back."""
    message_id, reply = session.use_cases().manage_webhooks.test(webhook_id)
    answered = f"It answered {reply.status}." if reply.status else reply.error
    say(f"{message_id}: {answered}")
    if not reply.accepts:
        raise click.exceptions.Exit(1)


@webhooks.command
@click.argument("webhook_id", type=click.UUID)
@click.pass_obj
def remove(session: Session, webhook_id: UUID) -> None:
    """Remove a webhook; what is pending is not sent any more."""
    session.use_cases().manage_webhooks.remove(webhook_id)
    click.echo(f"Webhook {webhook_id} is removed.")
