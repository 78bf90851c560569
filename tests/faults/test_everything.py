"""Everything at once: a nemesis that kills now this and now that, and a broker in every kind of trouble."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median

import pytest

from tests.faults.conftest import scale
from tests.faults.disturbing import disturbed_at_work, kept_alive, settled
from tests.faults.driver import Client, Ledger, run_all
from tests.faults.figures import Figures
from tests.faults.processes import Process
from tests.faults.stacks import LEASE_SECONDS, SWEEP_SECONDS, Stack
from tests.servers import free_port

pytestmark = [pytest.mark.faults(long=True)]
EVERY_SECONDS = 3.0
P50_RATIO, P99_RATIO = 1.1, 1.5


def test_anything_is_killed_every_few_seconds(stack: Stack, figures: Figures) -> None:
    """Whatever is killed, every accepted request is fetched and stored once, soon after the last kill."""
    codes = stack.codes(scale(300, 10_000 if not stack.on_sqlite else 3_000), "PLAIN50")
    victims = [process for process in (stack.worker, stack.api, stack.broker) if process]
    turns, killed = cycle(random.Random(stack.seed).sample(victims, len(victims))), []

    def kill() -> None:
        victim = next(turns)
        killed.append(victim.name)
        victim.kill()

    with kept_alive(*victims):
        pause = scale(100, 50) / 1e3
        ledger = disturbed_at_work(stack, kill, times=scale(4, 60), calls=(16, 64), codes=codes, every=EVERY_SECONDS, pause=pause)
    verdict = stack.verifier.judge(ledger)
    counts = ", ".join(f"{killed.count(name)} {name}" for name in sorted(set(killed)))
    figures.add("kill -9 of anything", "P1 P2", stack.name, f"{verdict}; kills: {counts}; {verdict.crashes} taken over; {_recovery(stack)}")

    assert ledger.codes == set(codes)
    assert verdict.well, verdict


def _recovery(stack: Stack) -> str:
    """Kill one of two workers in the middle of fetches, and tell how long those waited."""
    stack.heal()
    other = stack.process("worker")
    other.log = stack.folder / "other.log"
    other.start().wait_until(lambda: "worker starts" in other.log.read_text())
    time.sleep(3)
    codes = stack.codes(16, "PLAIN400")
    stack.driver.post(codes)
    while not all(stack.verifier.calls()[code] for code in codes[:4]):
        time.sleep(0.02)
    other.kill()
    taken = stack.verifier.settled(codes, 60)
    return f"recovered in {taken:.1f} s (lease {LEASE_SECONDS}, sweep {SWEEP_SECONDS})"


@pytest.mark.server
def test_posts_do_not_feel_the_broker(servers: Stack, figures: Figures) -> None:
    """A broker that is down, hangs or was just started again changes nothing for those who request."""
    assert servers.broker
    broker: Process = servers.broker
    count, rounds = scale(60, 600), scale(3, 5)

    def restart_aside() -> None:
        servers.restart(broker)
        # Its start takes seconds of a processor, which is here the one that requests are answered with.
        broker.stand_back()

    def restart() -> None:
        servers.restart(broker)
        servers.heal()

    troubles: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "well": (lambda: None, lambda: None),
        "down": (broker.kill, servers.heal),
        "hanging": (broker.freeze, broker.thaw),
        "restarted": (restart_aside, restart),
    }
    told: dict[str, list[Posts]] = {name: [] for name in troubles}
    whole = Ledger()
    with api_without_broker(servers) as control:
        for _ in range(rounds):
            for name, (begin, end) in troubles.items():
                # Else fewer fetches beside the requests would make up for what a broker costs.
                servers.worker.freeze()
                begin()
                told[name].append(Posts.made(servers, control, count))
                servers.worker.thaw()
                end()
                whole.lines += [*told[name][-1].ledger.lines, *told[name][-1].control.lines]
                # What one round left to be fetched would be felt by the next.
                settled(servers, whole.codes, 300)
    verdict = servers.verifier.judge(whole)
    figures.add("broker down, hanging, restarted", "P1", servers.name, f"{verdict}; {rounds} interleaved rounds of {count}")
    for name in ("down", "hanging", "restarted"):
        figures.add(f"POST, broker {name}", "P1", servers.name, _compared(told[name], told["well"]))

    assert whole.statuses == {201}
    assert verdict.well, verdict


@dataclass(frozen=True)
class Posts:
    """
    Requests of one round.

    Attributes:
        control: what was asked between them of an API that has no broker: a machine that is busy slows it as much.
        seconds: of the processor that each request took the API.

    """

    ledger: Ledger
    control: Ledger
    seconds: float

    @classmethod
    def made(cls, stack: Stack, control: Process, count: int) -> Posts:
        """Make requests of both, by turns."""
        ledger, beside, codes = Ledger(), Ledger(), iter(stack.codes(2 * count))
        port = int(control.environment["LANNER_PORT"])

        def work() -> None:
            with Client(stack.port) as client, Client(port) as other:
                for code, another in zip(islice(codes, count // 2), islice(codes, count // 2), strict=False):
                    ledger.lines.append(client.request(code))
                    beside.lines.append(other.request(another))

        begun = stack.api.processor_seconds
        run_all([work] * 2)
        return cls(ledger, beside, (stack.api.processor_seconds - begun) / count)


@contextmanager
def api_without_broker(servers: Stack) -> Iterator[Process]:
    """Run another API on the same database, without a broker."""
    port = free_port()
    control = servers.process("api", LANNER_PORT=str(port), LANNER_BROKER_URL="memory://", LANNER_WORKER_PROCESSES="1")
    control.log = servers.folder / "control.log"
    # Healing ends whatever is no part of the stack.
    servers.started.remove(control)
    with Client(port) as client:
        control.start().wait_until(lambda: client.call("GET", "/healthz")[0] == 200)
    try:
        yield control
    finally:
        control.kill()


def _compared(told: list[Posts], well: list[Posts]) -> str:
    """Set percentiles against those with a broker that is well, and the control's against its own."""

    def ratio(share: float, which: Callable[[Posts], Ledger]) -> float:
        with_trouble, without = (median(which(posts).percentile(share) for posts in several) for several in (told, well))
        return with_trouble / without

    def figure(share: float, most: float) -> str:
        api, control = ratio(share, lambda posts: posts.ledger), ratio(share, lambda posts: posts.control)
        milliseconds = median(posts.ledger.percentile(share) for posts in told)
        missed = "" if api <= most * max(control, 1.0) else "  MISSED"
        return f"p{100 * share:.0f} {milliseconds:.1f} ms = {api:.2f} x ({control:.2f} x without any broker){missed}"

    seconds = [median(posts.seconds for posts in several) for several in (told, well)]
    return f"{figure(0.5, P50_RATIO)}, {figure(0.99, P99_RATIO)}, processor {1e3 * seconds[0]:.2f} ms = {seconds[0] / seconds[1]:.2f} x"
