"""Flags live through anything that happens to a series, on every store, beside values that are stored as if there were none."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from domain.codes import DatasetCode
from domain.flags import Flags
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import Store
from domain.vintages import Vintage
from tests.builders import an_arrival, append
from tests.contracts.test_history import START, History
from tests.servers import SETTINGS

EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "25"))
CODES = st.sampled_from(["", "p", "B E", "CONF_C", "é"])
Texts = tuple[tuple[str, ...], ...]


def texts(state: Observations) -> Texts:
    """The flags of each column, empty where there is none."""
    count = range(len(state.columns))
    return tuple(tuple(code or "" for code in state.flags.column(n)) if state.flags else ("",) * len(state) for n in count)


def digest_of(state: Observations, flags: Texts) -> str:
    """The digest as the formats say it, made from dates, values and texts alone."""
    codes = sorted({code for column in flags for code in column if code})
    names = [name.encode() for name in state.columns]
    parts = [b"lanner observations 2\n" if codes else b"lanner observations 1\n", state.unit.encode(), struct.pack("<I", len(names))]
    parts += [struct.pack("<I", len(name)) + name for name in names]
    parts += [struct.pack("<Q", len(state)), state.dates.astype("<i8").tobytes(), state.values.tobytes(order="F")]
    if codes:
        parts += [struct.pack("<I", len(codes)), *(struct.pack("<I", len(code.encode())) + code.encode() for code in codes)]
        parts += [struct.pack(f"<{len(column)}H", *(codes.index(code) + 1 if code else 0 for code in column)) for column in flags]
    return hashlib.sha256(b"".join(parts)).hexdigest()


class FlaggedHistory(History):
    """Changes flags too, alone and with values, and compares them and the digests with a full copy made then."""

    def begin_flags(self) -> None:
        if not hasattr(self, "marks"):
            self.marks: dict[tuple[int, int], str] = {}
            self.kept: list[Texts] = []

    @rule(first=st.integers(0, 30), count=st.integers(1, 12), column=st.integers(0, 2), code=CODES)
    def flag_dates(self, first: int, count: int, column: int, code: str) -> None:
        self.begin_flags()
        for day in sorted(self.rows)[first % (len(self.rows) + 1) :][:count]:
            self.marks[day, column] = code

    @rule()
    def take_all_flags(self) -> None:
        self.begin_flags()
        self.marks.clear()

    def state(self) -> Observations:
        self.begin_flags()
        bare = super().state()
        days = sorted(self.rows)
        columns = range(len(self.columns))
        flags = Flags.from_texts([[self.marks.get((day, column), "") for day in days] for column in columns])
        return Observations.of(bare.dates, bare.columns, bare.values, unit=self.unit, flags=flags)

    def arrival(self, state: Observations, *given: Any) -> Any:
        self.kept.append(texts(state))
        return super().arrival(state, *given)

    @invariant()
    def the_flags_are_as_they_were(self) -> None:
        if not hasattr(self, "kept"):
            return
        with self.store.reading() as uow:
            flagged = [number for number, of_state in enumerate(self.kept, start=1) if any(map(any, of_state))]
            assert uow.vintages.first_flagged(self.series.id) == (flagged[0] if flagged else None)
            for number, of_state in enumerate(self.kept, start=1):
                found = uow.vintages.find(self.series.id, AsOf(vintage=number))
                assert found
                assert texts(found.observations) == of_state
                assert found.vintage.digest == digest_of(found.observations, of_state)

    def teardown(self) -> None:
        super().teardown()
        if not getattr(self, "kept", None):
            return
        numbers = range(1, len(self.kept) + 1)
        with self.store.reading() as uow:
            walked = [each.observations for each in uow.vintages.walk(self.series.id)]
            assert list(map(texts, walked)) == self.kept
            for name in {name for state in walked for name in state.columns} | {""}:
                columns = dict(uow.vintages.columns(self.series.id, name, numbers))
                assert columns == {n: state.without_flags().one(name) for n, state in zip(numbers, walked, strict=True)}


def test_any_history_of_flags_reads_back(store: Store) -> None:
    """Random flags, values and drops round trip; digests are those of the second format only where a flag exists."""
    machine = type("FlaggedHistoryOnThisStore", (FlaggedHistory,), {"store": store})
    run_state_machine_as_test(machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=25, deadline=None))


@dataclass
class Kept:
    """A series of a store to which states are added a day apart."""

    store: Store
    series_id: UUID = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        with self.store.writing() as uow:
            self.series_id = uow.series.add("quandl", DatasetCode("X", uuid4().hex)).id
            uow.commit()

    def add(self, state: Observations) -> Vintage:
        self.count += 1
        at = START + timedelta(days=self.count)
        with self.store.writing() as uow:
            [vintage] = append(uow, self.series_id, [an_arrival(at, state)])
            uow.commit()
        return vintage

    def read(self, moment: AsOf) -> Observations:
        with self.store.reading() as uow:
            found = uow.vintages.find(self.series_id, moment)
        assert found
        return found.observations


def flagged(codes: list[str], count: int = 600) -> Observations:
    values = np.random.default_rng(7).normal(size=(count, 1))
    flags = Flags.from_texts([[*codes, *[""] * (count - len(codes))]])
    return Observations.of(np.datetime64("2001-01-01") + np.arange(count), ["Value"], values, flags=flags)


def test_counts_are_of_values(store: Store) -> None:
    """A vintage whose flags alone changed has counts of 0 and another digest; dates that go take their flags along."""
    series = Kept(store)
    first = series.add(flagged(["p"] * 400))
    alone = series.add(flagged([]))
    gone = series.add(flagged(["e"] * 400).latest(300))
    back = series.add(flagged([]))

    assert [(each.added, each.changed, each.deleted) for each in (first, alone, gone, back)] == [
        (600, 0, 0),
        (0, 0, 0),
        (0, 0, 300),
        (300, 0, 0),
    ]
    assert first.digest != alone.digest == back.digest
    assert texts(series.read(AsOf(vintage=3))) == ((*["e"] * 100, *[""] * 200),)
    assert series.read(AsOf(as_of=START + timedelta(days=1, hours=1))).flags
    assert series.read(AsOf()).flags is None


def test_only_codecs_of_flags_tell_them(store: Store) -> None:
    """A vintage that sets no flag is stored by the codec of before, in as many bytes, also in a series of which others are flagged."""
    rows: Any = getattr(store, "engine", None)
    if rows is None:
        return
    from sqlalchemy import select

    from adapters.sql.tables import vintages

    plain, other = Kept(store), Kept(store)
    for state in (flagged([]), flagged([]).latest(599), flagged([])):
        plain.add(state)
        other.add(state)
    other.add(flagged(["p"] * 600))
    other.add(flagged(["p"] * 600).latest(599))
    with store.reading() as uow:
        of = {"plain": uow.series.get(plain.series_id).number, "other": uow.series.get(other.series_id).number}
        transaction: Any = uow.vintages.transaction  # type: ignore[attr-defined]
        found = transaction.run(select(vintages.c.series, vintages.c.codec, vintages.c.payload).order_by(vintages.c.number)).all()
    codecs = {name: [codec for series, codec, _ in found if series == number] for name, number in of.items()}
    payloads = {name: [bytes(payload) for series, _, payload in found if series == number] for name, number in of.items()}

    assert codecs["plain"] == codecs["other"][:3]
    assert set(codecs["plain"]) <= {1, 2}
    # The last one builds on the first, which has no flags.
    assert codecs["other"][3:] == [3, 3]
    assert payloads["plain"] == payloads["other"][:3]
    assert len(payloads["other"][3]) < 120


def test_a_damaged_flag_is_told(store: Store) -> None:
    """A payload whose flags were changed does not match its checksum, and a state whose flags differ not its digest."""
    series = Kept(store)
    series.add(flagged(["p"]))
    with store.reading() as uow:
        assert list(uow.vintages.verify(series.series_id)) == []
    if not hasattr(store, "engine"):
        return
    from sqlalchemy import select, update

    from adapters.sql.tables import vintages

    with store.writing() as uow:
        transaction: Any = uow.vintages.transaction  # type: ignore[attr-defined]
        payload = bytes(transaction.run(select(vintages.c.payload)).scalars().all()[-1])
        transaction.run(update(vintages).values(payload=payload[:-6] + bytes([payload[-6] ^ 1]) + payload[-5:]))
        uow.commit()
    with store.reading() as uow:
        assert [damage.number for damage in uow.vintages.verify(series.series_id)] == [1]
