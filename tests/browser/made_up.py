"""Series that are made up for tests of the chart, kept in a database before the service starts on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.flags import Flags
from domain.frequency import Frequency
from domain.observations import Observations
from domain.series import FLAGS, Metadata
from tests.builders import an_arrival, append

NOW = datetime(2020, 6, 1, tzinfo=UTC)
MILLION, WIDE, VINTAGES = 1_000_000, (10_000, 12), 1000


def keep_made_up(folder: Path) -> None:
    """Keep the series MADE/MILLION, MADE/WIDE, MADE/VINTAGES, MADE/PRICES, MADE/FLAG and MADE/MARKED in the database of a data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = open_engine(f"sqlite:///{folder}/lanner.db", schema="")
    migrate(engine)
    store, random = SqlStore(engine), np.random.default_rng(17)

    def walk(rows: int, columns: int = 1) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return 1000 + np.cumsum(random.normal(size=(rows, columns)), axis=0).round(3)

    def keep(dataset: str, states: Sequence[Observations], metadata: Metadata) -> None:
        with store.writing() as uow:
            added = uow.series.add("sample", DatasetCode("MADE", dataset))
            append(uow, added.id, [an_arrival(NOW + timedelta(days=day), state) for day, state in enumerate(states)])
            uow.series.record_fetch(uow.series.get(added.id), metadata, known_at=NOW)
            uow.commit()

    moments = np.datetime64("2000-01-01", "s") + np.arange(MILLION) * 600
    keep("MILLION", [Observations.of(moments, ["Value"], walk(MILLION), unit="s")], Metadata(name="A million values"))
    days = np.datetime64("1990-01-01") + np.arange(WIDE[0])
    columns = [f"Column {number}" for number in range(1, 1 + WIDE[1])]
    keep("WIDE", [Observations.of(days, columns, walk(*WIDE))], Metadata(name="Twelve columns", frequency=Frequency.DAILY))
    months = np.arange("1900-01", "2100-01", dtype="datetime64[M]").astype("datetime64[D]")[: 200 + VINTAGES]
    values = walk(len(months))
    states = []
    for count in range(200, 200 + VINTAGES):
        revised = values[:count].copy()
        revised[-24:] += random.normal(size=(24, 1)).round(2)
        states.append(Observations.of(months[:count], ["Value"], revised))
    keep("VINTAGES", states, Metadata(name="A thousand vintages", frequency=Frequency.MONTHLY))
    keep("PRICES", [prices(120)], Metadata(name="Prices", unit="USD", frequency=Frequency.DAILY))
    flags = ((np.arange(len(months)) // 30) % 4 == 0).astype(float)[:, None]
    keep("FLAG", [Observations.of(months, ["Value"], flags)], Metadata(name="Every fourth", frequency=Frequency.MONTHLY))
    marks = Flags.from_texts([["", "", "B E", "p"]])
    marked = Observations.of(months[:4], ["Value"], [[1.0], [2.0], [3.0], [4.0]], flags=marks)
    keep("MARKED", [marked], Metadata(name="Marked", frequency=Frequency.MONTHLY, extra={FLAGS: {"p": "provisional"}}))
    engine.dispose()


def prices(count: int) -> Observations:
    """Return made-up prices with a volume, on weekdays."""
    random = np.random.default_rng(5)
    days = np.datetime64("2024-01-01") + np.arange(2 * count)
    days = days[np.is_busday(days)][:count]
    closed = 100 + np.cumsum(random.normal(size=count))
    opened = np.concatenate([[100.0], closed[:-1]]) + random.normal(size=count) / 4
    high, low = np.maximum(opened, closed) + random.random(count), np.minimum(opened, closed) - random.random(count)
    volume = random.integers(1000, 9000, count)
    return Observations.of(days, ["Open", "High", "Low", "Close", "Volume"], np.column_stack([opened, high, low, closed, volume]).round(2))
