"""Quotas of clients: every store counts alike."""

from __future__ import annotations

from collections.abc import Sequence

from domain.ports import Store
from domain.providers import Limit
from tests.contracts.conftest import StoppedClock

TWO_A_MINUTE, FOUR_AN_HOUR = Limit(2, 60), Limit(4, 3600)


def taken(store: Store, client: str, *limits: Limit) -> float:
    with store.writing() as uow:
        waiting = uow.quotas.take(client, limits)
        uow.commit()
    return round(waiting, 3)


def several(store: Store, times: int, *limits: Limit) -> Sequence[float]:
    return [taken(store, "one", *limits) for _ in range(times)]


def test_a_quota_is_used_up_and_fills_again(store: Store, clock: StoppedClock) -> None:
    """So many at once, then one whenever its time has passed; others have quotas of their own."""
    assert several(store, 3, TWO_A_MINUTE) == [0, 0, 30]
    assert taken(store, "other", TWO_A_MINUTE) == 0
    clock.forward(29)
    assert several(store, 1, TWO_A_MINUTE) == [1]
    clock.forward(1)
    assert several(store, 2, TWO_A_MINUTE) == [0, 30]


def test_the_longest_wait_of_several_limits_counts(store: Store, clock: StoppedClock) -> None:
    """And a refusal takes nothing from any of them."""
    assert several(store, 3, TWO_A_MINUTE, FOUR_AN_HOUR) == [0, 0, 30]
    clock.forward(60)
    assert several(store, 3, FOUR_AN_HOUR, TWO_A_MINUTE) == [0, 0, 840]


def test_what_is_not_committed_is_not_counted(store: Store) -> None:
    """A request that fails afterwards costs nothing."""
    for _ in range(5):
        with store.writing() as uow:
            assert uow.quotas.take("one", [TWO_A_MINUTE]) == 0

    assert several(store, 3, TWO_A_MINUTE) == [0, 0, 30]


def test_a_clock_that_goes_back_locks_nobody_out(store: Store, clock: StoppedClock) -> None:
    """For no longer than the limit's own time."""
    several(store, 2, TWO_A_MINUTE)
    clock.forward(-86_400)
    assert several(store, 1, TWO_A_MINUTE) == [30]
    clock.forward(31)
    assert several(store, 1, TWO_A_MINUTE) == [30]


def test_whole_quotas_are_forgotten(store: Store, clock: StoppedClock) -> None:
    """Those that are used still stay; a few at a time."""
    for client in ("a", "b", "c"):
        taken(store, client, TWO_A_MINUTE)
    clock.forward(31)
    taken(store, "c", TWO_A_MINUTE)
    forgotten = []
    for _ in range(3):
        with store.writing() as uow:
            forgotten.append(uow.quotas.forget(1))
            uow.commit()

    assert forgotten == [1, 1, 0]
    assert taken(store, "c", TWO_A_MINUTE) == 0
    assert taken(store, "c", TWO_A_MINUTE) > 0
