"""B3, B4: crowds of clients that are silent or stall, beside honest ones; behind nginx, and before the API itself."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.attacks.conftest import Attack, scale
from tests.attacks.honest import KNOWN, Call, Seen, calls, served
from tests.attacks.service import Service, running
from tests.nginx import nginx

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]
CROWD, SECONDS, ALONE_SECONDS = scale(500, 2000), scale(5, 60), scale(3, 15)
RATIO, MILLISECONDS, MEGABYTES = 10, 250, 200
#: What 2,000 connections may cost the bare server, where a tenth of them does not read an answer of 256 KiB.
BARE_MEGABYTES = 300
#: Of the database whose archive takes long.
SERIES, ROWS, COLUMNS = 12, 5000, 12
#: Bytes: no answer of the crowd may fit into buffers of the kernel; below the limit, answers are sent in one piece.
LARGE, WHOLE = 500_000, range(220_000, 256 * 1024)
#: Of the series whose answer is the largest that is sent in one piece.
WHOLE_ROWS = 1650


@dataclass(frozen=True)
class Crowded:
    """A service with large series, the id of a small one, and the paths that the crowd asks for."""

    service: Service
    series: str
    large: str
    whole: str
    archive: str


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowded]:
    folder = tmp_path_factory.mktemp("crowded")
    (folder / "files" / "BIG").mkdir(parents=True)
    for number in range(SERIES):
        (folder / "files" / "BIG" / f"S{number}.csv").write_text(table(number))
    (folder / "files" / "BIG" / "WHOLE.csv").write_text(table(SERIES, WHOLE_ROWS))
    settings = {
        "LANNER_PROVIDERS__FILES__PATH": str(folder / "files"),
        "LANNER_ROUTES": '{"BIG": "files"}',
        "LANNER_TRUSTED_PROXIES": "127.0.0.1",
    }
    with running(folder, settings) as service:
        ids = [service.fetched(f"BIG/S{number}") for number in range(SERIES)]
        large = f"/timeseries/{ids[0]}/data.json"
        archive = urlsplit(service.ask("/api/v3/databases/BIG/data?download_type=full").headers["Location"]).path
        whole = f"/timeseries/{service.fetched('BIG/WHOLE')}/data.json"
        *sizes, size = [len(service.ask(path).body) for path in (large, archive, whole)]
        assert min(sizes) > LARGE, f"what the crowd asks for has {sizes} bytes"
        assert size in WHOLE, f"what is sent in one piece has {size} bytes"
        yield Crowded(service, service.fetched(KNOWN), large, whole, archive)


def table(seed: int, rows: int = ROWS) -> str:
    """Write a CSV file of days and random numbers."""
    chance = random.Random(seed)
    days = (f"{1900 + row // 336}-{row // 28 % 12 + 1:02}-{row % 28 + 1:02}" for row in range(rows))
    lines = (",".join((day, *(f"{chance.random():.9f}" for _ in range(COLUMNS)))) for day in days)
    return "\n".join([",".join(("date", *(f"c{number}" for number in range(COLUMNS)))), *lines, ""])


@contextmanager
def besieged(port: int, crowded: Crowded, *, addresses: int) -> Iterator[dict[str, Any]]:
    """Have a crowd hold its connections; in the end tell what became of them."""
    command = [sys.executable, "-m", "tests.attacks.crowd", str(port), str(CROWD), str(addresses), crowded.large, crowded.whole]
    command.append(crowded.archive)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    told: dict[str, Any] = {}
    crowd = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield told
        crowd.send_signal(signal.SIGTERM)
        told.update(json.loads(crowd.communicate(timeout=30)[0]))
    finally:
        if crowd.poll() is None:
            crowd.kill()
            crowd.wait()


@contextmanager
def weighed(service: Service) -> Iterator[list[int]]:
    """Tell in the end how many megabytes the API came to hold more than before."""
    before, most, ended = service.memory, [0], Event()

    def watch() -> None:
        while not ended.wait(0.5):
            most[0] = max(most[0], service.memory - before)

    watching = Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield most
    finally:
        ended.set()
        watching.join()


def beside(port: int, crowded: Crowded, asked: Sequence[Call], *, addresses: int) -> tuple[Seen, Seen, int, str]:
    """Serve honest clients alone, then beside the crowd."""
    served(port, asked, seconds=1)
    alone = served(port, asked, seconds=ALONE_SECONDS)
    with weighed(crowded.service) as grown, besieged(port, crowded, addresses=addresses) as crowd:
        time.sleep(2)
        among = served(port, asked, seconds=SECONDS)
    figure = (
        f"{CROWD} from {addresses}: {len(among.seconds)} honest requests, not answered {among.failed or 'none'}; p99 {among.p99:.0f} ms, "
        f"{alone.p99:.0f} alone; {grown[0]:+} MB; opened {sum(crowd['opened'].values())}, held {sum(crowd['held'].values())}"
    )
    return alone, among, grown[0], figure


@pytest.mark.server
@pytest.mark.parametrize("addresses", [1, 400])
@pytest.mark.attacks("B4 crowd, nginx", "every honest request is answered, p99 within 10 x or 250 ms, at most 200 MB more", long=True)
def test_a_crowd_before_nginx(crowded: Crowded, attack: Attack, addresses: int) -> None:
    with nginx(crowded.service.port) as port:
        alone, among, grown, figure = beside(port, crowded, calls(crowded.series), addresses=addresses)
    attack.shows(figure, held=not among.failed and among.p99 <= max(RATIO * alone.p99, MILLISECONDS) and grown <= MEGABYTES)


@pytest.mark.attacks("B3 crowd, bare", "what is kept and health are answered; at most 300 MB more", long=True)
def test_a_crowd_before_the_api_itself(crowded: Crowded, attack: Attack) -> None:
    asked = [call for call in calls(crowded.series) if call.method == "GET" and "/api/" not in call.path]
    _, among, grown, figure = beside(crowded.service.port, crowded, asked, addresses=400)
    attack.shows(figure, held=not among.failed and grown <= BARE_MEGABYTES)
