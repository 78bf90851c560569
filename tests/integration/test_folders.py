"""Nothing outside a folder is read, also while somebody changes what lies in it."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path, PurePath

import pytest

from adapters.providers.files import provider as files
from adapters.providers.files.folders import Folder, NoRegularFileError
from domain.codes import DatasetCode
from domain.errors import FetchError, SourceForbidden
from domain.ports import PriorState

TRIES = 3000
INSIDE, OUTSIDE = 1.0, 2.0
FB = DatasetCode("WIKI", "FB")


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with a file, beside another with a file of the same name."""
    for place, value in (("inside/REAL", INSIDE), ("outside", OUTSIDE)):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "FB.csv").write_text(f"Date,Close\n2024-01-01,{value}\n")
    return tmp_path / "inside"


@contextmanager
def swapping(link: Path, *targets: Path) -> Iterator[None]:
    """Let a link lead here and there, as fast as a thread can."""
    done = threading.Event()

    def swap() -> None:
        for target in cycle(targets):
            new = link.parent.parent / "new"
            new.symlink_to(target)
            new.replace(link)
            if done.is_set():
                break

    link.symlink_to(targets[0])
    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("link", ["WIKI", "WIKI/FB.csv"])
def test_a_link_that_is_swapped_leads_nowhere_else(folder, link):
    """Between looking and reading a link may come to lead outside: then nothing is read, and never what it leads to."""
    (folder / link).parent.mkdir(exist_ok=True)
    ends = [place / PurePath(link).relative_to("WIKI") for place in (folder / "REAL", folder.parent / "outside")]
    source, seen = files.open_source(files.Options(path=folder), None), Counter[object]()
    with swapping(folder / link, *ends):
        for _ in range(TRIES):
            try:
                seen[source.fetch(FB, PriorState(newest=None)).vintages[0][1].values[0, 0]] += 1
            except FetchError as exc:
                seen[type(exc)] += 1

    assert seen[OUTSIDE] == 0
    assert seen[INSIDE] > 0
    assert seen[SourceForbidden] > 0


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_what_is_no_file_is_not_read(tmp_path, make):
    """A pipe that takes a file's place is neither waited for nor read."""
    make(tmp_path / "FB.csv")
    there = Folder(tmp_path)

    with pytest.raises(NoRegularFileError):
        there.read(PurePath("FB.csv"), 100)
    assert there.files(PurePath()) == []


def test_a_device_behind_a_link_lies_outside(folder):
    """Whatever a link leads to, the folder's own tree is all that is read."""
    (folder / "REAL" / "NULL.csv").symlink_to("/dev/zero")
    (folder / "REAL" / "LOOP.csv").symlink_to("LOOP.csv")

    assert [path.name for path in Folder(folder).files(PurePath("REAL"))] == ["FB.csv"]
