"""A folder tells at once whether a file, or the options for it, are others than when it was read."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.providers.files import PROVIDER
from adapters.providers.files.folders import Folder
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, FetchError
from domain.ports import PriorState, RawResponse
from domain.vintages import Vintage
from tests.builders import an_arrival

CODE = DatasetCode("SHOP", "SALES")
CSV = "Date,v\n2024-01-01,1.5\n2024-01-02,2.5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "sales.csv").write_text(CSV)
    (tmp_path / "shop" / "other.csv").write_text(CSV)
    return tmp_path


def installed(folder: Path) -> InstalledProviders:
    return InstalledProviders({"files": {"path": str(folder)}}, deadline_seconds=20)


def touch(path: Path, seconds: int = 1) -> None:
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + seconds * 1_000_000_000))


CHANGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "nothing": (lambda folder: None, False),
    "another file": (lambda folder: touch(folder / "shop" / "other.csv"), False),
    "a new file": (lambda folder: (folder / "shop" / "new.csv").write_text(CSV), False),
    "its time": (lambda folder: touch(folder / "shop" / "sales.csv"), True),
    "an older time": (lambda folder: touch(folder / "shop" / "sales.csv", -99), True),
    "its content": (lambda folder: (folder / "shop" / "sales.csv").write_text(CSV + "2024-01-03,3.5\n"), True),
    "gone": (lambda folder: (folder / "shop" / "sales.csv").unlink(), True),
    "its folder is gone": (lambda folder: (folder / "shop").rename(folder / "store"), True),
    "a folder in its place": (lambda folder: ((folder / "shop" / "sales.csv").unlink(), (folder / "shop" / "sales.csv").mkdir()), True),
    "two of its name": (lambda folder: (folder / "shop" / "sales.json").write_text("[]"), True),
    "options": (lambda folder: (folder / "lanner.toml").write_text('["**"]\ndecimal = "."\n'), True),
    "options of others": (lambda folder: (folder / "lanner.toml").write_text('["x/*"]\ndecimal = ","\n'), True),
    "options that are none": (lambda folder: (folder / "lanner.toml").write_text("nonsense"), True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed(folder: Path, change: str) -> None:
    """The file's time and size and those of lanner.toml are looked at, and nothing is read."""
    make, is_noticed = CHANGES[change]
    providers = installed(folder)
    validators = providers.source("files").fetch(CODE, PriorState(newest=None)).validators
    make(folder)

    assert providers.has_changed("files", CODE, validators) is is_noticed


def test_looking_reads_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the file nor lanner.toml is opened for reading."""
    (folder / "lanner.toml").write_text('["**"]\ndecimal = "."\n')
    providers = installed(folder)
    validators = providers.source("files").fetch(CODE, PriorState(newest=None)).validators
    monkeypatch.delattr(Folder, "read")

    assert not providers.has_changed("files", CODE, validators)


def test_an_older_reader_and_an_older_answer_count_as_changes(folder: Path) -> None:
    """What an older version of lanner read, or stored without these facts, is read again."""
    providers = installed(folder)
    validators = providers.source("files").fetch(CODE, PriorState(newest=None)).validators

    assert providers.has_changed("files", CODE, {**validators, "reader": str(PROVIDER.adapter_version - 1)})
    assert providers.has_changed("files", CODE, {})


def test_options_of_other_files_are_no_new_answer(folder: Path) -> None:
    """A lanner.toml that says nothing of a file is looked at once more, and the file is unchanged."""
    providers = installed(folder)
    source = providers.source("files")
    first = source.fetch(CODE, PriorState(newest=None))
    newest = Vintage.of(1, an_arrival(datetime(2024, 1, 1, tzinfo=UTC)), None)
    (folder / "lanner.toml").write_text('["x/*"]\ndecimal = ","\n')
    again = source.fetch(CODE, PriorState(newest=newest, validators=first.validators))

    assert again.not_modified
    assert not providers.has_changed("files", CODE, again.validators)


def test_providers_that_notice_no_changes_say_so() -> None:
    """Only what lies on this machine is looked at."""
    providers = InstalledProviders({}, deadline_seconds=20)

    assert [each.name for each in providers.all() if each.notices_changes] == ["files"]
    assert [each.name for each in providers.all() if each.reads_files] == ["csv_url", "files"]
    assert not providers.has_changed("fred", CODE, {})


@pytest.mark.parametrize("rows", [3, 40_000], ids=["small", "in a child process"])
def test_a_refusal_is_final_and_helps_with_a_file(folder: Path, rows: int) -> None:
    """An error of reading is not tried again, names the option, and does not send anybody to a provider."""
    dates = "".join(f"01/02/{1900 + row // 1000},{row}\n" for row in range(rows))
    (folder / "shop" / "sales.csv").write_text("Date,v\n" + dates)

    with pytest.raises(AnswerNotUnderstood, match="day/month or month/day; option date_format") as raised:
        installed(folder).source("files").fetch(CODE, PriorState(newest=None))

    assert raised.value.is_lasting
    assert raised.value.hint == "Set date_format in lanner.toml; `lanner parse --option date_format=…` tries it. See docs/own-files.md."


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no table",
        "Date,v\n2024-01-01,x\n",
        '{"a": 1',
        '[{"date": "2024-01-01", "\\ud800": 1}]',
        "[" * 99_000,
        "PAR1",
        "PK\3\4",
        "\x1f\x8b\x08",
    ],
)
def test_no_hint_names_a_provider(folder: Path, body: str) -> None:
    """Whatever is wrong with a file, the hint is about a file."""
    (folder / "shop" / "sales.csv").write_text(body, encoding="latin-1")

    with pytest.raises(FetchError) as raised:
        installed(folder).source("files").fetch(CODE, PriorState(newest=None))

    assert raised.value.hint
    assert "provider" not in raised.value.hint


@pytest.mark.parametrize(
    ("body", "is_told"),
    [(CSV, False), (CSV.rstrip("\n"), True), (CSV.replace("\n", "\r"), False), ('[{"Date": "2024-01-01", "v": 1}]', False)],
)
def test_a_last_line_without_an_end_is_logged(folder: Path, caplog: pytest.LogCaptureFixture, body: str, is_told: object) -> None:
    """A file of a folder is whole, so that it is read; the log tells, and `lanner parse` warns."""
    (folder / "shop" / "sales.csv").write_bytes(body.encode())
    with caplog.at_level("INFO"):
        fetched = installed(folder).source("files").fetch(CODE, PriorState(newest=None))
    parsed = installed(folder).offline_source("files").parse(CODE, RawResponse(body=body.encode()))  # type: ignore[attr-defined]

    assert len(fetched.vintages) == 1
    assert ("a file's last line has no end" in caplog.messages) is is_told
    assert bool(parsed[0].warnings) is is_told
