"""The supervisor: restarts child processes that exit, and stops all when it stops."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import click

from domain.errors import DomainError
from entrypoints.liveness import Liveness
from entrypoints.parent import die_with_parent, hang_up_is_ignored

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.1
_MINUTE = 60.0
_MAX_EXITS = 5
_FIRST_WAIT_SECONDS = 0.5
_START_SECONDS = 15.0
_GRACE_SECONDS = 1.0


@dataclass
class Child:
    """
    A process to keep running, and when it exited lately.

    Attributes:
        liveness: finds that it hangs.
        restart_at: when it is restarted, after it has exited.

    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    starts: int = 0
    restart_at: float = 0.0
    exits: list[float] = field(default_factory=list)
    liveness: Liveness | None = None

    def start(self, now: float) -> None:
        """Start it in its own session, so that only the supervisor receives Ctrl-C."""
        parent = os.getpid()
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - the supervisor has one thread
        )
        self.starts, self.started_at = self.starts + 1, now
        if self.liveness:
            self.liveness.restart()

    def check(self, now: float) -> None:
        """
        Restart the process if it has exited, after a longer pause each time; kill it if it hangs.

        Raises:
            click.exceptions.Exit: the first start failed with exit code 1; the child has printed why.
            DomainError: it exits too often.

        """
        if self.process is None:
            if now >= self.restart_at:
                self.start(now)
            return
        code = self.process.poll()
        if code is None:
            self._kill_if_hung()
            return
        self.process = None
        if code == 1 and self.starts == 1 and now - self.started_at < _START_SECONDS:
            raise click.exceptions.Exit(1)
        self.exits = [*(death for death in self.exits if now - death < _MINUTE), now]
        if len(self.exits) >= _MAX_EXITS:
            raise DomainError(f"The {self.name} exited {_MAX_EXITS} times within a minute, the last time with code {code}.")
        self.restart_at = now + _FIRST_WAIT_SECONDS * 2 ** (len(self.exits) - 1)
        logger.warning("process exited", extra={"role": self.name, "exit_code": code, "exits_in_a_minute": len(self.exits)})

    def _kill_if_hung(self) -> None:
        if self.liveness and (problem := self.liveness.find_hang()):
            logger.error("process hangs", extra={"role": self.name, "reason": problem})
            self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        """Send SIGTERM to the process, which stops its children, or SIGKILL to it and its children."""
        if self.process and self.process.poll() is None:
            (os.killpg if number == signal.SIGKILL else os.kill)(self.process.pid, number)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """
    Runs children until a signal comes or one of them exits too often.

    Args:
        shutdown_timeout_seconds: how long the children may take to stop.

    """

    def __init__(self, children: Sequence[Child], *, shutdown_timeout_seconds: float) -> None:
        self._children, self._shutdown_timeout_seconds = children, shutdown_timeout_seconds
        self._stop_requested = False

    def run(self, *, is_ready: Callable[[], bool], on_ready: Callable[[], None]) -> None:
        """Start the children, call ``on_ready`` once they are ready, and restart them until SIGTERM, SIGINT or an unignored SIGHUP."""
        for number in (signal.SIGTERM, signal.SIGINT, *([] if hang_up_is_ignored() else [signal.SIGHUP])):
            signal.signal(number, self._request_stop)
        ready = False
        try:
            while not self._stop_requested:
                now = monotonic()
                for child in self._children:
                    child.check(now)
                if not ready and is_ready():
                    ready = True
                    on_ready()
                sleep(_TICK_SECONDS)
        finally:
            self._stop()
            if self._stop_requested:
                _tell("Stopped.")

    def _request_stop(self, *_: Any) -> None:
        first, self._stop_requested = not self._stop_requested, True
        if first:
            _tell("Stopping…")

    def _stop(self) -> None:
        for child in self._children:
            child.send_signal(signal.SIGTERM)
        deadline = monotonic() + self._shutdown_timeout_seconds + _GRACE_SECONDS
        while monotonic() < deadline and any(child.running for child in self._children):
            sleep(_TICK_SECONDS)
        for child in self._children:
            child.send_signal(signal.SIGKILL)


def _tell(text: str) -> None:
    # Not print: a signal may interrupt one, which cannot be entered twice; and the terminal may be gone.
    with suppress(OSError):
        os.write(sys.stderr.fileno(), f"{text}\n".encode(sys.stderr.encoding, "replace"))
