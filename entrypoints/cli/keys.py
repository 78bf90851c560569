"""``lanner keys``: create, list and revoke API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from domain.api_keys import Scope, TokenForm
from domain.quotas import read_limits, write_limits
from entrypoints.cli.empty_lists import say_if_empty
from entrypoints.cli.operator import bind_operator
from entrypoints.cli.tables import print_table, say, when

if TYPE_CHECKING:
    from entrypoints.cli.session import Session


@click.group
def keys() -> None:
    """Create, list and revoke API keys."""
    bind_operator()


@keys.command
@click.option("--name", default="unnamed", help="Whose key it is, or what it is for.")
@click.option(
    "--scope", "scopes", type=click.Choice([scope.value for scope in Scope]), multiple=True, default=("read", "fetch"), show_default=True
)
@click.option("--limit", help="The key's rate limit as requests/seconds, such as 20/1,100/10.  [default: LANNER_RATE_LIMIT]")
@click.option(
    "--form",
    type=click.Choice([form.value for form in TokenForm]),
    default=TokenForm.LANNER.value,
    show_default=True,
    help="The key's form; fred is that of FRED's keys, for clients of its API.",
)
@click.option("--days", type=click.IntRange(1, 36_500), help="Days until the key expires.  [default: never]")
@click.pass_obj
def create(  # noqa: PLR0913 - the command's options
    session: Session, *, name: str, scopes: tuple[str, ...], limit: str | None, form: str, days: int | None
) -> None:
    """Create a key and print it; it cannot be shown again."""
    limits = read_limits(limit, field="limit") if limit else ()
    wanted = [Scope(scope) for scope in scopes]
    key, text = session.use_cases().manage_keys.create(name, wanted, days=days, limits=limits, form=TokenForm(form))
    click.echo(text)
    ends = f", valid until {when(key.expires_at)}" if key.expires_at else ""
    say(f"{', '.join(sorted(key.scopes))}{ends}. Keep it: it is not shown again.", err=True)


@keys.command("list")
@click.pass_obj
def list_keys(session: Session) -> None:
    """List the keys without their secrets."""
    rows = [
        (
            key.id,
            key.name,
            " ".join(sorted(key.scopes)),
            when(key.created_at),
            when(key.expires_at) if key.expires_at else "",
            when(key.revoked_at) if key.revoked_at else "",
            write_limits(key.limits) if key.limits else "",
        )
        for key in session.use_cases().manage_keys.list()
    ]
    headings = ("ID", "NAME", "SCOPES", "CREATED", "EXPIRES", "REVOKED", "LIMIT")
    print_table(headings, say_if_empty(session, rows, "keys"), wraps=("NAME", "SCOPES"), spare=("CREATED", "LIMIT"))


@keys.command
@click.argument("key_id")
@click.pass_obj
def revoke(session: Session, key_id: str) -> None:
    """Revoke a key; services refuse it within five seconds."""
    key = session.use_cases().manage_keys.revoke(key_id)
    say(f"{key.id} ({key.name}) is revoked.")
