"""``lanner config``: every setting with its value and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from entrypoints.cli.session import Session


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def config(session: Session, *, as_json: bool) -> None:
    """Print every setting with its value and where it comes from; secrets are masked."""
    from entrypoints.cli.tables import print_json, print_table

    settings = session.settings()
    if as_json:
        print_json({name: {"value": value, "source": source} for name, value, source in settings})
    else:
        print_table(("NAME", "VALUE", "SOURCE"), settings, wraps=("VALUE", "SOURCE"))
