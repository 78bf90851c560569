"""A: webhooks that are meant to reach what only this machine reaches."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from tests.attacks.conftest import Attack
from tests.attacks.service import Service, running
from tests.builders import WEBHOOK_SECRET
from tests.faults.processes import comes_true
from tests.receiving import Receiver, receiving

pytestmark = pytest.mark.timeout(120)
HOSTS = ("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::]")


@pytest.mark.attacks("A12 webhooks", "a webhook reaches no address that is not permitted, by spelling, name or redirect; no secret leaks")
def test_webhooks(tmp_path: Path, attack: Attack) -> None:
    settings = {"LANNER_WEBHOOK_SECRET": WEBHOOK_SECRET, "LANNER_WEBHOOK_PRIVATE_ADDRESSES": "127.0.0.2"}
    with (
        running(tmp_path, settings) as service,
        socket.create_server(("127.0.0.1", 0)) as inside,
        receiving(Receiver(answer=lambda _: 307, host="127.0.0.2")) as outside,
    ):
        port = inside.getsockname()[1]
        outside.headers = {"Location": f"http://127.0.0.1:{port}/"}
        tried = [f"{scheme}://{host}:{port}/x" for scheme in ("http", "https") for host in HOSTS]
        made = [service.post("/webhooks", {"url": url}) for url in [*tried, outside.url]]
        hooks = [answer.json() for answer in made if answer.status == 201]
        accepted = sum(service.post(f"/webhooks/{hook['id']}/test", {}).json()["accepted"] for hook in hooks)
        service.fetched("SAMPLE/NILE")
        assert comes_true(lambda: len(outside.messages) >= 2)
        time.sleep(1)
        inside.settimeout(0.1)
        heard = _is_heard(inside)
        secrets = [WEBHOOK_SECRET, *(hook["secret"].removeprefix("whsec_") for hook in hooks)]
        leaks = sum(_leaks(service, secret) for secret in secrets)
    refused = len(made) - len(hooks)
    figure = (
        f"{len(tried)} addresses, {refused} refused at once, {accepted} accepted, heard: {heard}, {leaks} of {len(secrets)} secrets leaked"
    )
    attack.shows(figure, held=not (heard or accepted or leaks) and refused > 0 and len(hooks) > 1)


def _is_heard(server: socket.socket) -> bool:
    try:
        server.accept()
    except TimeoutError:
        return False
    return True


def _leaks(service: Service, secret: str) -> bool:
    answers = [service.ask(path).body for path in ("/webhooks", "/fetches", "/timeseries", "/metrics")]
    files = [path.read_bytes() for path in service.folder.rglob("*") if path.is_file()]
    return any(secret.encode() in text for text in [*answers, *files])
