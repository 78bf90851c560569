"""Debian's nginx with the shipped configuration, in a folder of its own, before whatever listens at a port."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers import LOCAL, free_port, listens, missing, started, unprivileged

CONFIGURATION = Path(__file__).parents[1] / "config" / "deploy" / "nginx.conf"


@contextmanager
def nginx(upstream: int, *, listen: str = "", hurried: bool = False) -> Iterator[int]:
    """
    Run it until the end, and return its port.

    Args:
        listen: options of the socket.
        hurried: whether its deadlines are a tenth of those that are shipped.

    """
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        missing("there is no nginx: Debian's nginx is not installed.")
    with tempfile.TemporaryDirectory(prefix="lanner-nginx-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        text = filled({"LISTEN": f"{LOCAL}:{port}{listen}", "UPSTREAM": f"{LOCAL}:{upstream}"})
        (folder / "nginx.conf").write_text(re.sub(r"\b(\d[05])s;", r"\g<1>00ms;", text) if hurried else text)
        user = unprivileged(folder)
        (folder / "log").touch()
        if user:
            # It opens its standard output once more, as whom it runs.
            shutil.chown(folder / "log", user)
        command: list[str | Path] = [program, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr", "-g", "daemon off;"]
        with started(command, log=folder / "log", user=user, ready=lambda: listens(port)):
            yield port


def filled(values: Mapping[str, str]) -> str:
    """Fill in the names as the official image does."""
    text = CONFIGURATION.read_text()
    for name, value in {"SERVER_NAMES": "localhost 127.0.0.1 [::1]", **values}.items():
        text = text.replace(f"${{NGINX_{name}}}", value)
    return text
