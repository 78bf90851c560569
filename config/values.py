"""Types of settings: how texts become values, and what to write instead of a wrong one."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, unquote

import orjson
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from domain.codes import DatasetCode
from domain.errors import InvalidCode, InvalidInput
from domain.providers import Limit
from domain.quotas import read_limits
from domain.schedules.calendar import NAME as CALENDAR_NAME

YEAR_SECONDS = 31_536_000
_MAX_PORT = 65_535
_SECRET_LENGTH = 32
_HOST = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])")
_HOST_AND_PORT = re.compile(rf"({_HOST.pattern})(?::([0-9]{{1,5}}))?")
_ORIGIN = re.compile(r"https?://(.+)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://([^/?#@]+)(?:[/?].*)?")
_PROXY = re.compile(r"https?://(?:[^/?#]*@)?([^@/?#]+)/?", re.IGNORECASE)
_BROKER = re.compile(r"(?:amqps?|pyamqp)://(?:[^/]*@)?([^/@?#]*)(?:/.*)?")

#: Pydantic's error types → what to write.
_HINTS = {
    "int_parsing": "write a whole number",
    "int_parsing_size": "write a whole number of fewer digits",
    "float_parsing": "write a number",
    "finite_number": "write a finite number",
    "greater_than": "write a number greater than {gt:g}",
    "greater_than_equal": "write {ge:.0f} or more",
    "less_than_equal": "write {le:.0f} or less",
    "literal_error": "write {expected}",
    "bool_parsing": "write true or false",
    "byte_size": "write a size such as 256 MB",
    "byte_size_unit": "write a size such as 256 MB",
}


def hint_of(kind: str, context: Mapping[str, Any], message: str) -> str:
    """Return a clause that says what to write instead; pydantic's message for error types without one."""
    return _HINTS[kind].format(**context) if kind in _HINTS else message[:1].lower() + message[1:]


def _refusal(clause: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{clause}", {"clause": clause})


def _listed(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _each(read: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda texts: tuple(map(read, texts)))


def _has_host(text: str) -> bool:
    match = _HOST_AND_PORT.fullmatch(text)
    if not match or (match[2] and not 1 <= int(match[2]) <= _MAX_PORT):
        return False
    return match[1][0] != "[" or _is_ipv6(match[1][1:-1])


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6  # noqa: PLR2004 - the protocol's own number
    except ValueError:
        return False


def _host(text: str) -> str:
    host = f"[{text}]" if _is_ipv6(text) else text
    if not _has_host(host):
        raise _refusal("write host names or addresses such as lanner.example.org, and separate names by commas")
    return host


def _allowed_host(text: str) -> str:
    """Return a host name or address, ``*`` for every name, ``*.`` and a name for all names below it, or a network of addresses."""
    if text == "*":
        return text
    if "/" in text:
        with suppress(ValueError):
            return str(ipaddress.ip_network(text, strict=False))
    below = text.startswith("*.") and "[" not in text and not _is_ipv6(text[2:])
    return f"*.{_host(text[2:])}" if below else _host(text)


def _origin(text: str) -> str:
    match = _ORIGIN.fullmatch(text)
    if not (match and _has_host(match[1])):
        raise _refusal("write origins such as https://app.example.org or http://localhost:3000, and separate them by commas")
    return text


def _broker(text: str) -> str:
    """Return ``memory://``, or the addresses of a broker's hosts, separated by semicolons as kombu reads them."""
    if text == "memory://":
        return text
    urls = [url for part in text.split(";") for url in _of_each_host(part.strip())]
    if not all((match := _BROKER.fullmatch(url)) and _has_host(match[1]) for url in urls):
        raise _refusal(
            "write memory://, or amqp://user:password@host:port//, several hosts separated by commas, each with a port up to 65535"
        )
    return ";".join(urls)


def _of_each_host(url: str) -> list[str]:
    scheme, slashes, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    return [f"{scheme}{slashes}{user}{at}{host.strip()}{slash}{path}" for host in hosts.split(",")]


def _is_address(text: str) -> bool:
    match = _ADDRESS.fullmatch(text)
    return match is not None and _has_host(match[1])


def _json_object(text: str, example: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise _refusal(f"write a JSON object such as {example}")
    return found


def _routes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    routes = _json_object(value, '{"WIKI": "files"}')
    if not all(name and isinstance(name, str) for name in routes.values()):
        raise _refusal('give each database code the name of a provider, as in {"WIKI": "files"}')
    try:
        read = {DatasetCode(database, "ANY").database: name for database, name in routes.items()}
    except InvalidCode as error:
        raise _refusal("write as keys database codes, 1 to 32 of A-Z, 0-9 and _") from error
    if len(read) < len(routes):
        raise _refusal("name each database code once")
    return read


def _calendars(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    named = _json_object(value, '{"ine": "https://example.org/calendar.ics", "own": "/srv/releases.ics"}')
    if not all(CALENDAR_NAME.fullmatch(name) for name in named):
        raise _refusal("name calendars by 1 to 32 of a-z, 0-9 and _, beginning with a letter")
    if not all(isinstance(place, str) and (place.startswith("/") or _is_address(place)) for place in named.values()):
        raise _refusal("give each calendar the absolute path of a file, or an address that begins with https:// or http://")
    return named


def _seconds(value: Any) -> Any:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 <= seconds <= YEAR_SECONDS:
        raise _refusal(f"write a number of seconds from 0 to {YEAR_SECONDS}")
    return timedelta(seconds=seconds)


def _folder(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise _refusal("write a folder whose ~ is the home of an existing user") from error


def _database_url(text: str) -> str:
    """Return a URL whose path does not begin with the ``~`` of a home."""
    scheme, slashes, path = text.partition(":///")
    if not (scheme.startswith("sqlite") and path.startswith("~")) or "?" in path:
        return text
    return f"{scheme}{slashes}{quote(str(_folder(Path(unquote(path)))))}"


def _proxy(text: str) -> str:
    """Return a proxy's URL, or an empty text for none."""
    if text.lower() in ("", "none"):
        return ""
    url = text if "://" in text else f"http://{text}"
    match = _PROXY.fullmatch(url)
    if not match or not _has_host(match[1]) or not (url.isascii() and url.isprintable()):
        raise _refusal("write an address such as http://proxy.example.org:3128 or http://user:password@host:3128, without a path, or none")
    return url.rstrip("/")


def _authorities(path: Path) -> Path:
    import ssl

    path = _folder(path)
    try:
        is_folder = path.is_dir()
        ssl.create_default_context(cafile=None if is_folder else str(path), capath=str(path) if is_folder else None)
    except (OSError, ValueError) as error:
        raise _refusal("name a file of certificates in PEM form that can be read") from error
    return path


def _schema(name: str) -> str:
    if not re.fullmatch("[a-z_][a-z0-9_]{0,62}", name):
        raise _refusal("write 1 to 63 of a-z, 0-9 and _, not beginning with a digit")
    return name


def _secret(text: str) -> str:
    if text and len(text) < _SECRET_LENGTH:
        raise _refusal(f"write {_SECRET_LENGTH} random characters or more, as secrets.token_hex({_SECRET_LENGTH}) of Python gives them")
    return text


def _networks(value: Any) -> Any:
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in _listed(value))
    except ValueError as error:
        raise _refusal("write addresses or networks such as 127.0.0.1 or 10.0.0.0/8, and separate them by commas") from error


def _limits(value: Any) -> Any:
    try:
        return read_limits(value) if isinstance(value, str) else value
    except InvalidInput as error:
        raise _refusal("write calls/seconds, such as 20/1,100/10, or none") from error


def _root_path(path: str) -> str:
    if path == "/":
        return ""
    if not re.fullmatch(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*", path):
        raise _refusal("write a path such as /lanner, without a slash at its end")
    return path


Seconds = Annotated[float, Field(gt=0, le=YEAR_SECONDS, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=1000)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Folder = Annotated[Path, AfterValidator(_folder)]
Secret = Annotated[str, AfterValidator(_secret)]
SchemaName = Annotated[str, AfterValidator(_schema)]
BrokerUrl = Annotated[str, AfterValidator(_broker)]
HostNames = Annotated[tuple[str, ...], BeforeValidator(_listed), _each(_allowed_host)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(lambda value: _listed(value.replace(" ", ",")) if isinstance(value, str) else value)]
ProxyUrl = Annotated[str, AfterValidator(_proxy)]
Authorities = Annotated[Path, AfterValidator(_authorities)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_listed), _each(_origin)]
Networks = Annotated[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...], BeforeValidator(_networks)]
Limits = Annotated[tuple[Limit, ...], BeforeValidator(_limits)]
RootPath = Annotated[str, AfterValidator(_root_path)]
Calendars = Annotated[dict[str, str], BeforeValidator(_calendars)]
Routes = Annotated[dict[str, str], BeforeValidator(_routes)]
MaxAge = Annotated[timedelta, BeforeValidator(_seconds)]
