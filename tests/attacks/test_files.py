"""A: files of others on the same machine, in the way of ours."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest

from tests.acceptance.running import lanner
from tests.attacks.client import post
from tests.attacks.conftest import Attack, scale
from tests.attacks.service import running

pytestmark = pytest.mark.timeout(180)
OUTSIDE, INSIDE = "666666.5", "111111.5"


@pytest.mark.attacks("A4 swapped links", "no link leads the provider `files` outside its folder, links inside are followed", long=True)
def test_swapped_links(tmp_path: Path, attack: Attack) -> None:
    """All names are links to one that is turned from inside to outside and back; so are folders' names."""
    shared, outside, names = tmp_path / "shared", tmp_path / "outside", [f"C{number}" for number in range(scale(200, 1500))]
    for folder, value in ((shared / "KEPT", INSIDE), (outside, OUTSIDE)):
        folder.mkdir(parents=True)
        (folder / "series.csv").write_text(f"date,value\n2024-01-01,{value}\n")
    (shared / "LINKS").mkdir()
    (shared / "FOLDER").symlink_to("KEPT")
    for name in names:
        (shared / "LINKS" / f"{name}.csv").symlink_to("../hop.csv")
    routes = '{"LINKS": "files", "FOLDER": "files", "KEPT": "files"}'
    settings = {"LANNER_PROVIDERS__FILES__PATH": str(shared), "LANNER_ROUTES": routes, "LANNER_PROVIDERS__FILES__CONCURRENCY": "8"}
    with running(tmp_path, settings) as service:
        kept = service.ask(f"/timeseries/{service.fetched('FOLDER/series')}/data.csv").text
        with turning(shared / "hop.csv", "KEPT/series.csv", "../outside/series.csv"), turning(shared / "FOLDER", "KEPT", "../outside"):
            asked = [post(service.port, "/timeseries", {"code": f"LINKS/{name}"}).json()["id"] for name in names]
            for _ in range(len(names) // 10):
                service.fetched("FOLDER/series", refresh=True)
            states = [service.ended(series, seconds=60) for series in asked]
        again = service.ask("/timeseries?limit=1").status
        data = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*.db*"))
        told = [service.ask(f"/timeseries/{series}/data.csv").text for series in asked]
    followed = sum(OUTSIDE in text for text in told)
    good = sum(INSIDE in text for text in told)
    refused = sum(state.status != 200 for state in states)
    figure = (
        f"{len(names)} links to a turning link: {followed} led outside, {good} inside, {refused} refused; "
        f"a link inside gives {INSIDE in kept}"
    )
    attack.shows(figure, held=not followed and OUTSIDE.encode() not in data and good > 0 and INSIDE in kept and again == 200)


@contextmanager
def turning(link: Path, *targets: str) -> Iterator[None]:
    """Have a link lead to each of the targets in turn, as fast as can be."""
    done, skip_suspects = Event(), link.with_name(f"{link.name}.{uuid4().hex}")

    def turn() -> None:
        for target in cycle(targets):
            skip_suspects.symlink_to(target)
            skip_suspects.replace(link)
            if done.wait(0.0002):
                break

    turner = Thread(target=turn)
    turner.start()
    try:
        yield
    finally:
        done.set()
        turner.join()


@pytest.mark.attacks("A9 modes", "what others could read is closed, and where others can write nothing starts", long=True)
def test_modes(tmp_path: Path, attack: Attack) -> None:
    found = {
        "folder 0777": closed(tmp_path / "a", "data", 0o777),
        "database 0644": closed(tmp_path / "b", "data/lanner.db", 0o644),
        "database 0666": closed(tmp_path / "c", "data/lanner.db", 0o666),
        ".env 0644": closed(tmp_path / "d", ".env", 0o644),
        ".env 0666": closed(tmp_path / "e", ".env", 0o666),
    }
    if os.geteuid() == 0:
        found["somebody's .env 0666"] = closed(tmp_path / "f", ".env", 0o666, owner=65534)
        found["somebody's database 0666"] = closed(tmp_path / "g", "data/lanner.db", 0o666, owner=65534)
    attack.shows(", ".join(f"{name}: {state}" for name, state in found.items()), held="OPEN" not in found.values())


def closed(folder: Path, name: str, mode: int, *, owner: int = -1) -> str:
    """Let others at a file, start once more, and tell what became of it."""
    folder.mkdir()
    (folder / ".env").write_text("")
    place = folder / name
    assert lanner("migrate", folder=folder, environment={}).returncode == 0
    place.chmod(mode)
    os.chown(place, owner, -1)
    if lanner("migrate", folder=folder, environment={}).returncode:
        return "refused"
    return "OPEN" if stat.S_IMODE(place.stat().st_mode) & 0o077 else "closed"
