"""A Postgres on a host of its own, whose packets can vanish: in a network namespace, which only root may make."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow, token_hex
from tempfile import TemporaryDirectory

import pytest

from tests.servers import answers, postgres_command, started

#: Nobody's: for measuring networks.
_NETWORK = "198.18.{}.{}"
_PORT = 5432
_NOWHERE = "02:00:00:00:00:fe"


@dataclass(frozen=True)
class Host:
    """
    A host that this one reaches by a cable.

    Attributes:
        url: of its Postgres.
        aside: the same through a socket that no network lies before.

    """

    url: str
    aside: str
    near: str
    far: str
    device: str
    namespace: str

    def vanish(self) -> None:
        """Lose every packet from now on, in both directions and without a word."""
        _ip("neigh", "replace", self.far, "lladdr", _NOWHERE, "dev", self.device, "nud", "permanent")
        _ip("-n", self.namespace, "neigh", "replace", self.near, "lladdr", _NOWHERE, "dev", "eth0", "nud", "permanent")


@contextmanager
def postgres_apart() -> Iterator[Host]:
    """Run one; skip the test where that cannot be."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("setpriv"):
        pytest.skip("only root may make network namespaces, with iproute2 and setpriv.")
    name, first = token_hex(3), (randbelow(256), 4 * randbelow(64))
    near, far = _NETWORK.format(first[0], first[1] + 1), _NETWORK.format(first[0], first[1] + 2)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="lanner-apart-", ignore_cleanup_errors=True)))
        url = f"postgresql://postgres@{far}:{_PORT}/postgres"
        aside = f"postgresql://postgres@:{_PORT}/postgres?host={folder}"
        host = Host(url, aside, near, far, f"lanner{name}", f"lanner-{name}")
        if subprocess.run(["ip", "netns", "add", host.namespace], check=False, capture_output=True).returncode:
            pytest.skip("this machine lets nobody make a network namespace.")
        stack.callback(_ip, "netns", "del", host.namespace)
        _connect(host)
        command, user = postgres_command(folder, _PORT)
        with (folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {near}/32 trust\n")
        inside = ["ip", "netns", "exec", host.namespace, "setpriv", f"--reuid={user}", "--clear-groups", "--pdeathsig=TERM", *command]
        stack.enter_context(started([*inside, "-c", f"listen_addresses={far}"], log=folder / "log", ready=lambda: answers(host.url)))
        yield host


def _connect(host: Host) -> None:
    _ip("link", "add", host.device, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
    _ip("addr", "add", f"{host.near}/30", "dev", host.device)
    _ip("link", "set", host.device, "up")
    _ip("-n", host.namespace, "addr", "add", f"{host.far}/30", "dev", "eth0")
    _ip("-n", host.namespace, "link", "set", "eth0", "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
