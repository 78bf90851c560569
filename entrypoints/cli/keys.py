"""Commands that look after API keys: ``keys create``, ``keys list`` and ``keys revoke``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from domain.api_keys import Scope
from domain.quotas import read_limits, write_limits
from entrypoints.cli.operator import bind_operator
from entrypoints.cli.tables import print_table, printable, when

if TYPE_CHECKING:
    from entrypoints.cli.session import Session


@click.group
def keys() -> None:
    """Make, list and revoke API keys."""
    bind_operator()


@keys.command
@click.option("--name", default="unnamed", help="Whose it is, or what for.")
@click.option(
    "--scope", "scopes", type=click.Choice([scope.value for scope in Scope]), multiple=True, default=("read", "fetch"), show_default=True
)
@click.option(
    "--limit", help="How many requests may be made with it, such as 20/1,100/10 (requests/seconds); LANNER_RATE_LIMIT if not given."
)
@click.option("--days", type=click.IntRange(1, 36_500), help="How long it is good; for ever if not given.")
@click.pass_obj
def create(session: Session, *, name: str, scopes: tuple[str, ...], limit: str | None, days: int | None) -> None:
    """Make a key and print it, this once."""
    limits = read_limits(limit, field="limit") if limit else ()
    key, text = session.use_cases().manage_keys.create(name, [Scope(scope) for scope in scopes], days=days, limits=limits)
    click.echo(text)
    ends = f", good until {when(key.expires_at)}" if key.expires_at else ""
    click.echo(f"{', '.join(sorted(key.scopes))}{ends}. Keep it: it is not shown again.", err=True)


@keys.command("list")
@click.pass_obj
def list_keys(session: Session) -> None:
    """List the keys, without what makes them keys."""
    rows = [
        (
            key.id,
            printable(key.name),
            " ".join(sorted(key.scopes)),
            when(key.created_at),
            when(key.expires_at) if key.expires_at else "",
            when(key.revoked_at) if key.revoked_at else "",
            write_limits(key.limits) if key.limits else "",
        )
        for key in session.use_cases().manage_keys.list()
    ]
    print_table(("ID", "NAME", "SCOPES", "CREATED", "EXPIRES", "REVOKED", "LIMIT"), rows)


@keys.command
@click.argument("key_id")
@click.pass_obj
def revoke(session: Session, key_id: str) -> None:
    """Make the key KEY_ID useless; running services notice within five seconds."""
    key = session.use_cases().manage_keys.revoke(key_id)
    click.echo(f"{key.id} ({printable(key.name)}) is revoked.")
