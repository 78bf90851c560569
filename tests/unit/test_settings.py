"""Settings: read from the environment over ``.env``, each wrong one named and none of their values told."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from adapters.sql.engine import open_engine
from config.explain import explain
from config.settings import Settings, read_settings
from config.sources import RENAMED, gather
from domain.errors import InvalidInput
from domain.providers import Limit


def test_nothing_set_is_the_embedded_service() -> None:
    """Without any variable lanner runs embedded on a loopback address."""
    settings = read_settings({}, None)

    assert (settings.host, settings.port, settings.broker_url, settings.default_provider) == ("127.0.0.1", 8000, "memory://", "quandl")
    assert (settings.embedded, settings.on_loopback, settings.cores) == (True, True, 1)
    assert settings.database == f"sqlite:///{settings.data_dir / 'lanner.db'}"


def test_every_kind_of_value_is_read() -> None:
    """Lists, JSON objects, sizes and times are understood; an empty value counts as absent; names in any case."""
    settings = read_settings(
        {
            "LANNER_ALLOWED_HOSTS": "a.example, b.example",
            "LANNER_ROUTES": '{"WIKI": "files"}',
            "LANNER_CALENDARS": '{"ine": "http://10.0.0.1:8080/a.ics?x=1", "own": "/srv/releases.ics"}',
            "LANNER_WEBHOOK_PRIVATE_ADDRESSES": "127.0.0.1, 10.1.2.3/8",
            "LANNER_CACHE_BYTES": "1 MB",
            "LANNER_MAX_AGE": "3600",
            "LANNER_BROKER_URL": "amqp://guest:guest@localhost//",
            "LANNER_LOG_LEVEL": "DEBUG",
            "LANNER_PORT": " ",
            "lanner_host": "0.0.0.0",
            "PATH": "/bin",
        },
        None,
    )

    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.routes == {"WIKI": "files"}
    assert settings.calendars == {"ine": "http://10.0.0.1:8080/a.ics?x=1", "own": "/srv/releases.ics"}
    assert settings.webhook_private_addresses == (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"))
    assert (settings.cache_bytes, settings.max_age, settings.log_level) == (1_000_000, timedelta(hours=1), "debug")
    assert (settings.port, settings.host, settings.on_loopback, settings.embedded) == (8000, "0.0.0.0", False, False)


def test_a_providers_options_are_sorted_out() -> None:
    """Two underscores part the provider from its option; what looks like a key is a secret."""
    settings = read_settings(
        {"LANNER_PROVIDERS__QUANDL__API_KEY": "k3y", "LANNER_PROVIDERS__QUANDL__BASE_URL": "http://127.0.0.1:1/api/v3"}, None
    )

    assert settings.providers == {"quandl": {"api_key": "k3y", "base_url": "http://127.0.0.1:1/api/v3"}}
    assert settings.secrets == ("k3y",)


def test_two_values_of_one_variable_are_refused() -> None:
    """A variable written in two ways with two values is one too many; the sentence tells neither value."""
    name = "LANNER_PROVIDERS__FRED__API_KEY"
    with pytest.raises(InvalidInput) as caught:
        read_settings({name: "0ne", name.lower(): "tw0"}, None)

    assert caught.value.field == name
    assert "twice" in caught.value.message
    assert not {"0ne", "tw0"} & set(caught.value.message.split())
    assert read_settings({name: "0ne", name.lower(): "0ne"}, None).providers == {"fred": {"api_key": "0ne"}}


@pytest.mark.parametrize(
    ("environment", "prefer_default"),
    [
        ({}, False),
        ({"LANNER_DEFAULT_PROVIDER": "quandl"}, True),
        ({"LANNER_PROVIDERS__QUANDL__BASE_URL": "http://127.0.0.1:1"}, True),
        ({"LANNER_PROVIDERS__FRED__BASE_URL": "http://127.0.0.1:1"}, False),
    ],
)
def test_a_default_that_was_chosen_is_insisted_on(environment: dict[str, str], prefer_default: bool) -> None:  # noqa: FBT001 - a case
    """Old codes of Quandl's stay with a default provider that the operator chose or sent to a server."""
    assert read_settings(environment, None).prefers_default is prefer_default


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """``.env`` gives what the environment does not; its other names are nobody's business."""
    file = tmp_path / ".env"
    file.write_text("LANNER_PORT=8001\nLANNER_HOST=::1\nPOSTGRES_PASSWORD=x\n")
    settings = read_settings({"LANNER_PORT": "8002"}, file)

    assert (settings.port, settings.host, settings.on_loopback) == (8002, "::1", True)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LANNER_PRT", "8000", "nearest is LANNER_PORT"),
        ("LANNER_DATABASE", "x", "nearest is LANNER_DATABASE_URL"),
        ("LANNER_PROVIDERS__QUANDL", "x", "LANNER_PROVIDERS__<NAME>__<OPTION>"),
        ("LANNER_PORT", "s3cret", "LANNER_PORT is not valid"),
        ("LANNER_PORT", "70000", "write 65535 or less."),
        ("LANNER_PORT", "0", "write 1 or more."),
        ("LANNER_PORT", "80.5", "write a whole number."),
        ("LANNER_API_THREADS", "1000000", "write 1000 or less."),
        ("LANNER_CACHE_BYTES", "s3cret", "write a size such as 256 MB."),
        ("LANNER_CACHE_BYTES", "9999999 TB", "write 1099511627776 or less."),
        ("LANNER_WORKER_MEMORY", "100 MB", "write 268435456 or more."),
        ("LANNER_WAIT_SECONDS", "s3cret", "write a number."),
        ("LANNER_WAIT_SECONDS", "inf", "write a finite number."),
        ("LANNER_WAIT_SECONDS", "nan", "write a finite number."),
        ("LANNER_WAIT_SECONDS", "31536001", "write 31536000 or less."),
        ("LANNER_MAX_AGE", "-1", "write a number of seconds from 0 to 31536000."),
        ("LANNER_MAX_AGE", "nan", "write a number of seconds from 0 to 31536000."),
        ("LANNER_BROKER_URL", "redis://u:s3cret@h/", "write memory://, or amqp://user:password@host:port//"),
        ("LANNER_BROKER_URL", "memory", "write memory://, or amqp://user:password@host:port//"),
        ("LANNER_BROKER_URL", "amqp://u:s3cret@h:99999//", "with a port up to 65535."),
        ("LANNER_BROKER_URL", "amqp://u:s3cret@h:port//", "with a port up to 65535."),
        ("LANNER_CORS_ORIGINS", "*", "write origins such as https://"),
        ("LANNER_CORS_ORIGINS", "https://a.example/path", "write origins such as https://"),
        ("LANNER_CORS_ORIGINS", "https://a.example, b.example", "write origins such as https://"),
        ("LANNER_ALLOWED_HOSTS", '["a.example", "b.example"]', "separate names by commas."),
        ("LANNER_ALLOWED_HOSTS", "http://a.example", "write host names or addresses"),
        ("LANNER_ALLOWED_HOSTS", "*.::1", "write host names or addresses"),
        ("LANNER_ALLOWED_HOSTS", "*.[::1]", "write host names or addresses"),
        ("LANNER_ALLOWED_HOSTS", "*example.org", "write host names or addresses"),
        ("LANNER_ALLOWED_HOSTS", "10.0.0.0/33", "write host names or addresses"),
        ("LANNER_ALLOWED_HOSTS", "[::x]", "write host names or addresses"),
        ("LANNER_ROUTES", '["s3cret"]', 'write a JSON object such as {"WIKI": "files"}.'),
        ("LANNER_ROUTES", '{"s3cret-": "files"}', "database codes, 1 to 32 of"),
        ("LANNER_ROUTES", '{"wiki": "files", "WIKI": "quandl"}', "name each database code once."),
        ("LANNER_CALENDARS", "s3cret", 'write a JSON object such as {"ine": '),
        ("LANNER_CALENDARS", '{"S3cret": "/srv/a.ics"}', "name calendars by 1 to 32 of a-z, 0-9 and _"),
        ("LANNER_CALENDARS", '{"own": "s3cret.ics"}', "give each calendar the absolute path of a file"),
        ("LANNER_CALENDARS", '{"own": "https://s3cret@example.org/a.ics"}', "give each calendar the absolute path of a file"),
        ("LANNER_CALENDARS", '{"own": 1}', "give each calendar the absolute path of a file"),
        ("LANNER_WEBHOOK_PRIVATE_ADDRESSES", "s3cret", "write addresses or networks such as 127.0.0.1 or 10.0.0.0/8"),
        ("LANNER_WEBHOOK_SECRET", "s3cret", "write 32 random characters or more"),
        ("LANNER_SESSION_SECRET", "s3cret" * 5, "write 32 random characters or more"),
        ("LANNER_DATA_DIR", "~nobody-s3cret/x", "the home of an existing user."),
        ("LANNER_WORKER_PROCESSES", "2", "must be 1 while the broker is in memory. Set LANNER_BROKER_URL"),
        ("LANNER_ROUTES", "s3cret", 'such as {"WIKI": "files"}'),
        ("LANNER_ROUTES", '{"WIKI": 1}', "give each database code the name of a provider"),
        ("LANNER_AUTH", "s3cret", "'open' or 'required'"),
        ("LANNER_DATABASE_SCHEMA", "a;drop", "LANNER_DATABASE_SCHEMA is not valid"),
        ("LANNER_LOG_LEVEL", "s3cret", "LANNER_LOG_LEVEL is not valid"),
        ("LANNER_LEASE_SECONDS", "-1", "greater than 0"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, words: str) -> None:
    """The sentence names the variable and the way out, never the value."""
    with pytest.raises(InvalidInput) as caught:
        read_settings({name: value}, None)

    assert caught.value.field == name
    assert words in f"{caught.value.message} {caught.value.hint}"
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    "url", ["memory://", "amqp://h", "amqps://u:p%40@h:5671/v", "pyamqp://guest:gu@est@[::1]:5672//", "amqp://u:p@h//?heartbeat=30"]
)
def test_brokers_that_are_understood(url: str) -> None:
    """Memory and RabbitMQ, whose URL may name user, port, virtual host and options."""
    assert read_settings({"LANNER_BROKER_URL": url}, None).embedded is (url == "memory://")


@pytest.mark.parametrize(
    ("url", "urls"),
    [
        ("amqp://u:p@a:5672,b/v", "amqp://u:p@a:5672/v;amqp://u:p@b/v"),
        ("amqp://u:p@a, [::1]:5673//", "amqp://u:p@a//;amqp://u:p@[::1]:5673//"),
        ("amqp://u:p@a//; amqps://w:q@b:5671//", "amqp://u:p@a//;amqps://w:q@b:5671//"),
        ("amqp://u:p,q@a,b", "amqp://u:p,q@a;amqp://u:p,q@b"),
    ],
)
def test_a_broker_may_have_several_hosts(url: str, urls: str) -> None:
    """Hosts are separated by commas, whole addresses by semicolons; a comma of a password separates nothing."""
    assert read_settings({"LANNER_BROKER_URL": url}, None).broker_url == urls


@pytest.mark.parametrize("url", ["amqp://u:p@a,", "amqp://a;memory://", "amqp://a;;amqp://b", "amqp://a:70000,b", "memory://;memory://"])
def test_each_host_of_a_broker_is_checked(url: str) -> None:
    """One that is none is refused with the whole, and the sentence says how several are written."""
    with pytest.raises(InvalidInput, match="several hosts separated by commas"):
        read_settings({"LANNER_BROKER_URL": url}, None)


def test_the_password_of_each_address_is_hidden() -> None:
    """Of several addresses, every password is a secret."""
    assert {"one-word", "two-word"} <= {*read_settings({"LANNER_BROKER_URL": "amqp://u:one-word@a//;amqp://w:two-word@b//"}, None).secrets}


def test_hosts_origins_and_routes_are_brought_into_form(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An IPv6 address gets its brackets, a database code its capitals, a folder its place from the root."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings = read_settings(
        {
            "LANNER_ALLOWED_HOSTS": "a.example:8000, ::1, 10.0.0.1",
            "LANNER_CORS_ORIGINS": "https://a.example, http://localhost:3000",
            "LANNER_ROUTES": '{"wiki": "files"}',
            "LANNER_DATA_DIR": "~/data",
        },
        None,
    )

    assert settings.allowed_hosts == ("a.example:8000", "[::1]", "10.0.0.1")
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000")
    assert settings.routes == {"WIKI": "files"}
    assert settings.data_dir == tmp_path / "data"
    assert read_settings({"LANNER_DATA_DIR": "data"}, None).data_dir == tmp_path / "data"


@pytest.mark.parametrize("folder", ["a?b c%20#d", "plain", "[x"])
def test_a_data_folder_may_have_any_name(folder: str, tmp_path: Path) -> None:
    """Signs that mean something in a URL are themselves in the folder's name."""
    settings = read_settings({"LANNER_DATA_DIR": str(tmp_path / folder)}, None)
    engine = open_engine(settings.database, schema="lanner")
    engine.connect().close()
    engine.dispose()

    assert [path.name for path in tmp_path.iterdir()] == [folder]
    assert (tmp_path / folder / "lanner.db").exists()
    assert settings.place == str(tmp_path / folder / "lanner.db")


def test_another_driver_for_sqlite_makes_no_difference(tmp_path: Path) -> None:
    """A URL that names an asynchronous driver is opened by the one that lanner works with."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'lanner.db'}", schema="lanner")
    engine.connect().close()
    engine.dispose()

    assert (tmp_path / "lanner.db").exists()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite:////srv/lanner.db", "/srv/lanner.db"),
        ("sqlite+aiosqlite:///lanner.db", "lanner.db"),
        ("postgresql://u:s3cret@db:5432/x", "db:5432/x"),
        ("postgresql://u:[s3cret@db/x?sslmode=require", "db/x"),
        ("postgresql://u:s3?cr/et@db/x", "db/x"),
        ("postgresql://u:s3@cret@db/x", "Postgres"),
        ("postgresql:///x", "/x"),
        ("postgresql://[s3cret", "Postgres"),
    ],
)
def test_a_databases_place_is_told_without_its_secrets(url: str, place: str) -> None:
    """Whatever stands in the password, no more is shown than host and name, and no part of a password."""
    assert read_settings({"LANNER_DATABASE_URL": url}, None).place == place


def test_passwords_of_urls_and_options_are_secrets() -> None:
    """They are known as they are written and as they are meant; one that is its user's name hides nothing."""
    settings = read_settings(
        {
            "LANNER_DATABASE_URL": "postgresql://u:se@c%2Fret@h/db",
            "LANNER_BROKER_URL": "amqp://guest:guest@h//",
            "LANNER_PROVIDERS__X__PASSWORD": "p1",
            "LANNER_PROVIDERS__X__CLIENT_SECRET": "p2",
            "LANNER_PROVIDERS__X__PATH": "open",
        },
        None,
    )

    assert set(settings.secrets) == {"p1", "p2", "se@c%2Fret", "se@c/ret"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"# \xc3\xa4\nLANNER_PORT=1\nLANNER_HOST=\xe4\n", "Line 3 of {file} is not UTF-8."),
        (b"LANNER_PORT=1\n\n\nLANNER s3cret=2\nLANNER_PORT=3\n", "Line 4 of {file} cannot be parsed."),
        (b"LANNER_PORT='s3cret\n", "Line 1 of {file} cannot be parsed."),
    ],
)
def test_a_line_of_the_file_that_cannot_be_read_is_named(content: bytes, words: str, tmp_path: Path) -> None:
    """A line that would be left out stops the start: the sentence names the file and the line, not what stands there."""
    file = tmp_path / ".env"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_settings({}, file)

    assert caught.value.message == words.format(file=file)
    assert caught.value.hint


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    """A file saved by an editor that marks UTF-8 is read like any other."""
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfLANNER_PORT=8001\n")

    assert read_settings({}, file).port == 8001


def test_a_wrong_name_in_the_file_is_noticed_too(tmp_path: Path) -> None:
    """A misspelt LANNER_ name in ``.env`` stops the start."""
    file = tmp_path / ".env"
    file.write_text("LANNER_PROT=1\n")

    with pytest.raises(InvalidInput, match="LANNER_PROT"):
        read_settings({}, file)


def test_the_documents_have_every_setting() -> None:
    """The tables in docs/settings.md name each variable."""
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    names = [f"LANNER_{field.upper()}" for field in Settings.model_fields if field != "providers"]

    assert [name for name in [*names, "LANNER_PROVIDERS__"] if f"`{name}" not in text] == []


def test_limits_proxies_and_prefix_are_read() -> None:
    """Limits as providers' are, networks as addresses or in CIDR, a prefix without its last slash."""
    settings = read_settings(
        {
            "LANNER_RATE_LIMIT": "20/1,100/10",
            "LANNER_FETCH_RATE_LIMIT": "none",
            "LANNER_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8, fd00::/8",
            "LANNER_ROOT_PATH": "/lanner",
        },
        None,
    )

    assert (settings.request_limits, settings.fetch_limits) == ((Limit(20, 1), Limit(100, 10)), ())
    assert [str(network) for network in settings.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]
    assert settings.root_path == "/lanner"
    assert read_settings({"LANNER_ROOT_PATH": "/"}, None).root_path == ""


def test_only_what_others_can_reach_is_limited_unasked() -> None:
    """On a loopback address any number may ask; elsewhere fetches are limited as requests are."""
    local, public = read_settings({}, None), read_settings({"LANNER_HOST": "0.0.0.0"}, None)

    assert (local.request_limits, local.fetch_limits) == ((), ())
    assert public.request_limits == public.fetch_limits == (Limit(100, 1), Limit(3000, 60))
    assert read_settings({"LANNER_HOST": "0.0.0.0", "LANNER_RATE_LIMIT": "none"}, None).request_limits == ()


@pytest.mark.parametrize(
    ("name", "value", "clause"),
    [
        ("LANNER_RATE_LIMIT", "often", "write calls/seconds, such as 20/1,100/10, or none"),
        ("LANNER_FETCH_RATE_LIMIT", "1/0", "write calls/seconds, such as 20/1,100/10, or none"),
        ("LANNER_TRUSTED_PROXIES", "nginx", "write addresses or networks such as 127.0.0.1 or 10.0.0.0/8"),
        ("LANNER_ROOT_PATH", "lanner/", "write a path such as /lanner"),
        ("LANNER_ROOT_PATH", "/a/../b", "write a path such as /lanner"),
        ("LANNER_MAX_CELLS", "0", "write 1 or more"),
    ],
)
def test_what_is_no_limit_network_or_prefix_is_refused(name: str, value: str, clause: str) -> None:
    """The sentence names the variable and what to write."""
    with pytest.raises(InvalidInput, match=name) as caught:
        read_settings({name: value}, None)
    assert clause in caught.value.message


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_old_names_of_settings_stay(old: str, new: str, tmp_path: Path) -> None:
    """In the environment, in small letters and in .env; a wrong value is reported under the name that was used."""
    field, file = new.removeprefix("LANNER_").lower(), tmp_path / ".env"
    file.write_text(f"{old}=7\n")

    assert getattr(read_settings({old: "7"}, None), field) == 7
    assert getattr(read_settings({old.lower(): "7"}, None), field) == 7
    assert getattr(read_settings({}, file), field) == 7
    assert getattr(read_settings({old: "8"}, file), field) == 8
    with pytest.raises(InvalidInput, match=f"^{old} is not valid: write a number"):
        read_settings({old: "soon"}, None)


def test_the_new_name_counts_beside_the_old_one_and_the_environment_before_the_file(tmp_path: Path) -> None:
    """Each place is read by itself first, so that the environment can override a file that has the other name."""
    file = tmp_path / ".env"
    file.write_text("LANNER_POLL_SECONDS=1\n")

    both = gather({"LANNER_SWEEP_SECONDS": "2", "LANNER_POLL_SECONDS": "3"}, None)["LANNER_POLL_SECONDS"]
    assert (both.text, both.old_name, both.overridden) == ("3", "LANNER_SWEEP_SECONDS", True)
    assert read_settings({"LANNER_SWEEP_SECONDS": "2"}, file).poll_seconds == 2
    assert read_settings({"LANNER_SWEEP_SECONDS": "2", "LANNER_POLL_SECONDS": ""}, None).poll_seconds == 2


def test_settings_are_shown_under_their_new_names() -> None:
    """Their source says where the old name stands."""
    shown = {each.name: each for each in explain({"LANNER_GIVE_UP_SECONDS": "60"})}

    assert "LANNER_GIVE_UP_SECONDS" not in shown
    assert shown["LANNER_RETRY_FOR_SECONDS"].value == "60"
    assert shown["LANNER_RETRY_FOR_SECONDS"].source == "environment, as LANNER_GIVE_UP_SECONDS"
