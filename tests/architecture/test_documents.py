"""Links, paths and tables of README.md, docs/ and the pages beside them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.documents import DOCUMENTS, PAGES, ROOT, Document

ROOMS = ("domain", "adapters", "entrypoints", "config", "tests", "docs", ".ci")
#: A path in backticks with nothing in it that stands for something else.
PLACE = re.compile(rf"`((?:{'|'.join(map(re.escape, ROOMS))})/[\w./-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Document) -> None:
    """Each relative link leads to a file that is there, and to a heading of it."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.prose):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = Document((page.path.parent / name).resolve() if name else page.path)
        if not target.path.exists() or (anchor and anchor not in target.anchors):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.path.name != "CHANGELOG.md"], ids=str)
def test_places_exist(page: Document) -> None:
    """Each path of the project in backticks is there, a module with or without its ending."""
    assert [place for place in PLACE.findall(page.prose) if not _exists(place)] == []


def _exists(place: str) -> bool:
    return (ROOT / place).exists() or (ROOT / f"{place}.py").exists()


def test_the_index_has_every_page() -> None:
    """Each page of docs/ is linked from its index and, but for the index, from the README or a page that the README links."""
    index = (ROOT / "docs" / "index.md").read_text()

    assert [page.path.name for page in DOCUMENTS[1:] if page.path.name != "index.md" and f"]({page.path.name})" not in index] == []


def test_the_table_of_requests_is_the_api() -> None:
    """docs/rest.md names every path of lanner's own API with each of its methods, and no other."""
    described = json.loads((ROOT / "entrypoints" / "rest" / "openapi.json").read_text())["paths"]
    table = "\n".join(re.findall(r"^\| (`(?:GET|POST|DELETE) .*)$", (ROOT / "docs" / "rest.md").read_text(), re.MULTILINE))
    written = {(method, _plain(path)) for method, path in re.findall(r"`(GET|POST|DELETE) (/[^`? …]*)", table)}
    offered = {
        (method.upper(), _plain(path))
        for path, methods in described.items()
        for method in methods
        if method in ("get", "post", "delete") and not re.search(r"^/api/|/data\.|^/docs/", path)
    }

    assert written - {("GET", "/api/v3/")} == offered - {("GET", "/")}


def _plain(path: str) -> str:
    return re.sub(r"\{\w+\}|\b(?:ID|N|CODE)\b", "*", path)


def test_the_table_of_metrics_is_the_rules() -> None:
    """docs/production.md explains every alert of config/alerts.yml."""
    alerts = re.findall(r"- alert: (\w+)", Path(ROOT / "config" / "alerts.yml").read_text())

    assert re.findall(r"^\| `(Lanner\w+)`", (ROOT / "docs" / "production.md").read_text(), re.MULTILINE) == alerts
