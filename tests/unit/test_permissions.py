"""Files that others could read or change are closed, or not used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from config import bootstrap, read
from config.permissions import close_database, close_file, close_folder
from domain.errors import InvalidInput

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
ANOTHER = 4711


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def a_file(path: Path, permissions: int, *, owner: int | None = None) -> Path:
    path.write_text("LANNER_PORT=8000\n")
    path.chmod(permissions)
    if owner is not None:
        os.chown(path, owner, owner)
    return path


@pytest.mark.parametrize(
    ("before", "after"), [(0o666, 0o600), (0o644, 0o600), (0o640, 0o600), (0o400, 0o400), (0o444, 0o400), (0o700, 0o700)]
)
def test_a_file_of_ours_is_closed(tmp_path: Path, before: int, after: int) -> None:
    """What its owner may do stays."""
    file = a_file(tmp_path / "file", before)
    close_file(file)

    assert mode(file) == after


@AS_ROOT
@pytest.mark.parametrize(("permissions", "warned"), [(0o644, True), (0o640, False), (0o660, False), (0o600, False)])
def test_a_file_of_another_is_told_where_all_can_read_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, permissions: int, *, warned: bool
) -> None:
    """It stays as it is; who is in its group was let in by its owner."""
    file = a_file(tmp_path / "file", permissions, owner=ANOTHER)
    close_file(file)

    assert mode(file) == permissions
    assert ([record.message for record in caplog.records if record.levelname == "WARNING"] == ["others can read a file"]) == warned


@AS_ROOT
def test_a_file_of_another_that_all_can_write_is_refused(tmp_path: Path) -> None:
    """The sentence says how to close it; a database is refused for what lies beside it, too."""
    file = a_file(tmp_path / "lanner.db", 0o600)
    a_file(tmp_path / "lanner.db-wal", 0o666, owner=ANOTHER)

    close_file(file)
    with pytest.raises(InvalidInput, match=r"Everybody can write to .*-wal") as caught:
        close_database(file)
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize(("before", "after"), [(0o777, 0o700), (0o775, 0o700), (0o755, 0o755), (0o1777, 0o1777)])
def test_a_folder_that_others_can_write_to_is_closed(tmp_path: Path, before: int, after: int) -> None:
    """One that is for everybody, such as /tmp, is not."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(before)
    close_folder(folder)

    assert mode(folder) == after


@AS_ROOT
def test_a_folder_of_another_is_used_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As Kubernetes gives them out."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    os.chown(folder, ANOTHER, ANOTHER)
    close_folder(folder)

    assert mode(folder) == 0o777
    assert [record.message for record in caplog.records] == ["others can write to the data folder"]


def test_what_is_not_there_is_passed_over(tmp_path: Path) -> None:
    """It will be made with the right modes."""
    close_file(tmp_path / "none")
    close_folder(tmp_path / "none")


def test_starting_closes_settings_database_and_folder(tmp_path: Path) -> None:
    """All that holds secrets or data; with what SQLite keeps beside its file."""
    dotenv, data = a_file(tmp_path / ".env", 0o644), tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    files = [a_file(data / name, 0o666) for name in ("lanner.db", "lanner.db-wal", "lanner.db-shm")]
    read({"LANNER_DATA_DIR": str(data)}, dotenv)
    for file in files:
        file.write_bytes(b"")
    bootstrap({"LANNER_DATA_DIR": str(data)}, dotenv)

    assert [mode(path) for path in (dotenv, data, *files)] == [0o600, 0o700, 0o600, 0o600, 0o600]


@pytest.mark.parametrize("content", ["LANNER_PORT\n", "LANNER_HOST=127.0.0.1\nLANNER_PORT\n", "export LANNER_PORT\n"])
def test_a_line_without_a_value_is_refused(tmp_path: Path, content: str) -> None:
    """Nothing of the file is passed over in silence; the line is named."""
    (tmp_path / ".env").write_text(content)
    with pytest.raises(InvalidInput, match=rf"Line {content.count('=') + 1} of .*\.env is not understood"):
        read({}, tmp_path / ".env")


def test_a_folder_in_the_place_of_settings_is_refused(tmp_path: Path) -> None:
    """A folder named .env holds no settings, so it is named rather than passed over."""
    (tmp_path / ".env").mkdir()
    with pytest.raises(InvalidInput, match=r"\.env is a folder"):
        read({}, tmp_path / ".env")
