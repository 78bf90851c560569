"""Work that goes on while something else is done to the service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TypeVar

from tests.faults.processes import Process
from tests.faults.stacks import RECOVERY_SECONDS, Stack

T = TypeVar("T")


def disturbed(disturb: Callable[[], object], *, times: int, every: float, work: Callable[[], T]) -> T:
    """Do something so many times while work goes on."""
    done = Event()

    def go_on() -> None:
        for _ in range(times):
            if done.wait(every):
                return
            disturb()

    thread = Thread(target=go_on)
    thread.start()
    try:
        return work()
    finally:
        thread.join()
        done.set()


def settled(stack: Stack, codes: Iterable[str], seconds: float = RECOVERY_SECONDS) -> str:
    """Wait for the end of every fetch and say how long that took."""
    return f"settled in {stack.verifier.settled(set(codes), seconds):.1f} s"


@contextmanager
def kept_alive(*processes: Process) -> Iterator[None]:
    """Start processes again whenever they end, as whoever supervises them would."""
    done = Event()

    def supervise() -> None:
        while not done.wait(0.2):
            for process in processes:
                if not process.alive:
                    process.start()

    supervisor = Thread(target=supervise)
    supervisor.start()
    try:
        yield
    finally:
        done.set()
        supervisor.join()
