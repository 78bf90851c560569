"""A receiver as docs/webhooks.md shows it is told what ``lanner up`` finds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.running import lanner, running
from tests.builders import WEBHOOK_SECRET
from tests.documents import ROOT
from tests.faults.processes import comes_true
from tests.servers import bound, free_port

PAGE = (ROOT / "docs" / "webhooks.md").read_text()
SETTINGS = {"LANNER_WEBHOOK_SECRET": WEBHOOK_SECRET, "LANNER_WEBHOOK_PRIVATE_ADDRESSES": "127.0.0.1"}


@pytest.mark.slow
def test_the_receiver_of_the_page_hears_of_a_vintage(tmp_path: Path) -> None:
    """It accepts the signature, prints the event, and the delivery is listed; no secret is in a file or a log line."""
    port, log = free_port(), tmp_path / "received"
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "receiver.py").write_text(code.replace("9000", str(port)))
    settings = {**SETTINGS, "LANNER_DATA_DIR": str(tmp_path / "data")}
    with running(tmp_path, SETTINGS, "up") as service:
        secret = lanner(
            "webhooks", "add", f"http://127.0.0.1:{port}/", "--only", "SAMPLE/*", folder=tmp_path, environment=settings
        ).stdout.strip()
        with log.open("wb") as output:
            environment = {"PATH": os.environ["PATH"], "RECEIVER_SECRET": secret}
            receiver = subprocess.Popen(
                bound([sys.executable, "receiver.py"]), cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            (webhook,) = service.get("/webhooks").json()["items"]
            assert comes_true(lambda: service.post(f"/webhooks/{webhook['id']}/test", {}).json()["accepted"])
            series = service.request("SAMPLE", "NILE")
            service.polled(series["id"])
            assert comes_true(lambda: "vintage.created" in log.read_text())
            path = webhook["links"]["deliveries"]
            assert comes_true(lambda: service.get(path).json()["items"])
            items = service.get(path).json()["items"]
        finally:
            receiver.kill()
            receiver.wait()
    heard, secrets = log.read_text(), (secret.removeprefix("whsec_"), WEBHOOK_SECRET)

    assert "webhook.test" in heard
    assert "SAMPLE/NILE" in heard
    assert [(item["series"], item["status"]) for item in items] == [("sample:SAMPLE/NILE", "delivered")]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "receiver.py"]
    assert not [path for path in files for text in secrets if text.encode() in path.read_bytes()]
