"""Providers that hang, drip, cut, lie and are away, and clocks that jump; each behind a whole service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.conftest import scale
from tests.faults.disturbing import settled
from tests.faults.figures import Figures
from tests.faults.processes import comes_true
from tests.faults.stacks import DEADLINE_SECONDS, Stack

pytestmark = pytest.mark.faults
HOUR, DAY = 3600, 86_400
FAULTS = {
    "DRIPHEAD": ("19 dripped head", "timed_out"),
    "DRIPBODY": ("19 dripped body", "timed_out"),
    "CUT": ("20 truncated body", "truncated"),
    "HTML": ("21 HTML with 200", "not_understood"),
    "BOMB": ("22 bomb of 200 MiB", "too_large"),
}


def test_a_provider_hangs(stack: Stack, figures: Figures) -> None:
    """A call that is never answered is cut at the deadline; the others are fetched meanwhile."""
    hanging, codes = stack.codes(scale(2, 3), "HANG"), stack.codes(scale(20, 300))
    stack.driver.post(hanging)
    assert comes_true(lambda: all(stack.verifier.calls()[code] for code in hanging))
    with ThreadPoolExecutor(1) as meanwhile:
        cut = meanwhile.submit(_seconds_until, lambda: _failures(stack, hanging) == {"timed_out"}, 4 * DEADLINE_SECONDS)
        ledger = stack.driver.post(codes)
        waited = settled(stack, codes)
    stack.verifier.forget(hanging)
    verdict = stack.verifier.judge(ledger)
    figure = f"{verdict} of the others, {waited}; cut after {cut.result():.1f} s of {DEADLINE_SECONDS}"
    figures.add("18 hanging provider", "P1", stack.name, figure)

    assert verdict.well, verdict


@pytest.mark.faults(long=True)
def test_a_provider_sends_what_is_no_answer(stack: Stack, figures: Figures) -> None:
    """An answer that drips, is cut, is no data or is too much is named as such, and nothing of it is stored."""
    codes = {mode: stack.codes(1, mode)[0] for mode in FAULTS}
    stack.driver.post(codes.values())
    assert comes_true(lambda: all(_failures(stack, [code]) for code in codes.values()), 6 * DEADLINE_SECONDS)
    after = stack.driver.post(stack.codes(3))
    settled(stack, after.codes)
    verdict, kept = stack.verifier.judge(after), stack.verifier.kept(codes.values())
    named = {mode: _failures(stack, [code]) for mode, code in codes.items()}
    stack.verifier.forget(codes.values())
    for mode, (fault, _) in FAULTS.items():
        figures.add(fault, "P2", stack.name, f"{len(kept[codes[mode]])} stored; {', '.join(named[mode])}")

    assert named == {mode: {error} for mode, (_, error) in FAULTS.items()}
    assert not any(kept.values())
    assert verdict.well, verdict


@pytest.mark.faults(long=True)
def test_a_provider_is_away_and_comes_back(stack: Stack, figures: Figures) -> None:
    """While a provider is away its fetches wait; once it is back all of them are done."""
    codes, seconds, down = stack.codes(scale(10, 100), "OUTAGE"), scale(5, 60), stack.folder / "down"
    down.touch()
    try:
        ledger = stack.driver.post(codes)
        time.sleep(seconds)
    finally:
        down.unlink()
    calls = sum(stack.verifier.calls()[code] for code in codes)
    waited = settled(stack, codes, scale(90, 900))
    verdict = stack.verifier.judge(ledger)
    figures.add("25 provider away and back", "P1", stack.name, f"{verdict}; away {seconds} s, {calls} calls meanwhile, {waited}")

    assert verdict.well, verdict


@pytest.mark.faults(long=True)
@pytest.mark.parametrize("seconds", [HOUR, -HOUR, -DAY])
def test_a_workers_clock_jumps(stack: Stack, figures: Figures, seconds: int) -> None:
    """With one worker of another time, which then dies in the middle of fetches, nothing is stuck and nothing stored twice."""
    shifted = stack.process("worker", inside=f"shift_clock={seconds}")
    shifted.log = stack.folder / f"shifted{seconds}.log"
    shifted.start()
    assert comes_true(lambda: "worker starts" in shifted.log.read_text())
    time.sleep(1)
    ledger = stack.driver.post(stack.codes(scale(20, 300), "PLAIN50"))
    settled(stack, ledger.codes)
    # Alone, it holds what is begun when it dies.
    stack.worker.kill()
    begun = stack.codes(4, "PLAIN900")
    ledger.lines += stack.driver.post(begun).lines
    comes_true(lambda: any(stack.verifier.calls()[code] for code in begun))
    shifted.kill()
    stack.heal()
    waited = settled(stack, ledger.codes, 60)
    verdict = stack.verifier.judge(ledger)
    figures.add("27 clock jump", "P1 P2", stack.name, f"{verdict}; {seconds / HOUR:+.0f} h, {verdict.crashes} taken over, {waited}")

    assert verdict.well, verdict


def _seconds_until(claim: Callable[[], bool], most: float) -> float:
    begun = time.monotonic()
    assert comes_true(claim, most)
    return time.monotonic() - begun


def _failures(stack: Stack, codes: list[str]) -> set[str]:
    """Name how the fetches of these codes failed last."""
    return {json.loads(row.failure)["code"] for row in stack.verifier.rows(codes) if row.failure}
