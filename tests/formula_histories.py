"""Random histories of series and formulas in a store, beside the full copies from which plain loops compute the same."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from domain.codes import DatasetCode
from domain.errors import NotKnownYet
from domain.frequency import Frequency
from domain.moments import AsOf
from domain.observations import Observations
from domain.series import Metadata
from domain.use_cases import UseCases
from domain.use_cases.read_series import Selection
from tests.builders import an_arrival, append, memory_use_cases
from tests.plain_formulas import Copy, NotKnown, Plain, PlainEvaluator, Stored, Tree

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
ARRIVED = BEGIN + timedelta(days=400)
FREQUENCIES = ("daily", "monthly", "quarterly", "annual")
NAN = float("nan")
_FORMULAS_OF = 8


class History:
    """A store with three series of each frequency, their vintages in random order, and formulas that are redefined between them."""

    def __init__(self, random: Random, store: Any) -> None:
        self.random, self.store = random, store
        self.use_cases: UseCases = memory_use_cases({}, store=store)
        self.stored: dict[str, Stored] = {}
        self.keys: dict[str, UUID] = {}
        names = [(frequency, f"{frequency[0].upper()}{place}") for frequency in FREQUENCIES for place in range(3)]
        for frequency, name in names:
            self._add(frequency, name)
        for _ in range(_FORMULAS_OF * 3):
            _, name = random.choice(names)
            self._revise(name)
            self._define(f"F{random.randrange(_FORMULAS_OF)}", random.choice(FREQUENCIES))

    @property
    def position(self) -> int:
        """The last position of the feed."""
        with self.store.reading() as uow:
            return uow.vintages.position()

    def tree(self, frequency: str, depth: int) -> Tree:
        """A random tree whose result has this frequency."""
        random = self.random
        if depth == 0 or random.random() < 0.15:
            formulas = [name for name, each in self.stored.items() if each.definitions and each.frequency == frequency]
            series = [name for name, each in self.stored.items() if each.copies and each.frequency == frequency]
            return ("ref", random.choice(formulas if formulas and random.random() < 0.3 else series))
        inner = lambda: self.tree(frequency, depth - 1)  # noqa: E731 - one name for many branches
        either = lambda: inner() if random.random() < 0.7 else round(random.uniform(-3, 9), 1)  # noqa: E731 - likewise
        bare = lambda: ("ref", random.choice([n for n, e in self.stored.items() if e.copies and e.frequency == frequency]))  # noqa: E731 - likewise
        kinds: list[Any] = [
            lambda: (random.choice("+-*/"), inner(), either()),
            lambda: (random.choice("+-*/"), either(), inner()),
            lambda: ("**", inner(), float(random.choice([-1, 0, 2, 0.5]))),
            lambda: ("negative", inner()),
            lambda: (random.choice(["log", "exp", "abs", "cumsum", "cumprod", "yoy"]), inner()),
            lambda: (random.choice(["min", "max"]), inner(), either()),
            lambda: (random.choice(["lag", "lead", "diff", "pct_change"]), inner(), random.randint(1, 4)),
            lambda: ("shift", inner(), random.randint(-3, 3)),
            lambda: (random.choice(["ma", "ewma"]), inner(), random.randint(1, 5)),
            lambda: ("index", inner(), str(random.randint(2019, 2022))),
            lambda: ("where", (random.choice(["<", ">=", "==", "!="]), bare(), round(random.uniform(1, 9), 1)), either(), inner()),
            lambda: ("fillna", inner(), random.choice(["previous", "next", either()])),
            lambda: ("splice", inner(), inner(), str(date(2021, 1, 1) + timedelta(days=random.randint(-400, 400)))),
            lambda: ("as_of", inner(), self._moment()),
        ]
        finer = [each for each in FREQUENCIES[: FREQUENCIES.index(frequency) + 1] if frequency != "daily"]
        if finer:
            how = random.choice(["last", "first", "mean", "sum", "min", "max", "median"])
            kinds += [lambda: ("collapse", self.tree(random.choice(finer), depth - 1), frequency, how)] * 3
        return random.choice(kinds)()

    def moment(self) -> AsOf:
        """A random moment and position."""
        return AsOf(
            as_of=self._moment() if self.random.random() < 0.8 else None,
            position=self.random.randint(1, self.position) if self.random.random() < 0.6 else None,
        )

    def _moment(self) -> datetime:
        return BEGIN + timedelta(days=self.random.randint(0, 420), hours=self.random.randint(0, 23))

    def _add(self, frequency: str, name: str) -> None:
        with self.store.writing() as uow:
            series = uow.series.add("p", DatasetCode("P", name))
            uow.series.record_fetch(series, Metadata(frequency=Frequency(frequency)), known_at=BEGIN)
            uow.commit()
        self.keys[name], self.stored[name] = series.id, Stored(frequency=frequency)
        self._revise(name)

    def _revise(self, name: str) -> None:
        stored, known_at = self.stored[name], self._moment()
        values = self._values(stored.frequency, ends=name.endswith("1"))
        state = Observations.of(list(values), ["Value"], [[NAN if value is None else value] for value in values.values()])
        with self.store.writing() as uow:
            append(uow, self.keys[name], [an_arrival(ARRIVED, state, known_at=known_at)])
            uow.commit()
        copies = (*stored.copies, Copy(self.position, known_at, values))
        self.stored[name] = Stored(frequency=stored.frequency, copies=copies)

    def _values(self, frequency: str, *, ends: bool) -> dict[date, float | None]:
        """Random values of some periods, dated by their first or last days."""
        random, days = self.random, {"daily": 1, "monthly": 31, "quarterly": 92, "annual": 366}[frequency]
        first = date(2019, 1, 1) + timedelta(days=random.randint(0, 500))
        found: dict[date, float | None] = {}
        for place in range(random.randint(1, 40)):
            day = first + timedelta(days=place * days)
            if frequency != "daily":
                months = (day.year * 12 + day.month - 1) // (step := {"monthly": 1, "quarterly": 3, "annual": 12}[frequency]) * step
                day = date(months // 12, months % 12 + 1, 1)
                after = months + step
                day = date(after // 12, after % 12 + 1, 1) - timedelta(days=1) if ends else day
            if random.random() < 0.85:
                found[day] = None if random.random() < 0.1 else round(random.uniform(-2, 9), 1)
        return found

    def _define(self, name: str, frequency: str) -> None:
        known = self.stored.get(name)
        # It reads only formulas that were first defined before it, so that there is no circle.
        others, later = dict(self.stored), {each for each in self.stored if each.startswith("F") and each >= name}
        self.stored = {key: each for key, each in others.items() if key not in later}
        tree = self.tree(known.frequency if known else frequency, 2)
        self.stored = others
        if isinstance(tree, float):
            return
        try:
            defined = self.use_cases.manage_formulas.define(DatasetCode("MY", name), text_of(tree))
        except NotKnownYet:
            return
        versions = defined.formula.versions
        before = known.definitions if known else ()
        self.keys[name] = defined.formula.series.id
        trees = (*before, (versions[-1].position, tree)) if len(versions) > len(before) else before
        self.stored[name] = Stored(frequency=known.frequency if known else frequency, definitions=trees)


def text_of(tree: Tree) -> str:
    """Write a tree as a formula."""
    if isinstance(tree, datetime):
        return repr(tree.isoformat())
    if not isinstance(tree, tuple):
        return f"({tree})" if isinstance(tree, float) else repr(tree)
    name, *parts = tree
    if name == "ref":
        return f"MY({parts[0]!r})" if parts[0].startswith("F") else f"series('p:P/{parts[0]}')"
    if name == "negative":
        return f"(-{text_of(parts[0])})"
    if name in ("+", "-", "*", "/", "**", "<", ">=", "==", "!="):
        return f"({text_of(parts[0])} {name} {text_of(parts[1])})"
    call = f"{name}({', '.join(map(text_of, parts))})"
    # Indices with other bases have other units; a product has none.
    return f"(1 * {call})" if name == "index" else call


def assert_equal(found: Observations, expected: Plain, text: str) -> None:
    """Dates are the same, missing values are, and others to a millionth."""
    rows = [expected.cells[period] for period in sorted(expected.cells)]
    assert [str(day) for day, _ in rows] == found.texts(), text
    for value, (day, wanted) in zip(found.values[:, 0].tolist(), rows, strict=True):
        if wanted is None:
            assert math.isnan(value), (text, day, value)
        else:
            assert math.isclose(value, wanted, rel_tol=1e-6, abs_tol=1e-6), (text, day, value, wanted)


def compared(history: History, name: str) -> int:
    """Define a random formula, compare it and others at random moments, and return how many results were known."""
    random = history.random
    tree = history.tree(random.choice(FREQUENCIES), random.randint(1, 4))
    try:
        defined = history.use_cases.manage_formulas.define(DatasetCode("MY", name), text_of(tree)).formula
    except NotKnownYet:
        return 0
    names = [name, name, *(each for each in history.stored if each.startswith("F"))]
    history.stored[name], history.keys[name] = Stored(definitions=[(defined.current.position, tree)]), defined.series.id
    known = sum(compare(history, random.choice(names), history.moment()) for _ in range(4))
    del history.stored[name]
    return known


def compare(history: History, name: str, moment: AsOf) -> bool:
    """Compare one formula at one moment; return whether it was known."""
    plain = PlainEvaluator(history.stored, history.position if moment.position is None else moment.position, moment.as_of)
    key = history.keys[name]
    try:
        expected = plain.value(("ref", name))
    except NotKnown:
        with pytest.raises(NotKnownYet):
            history.use_cases.read_series(key, Selection(moment=moment))
        return False
    reading = history.use_cases.read_series(key, Selection(moment=moment))
    assert isinstance(expected, Plain)
    assert_equal(reading.observations, expected, str(history.stored[name].definitions))
    pinned = AsOf(as_of=moment.as_of, position=reading.computed.position if reading.computed else None)
    assert history.use_cases.read_series(key, Selection(moment=pinned)).observations == reading.observations
    return True
