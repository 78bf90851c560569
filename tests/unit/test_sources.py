"""Where settings come from: what Kubernetes adds is passed over, secrets may lie in files, and all of it can be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.explain import explain
from config.settings import read_settings
from domain.errors import InvalidInput

LINKS = {
    "LANNER_SERVICE_HOST": "10.0.0.1",
    "LANNER_SERVICE_PORT": "8000",
    "LANNER_SERVICE_PORT_HTTP": "8000",
    "LANNER_PORT": "tcp://10.0.0.1:8000",
    "LANNER_PORT_8000_TCP": "tcp://10.0.0.1:8000",
    "LANNER_PORT_8000_TCP_PROTO": "tcp",
    "LANNER_PORT_8000_TCP_PORT": "8000",
    "LANNER_PORT_8000_TCP_ADDR": "10.0.0.1",
    "LANNER_API_SERVICE_HOST": "10.0.0.2",
    "LANNER_API_SERVICE_PORT_WEB_UI": "80",
    "LANNER_API_PORT": "tcp://10.0.0.2:80",
    "LANNER_API_PORT_80_TCP_ADDR": "10.0.0.2",
    "LANNER__DB_SERVICE_HOST": "10.0.0.3",
    "LANNER_DB_2_PORT_53_UDP": "udp://10.0.0.3:53",
}
DISCREET = """
from dataclasses import dataclass, field
from adapters.provider_kit.spec import ProviderSpec
from domain.providers import Terms
@dataclass(frozen=True)
class Options:
    pin: str = field(default="", repr=False)
    room: str = ""
TERMS = Terms(attribution="them", url="https://them.invalid")
PROVIDER = ProviderSpec(
    provider_api=2, name="discreet", title="Discreet", databases=(), terms=TERMS, open=lambda options, http: options, options=Options
)
"""
KEY, URL = "LANNER_PROVIDERS__FRED__API_KEY", "LANNER_DATABASE_URL"


@pytest.mark.parametrize("name", LINKS)
def test_what_kubernetes_adds_for_a_service_is_passed_over(name: str) -> None:
    """Whatever the service is called, as long as its name begins with lanner."""
    assert read_settings({name: LINKS[name]}, None) == read_settings({}, None)


def test_links_hide_no_setting() -> None:
    """All of them at once, beside what is set."""
    settings = read_settings({**LINKS, "LANNER_HOST": "0.0.0.0", "LANNER_API_THREADS": "4"}, None)

    assert (settings.port, settings.host, settings.api_threads) == (8000, "0.0.0.0", 4)


@pytest.mark.parametrize("name", ["LANNER_SERVICE_HOTS", "LANNER_PORTS", "LANNER_PORT_TCP", "LANNER_API_PORT", "LANNER_SERVICE"])
def test_a_misspelt_setting_still_stops_the_start(name: str) -> None:
    """It only resembles a link."""
    with pytest.raises(InvalidInput, match=f"{name} is not a setting of lanner"):
        read_settings({name: "8000"}, None)


def test_a_port_that_is_no_link_is_refused() -> None:
    """As before."""
    with pytest.raises(InvalidInput, match="LANNER_PORT is not valid"):
        read_settings({"LANNER_PORT": "http://10.0.0.1:8000"}, None)


@pytest.mark.parametrize("content", ["s3cret", "s3cret\n", "s3cret\r\n", " s3cret \n\n", "\ufeffs3cret\n"])
def test_a_secret_may_lie_in_a_file(tmp_path: Path, content: str) -> None:
    """Its blank ends are not the secret's; it is hidden in logs as others are."""
    file = tmp_path / "key"
    file.write_bytes(content.encode())
    settings = read_settings({f"{KEY}_FILE": str(file)}, None)

    assert settings.providers == {"fred": {"api_key": "s3cret"}}
    assert settings.secrets == ("s3cret",)


def test_urls_may_lie_in_files_that_dotenv_names(tmp_path: Path) -> None:
    """And the environment's own value comes before."""
    (tmp_path / "url").write_text("postgresql://u:p@h/d\n")
    (tmp_path / ".env").write_text(f"{URL}_FILE={tmp_path / 'url'}\nLANNER_BROKER_URL_FILE={tmp_path / 'broker'}\n")
    (tmp_path / "broker").write_text("amqp://u:p@h//\n")
    settings = read_settings({}, tmp_path / ".env")

    assert (settings.database_url, settings.broker_url) == ("postgresql://u:p@h/d", "amqp://u:p@h//")
    assert read_settings({URL: "sqlite:///x.db"}, tmp_path / ".env").database_url == "sqlite:///x.db"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff", "is not UTF-8"),
        (b"x" * 70_000, "is larger"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    """The sentence names the variable and the file."""
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidInput, match=f"{KEY}_FILE names .*key, which {words}"):
        read_settings({f"{KEY}_FILE": str(file)}, None)


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    """Not beside a file that holds another; and only secrets lie in files."""
    (tmp_path / "key").write_text("a")
    with pytest.raises(InvalidInput, match="are both set"):
        read_settings({KEY: "b", f"{KEY}_FILE": str(tmp_path / "key")}, None)
    with pytest.raises(InvalidInput, match="LANNER_HOST_FILE is not a setting"):
        read_settings({"LANNER_HOST_FILE": str(tmp_path / "key")}, None)


def test_any_word_for_a_secret_makes_it_one(tmp_path: Path) -> None:
    """It may lie in a file, is kept out of logs, and is not shown."""
    (tmp_path / "file").write_text("hunter2\n")
    for option in ("CLIENT_SECRET", "TOKEN", "PASSWORD", "PASSPHRASE", "CREDENTIALS", "API_KEY"):
        environment = {f"LANNER_PROVIDERS__X__{option}_FILE": str(tmp_path / "file")}

        assert read_settings(environment, None).secrets == ("hunter2",)
        assert "hunter2" not in str(explain(environment, tmp_path / "none"))


def test_what_a_provider_declares_to_be_secret_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an option that its own form leaves out, whatever its name."""
    metadata = tmp_path / "discreet-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: discreet\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[lanner.providers]\ndiscreet = lanner_discreet_provider\n")
    (tmp_path / "lanner_discreet_provider.py").write_text(DISCREET)
    monkeypatch.syspath_prepend(tmp_path)
    environment = {"LANNER_PROVIDERS__DISCREET__PIN": "hunter2", "LANNER_PROVIDERS__DISCREET__ROOM": "r1"}
    shown = {each.name.rpartition("__")[2]: each.value for each in explain(environment, tmp_path / "none")}

    assert (shown["PIN"], shown["ROOM"]) == ("***", "r1")


@pytest.mark.parametrize(
    ("environment", "name", "value"),
    [
        ({}, "LANNER_AUTH", "open"),
        ({}, "LANNER_API_PROCESSES", "1"),
        ({}, "LANNER_WORKER_PROCESSES", "1"),
        ({"LANNER_HOST": "0.0.0.0"}, "LANNER_RATE_LIMIT", "100/1,3000/60"),
        ({"LANNER_HOST": "0.0.0.0"}, "LANNER_AUTH", "required"),
    ],
)
def test_what_is_not_given_is_shown_as_it_holds(environment: dict[str, str], name: str, value: str, tmp_path: Path) -> None:
    """Also where it follows from other settings."""
    shown = {each.name: (each.value, each.source) for each in explain(environment, tmp_path / "none")}

    assert shown[name] == (value, "default")


def test_settings_are_explained_without_secrets(tmp_path: Path) -> None:
    """Each has its value, masked where it is secret, and the place where it was given."""
    (tmp_path / "key").write_text("hunter2\n")
    (tmp_path / ".env").write_text("LANNER_PORT=9000\nLANNER_API_THREADS=4\n")
    environment = {
        "LANNER_PORT": "9001",
        URL: "postgresql://user:hunter2@host/name",
        f"{KEY}_FILE": str(tmp_path / "key"),
        "LANNER_PROVIDERS__QUANDL__BASE_URL": "https://u:hunter2@h/api?api_key=hunter2",
    }
    shown = {each.name: (each.value, each.source) for each in explain(environment, tmp_path / ".env")}

    assert shown["LANNER_PORT"] == ("9001", "environment")
    assert shown["LANNER_API_THREADS"] == ("4", str(tmp_path / ".env"))
    assert shown[URL] == ("postgresql://user:***@host/name", "environment")
    assert shown[KEY] == ("***", f"file {tmp_path / 'key'}")
    assert shown["LANNER_PROVIDERS__QUANDL__BASE_URL"] == ("https://u:***@h/api?api_key=***", "environment")
    assert shown["LANNER_RATE_LIMIT"] == ("none", "default")
    assert shown["LANNER_CACHE_BYTES"] == ("256000000", "default")
    assert "hunter2" not in str(shown)
