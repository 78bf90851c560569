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
    from entrypoints.rest.app import discovered
    from entrypoints.rest.openapi.document import document, written

    click.echo(written(document(discovered(session.use_cases()))), nl=False)
