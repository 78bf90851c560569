"""The composition root: reads the settings and connects adapters and use cases."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from config.logs import set_up_logs
from config.permissions import close_database, close_file, close_folder
from config.settings import Settings, settings_from
from config.sources import gather, warn_of_old_name
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from config.container import Container


def read(environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> Settings:
    """Read the settings and set up logging only; arguments and errors as for ``bootstrap``."""
    if environment is None:
        environment, dotenv = os.environ, dotenv or Path(".env")
    found = dotenv if dotenv and os.path.lexists(dotenv) else None
    given = gather(environment, found)
    settings = settings_from(given)
    set_up_logs(settings.log_level, settings.secrets)
    for name, each in given.items():
        if each.old_name:
            warn_of_old_name(name, each)
    if found:
        close_file(found)
    return settings


def bootstrap(
    environment: Mapping[str, str] | None = None, dotenv: Path | None = None, *, part: str = "worker", with_providers: bool = True
) -> Container:
    """
    Read the settings, set up logging, check all settings and return the container.

    Args:
        environment: by default the process's, over ``.env`` in the working directory.
        dotenv: another file of settings.
        part: whose statement timeout applies, the ``worker``'s (and the command line's) or the ``api``'s.
        with_providers: False if no provider is used; then providers are loaded only to check settings about them.

    Raises:
        InvalidInput: a setting, a provider's option or a route is wrong; the message names the variable.

    """
    from config.container import Container

    container = Container(settings=read(environment, dotenv), part=part)
    _open_database(container)
    if with_providers or container.settings().concerns_providers:
        container.data_sources().check()
        _check_routes(container)
    return container


def _open_database(container: Container) -> None:
    settings = container.settings()
    close_folder(settings.data_dir)
    if settings.on_sqlite:
        close_database(Path(settings.place))
    try:
        container.engine()
    except InvalidInput as error:
        raise InvalidInput(f"LANNER_DATABASE_URL is not valid: {error.message}", field="LANNER_DATABASE_URL", hint=error.hint) from error
    container.replica()


def _check_routes(container: Container) -> None:
    settings = container.settings()
    providers = {provider.name: provider for provider in container.data_sources().all()}
    there_are = f"The providers are: {', '.join(providers)}."
    if settings.default_provider not in providers:
        message = f"LANNER_DEFAULT_PROVIDER is {settings.default_provider!r}, which is not a provider."
        raise InvalidInput(message, field="LANNER_DEFAULT_PROVIDER", hint=there_are)
    for database, name in settings.routes.items():
        if name not in providers:
            message = f"LANNER_ROUTES sends {database} to {name!r}, which is not a provider."
            raise InvalidInput(message, field="LANNER_ROUTES", hint=there_are)
        if providers[name].problem:
            message = f"LANNER_ROUTES sends {database} to {name!r}, which cannot be used: {providers[name].problem}"
            raise InvalidInput(message, field="LANNER_ROUTES")
    for database, names in container.data_sources().disputed().items():
        if database not in settings.routes:
            message = f"{' and '.join(names)} each declare the database {database} as their own."
            hint = f'Choose one in LANNER_ROUTES, such as {{"{database}": "{names[0]}"}}.'
            raise InvalidInput(message, field="LANNER_ROUTES", hint=hint)
