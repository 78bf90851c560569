"""
Debian's Chromium on a running service.

``page`` is one empty tab for each test, ``browse`` opens more of them: with scripts off, on a phone, in the dark. What no page may do
is written down while the test runs and fails it in the end: errors on the console, violations of the policy, requests to another host,
dialogs.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.acceptance.running import Lanner, lanner, running
from tests.browser.pages import FAILED, PENDING
from tests.browser.watching import Watch
from tests.servers import free_port, missing

SCREENS = Path(__file__).parents[2] / "build" / "screens"
SAMPLES = ("GDP", "CO2", "MACRO", "EUROFX", "SUNSPOTS")
DESKTOP, PHONE, WALL = {"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 3840, "height": 2160}

Browse = Callable[..., Page]
Screen = Callable[..., Path]


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """
    Playwright's driver, for the tests of this folder alone.

    Its event loop runs in this thread as long as it is open, in which nothing else can begin one.
    """
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def chromium_path() -> str:
    """Path of the browser's program."""
    return shutil.which("chromium") or missing("there is no Chromium: Debian's chromium is not installed.")


@pytest.fixture(scope="package")
def chromium(chromium_path: str, playwright: Playwright) -> Iterator[Browser]:
    """The browser."""
    browser = playwright.chromium.launch(executable_path=chromium_path)
    yield browser
    browser.close()


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Lanner]:
    """Serve as ``make run`` does, with nothing kept, at a free port."""
    with running(folder, {"LANNER_LOG_LEVEL": "warning", "LANNER_TRUSTED_PROXIES": "127.0.0.1", **settings}, "up") as service:
        yield service


def keep(service: Lanner, *datasets: str) -> None:
    """Add series of the provider sample and wait until they are there."""
    added = [service.request("SAMPLE", dataset, provider="sample")["id"] for dataset in datasets]
    assert {service.polled(series_id).status_code for series_id in added} == {200}, service.log()


@pytest.fixture(scope="package")
def service(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanner]:
    """
    A service that keeps samples, one for all tests of a process: they leave what is kept as it is.

    It keeps a series whose fetch failed too, and one whose provider does not answer.
    """
    nobody = f"http://127.0.0.1:{free_port()}"
    with serving(tmp_path_factory.mktemp("kept"), LANNER_PROVIDERS__QUANDL__BASE_URL=nobody) as running_service:
        keep(running_service, *SAMPLES)
        for code in (FAILED, PENDING):
            running_service.polled(running_service.request(*code.split("/"))["id"])
        yield running_service


@pytest.fixture
def new_service(chromium_path: str, tmp_path: Path) -> Iterator[Lanner]:
    """A service of the test's own, in which nothing is kept."""
    with serving(tmp_path) as running_service:
        yield running_service


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """A service that requires keys, and a key of each scope."""

    service: Lanner
    keys: Mapping[str, str]


@pytest.fixture(scope="package")
def keyed(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """A service that keeps GDP and requires keys: one of each scope, and one to revoke, called ``spare``."""
    folder = tmp_path_factory.mktemp("keyed")
    assert lanner("migrate", folder=folder, environment={}).returncode == 0
    options = [option for scope in ("read", "fetch", "admin") for option in ("--scope", scope)]
    created = lanner("keys", "create", "--name", "admin", *options, folder=folder, environment={})
    admin = re.findall(r"lnr_\S+", created.stdout)[0]
    with serving(folder, LANNER_AUTH="required") as running_service:
        headers = {"X-Api-Token": admin}
        scopes = {"read": ["read"], "fetch": ["read", "fetch"], "spare": ["read"]}
        made = {
            name: running_service.post("/keys", {"name": name, "scopes": given}, headers=headers).json()["token"]
            for name, given in scopes.items()
        }
        document = {"provider": "sample", "database_code": "SAMPLE", "dataset_code": "GDP"}
        asked = running_service.post("/timeseries", document, headers={**headers, "Prefer": "wait=20"})
        assert asked.json()["status"] == "success", asked.text
        yield Keyed(service=running_service, keys={**made, "admin": admin})


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Browse]:
    """
    Return a function that opens a tab of a browser without cookies or cache.

    It takes the options of Playwright's ``Browser.new_context`` (``viewport``, ``color_scheme``, ``java_script_enabled`` …), and
    ``allowed``: texts of messages on the console that the test means to cause.
    """
    watches: list[Watch] = []

    def opened(*, allowed: tuple[str, ...] = (), **options: Any) -> Page:
        given = {"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce", **options}
        if given.get("java_script_enabled") is False:
            # The page's head asks for what its scripts draw; Chromium complains some seconds later that there was none to draw it.
            allowed += ("was preloaded using link preload but not used",)
        context = chromium.new_context(**given)
        context.set_default_timeout(15_000)
        watch = Watch(allowed=allowed)
        watch.begin(context)
        watches.append(watch)
        return context.new_page()

    yield opened
    for context in chromium.contexts:
        context.close()
    assert [trouble for watch in watches for trouble in watch.troubles] == []


@pytest.fixture
def page(browse: Browse) -> Page:
    """An empty tab at the size of a desktop."""
    return browse()


@pytest.fixture
def screen() -> Screen:
    """Return a function that saves what a tab shows in ``build/screens``, and returns the file."""

    def saved(page: Page, name: str, **options: Any) -> Path:
        path = SCREENS / f"{name}.png"
        page.screenshot(path=path, **{"full_page": True, "animations": "disabled", **options})
        return path

    return saved
