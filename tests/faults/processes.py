"""Processes that are started, frozen, killed and started again, each the leader of a session of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers import bound

START_SECONDS = 60.0
STOP_SECONDS = 45.0


@dataclass
class Process:
    """A command that can be run again and again."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path
    user: str | None = None
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        with self.log.open("ab") as output:
            self.running = subprocess.Popen(
                bound(self.command),
                env=dict(self.environment),
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self.user,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        assert self.running
        return self.running.pid

    @property
    def alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    @property
    def processor_seconds(self) -> float:
        """Tell how long it and all that it has started have run on a processor."""
        fields = [Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in (self.pid, *children(self.pid))]
        return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")

    def heeds(self, number: int) -> bool:
        """Tell whether it does something of its own on a signal: not so while it starts."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught, 16) >> (number - 1) & 1)

    def signal_all(self, number: int) -> None:
        """Send a signal to it and to all that it has started; those of Postgres lead sessions of their own."""
        started = children(self.pid)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)
        for process in started:
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def freeze(self) -> None:
        self.signal_all(signal.SIGSTOP)

    def stand_back(self) -> None:
        """Take the processor only where nobody else wants it, almost as if it were a machine away; to be said right after the start."""
        os.setpriority(os.PRIO_PROCESS, self.pid, 19)
        # Where the kernel groups processes by session, what counts between them is the group's.
        with suppress(OSError):
            Path(f"/proc/{self.pid}/autogroup").write_text("19")

    def thaw(self) -> None:
        self.signal_all(signal.SIGCONT)

    def kill(self) -> None:
        """End it and all that it has started, in the middle of whatever they do."""
        if self.running is not None:
            self.signal_all(signal.SIGKILL)
            self.running.wait()

    def stop(self) -> tuple[int, float]:
        """Ask it to end; give its exit code and the seconds it took."""
        assert self.running
        begun = time.monotonic()
        self.running.terminate()
        try:
            code = self.running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL, time.monotonic() - begun
        taken = time.monotonic() - begun
        self.signal_all(signal.SIGKILL)
        return code, taken

    def wait_until(self, ready: Callable[[], bool]) -> Process:
        end = time.monotonic() + START_SECONDS
        while not ready():
            assert self.alive, f"{self.name} ended:\n{self.log.read_text(errors='replace')[-3000:]}"
            assert time.monotonic() < end, f"{self.name} is not ready:\n{self.log.read_text(errors='replace')[-3000:]}"
            time.sleep(0.05)
        return self


def children(process: int) -> list[int]:
    """Give the processes that one has started, and theirs."""
    found: list[int] = []
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, tasks.read_text().split()):
                found += [child, *children(child)]
    return found


def comes_true(claim: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not (held := claim()) and time.monotonic() < end:
        time.sleep(0.05)
    return held
