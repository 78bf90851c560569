"""Questions that are shared by all who ask at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from queue import SimpleQueue
from threading import Event
from time import monotonic, sleep

import pytest

from adapters.sql.single_flight import SingleFlight

SECONDS = 10


class Asked:
    """Answers with the number of the question, once it is let go."""

    def __init__(self) -> None:
        self.begun, self.numbers, self.free = SimpleQueue[str](), count(1), Event()

    def __call__(self, key: str) -> int:
        number = next(self.numbers)
        self.begun.put(key)
        assert self.free.wait(SECONDS)
        if key == "broken":
            raise LookupError(number)
        return number


class Key(str):
    """Counts how often it is looked up: twice by everyone who comes, before he waits."""

    __slots__ = ("looked_up",)

    def __hash__(self) -> int:
        self.looked_up = getattr(self, "looked_up", 0) + 1
        return super().__hash__()


def test_who_comes_while_a_question_is_sent_shares_the_next() -> None:
    """An answer is never older than the asking: the one on its way is the first's alone, all others have the second's."""
    ask, key = Asked(), Key("a")
    shared = SingleFlight(ask)
    with ThreadPoolExecutor(9) as threads:
        first = threads.submit(shared, key)
        ask.begun.get(timeout=SECONDS)
        others = [threads.submit(shared, key) for _ in range(8)]
        end = monotonic() + SECONDS
        while key.looked_up < 2 * 9 and monotonic() < end:
            sleep(0.001)
        ask.free.set()

        assert first.result(SECONDS) == 1
        assert [other.result(SECONDS) for other in others] == [2] * 8
    assert shared(key) == 3


def test_other_questions_do_not_wait() -> None:
    """What is asked of another series goes its own way."""
    ask = Asked()
    shared = SingleFlight(ask)
    with ThreadPoolExecutor(2) as threads:
        found = [threads.submit(shared, key) for key in ("a", "b")]
        begun = {ask.begun.get(timeout=SECONDS) for _ in found}
        ask.free.set()

        assert begun == {"a", "b"}
        assert {each.result(SECONDS) for each in found} == {1, 2}


def test_an_error_is_everybodys_and_forgotten() -> None:
    """Whoever shares a question shares its error, and the next one asks anew."""
    ask = Asked()
    shared = SingleFlight(ask)
    with ThreadPoolExecutor(4) as threads:
        found = [threads.submit(shared, "broken") for _ in range(4)]
        ask.begun.get(timeout=SECONDS)
        ask.free.set()
        for each in found:
            with pytest.raises(LookupError):
                each.result(SECONDS)
    with pytest.raises(LookupError):
        shared("broken")
