"""``lanner worker``: a worker alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from entrypoints.cli.session import Session


@click.command
@click.pass_obj
def worker(session: Session) -> int:
    """Run a worker alone."""
    return session.work()
