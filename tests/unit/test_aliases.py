"""Free aliases among those that are taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from domain.aliases import free_alias


@pytest.mark.parametrize("many", [0, 1, 2, 30, 31, 32, 33, 1_100, 100_000])
def test_the_next_is_found_in_a_few_questions(many: int) -> None:
    """Where so many are taken without a gap, the next is given, and as good as nobody is asked about."""
    names = {"X/A", *(f"X/A_{number}" for number in range(2, many + 1))} if many else set()
    asked: list[Sequence[str]] = []

    def taken(some: Sequence[str]) -> Collection[str]:
        asked.append(some)
        return names.intersection(some)

    assert free_alias("X/A", taken) == (f"X/A_{many + 1}" if many else "X/A")
    assert len(asked) <= 5
    assert max(map(len, asked)) <= 70


def test_names_that_were_laid_in_the_way_are_passed() -> None:
    """Whoever takes just the names that are looked for first keeps nobody from one of his own."""
    in_the_way = {"X/A", *(f"X/A_{number}" for number in range(2, 32)), *(f"X/A_{2**power}" for power in range(5, 200))}

    found = free_alias("X/A", in_the_way.intersection)
    assert found not in in_the_way
    assert int(found.removeprefix("X/A_")) > 31


def test_one_that_is_given_up_meanwhile_is_taken() -> None:
    """What is free at the second look is given, though it was not at the first."""
    looks = iter([{"X/A"} | {f"X/A_{number}" for number in range(2, 100)}, set()])

    assert free_alias("X/A", lambda _: next(looks)) in {f"X/A_{number}" for number in range(65, 129)}
