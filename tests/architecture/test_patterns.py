"""No text takes a regular expression long."""

from __future__ import annotations

from collections.abc import Callable
from time import thread_time

import pytest

from adapters.provider_kit.http.redaction import BodyRedactor
from domain.redaction import Redactor
from tests.architecture.patterns import Use, nasty_texts, uses

SIZE = 10_000
#: Below this, time says nothing.
FLOOR = 0.002
#: The patterns are tried in so many tests, side by side.
PARTS = 6
#: What escapes are made of, itself escaped or not.
ESCAPES = r"(%(?:25)*61|&(?:amp;)*#0*x2b;|\\+u0039|&plus;|a/9\+)+"


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_patterns_take_time_in_proportion_to_the_text(part):
    """Every pattern, used as the code uses it, takes at most three times as long for a text of twice the length."""
    found = uses()

    assert len(found) > 100
    assert [f"{use.where}: {use.method} {use.pattern!r} on {text!r}" for use in found[part::PARTS] if (text := slow_text(use))] == []


@pytest.mark.slow
def test_secrets_are_looked_for_in_proportion_to_the_text():
    """The patterns that are made of secrets, and what is built of them, keep to the same."""
    texts, bodies = Redactor(["a/9+"]), BodyRedactor(["a/9+" * 3])

    assert slowest(texts.text, ESCAPES) == ""
    assert slowest(lambda text: bodies.body(text.encode()), ESCAPES) == ""


def slow_text(use: Use) -> str:
    """Give the first text that takes too long, shortened; empty if there is none."""
    run = use.run
    for short in nasty_texts(use.pattern, use.flags, 24):
        if seconds(run, short) > FLOOR and best(run, short) > FLOOR:
            return short
    return slowest(run, use.pattern, use.flags)


def slowest(run: Callable[[str], object], pattern: str | bytes, flags: int = 0) -> str:
    pairs = zip(*(nasty_texts(pattern, flags, size) for size in (SIZE, 2 * SIZE)), strict=True)
    return next((text[:40] for half, text in pairs if is_slow(run, half, text)), "")


def is_slow(run: Callable[[str], object], half: str, text: str) -> bool:
    """Measure again where it seems so: what others do on the machine lasts a moment."""
    return seconds(run, text) > FLOOR and all(best(run, text) > max(FLOOR, 3 * best(run, half)) for _ in range(4))


def best(run: Callable[[str], object], text: str) -> float:
    return min(seconds(run, text) for _ in range(5))


def seconds(run: Callable[[str], object], text: str) -> float:
    """Measure the time of this thread alone: others share the machine."""
    begun = thread_time()
    run(text)
    return thread_time() - begun
