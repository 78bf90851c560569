"""``lanner new-provider``: a provider to begin from, with its payload and its test."""

from __future__ import annotations

import re
from pathlib import Path

import click

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


@click.command("new-provider")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="A checkout of lanner, or any folder for a package of its own. [default: the current folder]",
)
def new_provider(name: str, into: Path) -> None:
    """
    Write a provider to begin from: its module, a payload and a test.

    It works as it stands; the payload and `parse` are to be made the provider's own. No file is overwritten.
    """
    from importlib.util import find_spec
    from string import Template

    from domain.errors import InvalidInput
    from entrypoints.cli.provider_templates import IN_CHECKOUT, IN_PACKAGE
    from entrypoints.cli.tables import say

    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name[:40]!r} is no name for a provider.", field="name", hint="Use a-z, 0-9 and _, beginning with a letter.")
    if find_spec(f"adapters.providers.{name}"):
        raise InvalidInput(f"There is a provider {name} in lanner already.", field="name", hint="Choose another name.")
    is_checkout = (into / "adapters" / "providers").is_dir()
    words = {"name": name, "database": name.upper(), "variable": f"LANNER_PROVIDERS__{name.upper()}__"}
    files = {into / Template(path).substitute(words): text for path, text in (IN_CHECKOUT if is_checkout else IN_PACKAGE).items()}
    taken = next((path for path in files if path.exists()), None)
    if taken:
        raise InvalidInput(f"{taken} is there already.", field="name", hint="Choose another folder, or remove what an earlier run wrote.")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(text).safe_substitute(words))
        click.echo(path)
    if not is_checkout:
        say(f"Install it beside lanner: pip install -e {into}")
