"""The settings and the names of their variables."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote

from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, ValidationError

from config.sources import PREFIX, PROVIDERS, RENAMED, SECRET_WORDS, Given, gather
from config.values import (
    BrokerUrl,
    Calendars,
    Count,
    Folder,
    HostNames,
    Limits,
    MaxAge,
    Networks,
    Origins,
    RootPath,
    Routes,
    SchemaName,
    Seconds,
    Secret,
    hint_of,
)
from domain.errors import InvalidInput
from domain.providers import Limit

_DATA_DIR = f"{PREFIX}DATA_DIR"
_PASSWORD = re.compile(r"(?>.*?://(?P<user>[^:/@]*):)(?:(?P<password>[^/]*)@|(?P<odd>[^@]*)@)", re.DOTALL)
_PLACE = re.compile(r"[^:]*://(?:[^@]*@)?(?P<place>[^@/?]*/[^@/?]*)(?:\?.*)?")
#: How many fetches an embedded worker runs at once, and how many a worker's poller runs besides.
_EMBEDDED_THREADS, _OWN_HANDS = 8, 4
_RATE_LIMIT = (Limit(100, 1), Limit(3000, 60))


def _default_data_dir() -> Path:
    folder = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "lanner"
    # A user without a home is told so when the folder is validated.
    with suppress(RuntimeError):
        folder = folder.expanduser()
    return folder


class Settings(BaseModel):
    """
    All settings; a field's variable is ``LANNER_`` and its name in capitals.

    Sizes are in bytes (or ``256 MB``), times in seconds, lists separated by commas.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Folder = Field(default_factory=_default_data_dir, validate_default=True)
    database_url: str = ""
    database_read_url: str = ""
    database_schema: SchemaName = "lanner"
    broker_url: BrokerUrl = "memory://"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    api_processes: Count | None = None
    api_threads: Count = 8
    worker_processes: Count | None = None
    worker_memory: Annotated[ByteSize, Field(ge=2**28, le=2**40)] = ByteSize(1_000_000_000)
    auth: Literal["open", "required"] | None = None
    allowed_hosts: HostNames = ()
    cors_origins: Origins = ()
    embed_origins: Origins = ()
    trusted_proxies: Networks = ()
    root_path: RootPath = ""
    rate_limit: Limits | None = None
    fetch_rate_limit: Limits | None = None
    session_secret: Secret = ""
    webhook_secret: Secret = ""
    webhook_private_addresses: Networks = ()
    max_cells: Annotated[int, Field(ge=1, le=10**9)] = 20_000_000
    default_provider: str = "quandl"
    routes: Routes = Field(default_factory=dict)
    max_age: MaxAge | None = None
    calendars: Calendars = Field(default_factory=dict)
    lease_seconds: Seconds = 30
    poll_seconds: Seconds | None = None
    fetch_deadline_seconds: Seconds = 120
    retry_for_seconds: Seconds = 86_400
    shutdown_timeout_seconds: Seconds | None = None
    import_path: Folder | None = None
    keep_fetches_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    read_through_seconds: Seconds = 20
    wait_seconds: Seconds = 30
    api_statement_seconds: Seconds = 5
    worker_statement_seconds: Seconds = 60
    cache_bytes: Annotated[ByteSize, Field(le=2**40)] = ByteSize(256_000_000)
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lambda value: str(value).lower())] = "info"
    providers: dict[str, dict[str, str]] = Field(default_factory=dict)

    @property
    def embedded(self) -> bool:
        """Whether the broker runs inside the worker's process."""
        return self.broker_url == "memory://"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{quote(str(self.data_dir / 'lanner.db'))}"

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.database.startswith("sqlite")

    @property
    def place(self) -> str:
        """The database's file, or its host and name without user and password."""
        if self.on_sqlite:
            return unquote(self.database.partition("///")[2].partition("?")[0])
        match = _PLACE.fullmatch(self.database)
        return match["place"] if match else "Postgres"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the API."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def request_limits(self) -> tuple[Limit, ...]:
        """The limits of each client's requests to a process; none if only this machine can reach the API."""
        if self.rate_limit is not None:
            return self.rate_limit
        return () if self.on_loopback else _RATE_LIMIT

    @property
    def fetch_limits(self) -> tuple[Limit, ...]:
        """The limits of the fetches that each client may request, counted over all processes."""
        return self.request_limits if self.fetch_rate_limit is None else self.fetch_rate_limit

    @property
    def cores(self) -> int:
        """The default number of API and worker processes: one if embedded, else one a core."""
        return 1 if self.embedded else os.cpu_count() or 1

    @property
    def prefers_default(self) -> bool:
        """Whether the default provider was set, or its server; then it comes before providers that serve old codes of Quandl's."""
        return "default_provider" in self.model_fields_set or "base_url" in self.providers.get(self.default_provider, {})

    @property
    def concerns_providers(self) -> bool:
        """Whether a setting names a provider, which has to be checked."""
        return bool(self.providers or self.routes or "default_provider" in self.model_fields_set)

    @property
    def concurrency(self) -> int:
        """How many fetches of one provider run at once by default: fewer than a worker has slots, so that no provider takes all."""
        places = _EMBEDDED_THREADS if self.embedded else self.worker_processes or self.cores
        return max(places - 1, _OWN_HANDS)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values to hide in log lines."""
        options = [option for provider in self.providers.values() for option in provider.items()]
        found = [value for name, value in options if any(word in name for word in SECRET_WORDS)]
        for match in filter(None, map(_PASSWORD.match, (self.database_url, self.database_read_url, *self.broker_url.split(";")))):
            password = match["password"] or match["odd"]
            # A password equal to the user's name is no secret, and hiding it would mutilate words in log lines.
            if password and password != match["user"]:
                found += [password, unquote(password)]
        return tuple(dict.fromkeys(filter(None, [*found, self.session_secret, self.webhook_secret])))


def read_settings(environment: Mapping[str, str], dotenv: Path | None) -> Settings:
    """
    Return the settings from the environment over a file ``.env``.

    Raises:
        InvalidInput: an unknown name or a value that does not fit; the message names the variable, never its value.

    """
    return settings_from(gather(environment, dotenv))


def settings_from(found: Mapping[str, Given]) -> Settings:
    """Return the settings from what ``gather`` returned; raises as ``read_settings``."""
    known = {f"{PREFIX}{field.upper()}": field for field in Settings.model_fields if field != "providers"}
    values: dict[str, Any] = {"providers": {}}
    for name, given in found.items():
        if name.startswith(PROVIDERS):
            _add_option(values["providers"], name, given.text)
        elif name in known:
            values[known[name]] = given.text
        else:
            raise _unknown(name, list(known))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        name = f"{PREFIX}{str(problem['loc'][0]).upper()}"
        if name == _DATA_DIR and name not in found:
            hint = f"Set {name} to a folder that lanner can write to."
            raise InvalidInput(f"{name} is not set, and this user has no home folder.", field=name, hint=hint) from None
        clause = hint_of(problem["type"], problem.get("ctx", {}), problem["msg"])
        name = (name in found and not found[name].overridden and found[name].old_name) or name
        raise InvalidInput(f"{name} is not valid: {clause}.", field=name) from None
    if settings.embedded and (settings.worker_processes or 1) > 1:
        raise InvalidInput(
            "LANNER_WORKER_PROCESSES must be 1 while the broker is in memory.",
            field="LANNER_WORKER_PROCESSES",
            hint="Set LANNER_BROKER_URL to a broker that several processes can use, such as RabbitMQ.",
        )
    return settings


def _add_option(providers: dict[str, dict[str, str]], name: str, value: str) -> None:
    provider, separator, option = name.removeprefix(PROVIDERS).partition("__")
    if not (provider and separator and option):
        raise InvalidInput(f"{name} is not an option of a provider.", field=name, hint=f"Write {PROVIDERS}<NAME>__<OPTION>.")
    providers.setdefault(provider.lower(), {})[option.lower()] = value


def _unknown(name: str, known: list[str]) -> InvalidInput:
    [near] = get_close_matches(name.upper(), [*known, *RENAMED, PROVIDERS + "<NAME>__<OPTION>"], n=1, cutoff=0)
    return InvalidInput(f"{name} is not a setting of lanner.", field=name, hint=f"The nearest is {RENAMED.get(near, near)}.")
