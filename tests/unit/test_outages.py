"""Outages: when something is tried again, and how often that is said."""

from __future__ import annotations

from dataclasses import dataclass

from domain.outages import Outage


@dataclass
class Clock:
    time: float = 1000.0

    def __call__(self) -> float:
        return self.time


def test_pauses_double_up_to_the_longest() -> None:
    """The second try comes after a second, each further one after twice as long, and none after more than half a minute."""
    clock = Clock()
    outage = Outage(clock=clock)
    pauses = []
    for _ in range(8):
        outage.failed()
        pauses.append(outage.seconds_left)
        clock.time += outage.seconds_left

    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert outage.seconds_left == 0


def test_one_line_a_minute() -> None:
    """However often it fails, it is said at once and then every minute; also when it works in between."""
    clock = Clock()
    outage, told = Outage(clock=clock), []
    for second in range(200):
        clock.time = 1000.0 + second
        if second % 7 == 3:
            outage.ended()
        if outage.failed():
            told.append(second)

    assert told == [0, 60, 120, 180]


def test_what_works_again_is_tried_at_once() -> None:
    """After a success nothing is waited for, and only the first success after failures is news."""
    outage = Outage(clock=Clock())
    outage.failed()

    assert (outage.ended(), outage.ended()) == (True, False)
    assert outage.seconds_left == 0
    assert outage.failed(pause=0.0) is False
    assert outage.seconds_left == 0


def test_many_failures_overflow_nothing() -> None:
    """After weeks of failures the pause is still the longest."""
    outage = Outage(clock=Clock())
    for _ in range(5000):
        outage.failed()

    assert outage.seconds_left == outage.most_seconds
