"""The start: who serves a code is settled before anything is served."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import bootstrap, read
from config.sources import warn_of_old_name
from domain.errors import InvalidInput

RIVAL = """
from adapters.provider_kit.spec import ProviderSpec
from domain.providers import Terms
TERMS = Terms(attribution="them", url="https://them.invalid")
PROVIDER = ProviderSpec(
    provider_api=2, name="rival", title="Another sample", databases=("SAMPLE",), terms=TERMS, open=lambda options, http: options
)
"""


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def rival(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a provider that declares the database of another."""
    metadata = tmp_path / "rival-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[lanner.providers]\nrival = lanner_rival_of_the_sample\n")
    (tmp_path / "lanner_rival_of_the_sample.py").write_text(RIVAL)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LANNER_DEFAULT_PROVIDER", "nope", ["LANNER_DEFAULT_PROVIDER is 'nope', which is not a provider. The", " files, "]),
        ("LANNER_ROUTES", '{"wiki": "nope"}', ["LANNER_ROUTES sends WIKI to 'nope', which is not a provider. The", " files, "]),
        ("LANNER_ROUTES", '{"WIKI": "files"}', ["sends WIKI to 'files', which cannot be used: ", "LANNER_PROVIDERS__FILES__PATH"]),
    ],
)
def test_a_provider_that_cannot_serve_is_refused(name: str, value: str, words: list[str], tmp_path: Path) -> None:
    """The sentence names the variable, the database and the provider, and the way out."""
    with pytest.raises(InvalidInput) as caught:
        bootstrap({"LANNER_DATA_DIR": str(tmp_path), name: value})

    assert caught.value.field == name
    assert all(word in f"{caught.value.message} {caught.value.hint}" for word in words), caught.value.message


def test_a_default_provider_with_a_problem_stays(tmp_path: Path) -> None:
    """Whoever asks only others is not kept from it."""
    container = bootstrap({"LANNER_DATA_DIR": str(tmp_path), "LANNER_DEFAULT_PROVIDER": "files"})

    assert container.settings().default_provider == "files"


@pytest.mark.usefixtures("rival")
def test_two_who_declare_one_database_need_a_route(tmp_path: Path) -> None:
    """Which of them serves it is nobody's guess: a route decides, and without one the start is refused."""
    settings = {"LANNER_DATA_DIR": str(tmp_path / "data")}
    with pytest.raises(InvalidInput) as caught:
        bootstrap(settings)

    assert caught.value.message == "rival and sample each declare the database SAMPLE as their own."
    assert "LANNER_ROUTES" in caught.value.hint
    assert bootstrap(settings | {"LANNER_ROUTES": '{"SAMPLE": "sample"}'}).settings().routes == {"SAMPLE": "sample"}


def test_an_old_name_of_a_setting_is_warned_of_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The warning names the new one, and says when the value of the old one does not count."""
    warn_of_old_name.cache_clear()
    environment = {"LANNER_DATA_DIR": str(tmp_path), "LANNER_STOP_SECONDS": "2"}
    for _ in range(2):
        read(environment)
    read({**environment, "LANNER_SHUTDOWN_TIMEOUT_SECONDS": "3"})

    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["event"], first["level"], first["setting"]) == ("setting renamed", "warning", "LANNER_STOP_SECONDS")
    assert first["hint"] == "set LANNER_SHUTDOWN_TIMEOUT_SECONDS in its place"
    assert second["hint"] == "LANNER_SHUTDOWN_TIMEOUT_SECONDS is set to another value, which counts"


def test_providers_are_loaded_only_where_a_setting_is_about_them(tmp_path: Path) -> None:
    """A command that uses none checks them all the same where one is named that there is not."""
    settings = {"LANNER_DATA_DIR": str(tmp_path)}

    bootstrap(settings, with_providers=False)
    for name in ("LANNER_DEFAULT_PROVIDER", "LANNER_PROVIDERS__NOPE__KEY"):
        with pytest.raises(InvalidInput, match=name):
            bootstrap({**settings, name: "nope"}, with_providers=False)
