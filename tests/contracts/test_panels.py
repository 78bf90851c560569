"""Panels never look ahead, on every store, in both shapes and in all formats; and the parts that stores keep for them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.moments import AsOf, parse_moment
from domain.observations import Observations
from domain.panels.panel import Panel
from domain.panels.plain import RowSpans
from domain.panels.query import PanelQuery
from domain.panels.rule import CellRule, Clock
from domain.ports import Store
from domain.series import Metadata
from domain.vintages import Cause
from entrypoints.formats import Format
from entrypoints.panel_files import Shape, encode_panel
from tests.builders import an_arrival, append
from tests.fakes import NAN, StoppedClock
from tests.panels.brute import available
from tests.panels.made_up import Made, a_rule, made, rule_of

ROUNDS = 12


def asked(series: Made, rule: CellRule, moments: Sequence[datetime], zone: str, position: int | None = None) -> Panel:
    document = {"dates": [moment.isoformat() for moment in moments], "tz": zone, "series": [{"code": str(series.code)}]}
    query = PanelQuery.read(document | ({} if position is None else {"position": position}))
    checked = parse_moment("2023-04-01", field="checked_at")
    return series.read(replace(query, series=(replace(query.series[0], rule=rule, checked_at=checked),)))


def contents(panel: Panel) -> dict[str, Any]:
    """Return the cells as each format has them, in each shape that fits, without the pinned query."""
    found: dict[str, Any] = {}
    for shape in [Shape.LONG] if panel.query.series[0].rule.window > 1 else list(Shape):
        files = {kind: encode_panel(panel, shape, kind) for kind in Format}
        arrow = pa.ipc.open_file(files[Format.ARROW]).read_all()
        parquet = pq.read_table(io.BytesIO(files[Format.PARQUET]))
        found |= {
            f"{shape} JSON": orjson.loads(files[Format.JSON])["data"],
            f"{shape} CSV": files[Format.CSV],
            f"{shape} Parquet": parquet.to_pylist(),
            f"{shape} Arrow": arrow.to_pylist(),
        }
    return found


def surprise(series: Made, *, labels_after: datetime | None) -> None:
    """Let something arrive: new labels, corrections, states read again, rows that are gone; labels after a moment, or any."""
    random, clock = series.random, series.clock
    clock.forward(seconds=random.choice([1, 3600, 200_000]))
    state = series.state()
    if labels_after and state.cause is Cause.PUBLICATION and series.labelled:
        label = max(labels_after + timedelta(seconds=random.choice([1, 90_000])), state.known_at)
        clock.time = max(clock.time, label)
        state = replace(state, published=label, known_at=label, fetched_at=clock.time)
    if random.random() < 0.3:
        state = replace(state, observations=Observations.empty(("a", "b")))
    series.arrive([state])


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_what_counts_later_changes_nothing_before(store: Store, clock: StoppedClock, seed: int) -> None:
    """Revisions, corrections, removed rows and states read again change no cell of an earlier moment, or of their own moment less 1 µs."""
    random = Random(f"later {seed}")
    series = made(random, store, clock, fetches=4)
    rule, wanted, zone = a_rule(random, series)
    rule, wanted = (
        replace(rule, restated=False, assume=None, lag=timedelta()),
        replace(wanted, restated=False, assume=None, lag=timedelta()),
    )
    last = series.clock.time
    moments = sorted({last - timedelta(days=days, hours=7 * days) for days in range(0, 60, 3)})
    before = contents(asked(series, rule, moments, zone))
    for _ in range(4):
        surprise(series, labels_after=last)
        newest = series.history.copies[-1]
        begins = available(newest, wanted)
        assert begins > last
        if series.labelled or newest.cause is Cause.PUBLICATION:
            earlier = asked(series, rule, [begins - timedelta(microseconds=1)], zone).columns[0].cells.vintage
            assert newest.number not in earlier

    assert contents(asked(series, rule, moments, zone)) == before


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_at_all_changes_what_is_pinned_or_seen(store: Store, clock: StoppedClock, seed: int) -> None:
    """Late labelled vintages, imports of old ones and new metadata too: a position, or the clock seen, excludes them."""
    random = Random(f"any {seed}")
    series = made(random, store, clock, fetches=4)
    rule, _, zone = a_rule(random, series)
    pinned, seen = rule, rule_of(replace(a_rule(random, series)[1], seen=True, restated=False, release_time=None, assume=None))
    seen = replace(seen, transform=None, collapse=None)
    last = series.clock.time
    moments = [last - timedelta(days=days, hours=5) for days in range(0, 60, 3)]
    with store.reading() as uow:
        position = uow.vintages.position()
    before = [contents(asked(series, pinned, moments, zone, position)), contents(asked(series, seen, moments, zone))]
    frequency = series.frequency
    for _ in range(4):
        surprise(series, labels_after=None)
        series.frequency = random.choice([None, "weekly", "monthly"])
        series.checked()
    series.frequency = frequency

    assert seen.clock is Clock.SEEN
    assert contents(asked(series, pinned, moments, zone, position)) == before[0]
    assert contents(asked(series, seen, moments, zone)) == before[1]


def test_a_column_is_folded_as_it_was_stored(store: Store, clock: StoppedClock) -> None:
    """With dates that come, go and come back, and columns and axes that change; any of the vintages can be asked for alone."""
    days = ["2024-01-01", "2024-01-02", "2024-01-03"]
    states = [
        Observations.of(days, ["a", "b"], [[1, 2], [NAN, 4], [5, 6]]),
        Observations.of(days[:1], ["a", "b"], [[1, 3]]),
        Observations.empty(("a", "b")),
        Observations.of(days, ["a", "b"], [[-0.0, 2], [NAN, NAN], [5, 6]]),
        Observations.of(days, ["c", "b"], [[1, 2], [3, 4], [5, 6]]),
        Observations.of([f"{day}T10:00:00" for day in days], ["b"], [[1], [2], [3]], unit="s"),
        Observations.of(np_days(300), ["a", "b"], [[n, n / 7] for n in range(300)]),
        Observations.of(np_days(301), ["a", "b"], [[n, n / 7] for n in range(301)]),
        Observations.empty(),
    ]
    with store.writing() as uow:
        series = uow.series.add("canned", made(Random(1)).code)
        for number, state in enumerate(states):
            append(uow, series.id, [an_arrival(clock() + timedelta(hours=number), state)])
        uow.commit()
    with store.reading() as uow:
        for column in ("", "a", "b", "none"):
            found = dict(uow.vintages.columns(series.id, column, range(1, len(states) + 1)))
            assert found == {number: state.one(column) for number, state in enumerate(states, start=1)}
            alone = {number: dict(uow.vintages.columns(series.id, column, [number]))[number] for number in found}
            assert alone == found


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_rows_of_some_days(store: Store, clock: StoppedClock, seed: int) -> None:
    """They are cut from each state, with so many rows before them."""
    random = Random(f"spans {seed}")
    states = []
    for _ in range(9):
        days = random.sample(np_days(40), random.choice([0, 1, 9, 30]))
        names = random.choice([["a", "b"], ["b"]])
        states.append(Observations.of(days, names, [[random.choice([NAN, 1.5, random.random()]) for _ in names] for _ in days]))
    with store.writing() as uow:
        series = uow.series.add("canned", made(Random(1)).code)
        for number, state in enumerate(states):
            append(uow, series.id, [an_arrival(clock() + timedelta(hours=number), state)])
        uow.commit()
    numbers = sorted(random.sample(range(1, 10), random.randint(1, 9)))
    begins = [random.randrange(40) for _ in numbers]
    first, last = (np.array([np_days(60)[begin + more] for begin in begins], "datetime64[D]") for more in (0, 7))
    with store.reading() as uow:
        for before in (0, 1, 3):
            for column in ("", "a", "b", "none"):
                spans = RowSpans(np.array(numbers), first, last, before)
                found = uow.vintages.spanned(series.id, column, spans)
                assert found
                dates, values = np.split(found.dates, np.cumsum(found.lengths)), np.split(found.values, np.cumsum(found.lengths))
                for place, number in enumerate(numbers):
                    whole = states[number - 1].one(column)
                    begin = max(0, int((whole.dates <= first[place]).sum()) - before)
                    wanted = slice(begin, int((whole.dates <= last[place]).sum()))
                    assert (dates[place].tolist(), found.names[place]) == (whole.dates[wanted].tolist(), whole.columns[0])
                    assert np.array_equal(values[place], whole.values[wanted, 0], equal_nan=True)


def test_days_and_instants_have_no_spans_in_common(store: Store, clock: StoppedClock) -> None:
    """None says that a state's dates are instants."""
    with store.writing() as uow:
        series = uow.series.add("canned", made(Random(1)).code)
        append(uow, series.id, [an_arrival(clock(), Observations.of(np_days(2), ["a"], [[1], [2]]))])
        append(uow, series.id, [an_arrival(clock() + timedelta(hours=1), Observations.of(["2000-01-01T10:00:00"], ["a"], [[1]], unit="s"))])
        uow.commit()
    one, both = (
        RowSpans(np.array(numbers), *[np.array(["2000-01-01"] * len(numbers), "datetime64[D]")] * 2, 1) for numbers in ([1], [1, 2])
    )
    with store.reading() as uow:
        assert uow.vintages.spanned(series.id, "", one) is not None
        assert uow.vintages.spanned(series.id, "", both) is None


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_moments_of_vintages(store: Store, clock: StoppedClock, seed: int) -> None:
    """They are those of the vintages themselves, up to a position."""
    series = made(Random(f"moments {seed}"), store, clock, fetches=6)
    with store.reading() as uow:
        for position in range(uow.vintages.position() + 1):
            vintages, moments = uow.vintages.until(series.series_id, position), uow.vintages.moments(series.series_id, position)
            assert moments.numbers.tolist() == [each.number for each in vintages]
            assert moments.known_at.tolist() == [each.known_at.replace(tzinfo=None) for each in vintages]
            assert moments.fetched_at.tolist() == [each.fetched_at.replace(tzinfo=None) for each in vintages]
            assert moments.restates.tolist() == [each.cause.restates for each in vintages]
            assert moments.published == [each.published for each in vintages]


def np_days(count: int) -> list[str]:
    return [(datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=number)).date().isoformat() for number in range(count)]


def test_a_position_selects_what_was_recorded(store: Store, clock: StoppedClock) -> None:
    """Vintages and entries of metadata take positions; what came later does not exist at an earlier one."""
    with store.writing() as uow:
        one, two = (uow.series.add("canned", made(Random(seed)).code) for seed in (1, 2))
        append(uow, one.id, [an_arrival(clock()), an_arrival(clock() + timedelta(days=1))])
        uow.series.record_fetch(uow.series.get(one.id), Metadata(name="first"))
        append(uow, two.id, [an_arrival(clock())])
        append(uow, one.id, [an_arrival(clock() - timedelta(days=9))])
        uow.commit()
    with store.reading() as uow:
        numbers = [[vintage.number for vintage in uow.vintages.until(one.id, position)] for position in range(6)]
        found = [uow.vintages.find(one.id, AsOf(position=position)) for position in range(6)]
        early = uow.vintages.find(one.id, AsOf(as_of=clock() - timedelta(days=1), position=4))
        late = uow.vintages.find(one.id, AsOf(as_of=clock() - timedelta(days=1), position=5))
        assert [entry.position for entry in uow.series.metadata_history(one.id)] == [3]
        assert uow.vintages.position() == 5

    assert numbers == [[], [1], [1, 2], [1, 2], [1, 2], [1, 2, 3]]
    assert [each and each.vintage.number for each in found] == [None, 1, 2, 2, 2, 2]
    assert (early, late and late.vintage.number) == (None, 3)


def test_a_kept_panel(store: Store) -> None:
    """It is found by its digest, and kept once."""
    with store.writing() as uow:
        uow.panels.keep("ab", b"{}")
        uow.panels.keep("ab", b"{}")
        uow.commit()
    with store.reading() as uow:
        assert (uow.panels.find("ab"), uow.panels.find("cd")) == (b"{}", None)
