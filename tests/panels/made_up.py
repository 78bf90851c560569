"""Made-up series whose vintages are labelled, corrected, read again and late, in a store and as full copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.fetching.arrivals import moment_of
from domain.frequency import Frequency
from domain.observations import Observations
from domain.panels.panel import Panel
from domain.panels.query import PanelQuery, read_rule
from domain.panels.rule import CellRule
from domain.ports import Store
from domain.providers import Routing
from domain.series import Metadata
from domain.use_cases.read_panel import ReadPanel
from domain.vintages import Cause, NewState, Vintage
from tests.builders import an_arrival, append
from tests.fakes import NAN, FakeProviders, StoppedClock
from tests.panels.brute import Cell, Copy, History, Wanted, available

ZONES = ("UTC", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "America/Chicago")
BEGIN = datetime(2023, 3, 9, 21, 30, tzinfo=UTC)
STATUSES = ("ok", "stale", "unchecked", "before_store", "assumed", "missing", "censored")
_STEPS = {"daily": 1, "weekly": 7, "monthly": 30, "quarterly": 91}
ANCHORS = (None, "first day", "last day", "a day")


@dataclass
class Made:
    """A series with its vintages, in a store and in full copies."""

    random: Random
    store: Store
    clock: StoppedClock
    series_id: UUID
    code: DatasetCode
    history: History
    frequency: str | None
    anchor: str | None
    labelled: bool
    column: str = "a"

    @property
    def read(self) -> ReadPanel:
        return ReadPanel(self.store, FakeProviders({"canned": None}), Routing({}, "canned"))

    def fetch(self) -> None:
        """Let time pass, and fetch one state or several."""
        self.clock.forward(seconds=self.random.choice([3600, 40_000, 86_400, 400_000, 2_600_000]))
        self.arrive([self.state() for _ in range(self.random.choice([1, 1, 1, 2, 3]))])

    def state(self) -> NewState:
        """Return a state that a fetch at this moment might bring."""
        random, now, copies = self.random, self.clock.time, self.history.copies
        kind = random.random()
        target = random.choice(copies) if copies else None
        newest = max(copies, key=lambda copy: (copy.known_at, copy.number)) if copies else None
        if target and newest and kind < 0.15:
            return self._again(target if self.labelled else newest, Cause.PARSER)
        if target and self.labelled and kind < 0.3:
            return self._again(target, Cause.CORRECTION)
        if not self.labelled:
            return self._new(None, max(now, newest.known_at) if newest else now)
        label: Any = (now - timedelta(days=random.choice([0, 0, 0, 1, 3] if kind < 0.8 else [20, 60]))).date()
        if random.random() < 0.2:
            label = now - timedelta(minutes=random.randrange(600))
        return self._new(label, min(moment_of(label), now))

    def _new(self, label: Any, known_at: datetime) -> NewState:
        checks = [None, self.clock.time - timedelta(hours=1), self.clock.time - timedelta(days=40)]
        arrival = an_arrival(self.clock.time, self.observations(), published=label, known_at=known_at)
        return replace(arrival, previous_check_at=self.random.choice(checks))

    def _again(self, target: Copy, cause: Cause) -> NewState:
        arrival = an_arrival(self.clock.time, self.observations(), published=target.published, known_at=target.known_at)
        return replace(arrival, cause=cause)

    def observations(self) -> Observations:
        """Return values up to about now, with gaps, missing ones and now and then a forecast."""
        random, step = self.random, _STEPS[self.frequency or "monthly"]
        rows: dict[date, list[float]] = {}
        count = random.randrange(1, 16)
        last = self.clock.time.date() + timedelta(days=random.choice([-40, -step, -3, 0, 0, step, 40]))
        for back in range(count):
            if random.random() < 0.9:
                value = random.choice([1.0, 2.0, 3.5, -1.0, 0.0, 110.25, NAN])
                rows[self._dated(last - timedelta(days=back * step))] = [value, random.choice([5.0, NAN])]
        days = sorted(rows)
        return Observations.of(days, [self.column, "b"], [rows[day] for day in days])

    def _dated(self, day: date) -> date:
        if self.frequency in ("monthly", "quarterly") and self.anchor == "first day":
            return day.replace(day=1)
        if self.frequency in ("monthly", "quarterly") and self.anchor == "last day":
            return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        return day

    def arrive(self, states: Sequence[NewState]) -> Sequence[Vintage]:
        """Store states as those of one fetch."""
        fetch = UUID(int=self.random.getrandbits(128))
        with self.store.writing() as uow:
            added = append(uow, self.series_id, [replace(state, fetch_id=fetch) for state in states])
            uow.commit()
        for vintage, state in zip(added, states, strict=True):
            self.history.copies.append(copied(vintage, state.observations))
        return added

    def checked(self) -> None:
        """Record a fetch that found nothing new."""
        metadata = Metadata(
            frequency=Frequency(self.frequency) if self.frequency else None, extra={"dates": f"{self.anchor} of the period"}
        )
        with self.store.writing() as uow:
            uow.series.record_fetch(uow.series.get(self.series_id), metadata)
            uow.commit()
        self.history.checked_at = self.clock.time
        if not self.history.meanings or self.history.meanings[-1][1:] != (self.frequency, self.anchor):
            self.history.meanings.append((self.clock.time, self.frequency, self.anchor))

    def cells(self, rule: CellRule, moments: Sequence[datetime], zone: str, position: int | None = None) -> list[list[Cell]]:
        """Return the panel's cells of each moment."""
        document = {"dates": [moment.isoformat() for moment in moments], "tz": zone, "series": [{"code": str(self.code)}]}
        query = PanelQuery.read(document | ({} if position is None else {"position": position}))
        (said,) = query.series
        return cells_of(self.read(replace(query, series=(replace(said, rule=rule),))))


def cells_of(panel: Panel) -> list[list[Cell]]:
    """Return the cells of each moment of a panel of one series."""
    (column,) = panel.columns
    found: list[list[Cell]] = [[] for _ in panel.query.decisions.moments]
    cells = column.cells
    rows = zip(cells.decision, cells.value, cells.date, cells.period_end, cells.vintage, cells.status, strict=True)
    for place, value, day, end, number, status in rows:
        known = None if day != day else day.astype("datetime64[D]").astype(object)  # noqa: PLR0124 - NaT differs from itself
        last = None if end != end else end.astype(object)  # noqa: PLR0124 - as above
        found[place].append((None if value != value else float(value), known, last, int(number), STATUSES[status]))  # noqa: PLR0124
    return found


def copied(vintage: Vintage, state: Observations) -> Copy:
    rows = {day: row[0] for day, row in state.rows()}
    facts = vintage.published, vintage.known_at, vintage.fetched_at, vintage.cause.value, vintage.fetch_id, vintage.previous_check_at
    return Copy(vintage.number, *facts, sent=vintage.origin.response_sha256, rows=rows)  # type: ignore[arg-type]


def made(random: Random, store: Store | None = None, clock: StoppedClock | None = None, *, fetches: int = 6) -> Made:
    """Make a series up."""
    clock = clock or StoppedClock(BEGIN)
    clock.time = BEGIN
    store = store or MemoryStore(clock)
    code = DatasetCode("X", f"S{random.getrandbits(60)}")
    with store.writing() as uow:
        series_id = uow.series.add("canned", code).id
        uow.commit()
    frequency = random.choice([None, *_STEPS])
    series = Made(random, store, clock, series_id, code, History([], [], None), frequency, random.choice(ANCHORS), random.random() < 0.7)
    if random.random() < 0.1:
        series.checked()
    for _ in range(fetches):
        series.fetch()
        if random.random() < 0.8:
            series.checked()
        if random.random() < 0.05:
            series.frequency = random.choice([None, *_STEPS])
    return series


def a_rule(random: Random, series: Made) -> tuple[CellRule, Wanted, str]:
    """Return a rule that fits a series, in the panel's words and in plain ones, and a zone."""
    zone, release_zone = random.choice(ZONES), random.choice(ZONES)
    wanted = Wanted(zone=zone, release_zone=release_zone)
    wanted.lag = random.choice([timedelta(), timedelta(), timedelta(hours=7), timedelta(days=3)])
    wanted.seen = random.random() < 0.3
    if not wanted.seen:
        wanted.restated = random.random() < 0.2
        wanted.release_time = random.choice([None, None, time(8, 30), time(2, 15), time(23, 30)])
    wanted.max_age = random.choice([None, None, 5, 60, 200])
    counted = random.choice(["latest", "latest", "release", "change"])
    wanted.release = random.randrange(3) if counted == "release" else None
    wanted.change = random.randrange(3) if counted == "change" else None
    wanted.window = random.choice([1, 1, 2, 5])
    wanted.previous = random.random() < 0.3
    wanted.collapse = random.choice([None, None, None, "monthly", "quarterly", "annual", "weekly"])
    frequencies = {wanted.collapse or each[1] for each in series.history.meanings} or {None if not wanted.collapse else wanted.collapse}
    kinds: list[str | None] = [None, None, "cumul", "normalize", "rdiff_from"]
    if None not in frequencies:
        kinds += ["diff", "rdiff", "yoy"] + (["annualized"] if "daily" not in frequencies else [])
    wanted.transform = random.choice(kinds)
    wanted.assume = random.choice([None, None, 10, 45, "learned"])
    return rule_of(wanted), wanted, zone


def rule_of(wanted: Wanted) -> CellRule:
    """Return a rule in the words of the API."""
    given = {
        "lag": f"PT{int(wanted.lag.total_seconds()) // 60}M",
        "clock": "seen" if wanted.seen else "known",
        "restated": str(wanted.restated).lower(),
        "release_time": wanted.release_time and wanted.release_time.isoformat(),
        "tz": wanted.release_zone,
        "max_age": None if wanted.max_age is None else f"P{wanted.max_age}D",
        "release": wanted.release,
        "change": wanted.change,
        "window": wanted.window,
        "collapse": wanted.collapse,
        "transform": wanted.transform,
        "fill": "previous" if wanted.previous else "none",
        "assume": f"P{wanted.assume}D" if isinstance(wanted.assume, int) else wanted.assume,
    }
    return read_rule(given)


def moments_of(random: Random, series: Made, wanted: Wanted, count: int) -> list[datetime]:
    """Return moments around the series' life, many of them exactly when something begins to count."""
    exact = [available(copy, wanted) + random.choice([-1, 0, 0, 1]) * timedelta(microseconds=1) for copy in series.history.copies]
    span = (series.clock.time - BEGIN).total_seconds() + 40 * 86_400
    spread = [BEGIN + timedelta(seconds=random.uniform(-60 * 86_400, span)) for _ in range(count)]
    return sorted({*random.sample(exact, min(len(exact), count // 3)), *spread})[:count]
