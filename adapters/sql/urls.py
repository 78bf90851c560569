"""Database URLs: read as the driver reads them, and refused in a sentence where they name none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import InvalidInput

_HINT = "Write sqlite:///path or postgresql://…"
#: As other programs and hosting services begin it.
_POSTGRES = re.compile(r"postgres(?=[:+])")
_HOSTS = re.compile(r"(?P<start>postgresql[^:]*://(?:[^@]*@)?)(?P<hosts>[^/?@]*,[^/?@]*)(?P<end>.*)", re.DOTALL)
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::(?P<port>[0-9]+))?")
_OPTION = re.compile(r'connection option "(.*)"')


def parse_url(text: str) -> URL:
    """
    Parse a database URL; several hosts of Postgres stand in its query, as SQLAlchemy has them.

    Raises:
        InvalidInput: it is none, or of another kind of database.

    """
    try:
        parsed = _parsed(_POSTGRES.sub("postgresql", text, count=1) if _POSTGRES.match(text) else text)
        kind = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise _refusal("It is not a database URL.", _HINT) from error
    if "@" in (parsed.host or ""):
        # The rest of the password would be parsed as part of the host, which is shown.
        raise _refusal("It has more than one @.", "Write an @ of the password as %40: postgresql://…")
    if kind == "sqlite" and "?" in text:
        raise _refusal("A SQLite URL is sqlite:/// and a path, without a ?.", "Write a ? in the path as %3F, and nothing after the path.")
    if kind not in ("sqlite", "postgresql") or (kind == "sqlite" and parsed.database in (None, "", ":memory:")):
        raise _refusal("The database must be a SQLite file or Postgres.", _HINT)
    return parsed


def driver_arguments(url: URL) -> Mapping[str, Any]:
    """
    Return what the driver of Postgres connects with.

    Raises:
        InvalidInput: the URL has an option that Postgres does not know, or one twice.

    """
    from psycopg2 import ProgrammingError
    from psycopg2.extensions import make_dsn

    try:
        arguments = _arguments(url)
    except (ArgumentError, ValueError) as error:
        raise _refusal(
            "Its hosts and ports do not fit together.", "Write one port for each host: postgresql://…@one:5432,two:5432/…"
        ) from error
    for name, value in arguments.items():
        if not isinstance(value, (str, int)):
            raise _refusal(f"It has the option {name!r} twice.", "Write it once.")
    try:
        make_dsn(**arguments)
    except ProgrammingError as error:
        found = _OPTION.search(str(error))
        message = f"It has the option {found[1]!r}, which Postgres does not know." if found else "Its options cannot be read."
        raise _refusal(message, "Write options of libpq, such as ?sslmode=require, and separate them by &.") from error
    return arguments


def hosts_of(url: URL) -> str:
    """Return a Postgres URL's hosts with their ports, without its secrets."""
    arguments = _arguments(url)
    hosts, ports = (str(arguments.get(name) or "").split(",") for name in ("host", "port"))
    return ",".join(f"{host or 'local socket'}:{port or 5432}" for host, port in zip_longest(hosts, ports))


def _arguments(url: URL) -> Mapping[str, Any]:
    arguments: Mapping[str, Any] = url.get_dialect()().create_connect_args(url)[1]
    return arguments


def _parsed(text: str) -> URL:
    several = _HOSTS.fullmatch(text)
    if several is None:
        return make_url(text)
    found = [_HOST.fullmatch(host.strip()) for host in several["hosts"].split(",")]
    url = make_url(several["start"] + several["end"])
    if None in found or "host" in url.query or "port" in url.query:
        raise ValueError(text)
    hosts = [(each["host"].strip("[]"), each["port"] or "") for each in found if each]
    return url.update_query_dict({"host": ",".join(host for host, _ in hosts), "port": ",".join(port for _, port in hosts)})


def _refusal(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, field="database_url", hint=hint)
