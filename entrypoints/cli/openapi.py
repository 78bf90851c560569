"""``lanner openapi``: the API's document as the routes of this checkout make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from entrypoints.cli.session import Session


@click.command
@click.pass_obj
def openapi(session: Session) -> None:
    """Print the OpenAPI document of the REST API."""
    from entrypoints.rest.app import discover_routes
    from entrypoints.rest.openapi.document import document, to_json

    click.echo(to_json(document(discover_routes(session.use_cases()))), nl=False)
