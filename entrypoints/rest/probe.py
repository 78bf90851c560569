"""Requests to an API that may run at an address, with light imports only."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here
_SECONDS = 2.0


def get_json(host: str, port: int, path: str) -> Any:
    """Return the JSON document at a path, or None if there is none."""
    connection = HTTPConnection(_ANY_ADDRESS.get(host, host), port, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        response = connection.getresponse()
        return json.loads(response.read()) if response.status == HTTPStatus.OK else None
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()


def is_lanner(host: str, port: int) -> bool:
    """Return whether a lanner listens there."""
    document = get_json(host, port, "/")
    return isinstance(document, dict) and document.get("name") == "lanner"
