"""A browser's requests to the application on the memory adapters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from falcon.testing import Result, TestClient

from adapters.providers.sample.provider import PROVIDER
from domain.use_cases import UseCases
from entrypoints.rest.app import create_app
from tests.builders import memory_use_cases

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8000"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Browser:
    """Sends what a browser sends, and keeps its cookies."""

    client: TestClient
    prefix: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **options: Any) -> Result:
        return self._ask("GET", path, {"Accept": HTML, "Sec-Fetch-Site": "none"} | dict(options.pop("headers", {})), **options)

    def post(self, path: str, fields: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Result:
        sent = {"Accept": HTML, **FORM, **(OWN if headers is None else headers)}
        return self._ask("POST", path, sent, body=urlencode(fields or {}))

    def _ask(self, method: str, path: str, headers: Mapping[str, str], **options: Any) -> Result:
        bare, _, query = path.partition("?")
        if self.cookies:
            headers = {**headers, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        answer = self.client.simulate_request(method, self.prefix + bare, query_string=query, headers=headers, **options)
        for name, cookie in answer.cookies.items():
            self.cookies[name] = cookie.value
            if not cookie.value:
                del self.cookies[name]
        return answer


class Page(HTMLParser):
    """A page's elements: the tag and attributes of each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self) -> str:
        """The text with single spaces."""
        return re.sub(r"\s+", " ", self.text)

    @property
    def addresses(self) -> list[str]:
        return [attributes[name] for _, attributes in self.elements for name in ("href", "src", "action") if name in attributes]


def browser_of(use_cases: UseCases, **options: Any) -> Browser:
    root = options.get("root_path", "")
    return Browser(TestClient(create_app(use_cases, allowed_hosts=(), **options), headers={"Host": "localhost:8000"}), root)


def sample_use_cases() -> UseCases:
    return memory_use_cases({"sample": PROVIDER.open(PROVIDER.options(), None)}, default="sample")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def samples() -> Browser:
    """A service that keeps the samples GDP, with all its vintages, and MACRO, with several columns."""
    browser = browser_of(sample_use_cases())
    for code in ("SAMPLE/GDP", "SAMPLE/MACRO"):
        assert browser.post("/find", {"code": code}).status_code == 303
    return browser
