"""Conditional requests: what an answer is recognised by, and how to ask for another one only."""

from __future__ import annotations

from collections.abc import Mapping

from domain.ports import PriorState, RawResponse

_HEADERS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


def conditions(known: PriorState) -> Mapping[str, str]:
    """Return the headers by which a server answers 304 if nothing has changed."""
    return {header: known.validators[name] for name, header in _HEADERS.items() if known.validators.get(name)}


def validators_in(answer: RawResponse) -> Mapping[str, str]:
    """Return what the next request may be conditional on."""
    return {name: answer.headers[name] for name in _HEADERS if answer.headers.get(name)}
