"""A splice, its labels and the rule that stands are what plain loops over rows give."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.flags import Flags
from domain.frequency import Collapse, Frequency, collapse
from domain.moments import AsOf
from domain.observations import Observations
from domain.stand_ins.splice import SpliceRule, first_day, provenance, rule_at, splice

BEGIN, ORIGIN = datetime(2024, 1, 1, tzinfo=UTC), date(2024, 1, 1)
NAN = float("nan")
_DAYS = st.integers(0, 40)
_VALUES = st.one_of(st.just(NAN), st.floats(-1e300, 1e300), st.sampled_from([0.0, -0.0, 1.0, 0.1]))
_COLUMNS = ("Open", "Close", "Volume")
Cell = tuple[float, str | None]
Rows = dict[date, dict[str, Cell]]


def bits(cell: Cell) -> tuple[str, str | None]:
    value, flag = cell
    return "nan" if math.isnan(value) else value.hex(), flag


@st.composite
def states(draw: st.DrawFn) -> tuple[Observations, Rows]:
    """A state, some of whose values have flags, and the same as plain rows."""
    columns = draw(st.lists(st.sampled_from(_COLUMNS), min_size=1, unique=True))
    days = sorted(draw(st.sets(_DAYS)))
    values = [[draw(_VALUES) for _ in columns] for _ in days]
    dates = [ORIGIN + timedelta(days=day) for day in days]
    codes = [[draw(st.sampled_from(["", "", "p", "e r"])) for _ in columns] for _ in days]
    flags = Flags.from_texts(list(zip(*codes, strict=True))) if days else None
    cells = [[(value, code or None) for value, code in zip(*row, strict=True)] for row in zip(values, codes, strict=True)]
    rows = {day: dict(zip(columns, row, strict=True)) for day, row in zip(dates, cells, strict=True)}
    return Observations.of(dates, columns, values if days else [], flags=flags), rows


@given(states(), states(), _DAYS, st.floats(1e-10, 1e10), st.dictionaries(st.sampled_from(_COLUMNS), st.sampled_from(_COLUMNS)))
def test_a_splice_is_the_rows_before_its_day_and_the_scaled_ones_from_it_on(
    first: tuple[Observations, Rows], second: tuple[Observations, Rows], day: int, scale: float, columns: dict[str, str]
) -> None:
    (a, rows_a), (b, rows_b) = first, second
    start = ORIGIN + timedelta(days=day)
    rule = SpliceRule(made_at=BEGIN, stand_in="p:X/B", start=start, scale=scale, columns=columns, reason="")
    wanted = [(day, [row[name] for name in a.columns], "p:X/A") for day, row in rows_a.items() if day < start]
    for day_, row in rows_b.items():
        if day_ >= start:
            cells = [row.get(columns.get(name, ""), (NAN, None)) for name in a.columns]
            scaled = [(scale * value, flag) for value, flag in cells]
            wanted.append((day_, [(value if math.isfinite(value) else NAN, flag) for value, flag in scaled], "p:X/B"))

    found = splice(rule, a, b)
    labels = provenance(rule, "p:X/A", found.dates, found.dates)
    assert found.columns == a.columns
    names = [found.flags.column(place) if found.flags else [None] * len(found) for place in range(len(found.columns))]
    rows = zip(found.labels(), found.values.tolist(), zip(*names, strict=True), labels, strict=True)
    whole = [(day, [*map(bits, zip(row, flags, strict=True))], label) for day, row, flags, label in rows]
    assert whole == [(day, [*map(bits, row)], label) for day, row, label in wanted]
    assert Observations.of(found.dates, found.columns, found.values, flags=found.flags) == found


@given(states(), states(), _DAYS, st.sampled_from(Collapse))
def test_the_label_of_a_period_names_every_series_of_which_it_has_rows(
    first: tuple[Observations, Rows], second: tuple[Observations, Rows], day: int, wanted: Collapse
) -> None:
    (a, _), (b, _) = first, second
    rule = SpliceRule(made_at=BEGIN, stand_in="p:X/B", start=ORIGIN + timedelta(days=day), columns={}, reason="")
    whole = splice(rule, a, b)
    ends = Frequency(wanted).ends(whole.dates)
    made = collapse(whole, wanted)
    of_rows = provenance(rule, "p:X/A", whole.dates, whole.dates)
    for end, label in zip(made.dates, provenance(rule, "p:X/A", made.dates, whole.dates, collapse=wanted), strict=True):
        names = {name for name, its in zip(of_rows, ends, strict=True) if its == end}
        assert label == " + ".join(sorted(names))


_MINUTES = st.integers(0, 20)


@given(
    st.lists(st.tuples(_MINUTES, st.booleans())),
    st.one_of(st.none(), _MINUTES),
    st.one_of(st.none(), _MINUTES),
    st.one_of(st.none(), st.integers(0, 40)),
)
def test_the_rule_that_stands_is_the_last_that_was_known_then(
    made: list[tuple[int, bool]], as_of: int | None, seen_by: int | None, position: int | None
) -> None:
    """Rules that come later change no earlier answer; the end of a splice is a rule too."""
    rules = [
        SpliceRule(
            number=number + 1,
            position=3 * number + 2,
            made_at=BEGIN + timedelta(minutes=minutes),
            stand_in=None if ends else "p:X/B",
            reason="",
        )
        for number, (minutes, ends) in enumerate(sorted(made))
    ]
    moments = [BEGIN + timedelta(minutes=each) if each is not None else None for each in (as_of, seen_by)]
    moment = AsOf(as_of=moments[0], seen_by=moments[1], position=position)
    standing = None
    for rule in rules:
        if all(each is None or rule.made_at <= each for each in moments) and (position is None or rule.position <= position):
            standing = None if rule.ends else rule
    assert rule_at(rules, moment) == standing
    assert rule_at(rules, AsOf(vintage=1)) is None


@pytest.mark.parametrize(
    ("last", "frequency", "start"),
    [
        (date(2024, 3, 29), Frequency.DAILY, date(2024, 3, 30)),
        (datetime(2024, 3, 29, 16, tzinfo=UTC), Frequency.DAILY, date(2024, 3, 30)),
        (datetime(2024, 3, 29, 16, tzinfo=UTC), Frequency.HOURLY, date(2024, 3, 29)),
        (datetime(2024, 3, 29, 16, tzinfo=UTC), None, date(2024, 3, 29)),
        (date(2024, 3, 29), None, date(2024, 3, 30)),
        (date(2024, 3, 29), Frequency.WEEKLY, date(2024, 4, 1)),
        (date(2024, 3, 29), Frequency.BIWEEKLY, date(2024, 3, 30)),
        (date(2024, 1, 1), Frequency.MONTHLY, date(2024, 2, 1)),
        (date(2024, 1, 31), Frequency.MONTHLY, date(2024, 2, 1)),
        (date(2024, 1, 1), Frequency.QUARTERLY, date(2024, 4, 1)),
        (date(2024, 3, 31), Frequency.QUARTERLY, date(2024, 4, 1)),
        (date(2023, 12, 31), Frequency.ANNUAL, date(2024, 1, 1)),
        (date(2030, 1, 1), Frequency.ANNUAL, date(2025, 1, 1)),
        (None, Frequency.DAILY, date(2024, 6, 2)),
    ],
)
def test_a_splice_begins_with_the_period_after_the_last_one(last: date | None, frequency: Frequency | None, start: date) -> None:
    """Whichever day of its period each series dates, no period comes twice; and forecasts do not keep a stand-in out."""
    assert first_day(last, frequency, date(2024, 6, 1)) == start
