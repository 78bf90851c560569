"""Files that others could read or change are closed, or not used."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
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
    with pytest.raises(InvalidInput, match=r"All users can write to .*-wal") as caught:
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


@pytest.mark.parametrize("close", [close_file, close_folder])
def test_a_device_keeps_its_mode(close: Callable[[Path], None]) -> None:
    """One such as /dev/null, in the place of a file where no settings are wanted, is everybody's."""
    controller, terminal = os.openpty()
    device = Path(os.ttyname(terminal))
    device.chmod(0o666)
    close(device)
    found = mode(device)
    os.close(controller)
    os.close(terminal)

    assert found == 0o666


def test_a_folder_in_the_place_of_a_database_keeps_its_mode(tmp_path: Path) -> None:
    """What is named by mistake, such as /srv, may be everybody's."""
    tmp_path.chmod(0o775)
    close_database(tmp_path)

    assert mode(tmp_path) == 0o775


def test_a_pipe_that_all_can_write_is_refused(tmp_path: Path) -> None:
    """Settings come through it as they come from a file."""
    os.mkfifo(tmp_path / ".env")
    (tmp_path / ".env").chmod(0o666)
    with pytest.raises(InvalidInput, match="All users can write"):
        close_file(tmp_path / ".env")


def test_a_link_of_ours_is_followed(tmp_path: Path) -> None:
    """What it leads to is closed."""
    file = a_file(tmp_path / "file", 0o664)
    (tmp_path / ".env").symlink_to(file)
    close_file(tmp_path / ".env")

    assert mode(file) == 0o600


@AS_ROOT
def test_a_link_of_another_changes_no_mode(tmp_path: Path) -> None:
    """Who can write to a folder lays no link there by which a file elsewhere is closed."""
    file, folder = a_file(tmp_path / "file", 0o644), tmp_path / "elsewhere"
    folder.mkdir()
    folder.chmod(0o775)
    for name, target in (("lanner.db-wal", file), ("data", folder)):
        (tmp_path / name).symlink_to(target)
        os.lchown(tmp_path / name, ANOTHER, ANOTHER)
    close_database(tmp_path / "lanner.db")
    close_folder(tmp_path / "data")

    assert (mode(file), mode(folder)) == (0o644, 0o775)


def test_copies_made_before_migrating_are_closed(tmp_path: Path) -> None:
    """They hold what the database held; other files beside it are nobody's business."""
    names = ("lanner.db", "lanner.db.0002", "lanner.db.txt", "other.0002")
    files = [a_file(tmp_path / name, 0o644) for name in names]
    close_database(files[0])

    assert [mode(file) for file in files] == [0o600, 0o600, 0o644, 0o644]


@AS_ROOT
def test_a_process_warns_of_a_file_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """However often it reads its settings."""
    dotenv = a_file(tmp_path / ".env", 0o644, owner=ANOTHER)
    close_file(dotenv)
    close_file(dotenv)

    assert [record.levelname for record in caplog.records] == ["WARNING"]


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
    with pytest.raises(InvalidInput, match=rf"Line {content.count('=') + 1} of .*\.env cannot be parsed"):
        read({}, tmp_path / ".env")


def test_a_folder_in_the_place_of_settings_is_refused(tmp_path: Path) -> None:
    """A folder named .env holds no settings, so it is named rather than passed over."""
    (tmp_path / ".env").mkdir()
    with pytest.raises(InvalidInput, match=r"\.env is a folder"):
        read({}, tmp_path / ".env")
