"""The verifier: compares what clients were told with what the database holds."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, delete, select, text

from adapters.sql.tables import counts, fetches, series, vintages
from domain.metrics import Counted
from domain.observations import Observations
from tests.faults.driver import Ledger
from tests.faults.provider import COLUMNS, observations

ENDED = ("success", "error", "cancelled")
_CHUNK = 500

# Whatever would leave a final state is written down by the database itself, so that none can be missed between two looks.
_WATCH = {
    "sqlite": (
        "CREATE TABLE IF NOT EXISTS reopened (id TEXT)",
        """
        CREATE TRIGGER IF NOT EXISTS reopening AFTER UPDATE OF status, vintage ON fetches
        WHEN old.status IN ('success', 'error', 'cancelled') BEGIN INSERT INTO reopened VALUES (old.id); END
        """,
    ),
    "postgresql": (
        "CREATE TABLE IF NOT EXISTS {0}.reopened (id text)",
        """
        CREATE OR REPLACE FUNCTION {0}.reopening() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO {0}.reopened VALUES (old.id::text); RETURN NULL; END $$
        """,
        """
        CREATE OR REPLACE TRIGGER reopening AFTER UPDATE OF status, vintage ON {0}.fetches FOR EACH ROW
        WHEN (old.status IN ('success', 'error', 'cancelled')) EXECUTE FUNCTION {0}.reopening()
        """,
    ),
}


@dataclass(frozen=True)
class Verdict:
    """
    What is wrong.

    Attributes:
        lost: accepted, but without an end or without data.
        twice: kept more than once for one content or one fetch.
        wrong: kept, but not what the provider said.
        reopened: fetches that left a final state.
        crashes: how often a fetch was taken over from a lost worker.

    """

    accepted: int
    lost: Sequence[str] = ()
    twice: Sequence[str] = ()
    wrong: Sequence[str] = ()
    reopened: int = 0
    crashes: int = 0
    attempts: Counter[str] = field(default_factory=Counter)

    @property
    def well(self) -> bool:
        return not (self.lost or self.twice or self.wrong or self.reopened)

    def __str__(self) -> str:
        told = f"{len(self.lost)} of {self.accepted} lost, {len(self.twice)} stored twice, {self.reopened} closed twice"
        return f"{told}, {len(self.wrong)} wrong" if self.wrong else told


@dataclass(frozen=True)
class Verifier:
    engine: Engine
    schema: str
    seed: int
    calls_file: Path

    def watch(self) -> None:
        """Have the database note what must never happen."""
        with self.engine.begin() as connection:
            for statement in _WATCH[self.engine.dialect.name]:
                connection.execute(text(statement.format(self.schema)))

    def settled(self, codes: Collection[str], seconds: float) -> float:
        """Wait until no fetch of these codes is in flight, and tell how long that took; an end to waiting is no error here."""
        begun = time.monotonic()
        # Part by part: to ask for thousands again and again would take the machine from those who fetch them.
        for part in _parts(codes):
            while not self._have_ended(part) and time.monotonic() - begun < seconds:
                time.sleep(0.1)
        return time.monotonic() - begun

    def _have_ended(self, codes: Sequence[str]) -> bool:
        try:
            rows = self.rows(codes)
        except Exception:  # noqa: BLE001 - the database is away just now
            return False
        return {row.dataset_code for row in rows} >= set(codes) and all(row.status in ENDED for row in rows)

    def judge(self, ledger: Ledger, *, failing: Collection[str] = ()) -> Verdict:
        """
        Compare a ledger with the database.

        Args:
            failing: codes whose fetches may end with an error, and then hold nothing.

        """
        codes = ledger.codes
        rows = self.rows(codes)
        status = {str(row.id): row.status for row in rows}
        kept = self.kept(codes)
        done = {fetch for fetch, state in status.items() if state in ENDED}
        good = {fetch for fetch, state in status.items() if state == "success"}
        lost = {
            said.code
            for said in ledger.accepted
            if said.fetch not in done or (said.code not in failing and not (said.fetch in good and kept[said.code]))
        }
        calls = self.calls()
        twice = [code for code, found in kept.items() if _doubled(found)]
        wrong = [code for code, found in kept.items() if not {digest for _, digest, _ in found} <= self.digests(code, calls[code])]
        attempts = Counter({row.dataset_code: row.attempts for row in rows})
        return Verdict(len(ledger.accepted), sorted(lost), twice, wrong, self.reopened(codes), sum(row.crashes for row in rows), attempts)

    def forget(self, codes: Collection[str]) -> None:
        """Remove fetches that would be tried for a day, and be in the way of whatever is tried next."""
        mine = select(series.c.number).where(series.c.dataset_code.in_(codes))
        with self.engine.begin() as connection:
            connection.execute(delete(fetches).where(fetches.c.series.in_(mine)))

    def rows(self, codes: Collection[str]) -> list[Any]:
        """Give the fetches of these codes."""
        columns = (series.c.dataset_code, fetches.c.id, fetches.c.status, fetches.c.attempts, fetches.c.crashes, fetches.c.failure)
        return self._of(codes, lambda part: select(*columns).join(series).where(series.c.dataset_code.in_(part)))

    def kept(self, codes: Collection[str]) -> dict[str, list[tuple[int, bytes, UUID]]]:
        """Give each code's vintages: number, digest and fetch."""
        columns = (series.c.dataset_code, vintages.c.number, vintages.c.digest, vintages.c.fetch)
        found: dict[str, list[tuple[int, bytes, UUID]]] = defaultdict(list)
        statement = lambda part: select(*columns).join(series).where(series.c.dataset_code.in_(part)).order_by(vintages.c.number)  # noqa: E731
        for code, number, digest, fetch in self._of(codes, statement):
            found[code].append((number, bytes(digest), fetch))
        return found

    def reopened(self, codes: Collection[str]) -> int:
        """Count the fetches that left a final state."""
        known = {row.id.hex for row in self.rows(codes)}
        with self.engine.connect() as connection:
            noted = connection.execute(text(f"SELECT id FROM {self.schema + '.' if self.schema else ''}reopened")).scalars()
            return sum(1 for found in noted if found.replace("-", "") in known)

    def fenced(self) -> int:
        """Count the stale closes that were refused, since the beginning."""
        with self.engine.connect() as connection:
            return connection.execute(select(counts.c.times).where(counts.c.name == Counted.STALE_COMMITS.value)).scalar() or 0

    def calls(self) -> Counter[str]:
        """Count the provider's calls, by code."""
        return Counter(line.split()[1] for line in self.calls_file.read_text().splitlines())

    def hears(self, calls: int, over: Event, seconds: float) -> bool:
        """Wait for so many more calls of the provider; tell whether they came before the end."""

        def heard() -> int:
            return self.calls_file.read_bytes().count(b"\n")

        wanted, end = heard() + calls, time.monotonic() + seconds
        while heard() < wanted and time.monotonic() < end and not over.wait(0.02):
            pass
        return heard() >= wanted

    def digests(self, code: str, calls: int) -> set[bytes]:
        """Give the digests of everything that the provider has said of a code."""
        said = [observations(self.seed, code, call) for call in range(1, max(calls, 1) + 1)]
        return {Observations.of([row[0] for row in rows], COLUMNS, [row[1:] for row in rows]).digest() for rows in said}

    def _of(self, codes: Collection[str], statement: Any) -> list[Any]:
        found: list[Any] = []
        with self.engine.connect() as connection:
            for part in _parts(codes):
                found += connection.execute(statement(part)).all()
        return found


def _parts(codes: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(codes)
    return (ordered[at : at + _CHUNK] for at in range(0, len(ordered), _CHUNK))


def _doubled(found: Sequence[tuple[int, bytes, UUID]]) -> bool:
    digests, owners = [digest for _, digest, _ in found], [fetch for *_, fetch in found]
    return len(set(owners)) < len(owners) or any(one == other for one, other in pairwise(digests))
