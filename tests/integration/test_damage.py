"""A damaged newest vintage: told by its code, repaired by the next fetch, and no gap in the shrink protection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from adapters.sql.tables import vintages
from domain.codes import DatasetCode
from domain.errors import DamagedVintage
from domain.fetches import Fetch
from domain.observations import Label, Observations
from domain.ports import Fetched, PriorState
from domain.use_cases.read_series import Selection
from tests.builders import memory_use_cases
from tests.fakes import CannedSource

CODE = DatasetCode("MY", "SERIES")
WHOLE = Observations.of(range(10), ["a"], [[float(n)] for n in range(10)])


@dataclass
class LabelledSource:
    """Sends one state under a label, or none."""

    state: Observations = field(default_factory=lambda: WHOLE)
    label: Label | None = None
    canned: CannedSource = field(default_factory=CannedSource)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        fetched = self.canned.fetch(code, known)
        return Fetched(metadata=fetched.metadata, vintages=[(self.label, self.state)], origin=fetched.origin)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    engine = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="unused")
    migrate(engine)
    yield SqlStore(engine)
    engine.dispose()


def spoil_all(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(vintages).values(payload=b"spoilt"))


@pytest.mark.parametrize("label", [None, date(2024, 1, 1)])
def test_the_next_fetch_repairs_it(store: SqlStore, label: Label | None) -> None:
    """The same answer is kept again where what is kept of it cannot be read, labelled or not; until then its code is named."""
    use = memory_use_cases({"canned": LabelledSource(label=label)}, store=store)  # type: ignore[arg-type]
    series_id = use.request_fetch(CODE).series.id
    spoil_all(store)

    with pytest.raises(DamagedVintage, match="canned:MY/SERIES: Vintage 1") as caught:
        use.read_series(series_id, Selection())
    assert "refresh" in caught.value.hint
    use.request_fetch(CODE, refresh=True)
    reading = use.read_series(series_id, Selection())
    assert (reading.vintage.number, reading.observations) == (2, WHOLE)
    assert [damage.number for checked in use.check_vintages() for damage in checked.damage] == [1]


def test_a_shrink_is_still_suspicious(store: SqlStore) -> None:
    """Where values cannot be counted, dates are."""
    source = LabelledSource()
    use = memory_use_cases({"canned": source}, store=store)  # type: ignore[arg-type]
    use.request_fetch(CODE)
    spoil_all(store)
    source.state = WHOLE.latest(4)
    fetch: Fetch = use.request_fetch(CODE, refresh=True).fetch
    ended = use.follow_fetches(fetch.id)

    assert ended.failure
    assert (ended.failure.code, "4 dates where 10" in ended.failure.message) == ("suspicious_shrink", True)
