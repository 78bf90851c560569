"""A backup's name is a path, whatever its signs; and what a backup holds is believed only as far as lanner could have written it."""

from __future__ import annotations

import sqlite3
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import Engine, select, text

from adapters.sql.backups import file as backup_file
from adapters.sql.backups.back_up import back_up
from adapters.sql.backups.file import contents
from adapters.sql.backups.restore import restore
from adapters.sql.engine import open_engine, open_file
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from adapters.sql.tables import series
from adapters.sql.vintage_blocks.codec import ZLIB, ZLIB_WITH_FLAGS, Block
from adapters.sql.vintage_blocks.flag_section import write_flags
from domain.errors import InvalidInput
from domain.flag_runs import FlagRuns
from domain.observations import Observations
from domain.series import SeriesQuery
from tests.acceptance.running import lanner
from tests.integration.test_backup import everything, filled, unheard

POSTGRES = pytest.param("postgres", marks=pytest.mark.server)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a backup that has nothing wrong."""
    folder = tmp_path_factory.mktemp("good")
    engine = open_file(folder / "source.db")
    back_up(filled(engine).engine, folder / "backup", unheard)
    engine.dispose()
    return (folder / "backup").read_bytes()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Engine]:
    engine = open_file(tmp_path / "target.db")
    yield engine
    engine.dispose()


NAMES = ["a%2fb.db", "a?b=c", "a#b", "a b", "-x", "größe", "file:x", ":memory:", "x.part", "no suffix%", "%", "n" * 250, "a\nb"]


@pytest.mark.parametrize("kind", ["absolute", "relative"])
@pytest.mark.parametrize("name", NAMES)
def test_a_backup_has_its_own_name(target: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str) -> None:
    """No sign of a path means anything, there or back; the folder holds this one file more and nothing else."""
    source, folder = filled(open_file(tmp_path / "source.db")), tmp_path / "100%25 ?#"
    folder.mkdir()
    monkeypatch.chdir(folder)
    file = Path(name) if kind == "relative" else folder / name
    rows = back_up(source.engine, file, unheard)

    assert [path.name for path in folder.iterdir()] == [name]
    assert sum(contents(file).values()) == rows > 10
    assert sum(restore(target, file, unheard).values()) == rows
    assert everything(target) == everything(source.engine)
    assert [path.name for path in folder.iterdir()] == [name]
    source.engine.dispose()


@pytest.mark.slow
def test_the_command_tells_what_it_holds(tmp_path: Path) -> None:
    """Series, vintages and fetches are counted in the file itself, on the way there and back."""
    settings = {"HOME": str(tmp_path), "LANNER_DATA_DIR": str(tmp_path / "data")}
    assert lanner("migrate", folder=tmp_path, environment=settings).returncode == 0
    assert lanner("fetch", "SAMPLE/CO2", folder=tmp_path, environment=settings).returncode == 0
    written = lanner("backup", "--", "-a%2fb.db", folder=tmp_path, environment=settings)
    restored = lanner("restore", "--", "-a%2fb.db", folder=tmp_path, environment=settings | {"LANNER_DATA_DIR": str(tmp_path / "other")})

    assert written.stdout.startswith("-a%2fb.db contains 1 series, "), written.stderr
    assert "vintages and 1 fetches" in written.stdout
    assert written.stdout.partition(" holds ")[2].partition(";")[0] in restored.stdout, restored.stderr
    assert (tmp_path / "-a%2fb.db").stat().st_size > 10_000


def test_half_a_backup_never_has_its_name(tmp_path: Path) -> None:
    """Where copying ends in the middle no file is left, and what lay beside stays."""
    source = filled(open_file(tmp_path / "source.db"))
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "backup.part").write_text("mine")

    def break_off(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(source.engine, folder / "backup", break_off)
    source.engine.dispose()
    assert [path.name for path in folder.iterdir()] == ["backup.part"]


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    """A name that no file can have is a wrong argument, not a fault."""
    source = filled(open_file(tmp_path / "source.db"))
    with pytest.raises(InvalidInput, match="cannot be written"):
        back_up(source.engine, tmp_path / ("n" * 300), unheard)
    source.engine.dispose()


@pytest.mark.parametrize("url", ["sqlite:///lanner?x.db", "sqlite:///file:x?uri=true", "sqlite:///x.db?mode=ro"])
def test_a_question_mark_in_a_url_is_told(url: str) -> None:
    """A SQLite URL with a query would name another file than it seems to."""
    with pytest.raises(InvalidInput, match=r"without a \?") as caught:
        open_engine(url, schema="")
    assert "%3F" in caught.value.hint


#: What → statements that spoil a good backup.
SCHEMAS = {
    "a view": "CREATE VIEW spy AS SELECT 1",
    "a table that is a view": "DROP TABLE workers; CREATE VIEW workers AS SELECT 'w' AS name, 1 AS seen_at",
    "a trigger": "CREATE TRIGGER spy AFTER INSERT ON workers BEGIN DELETE FROM series; END",
    "another trigger of that name": (
        "DROP TRIGGER series_words_added; CREATE TRIGGER series_words_added AFTER INSERT ON series BEGIN SELECT 1; END"
    ),
    "a virtual table": "CREATE VIRTUAL TABLE spy USING fts5(words)",
    "a table": "CREATE TABLE notes (text TEXT)",
    "a column": "ALTER TABLE workers ADD COLUMN more TEXT",
    "a generated column": "ALTER TABLE workers ADD COLUMN more TEXT AS (name || name)",
    "an index on an expression": "CREATE INDEX spy ON workers (abs(seen_at))",
    "a missing index": "DROP INDEX fetches_due",
    "a missing table": "DROP TABLE counts",
    "a column without its rule": "DROP TABLE counts; CREATE TABLE counts (name TEXT, times BIGINT)",
}
ROWS = {
    "a database code": ("series", "UPDATE series SET database_code = 'no code' WHERE number = 2"),
    "a database code in small letters": ("series", "UPDATE series SET database_code = 'x' WHERE number = 2"),
    "a dataset code": ("series", "UPDATE series SET dataset_code = '../x' WHERE number = 2"),
    "a provider": ("series", "UPDATE series SET provider = 'No Provider' WHERE number = 2"),
    "an alias": ("series", "UPDATE series SET alias = 'X/OTHER' WHERE number = 2"),
    "a series' status": ("series", "UPDATE series SET status = 'unknown' WHERE number = 2"),
    "a status at the source": ("series", "UPDATE series SET status_at_source = 'asleep' WHERE number = 2"),
    "a successor": ("series", "UPDATE series SET replaced_by = 'X/NEW' WHERE number = 2"),
    "a way of failing": ("series", "UPDATE series SET failing = 'odd' WHERE number = 2"),
    "a file's label": ("sightings", "INSERT INTO sightings VALUES (1, zeroblob(32), '2019-1-1', 1, zeroblob(32), 'f', 1)"),
    "a file's digest": ("sightings", "INSERT INTO sightings VALUES (1, zeroblob(32), '', 1, zeroblob(31), 'f', 1)"),
    "a change of the status": ("source_statuses", "INSERT INTO source_statuses VALUES (1, 1, 1, 'asleep', NULL, 'r', '', '')"),
    "a change that is not the first": ("source_statuses", "INSERT INTO source_statuses VALUES (1, 2, 1, 'gone', NULL, 'r', '', '')"),
    "a formula": ("formulas", "INSERT INTO formulas VALUES (1, 1, 1, 1, 'open(1)', '', '', '[]')"),
    "a formula's series": ("formulas", "INSERT INTO formulas VALUES (1, 1, 1, 1, 'X(''A'')', '', '', '[\"X/A\"]')"),
    "a formula ahead of the feed": ("feed", "INSERT INTO formulas VALUES (1, 1, 999, 1, 'X(''A'')', '', '', '[\"p:X/A\"]')"),
    "a splice's stand-in": ("splices", "UPDATE splices SET stand_in = 'X/B' WHERE number = 1"),
    "a splice without a day": ("splices", "UPDATE splices SET start = NULL WHERE number = 1"),
    "a splice without columns": ("splices", "UPDATE splices SET columns = '{}' WHERE number = 1"),
    "a splice's columns": ("splices", "UPDATE splices SET columns = '{\"a\": 1}' WHERE number = 1"),
    "columns that are no object": ("splices", "UPDATE splices SET columns = '[1]' WHERE number = 1"),
    "a splice's day": ("splices", "UPDATE splices SET start = '20240101' WHERE number = 1"),
    "a splice's scale": ("splices", "UPDATE splices SET scale = 0.0 WHERE number = 1"),
    "a rule that is not the first": ("splices", "DELETE FROM splices WHERE number = 1"),
    "a rule ahead of the feed": ("feed", "UPDATE splices SET position = 999 WHERE number = 2"),
    "an equivalence's scale": ("equivalences", "UPDATE equivalences SET scale = 0.0"),
    "an equivalence's tolerance": ("equivalences", "UPDATE equivalences SET tolerance = -1.0"),
    "an equivalence's side": ("equivalences", "UPDATE equivalences SET prefer = 'c'"),
    "an equivalence's columns": ("equivalences", "UPDATE equivalences SET columns = '[1]'"),
    "an equivalence of one series": ("equivalences", "UPDATE equivalences SET b = a"),
    "an equivalence of no series": ("equivalences", "UPDATE equivalences SET b = 77"),
    "an equivalence ahead of the feed": ("feed", "UPDATE equivalences SET position = 999"),
    "a divergence's values": ("divergences", "UPDATE divergences SET cells = '[]'"),
    "a divergence's cells": ("divergences", "UPDATE divergences SET cells = '[1]'"),
    "a divergence's count": ("divergences", "UPDATE divergences SET count = 0"),
    "a divergence of no equivalence": ("divergences", "UPDATE divergences SET equivalence = '00000000000000000000000000000000'"),
    "words": ("series", "UPDATE series SET words = 'a  b' WHERE number = 2"),
    "an id": ("series", "UPDATE series SET id = 'no id' WHERE number = 2"),
    "a confirmation": ("series", "UPDATE series SET confirmed = '{}' WHERE number = 2"),
    "gates": ("series", "UPDATE series SET gates = '[]' WHERE number = 2"),
    "a gate": ("series", "UPDATE series SET gates = '{\"door\": true}' WHERE number = 2"),
    "a gate's number": ("series", "UPDATE series SET gates = '{\"deviations\": 0.1}' WHERE number = 2"),
    "a gate's truth": ("series", "UPDATE series SET gates = '{\"scale\": 1}' WHERE number = 2"),
    "a newest vintage": ("series", "UPDATE series SET vintage = 3 WHERE number = 1"),
    "a newest fetch": ("series", "UPDATE series SET fetch = (SELECT id FROM fetches WHERE series = 1) WHERE number = 2"),
    "a description's number": ("descriptions", "UPDATE descriptions SET number = 7"),
    "a description": ("descriptions", "UPDATE descriptions SET body = '[]'"),
    "a name that is none": ("descriptions", "UPDATE descriptions SET body = json_set(body, '$.name', 7)"),
    "a frequency": ("descriptions", "UPDATE descriptions SET body = json_set(body, '$.frequency', 'fortnightly')"),
    "a moment as text": ("vintages", "UPDATE vintages SET known_at = 'noon' WHERE number = 3"),
    "a moment beyond all calendars": ("vintages", "UPDATE vintages SET known_at = 9e18 WHERE number = 3"),
    "a negative count": ("vintages", "UPDATE vintages SET added = -1 WHERE number = 3"),
    "another count of rows": ("vintages", "UPDATE vintages SET rows = rows + 1 WHERE number = 3"),
    "a digest": ("vintages", "UPDATE vintages SET digest = zeroblob(32) WHERE number = 3"),
    "a short digest": ("vintages", "UPDATE vintages SET digest = zeroblob(31) WHERE number = 3"),
    "a checksum": ("vintages", "UPDATE vintages SET checksum = zeroblob(16) WHERE number = 3"),
    "a payload": ("vintages", "UPDATE vintages SET payload = zeroblob(16) WHERE number = 3"),
    "a payload as text": ("vintages", "UPDATE vintages SET payload = 'text' WHERE number = 3"),
    "a path": ("vintages", "UPDATE vintages SET path = '1 1' WHERE number = 3"),
    "a path ahead": ("vintages", "UPDATE vintages SET path = '7' WHERE number = 3"),
    "a path of no numbers": ("vintages", "UPDATE vintages SET path = 'x' WHERE number = 3"),
    "a step": ("vintages", "UPDATE vintages SET step = 700 WHERE number = 3"),
    "a codec": ("vintages", "UPDATE vintages SET codec = 9 WHERE number = 3"),
    "a cause": ("vintages", "UPDATE vintages SET cause = 'whim' WHERE number = 3"),
    "a label": ("vintages", "UPDATE vintages SET published = '20240101' WHERE number = 3"),
    "a missing vintage": ("vintages", "DELETE FROM vintages WHERE number = 3"),
    "a text with NUL": ("vintages", "UPDATE vintages SET request = 'a' || char(0) || 'b' WHERE number = 3"),
    "a text that is no UTF-8": ("vintages", "UPDATE vintages SET request = CAST(x'ff41' AS TEXT) WHERE number = 3"),
    "a fetch's status": ("fetches", "UPDATE fetches SET status = 'odd' WHERE series = 2"),
    "an end that is none": ("fetches", "UPDATE fetches SET status = 'success' WHERE series = 2"),
    "a lease that is none": ("fetches", "UPDATE fetches SET status = 'running' WHERE series = 2"),
    "attempts": ("fetches", "UPDATE fetches SET attempts = -1 WHERE series = 2"),
    "crashes": ("fetches", "UPDATE fetches SET crashes = 1.5 WHERE series = 2"),
    "a fetch of no series": ("fetches", "UPDATE fetches SET series = 77 WHERE series = 2"),
    "a fetch's vintage": ("fetches", "UPDATE fetches SET vintage = 77 WHERE series = 1"),
    "a failure": ("fetches", "UPDATE fetches SET failure = '{\"code\": 1}' WHERE series = 2"),
    "a failure's cells": ("fetches", "UPDATE fetches SET failure = json_set(failure, '$.cells[0].gate', 'door') WHERE series = 2"),
    "a failure's cell": ("fetches", "UPDATE fetches SET failure = json_set(failure, '$.cells[0].value', 'x') WHERE series = 2"),
    "a failure's column": ("fetches", "UPDATE fetches SET failure = json_set(failure, '$.cells[0].column', 7) WHERE series = 2"),
    "what was left out": ("fetches", "UPDATE fetches SET left_out = '[1]' WHERE series = 2"),
    "a fetch's priority": ("fetches", "UPDATE fetches SET priority = 7 WHERE series = 2"),
    "a cron expression": ("schedules", "UPDATE schedules SET spec = '0 25 * * *'"),
    "a time zone": ("schedules", "UPDATE schedules SET tz = '../zone'"),
    "a window": ("schedules", "UPDATE schedules SET window = 'always'"),
    "a selector": ("schedules", "UPDATE schedules SET pattern = 'a b*'"),
    "a mask that is none": ("schedules", "UPDATE schedules SET is_mask = 0"),
    "a schedule that follows no series": ("followed", "UPDATE followed SET series = 77 WHERE series = 2"),
    "a webhook's event": ("webhooks", "UPDATE webhooks SET events = 'vintage.deleted'"),
    "a webhook without events": ("webhooks", "UPDATE webhooks SET events = ''"),
    "a webhook's selector": ("webhooks", "UPDATE webhooks SET pattern = 'a b*'"),
    "half a selector": ("webhooks", "UPDATE webhooks SET pattern = NULL"),
    "a threshold": ("webhooks", "UPDATE webhooks SET threshold = -1.0"),
    "a threshold beyond all": ("webhooks", "UPDATE webhooks SET threshold = 9e999"),
    "a webhook's address": ("webhooks", "UPDATE webhooks SET url = 'https://x' || char(10)"),
    "an event": ("series_events", "UPDATE series_events SET type = 'odd'"),
    "an event's facts": ("series_events", "UPDATE series_events SET facts = '[]'"),
    "facts that are no JSON": ("series_events", "UPDATE series_events SET facts = 'x'"),
    "an event of no series": ("series_events", "UPDATE series_events SET series = 77"),
    "a delivery's status": ("deliveries", "UPDATE deliveries SET status = 'odd'"),
    "a delivery that ended and did not": ("deliveries", "UPDATE deliveries SET status = 'delivered'"),
    "a delivery without a time": ("deliveries", "UPDATE deliveries SET next_at = NULL"),
    "a delivery's place": ("deliveries", "UPDATE deliveries SET place = place + 1 WHERE status = 'pending'"),
    "a delivery's message": ("deliveries", "UPDATE deliveries SET body = x'5b5d' WHERE status = 'pending'"),
    "a delivery's type": ("deliveries", "UPDATE deliveries SET type = 'odd'"),
    "a delivery of no webhook": ("deliveries", "UPDATE deliveries SET webhook = '00000000000000000000000000000000'"),
    "a webhook ahead of the feed": ("feed", "UPDATE webhooks SET position = 10000"),
    "a truth": ("fetches", "UPDATE fetches SET allow_shrink = 2 WHERE series = 2"),
    "a scope": ("api_keys", "INSERT INTO api_keys (id, name, scopes, digest, created_at) VALUES ('k', 'k', 'root', zeroblob(32), 1)"),
    "a key's digest": ("api_keys", "INSERT INTO api_keys (id, name, scopes, digest, created_at) VALUES ('k', 'k', 'read', x'00', 1)"),
    "a request of no fetch": (
        "requests",
        "INSERT INTO requests (owner, key, digest, made_at, fetch) VALUES ('o', 'k', 'd', 1, '00000000000000000000000000000000')",
    ),
    "a count": ("counts", "INSERT INTO counts (name, times) VALUES ('x', 'many')"),
    "the feed": ("feed", "UPDATE feed SET position = 3"),
}


def spoilt(good: bytes, file: Path, statements: str) -> Path:
    """Write a backup that has been changed."""
    file.write_bytes(good)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(statements)
    return file


@pytest.mark.parametrize("what", SCHEMAS)
def test_another_schema_is_refused_unread(good: bytes, target: Engine, tmp_path: Path, what: str) -> None:
    """Whatever lanner's tables are not, or what there is besides, is refused by its name."""
    with pytest.raises(InvalidInput, match=r"is damaged: its (view|table|trigger|index)"):
        restore(target, spoilt(good, tmp_path / "backup", SCHEMAS[what]), unheard)
    assert nothing_in(target)


@pytest.mark.parametrize("kind", ["target", POSTGRES])
@pytest.mark.parametrize("what", ROWS)
def test_a_row_that_no_lanner_wrote_is_refused(good: bytes, request: pytest.FixtureRequest, tmp_path: Path, what: str, kind: str) -> None:
    """It is named by its table, and nothing is restored."""
    table, statements = ROWS[what]
    empty, file = request.getfixturevalue(kind), spoilt(good, tmp_path / "backup", statements)
    with pytest.raises(InvalidInput, match=f"is damaged: table {table}") as caught:
        restore(empty, file, unheard)

    assert str(file) in caught.value.message
    assert nothing_in(empty)


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[Engine]:
    schema = f"test_{uuid4().hex}"
    engine = open_engine(postgres_url, schema=schema)
    migrate(engine)
    yield engine
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


def nothing_in(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.execute(select(series)).first() is None


def packed(unit: bytes, dates: list[int], values: list[float], *, rows: int | None = None) -> bytes:
    """A payload of one column, with or without a lie about its length."""
    head = struct.pack("<cIII", unit, 1, len(dates) if rows is None else rows, 0) + struct.pack("<I", 1) + b"a"
    return zlib.compress(head + np.array(dates, "<i8").tobytes() + np.array(values, "<f8").tobytes())


PAYLOADS: dict[str, Callable[[], bytes]] = {
    "an infinite value": lambda: packed(b"D", [1, 2], [1.0, np.inf]),
    "dates in no order": lambda: packed(b"D", [2, 1], [1.0, 2.0]),
    "a date twice": lambda: packed(b"D", [1, 1], [1.0, 2.0]),
    "an axis of years": lambda: packed(b"Y", [1, 2], [1.0, 2.0]),
    "an axis of nothing": lambda: packed(b"?", [1, 2], [1.0, 2.0]),
    "more rows than there are": lambda: packed(b"D", [1, 2], [1.0, 2.0], rows=3),
    "rows without end": lambda: packed(b"D", [1, 2], [1.0, 2.0], rows=2**32 - 1),
    "a bomb": lambda: zlib.compress(bytes(2**30 // 2 + 2), 1),
    "no zlib": lambda: b"nothing",
}


ONE_VINTAGE = """
DELETE FROM vintages WHERE number > 1;
UPDATE series SET vintage = 1 WHERE number = 1;
UPDATE fetches SET vintage = NULL;
UPDATE vintages SET step = 0, path = '', codec = 1;
"""
TOLD = ("payload", "checksum", "digest", "rows", "first", "last")


def with_state(good: bytes, file: Path, payload: bytes, codec: int = ZLIB) -> Path:
    """Write a backup whose only vintage has this payload, and all that vouches for it."""
    block = Block(1, 0, (), codec, payload)
    facts: tuple[Any, ...] = (payload, block.checksum(1), *told(payload, codec))
    spoilt(good, file, ONE_VINTAGE.replace("codec = 1", f"codec = {codec}"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"UPDATE vintages SET {', '.join(f'{name} = ?' for name in TOLD)}", facts)
        connection.commit()
    return file


@pytest.mark.parametrize("what", PAYLOADS)
def test_a_state_that_is_none_is_refused(good: bytes, target: Engine, tmp_path: Path, what: str) -> None:
    """A payload whose checksum and digest hold is held to what a state may be, too, and unpacked within bounds."""
    file = with_state(good, tmp_path / "backup", PAYLOADS[what]())
    with pytest.raises(InvalidInput, match="is damaged: table vintages, row series '1', number '1'"):
        restore(target, file, unheard)
    assert nothing_in(target)


RUN = {"columns": [0], "places": [1], "first": [1], "last": [2]}
FLAGS: dict[str, tuple[tuple[str, ...], dict[str, list[int]]]] = {
    "a column that is not there": (("p",), RUN | {"columns": [7]}),
    "a code that is not there": (("p",), RUN | {"places": [2]}),
    "a code of several blanks": (("a  b",), RUN),
    "a code that nobody sees": (("\x1b",), RUN),
    "a long code": (("p" * 33,), RUN),
    "an empty code": (("",), RUN),
    "runs over each other": (("p",), {"columns": [0, 0], "places": [1, 1], "first": [1, 1], "last": [2, 2]}),
}


def flagged(codes: tuple[str, ...], runs: dict[str, list[int]]) -> bytes:
    """A payload of one column with these runs of flags."""
    kinds = {"columns": np.uint32, "places": np.uint16, "first": np.int64, "last": np.int64}
    section = write_flags(FlagRuns(codes, **{name: np.array(runs[name], kind) for name, kind in kinds.items()}))
    return packed(b"D", [1, 2], [1.0, 2.0]) + section + struct.pack("<I", len(section))


@pytest.mark.parametrize("what", FLAGS)
def test_flags_that_are_none_are_refused(good: bytes, target: Engine, tmp_path: Path, what: str) -> None:
    """Flags whose checksum and digest hold are held to what flags may be, too."""
    with pytest.raises(InvalidInput, match="is damaged: table vintages, row series '1', number '1'"):
        restore(target, with_state(good, tmp_path / "backup", flagged(*FLAGS[what]), ZLIB_WITH_FLAGS), unheard)
    assert nothing_in(target)


@pytest.mark.parametrize("spoil", [lambda payload: payload[:-4] + b"\xff" * 4, lambda payload: payload[:3]], ids=["longer", "too short"])
def test_a_section_that_is_none_is_refused(good: bytes, target: Engine, tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    """A section of flags that is longer than its block, or a payload too short for one, is refused before it is read."""
    file = with_state(good, tmp_path / "backup", spoil(flagged(("p",), RUN)), ZLIB_WITH_FLAGS)
    with pytest.raises(InvalidInput, match="is damaged: table vintages"):
        restore(target, file, unheard)


def test_flags_that_are_some_are_restored(good: bytes, target: Engine, tmp_path: Path) -> None:
    """The same way of writing flags, with nothing wrong in them, is taken."""
    assert sum(restore(target, with_state(good, tmp_path / "backup", flagged(("p",), RUN), ZLIB_WITH_FLAGS), unheard).values()) > 3


def test_a_state_that_is_one_is_restored(good: bytes, target: Engine, tmp_path: Path) -> None:
    """The same way of writing a backup, with nothing wrong in it, is taken."""
    assert sum(restore(target, with_state(good, tmp_path / "backup", packed(b"D", [1, 2], [1.0, 2.0])), unheard).values()) > 3


def test_damaged_vintages_are_restored_on_demand(good: bytes, target: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What does not match its checksum is then restored as it is, said so, and found damaged when it is read."""
    file = spoilt(good, tmp_path / "backup", "UPDATE vintages SET checksum = zeroblob(16) WHERE number = 1")
    with pytest.raises(InvalidInput) as caught:
        restore(target, file, unheard)
    assert "--keep-damaged" in caught.value.hint
    assert sum(restore(target, file, unheard, keep_damaged=True).values()) > 3

    assert [record.message for record in caplog.records if record.levelname == "WARNING"][:1] == ["damaged vintage restored"]
    with SqlStore(target).reading() as uow:
        damaged = [damage.number for each in uow.series.search(SeriesQuery()).items for damage in uow.vintages.verify(each.id)]
    assert 1 in damaged


def told(payload: bytes, codec: int) -> tuple[Any, ...]:
    """The facts that a state claims, where it can be read at all."""
    from adapters.sql.vintage_blocks.codec import decode

    if len(payload) > 1_000 or payload == b"nothing":
        return bytes(32), 2, "1970-01-02", "1970-01-03"
    try:
        state: Observations = decode(codec, payload, None)[0]
        return state.digest(), len(state), str(state.first), str(state.last)
    except (ValueError, TypeError, MemoryError, LookupError, struct.error, zlib.error):
        return bytes(32), 2, "1970-01-02", "1970-01-03"


def test_a_journal_beside_a_backup_is_not_played_back(good: bytes, target: Engine, tmp_path: Path) -> None:
    """What lies beside could change what is read: then it is no backup but a database in use."""
    (tmp_path / "backup").write_bytes(good)
    (tmp_path / "backup-wal").write_bytes(b"anything")

    with pytest.raises(InvalidInput, match="in use"):
        restore(target, tmp_path / "backup", unheard)


def test_a_backup_is_left_as_it_is(good: bytes, target: Engine, tmp_path: Path) -> None:
    """Reading changes neither the file nor its folder, which may be read-only."""
    (tmp_path / "backup").write_bytes(good)
    restore(target, tmp_path / "backup", unheard)

    assert (tmp_path / "backup").read_bytes() == good
    assert not list(tmp_path.glob("backup-*"))


def test_reading_ends(good: bytes, target: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that would be read without end is given up after its time."""
    rows = ", ".join(f"('n{n}', {n})" for n in range(60_000))
    file = spoilt(good, tmp_path / "backup", f"INSERT INTO counts VALUES {rows}")
    monkeypatch.setattr(backup_file, "_SECONDS", 0.0)
    monkeypatch.setattr(backup_file, "_BYTES_A_SECOND", 1e15)
    began = time.monotonic()

    with pytest.raises(InvalidInput, match="takes too long"):
        restore(target, file, unheard)
    assert time.monotonic() - began < 5
    assert nothing_in(target)


def test_signs_for_the_terminal_are_not_passed_on(good: bytes, target: Engine, tmp_path: Path) -> None:
    """What a backup's rows hold cannot write to the terminal through the error."""
    file = spoilt(good, tmp_path / "backup", "INSERT INTO counts VALUES ('x' || char(27) || ']0;y' || char(7), -1)")

    with pytest.raises(InvalidInput) as caught:
        restore(target, file, unheard)
    assert caught.value.message.replace(str(tmp_path), "").isprintable()
