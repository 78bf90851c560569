"""Corrections, re-reads and late labels: what ``as_of`` answers, then and later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.fetches import Suspicion
from domain.fetching.arrivals import known_at
from domain.moments import AsOf
from domain.vintages import Cause
from tests.publishing import CODE, House
from tests.servers import SETTINGS

EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "60"))
FIRST, SECOND, THIRD = date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1)
MARCH, APRIL, MAY = "2024-03-20", "2024-04-20", "2024-05-20"


def causes(house: House) -> list[tuple[int, Cause]]:
    return [(each.number, each.cause) for each in house.vintages()]


def test_a_correction_of_the_newest_label_is_known_from_its_fetch_on() -> None:
    """What the provider corrects on 12 May answers from then on, not from the label's day."""
    house = House()
    house.fetch((FIRST, 1), sends="aa")
    house.fetch((FIRST, 2), sends="bb")

    assert causes(house) == [(1, Cause.PUBLICATION), (2, Cause.CORRECTION)]
    assert house.vintages()[1].known_at == house.clock()
    assert [house.read(MARCH), house.read("2024-05-11"), house.read("2024-05-12"), house.read()] == [1, 1, 2, 2]
    assert house.read(MARCH, restated=True) == 1


def test_a_correction_of_an_older_label_is_left_out_unless_restated() -> None:
    """An old ``as_of`` answers what was known then; ``restated`` answers what is known of that label today."""
    house = House()
    house.fetch((FIRST, 1), (SECOND, 5), sends="aa")
    house.fetch((FIRST, 2), (SECOND, 5), sends="bb")

    assert causes(house)[-1] == (3, Cause.CORRECTION)
    assert [house.read(MARCH), house.read(MARCH, restated=True)] == [1, 2]
    assert [house.read(APRIL), house.read(APRIL, restated=True), house.read()] == [5, 5, 5]


def test_both_labels_corrected_and_a_new_one() -> None:
    """With a later label in the same answer the newest stored label is an older one."""
    house = House()
    house.fetch((FIRST, 1), (SECOND, 5), sends="aa")
    house.fetch((FIRST, 2), (SECOND, 6), (THIRD, 9), sends="bb")

    assert [cause for _, cause in causes(house)] == [Cause.PUBLICATION] * 2 + [Cause.CORRECTION] * 2 + [Cause.PUBLICATION]
    assert [house.read(MARCH), house.read(APRIL), house.read("2024-05-11"), house.read()] == [1, 5, 9, 9]
    assert [house.read(MARCH, restated=True), house.read(APRIL, restated=True)] == [2, 6]


def test_a_label_after_a_correction_is_the_newest() -> None:
    """A correction fetched on 12 May does not hide a label of 1 May that arrives on the 13th."""
    house = House()
    house.fetch((SECOND, 5), sends="aa")
    house.fetch((SECOND, 6), sends="bb")
    house.fetch((SECOND, 6), (THIRD, 9), sends="cc")

    assert [house.read(APRIL), house.read("2024-05-11"), house.read()] == [5, 5, 9]


def test_a_correction_that_is_taken_back() -> None:
    """A label that goes from A to B and back to A has three states."""
    house = House()
    for number, sends in ((1, "aa"), (2, "bb"), (1, "cc")):
        house.fetch((FIRST, number), sends=sends)

    assert [house.read(MARCH), house.read("2024-05-12"), house.read("2024-05-13")] == [1, 2, 1]


def test_the_same_bytes_read_again_replace_what_was_read() -> None:
    """A new adapter version replaces its reading at the reading's moment, for ``restated`` and from the fetch on."""
    house = House()
    house.fetch((None, 1), sends="aa")
    house.fetch((None, 100), sends="aa", version=2)

    first, second = house.vintages()
    assert (second.cause, second.known_at) == (Cause.PARSER, first.known_at)
    assert [house.read("2024-05-11"), house.read("2024-05-11", restated=True), house.read("2024-05-12"), house.read()] == [1, 100, 100, 100]


def test_labels_read_again() -> None:
    """Each label of the same bytes is read again at its own moment."""
    house = House()
    house.fetch((FIRST, 1), (SECOND, 5), sends="aa")
    house.fetch((FIRST, 100), (SECOND, 500), sends="aa", version=2)

    assert [cause for _, cause in causes(house)][2:] == [Cause.PARSER] * 2
    assert [house.read(MARCH), house.read(APRIL), house.read()] == [1, 5, 500]
    assert [house.read(MARCH, restated=True), house.read(APRIL, restated=True)] == [100, 500]


@pytest.mark.parametrize(
    ("states", "again", "cause"),
    [
        ([(None, 1)], [(None, 2)], Cause.MIXED),
        ([(FIRST, 1)], [(FIRST, 2)], Cause.MIXED),
        ([(FIRST, 1)], [(FIRST, 1), (SECOND, 2)], Cause.MIXED),
        ([(FIRST, 1), (SECOND, 2)], [(FIRST, 3), (SECOND, 2)], Cause.CORRECTION),
    ],
    ids=["no label", "the newest label", "a new label", "an older label"],
)
def test_other_bytes_and_another_reader(states: list[Any], again: list[Any], cause: Cause) -> None:
    """Of other bytes, read by a new version, nobody can tell whose change it is; an older label stays a correction."""
    house = House()
    house.fetch(*states, sends="aa")
    house.fetch(*again, sends="bb", version=2)

    assert causes(house)[-1][1] is cause
    assert house.read(MARCH) == (None if states[0][0] is None else 1)


def test_a_version_that_has_confirmed_the_state_is_no_new_reader() -> None:
    """After an unchanged fetch by the new version, what differs next is the provider's."""
    house = House()
    house.fetch((None, 1), sends="aa")
    house.fetch((None, 1), sends="aa", version=2)
    house.fetch((None, 2), sends="bb", version=2)

    assert causes(house) == [(1, Cause.PUBLICATION), (2, Cause.PUBLICATION)]


def test_the_check_before_is_kept() -> None:
    """Each vintage carries when the series had last been fetched without it, unchanged or not."""
    house = House()
    house.fetch((None, 1), sends="aa")
    house.fetch((None, 1), sends="aa")
    before = house.clock()
    house.fetch((None, 2), sends="bb")

    assert [each.previous_check_at for each in house.vintages()] == [None, before]


def test_restated_belongs_to_as_of() -> None:
    """Alone it says nothing."""
    with pytest.raises(InvalidInput, match="restated belongs to as_of"):
        AsOf(restated=True)


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (date(2024, 3, 1), datetime(2024, 3, 1, 23, 59, 59, tzinfo=UTC)),
        (date(2024, 4, 1), datetime(2024, 4, 20, tzinfo=UTC)),
        (date(2024, 4, 25), datetime(2024, 4, 25, 23, 59, 59, tzinfo=UTC)),
        (date(2024, 9, 1), datetime(2024, 5, 12, 12, tzinfo=UTC)),
    ],
    ids=["an earlier label", "the same label, stored anew", "a later label", "a label to come"],
)
def test_labels_are_known_in_their_order(published: date, expected: datetime) -> None:
    """Where the newest label was corrected later, a label after it counts no earlier than the correction."""
    house = House()
    house.fetch((SECOND, 5), sends="aa")
    newest = replace(house.vintages()[0], known_at=datetime(2024, 4, 20, tzinfo=UTC))

    assert known_at(published, datetime(2024, 5, 12, 12, tzinfo=UTC), newest) == expected


LABELS = [datetime(2024, 5, 8, tzinfo=UTC) + timedelta(hours=18 * n) for n in range(6)]
ANSWERS = st.tuples(
    st.dictionaries(st.sampled_from([*LABELS, None]), st.integers(1, 4), min_size=1, max_size=4),
    st.sampled_from(["aa", "bb", "cc"]),
    st.integers(1, 2),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(ANSWERS, min_size=2, max_size=7))
def test_an_answer_given_before_stays(answers: list[tuple[dict[datetime | None, int], str, int]]) -> None:
    """Whatever arrives, ``as_of`` answers as before, but for labels that arrive late; with ``seen_by`` it does without exception."""
    house = House()
    given_before: list[tuple[datetime, datetime, float | None]] = []
    for states, sends, version in answers:
        stored = len(house.vintages())
        labelled = sorted(((label, number) for label, number in states.items() if label), key=lambda state: state[0])
        house.fetch(*([(None, states[None])] if set(states) == {None} else labelled), sends=sends, version=version)
        late = [each.known_at for each in house.vintages()[stored:] if each.published and not each.cause.restates]
        for asked, seen, answer in given_before:
            assert house.read(asked, seen_by=seen) == answer
            if not any(known <= asked for known in late):
                assert house.read(asked) == answer
        moments = [*LABELS, house.clock(), house.clock() - timedelta(hours=9)]
        # What was asked before a late label is asked anew after it.
        given_before = [(asked, seen, answer) for asked, seen, answer in given_before if not any(known <= asked for known in late)]
        given_before += [(asked, house.clock(), house.read(asked)) for asked in moments if asked <= house.clock()]
        assert house.read() == house.read(house.clock())


def test_what_a_fetch_allows_is_kept() -> None:
    """Each allowance is stored with the fetch, and joins those of a pending one."""
    house = House()
    with house.store.writing() as uow:
        series = uow.series.add("canned", CODE)
        uow.fetches.add(series.id, allow=frozenset({Suspicion.VALUES}), request_id="")
        joined, added = uow.fetches.add(series.id, allow=frozenset({Suspicion.SHRINK}), request_id="")

    assert (joined.allow, added) == (frozenset(Suspicion), False)
