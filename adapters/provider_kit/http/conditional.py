"""Conditional requests: validators of a response, and the headers that send them back."""

from __future__ import annotations

from collections.abc import Mapping

from domain.ports import PriorState, RawResponse

_HEADERS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


def conditions(known: PriorState) -> Mapping[str, str]:
    """Return the headers by which a server answers 304 if nothing has changed."""
    return {header: known.validators[name] for name, header in _HEADERS.items() if known.validators.get(name)}


def validators_in(answer: RawResponse) -> Mapping[str, str]:
    """Return the validators by which the next request can be conditional."""
    return {name: answer.headers[name] for name in _HEADERS if answer.headers.get(name)}
