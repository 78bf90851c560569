"""Histograms that processes share: what each adds is counted once, whoever reads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from entrypoints.histograms import SharedHistograms

BOUNDS = (0.1, 1.0)
TAKEN = (("GET", "/a"), 0.05)


def test_durations_are_counted_in_their_buckets():
    """A bound is inclusive, what is beyond all bounds has a bucket, and the sum is that of the seconds."""
    histograms = SharedHistograms(BOUNDS)
    histograms.add([(("a",), 0.1), (("a",), 0.100001), (("a",), 7.0), (("b",), 0.0)])

    assert histograms.totals() == {("a",): [1, 1, 1, pytest.approx(7.200001)], ("b",): [1, 0, 0, 0]}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_count_together(method: str):
    """Each process adds to its own part, and everyone reads all; one that takes the place of another goes on."""
    histograms, context = SharedHistograms(BOUNDS), get_context(method)
    memory = histograms.memory(2)
    histograms.join(memory)
    for part in (0, 1, 1):
        process = context.Process(target=count_once, args=(memory, part))
        process.start()
        process.join()
        assert process.exitcode == 0

    assert histograms.totals() == {TAKEN[0]: [3, 0, 0, pytest.approx(0.15)]}


def count_once(memory: Any, part: int) -> None:
    histograms = SharedHistograms(BOUNDS)
    histograms.join(memory, part)
    histograms.add([TAKEN])


def test_threads_lose_nothing():
    """Threads that add at once lose no count."""
    histograms = SharedHistograms(BOUNDS)
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda _: histograms.add([TAKEN] * 100), range(100)))

    assert sum(histograms.totals()[TAKEN[0]][:-1]) == 10_000


def test_labels_without_end_are_counted_together():
    """Where there is no more room, and where a text is too long for a row, durations count under ``other``."""
    histograms = SharedHistograms(BOUNDS)
    histograms.add([(("GET", str(number)), 0.05) for number in range(2000)])
    histograms.add([(("GET", "x" * 1000), 0.05), TAKEN])
    totals = histograms.totals()

    assert len(totals) == 1024
    assert totals["other", "other"][0] == 2002 - 1023
    assert sum(sum(numbers[:-1]) for numbers in totals.values()) == 2002
