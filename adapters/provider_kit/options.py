"""A provider's options: raw text from the environment, typed as the provider declares it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of a provider that has none."""


def base_url_option(default: str) -> type[Any]:
    """Return the options of a provider whose only one is ``base_url``."""
    return make_dataclass("Options", [("base_url", str, field(default=default))], frozen=True, kw_only=True)


def variable(provider: str, option: str = "") -> str:
    """Name the environment variable of an option."""
    return "__".join(filter(None, ("LANNER_PROVIDERS", provider, option))).upper()


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the most similar known name, or an empty text."""
    return next(iter(get_close_matches(name, list(known), n=1)), "")


def typed(provider: str, form: type[Any], raw: Mapping[str, str]) -> Any:
    """
    Read a provider's options.

    Raises:
        InvalidInput: an option is unknown or of another type; names the variable, never its value.

    """
    known = [option.name for option in fields(form)]
    unknown = next((name for name in raw if name not in known), None)
    if unknown is not None:
        near = nearest(unknown, known)
        there = " and ".join(variable(provider, name) for name in known) or "none"
        where = f"did you mean {variable(provider, near)}?" if near else f"its options are {there}."
        name = variable(provider, unknown)
        raise InvalidInput(f"{name} is no option of the provider {provider}; {where}", field=name)
    options = _validated(provider, form, raw) if raw else form()
    if "base_url" in raw:
        _check_url(provider, options.base_url)
    _check_key(provider, getattr(options, "api_key", ""))
    return options


def secrets(options: Any) -> list[str]:
    """Return the values of the options that must not be shown."""
    return [str(getattr(options, option.name)) for option in fields(options) if not option.repr]


def secret_variables(provider: str, form: type[Any]) -> list[str]:
    """Name the environment variables of the options that must not be shown."""
    return [variable(provider, option.name) for option in fields(form) if not option.repr]


def check_base_url(url: str, *, permit_http: bool) -> None:
    """
    Check that requests can be built on a base URL.

    Raises:
        InvalidInput: they cannot; the message does not repeat the URL.

    """
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    schemes = ("https", "http") if permit_http else ("https",)
    if not sound or parts.scheme not in schemes or parts.username is not None or parts.query or parts.fragment:
        hint = "Write it as https://host/path, without user, query or fragment."
        raise InvalidInput("The base URL is not valid.", field="base_url", hint=hint)


def _validated(provider: str, form: type[Any], raw: Mapping[str, str]) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(form).validate_python(dict(raw))
    except ValidationError as exc:
        fault = exc.errors(include_input=False, include_context=False, include_url=False)[0]
        name = variable(provider, str(fault["loc"][0]) if fault["loc"] else "")
        raise InvalidInput(f"{name} is not valid: {fault['msg']}.", field=name) from None


def _check_key(provider: str, key: str) -> None:
    """Raise InvalidInput for a text that cannot be an API key: several keys, or characters that a header cannot carry."""
    name = variable(provider, "api_key")
    if len(re.split(r"[\s,;]+", key)) > 1:
        raise InvalidInput(f"{name} holds several keys, or one with a blank in it.", field=name, hint="Set it to one key.")
    if not (key.isascii() and (key.isprintable() or not key)):
        raise InvalidInput(f"{name} holds characters that are part of no key.", field=name, hint="Copy the key anew.")


def _check_url(provider: str, url: str) -> None:
    try:
        check_base_url(url, permit_http=True)
    except InvalidInput as exc:
        name = variable(provider, "base_url")
        raise InvalidInput(f"{name} is not a URL that requests can be built on.", field=name, hint=exc.hint) from exc
