"""Asking the API that may run at an address; no more is loaded than that takes."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here
_SECONDS = 2.0


def get_json(host: str, port: int, path: str) -> Any:
    """GET a JSON document; None if nothing there gives one."""
    connection = HTTPConnection(_ANY_ADDRESS.get(host, host), port, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        answer = connection.getresponse()
        return json.loads(answer.read()) if answer.status == HTTPStatus.OK else None
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()


def is_lanner(host: str, port: int) -> bool:
    """Tell whether a lanner answers there."""
    document = get_json(host, port, "/")
    return isinstance(document, dict) and document.get("name") == "lanner"
