"""Links, paths and tables of README.md, docs/ and the pages beside them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from adapters.provider_kit.registry.discovery import discover
from adapters.provider_kit.spec import ProviderSpec
from config.settings import Settings
from tests.architecture.source import modules
from tests.documents import DOCUMENTS, PAGES, ROOT, Document

ROOMS = ("domain", "adapters", "entrypoints", "config", "tests", "docs", ".ci")
#: A path in backticks with nothing in it that stands for something else.
PLACE = re.compile(rf"`((?:{'|'.join(map(re.escape, ROOMS))})/[\w./-]+)`")
#: Requests that the table leaves to other places: Quandl's, the formats of a resource, and the files of the documentation.
_ELSEWHERE = re.compile(r"^/api/|/(data|triangle)\.|/panel(s/{digest})?\.|\}/releases\.|^/docs/")


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


def test_names_exist() -> None:
    """Each name of a class in backticks is one that the code has."""
    code = "\n".join(module.text for module in modules())
    named = {(str(page), name) for page in DOCUMENTS for name in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)[`.]", page.prose)}

    assert {("docs/life-of-a-fetch.md", "RetryPolicy")} < named
    assert [each for each in sorted(named) if not each[1].startswith("Lanner") and not re.search(rf"\b{each[1]}\b", code)] == []


def test_the_index_has_every_page() -> None:
    """Each page of docs/ is linked from its index."""
    index = (ROOT / "docs" / "index.md").read_text()

    assert [page.path.name for page in DOCUMENTS[1:] if page.path.name != "index.md" and f"]({page.path.name})" not in index] == []


def test_the_table_of_requests_is_the_api() -> None:
    """docs/rest.md names every path of lanner's own API with each of its methods, and no other."""
    described = json.loads((ROOT / "entrypoints" / "rest" / "openapi.json").read_text())["paths"]
    table = "\n".join(re.findall(r"^\| (`(?:GET|POST|PUT|PATCH|DELETE) .*)$", (ROOT / "docs" / "rest.md").read_text(), re.MULTILINE))
    written = {(method, _plain(path)) for method, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`? …]*)", table)}
    offered = {
        (method.upper(), _plain(path))
        for path, methods in described.items()
        for method in methods
        if method in ("get", "post", "put", "patch", "delete") and not _ELSEWHERE.search(path)
    }

    assert written - {("GET", "/api/v3/")} == offered - {("GET", "/")}


def _plain(path: str) -> str:
    return re.sub(r"\{formula_database\}/\{formula\}|\{\w+\}|\b(?:ID|N|NAME|CODE|DATE|DIGEST)\b", "*", path)


def test_each_client_is_run() -> None:
    """Each row of docs/clients.md names the test that runs the client, or says that its requests are replayed."""
    pages = (ROOT / "docs" / "clients.md").read_text()
    tables = [table.splitlines() for table in re.findall(r"^\| client \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", pages, re.MULTILINE)]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for table in tables for row in table]

    assert len(rows) > 15
    assert {len(row) for row in rows} == {5}
    assert [
        row[0] for row in rows if not (row[-1] == "by replay" or all(_exists(place) for place in re.findall("`(.+?)`", row[-1]) or [""]))
    ] == []
    assert [row[0] for row in rows if not row[1] or not row[2]] == []


def test_the_tables_of_settings_have_the_defaults() -> None:
    """A default that docs/settings.md gives as a number or a word is the one that holds."""
    rows = re.findall(r"^\| `LANNER_([A-Z_]+)` \| (?:`([^`]*)`|(\d+)) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    held = {name: Settings.model_fields[name.lower()].get_default(call_default_factory=True) for name, *_ in rows}
    written = {name: word or number for name, word, number in rows}
    written["DATA_DIR"] = str(Path(written["DATA_DIR"]).expanduser())

    assert len(rows) > 10
    assert {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in held.items()} == written


def test_the_tables_of_providers_name_each() -> None:
    """docs/providers.md has each provider's name or a code of it, and each key that is needed; Quandl's codes are in their own table."""
    providers = (ROOT / "docs" / "providers.md").read_text()
    # The tests' own, ``memory``, is installed with them.
    specs = [spec for name, spec in discover().items() if isinstance(spec, ProviderSpec) and name != "memory"]
    named = {spec.name: [f"`{spec.name}", *(f"`{database}/" for database in spec.databases)] for spec in specs}
    keys = [f"`LANNER_PROVIDERS__{spec.name.upper()}__API_KEY`" for spec in specs if spec.key_needed]

    assert [name for name, forms in named.items() if not any(form in providers for form in forms)] == []
    assert [key for key in keys if key not in providers] == []
    assert [spec.name for spec in specs if spec.quandl_codes] == []


def test_the_glossary_is_in_alphabetical_order() -> None:
    """A term stands where a reader looks for it."""
    terms = re.findall(r"^\*\*([^*.,]+)", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)

    assert len(terms) > 50
    assert terms == sorted(terms, key=str.casefold)


def test_the_table_of_metrics_is_the_rules() -> None:
    """docs/production.md explains every alert of config/alerts.yml."""
    alerts = re.findall(r"- alert: (\w+)", Path(ROOT / "config" / "alerts.yml").read_text())

    assert re.findall(r"^\| `(Lanner\w+)`", (ROOT / "docs" / "production.md").read_text(), re.MULTILINE) == alerts
