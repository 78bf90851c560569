"""
A disk that fails at one write: requests and fetches a series on a database whose files may not grow beyond an offset.

``python -m tests.faults.disk FOLDER STEP`` raises the offset step by step until everything is written, each time with a process
and a copy of the same database of its own, and prints how many of them came how far, then whatever was found half done.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from config import bootstrap
from config.container import Container
from config.migration import migrate_database
from domain.codes import DatasetCode
from domain.errors import StoreUnavailable
from domain.fetches import FetchStatus

BEFORE, ADDED = DatasetCode("MEMORY", "BEFORE"), DatasetCode("SAMPLE", "GDP")
NOTHING, ACCEPTED, STORED = range(3)
#: Of the series that is added.
VINTAGES = 393


def opened(folder: Path) -> Container:
    """Open the database of a folder."""
    return bootstrap({"LANNER_DATA_DIR": str(folder), "LANNER_LOG_LEVEL": "error"})


def fetched(container: Container, code: DatasetCode, provider: str) -> Iterator[UUID]:
    """Request a series, give the fetch's id, and do it."""
    use_cases = container.use_cases()
    fetch_id = use_cases.request_fetch(code, provider=provider).fetch.id
    yield fetch_id
    ended = use_cases.fetch_dataset(fetch_id)
    if ended and ended.status is FetchStatus.SUCCESS:
        yield fetch_id


def told(folder: Path, limit: int) -> int:
    """Do it in a process whose files end at a limit, and give how far it was told to have come."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    reached, container = NOTHING, opened(folder)
    with suppress(StoreUnavailable):
        for _ in fetched(container, ADDED, "sample"):
            reached += 1
    # The last to leave a database moves what is in its log into its file: further writes that fail.
    container.engine().dispose()
    os._exit(reached)


def halves(folder: Path, reached: int, whole: int) -> Iterator[str]:
    """Say what is neither as it was nor as it was to be."""
    container = opened(folder)
    with container.engine().connect() as connection:
        integrity = connection.execute(text("PRAGMA integrity_check")).scalar_one()
        statuses = connection.execute(text("SELECT status FROM fetches ORDER BY created_at")).all()
        kept = connection.execute(text("SELECT count(*) FROM vintages")).scalar_one()
    damage = [damage for checked in container.use_cases().check_vintages() for damage in checked.damage]
    container.engine().dispose()
    if integrity != "ok" or damage:
        yield f"damaged: {integrity}, {damage}"
    if len(statuses) - 1 < (reached >= ACCEPTED):
        yield "accepted, but not there"
    if kept not in (1, whole) or (kept == whole) != ([*statuses][1:] == [("success",)]) or (reached == STORED and kept != whole):
        yield f"{kept - 1} of {whole - 1} vintages, {statuses}, told {reached}"


def tried(base: Path, limit: int, whole: int) -> tuple[int, list[str]]:
    """Do it on a copy; give how far it came and what is half done."""
    copy = base.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(base, copy)
    reached = told(copy, limit)
    return reached, [f"at {limit}: {half}" for half in halves(copy, reached, whole)]


def main(folder: Path, step: int) -> None:
    """Try every offset."""
    base = folder / "base"
    base.mkdir(mode=0o700)
    container = opened(base)
    migrate_database(container)
    assert len(list(fetched(container, BEFORE, "memory"))) == STORED
    container.engine().dispose()
    ends: Counter[int] = Counter()
    found: list[str] = []
    for limit in count(0, step):
        reached, half_done = tried(base, limit, 1 + VINTAGES)
        ends[reached] += 1
        found += half_done
        if reached == STORED:
            break
    print(ends[NOTHING], ends[ACCEPTED], *found)  # noqa: T201 - this is the answer


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
