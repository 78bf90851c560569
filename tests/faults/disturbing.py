"""Work that goes on while something else is done to the service."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TypeVar

from tests.faults.driver import Ledger
from tests.faults.processes import START_SECONDS, Process
from tests.faults.stacks import RECOVERY_SECONDS, Stack

T = TypeVar("T")


def disturbed(disturb: Callable[[], object], *, times: int, every: float, work: Callable[[], T]) -> T:
    """Do something so many times while work goes on."""

    def go_on() -> None:
        for _ in range(times):
            time.sleep(every)
            disturb()

    thread = Thread(target=go_on)
    thread.start()
    try:
        return work()
    finally:
        thread.join()


def disturbed_at_work(
    stack: Stack,
    disturb: Callable[[], object],
    *,
    times: int,
    calls: tuple[int, int],
    codes: Collection[str],
    every: float = 0,
    pause: float = 0,
    seconds: float = 1800,
) -> Ledger:
    """
    Request codes and wait for their fetches, and do something at most so many times meanwhile.

    Args:
        calls: how many the provider hears from one time to the next, from and to: however slow the machine is, some fetches end.
            One that dies with five workers in a row passes for poison.

    """
    over, numbers = Event(), random.Random(stack.seed)

    def disturb_later() -> None:
        if not over.wait(every) and stack.verifier.hears(numbers.randint(*calls), over, START_SECONDS):
            disturb()

    def work() -> Ledger:
        try:
            ledger = stack.driver.post(codes, pause=pause)
            settled(stack, codes, seconds)
        finally:
            over.set()
        return ledger

    return disturbed(disturb_later, times=times, every=0, work=work)


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
