"""``lanner migrate``: the database's schema brought up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from entrypoints.cli.session import Session


@click.command
@click.pass_obj
def migrate(session: Session) -> None:
    """Bring the database's schema up to date."""
    from entrypoints.cli.tables import say

    say(session.migrate())
