"""``lanner equivalences`` and ``lanner stand-ins``, and the other commands on a series that is spliced."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import EquivalenceNotFound, InvalidInput, SeriesNotFound, SourceGone
from domain.frequency import Frequency
from domain.observations import Observations
from domain.searching import SearchHit
from domain.series import Metadata
from domain.use_cases import UseCases
from entrypoints.cli.equivalences import equivalences
from entrypoints.cli.export import export
from entrypoints.cli.show import show
from entrypoints.cli.stand_ins import stand_ins
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import CannedSource, SearchingSource, StoppedClock

_METADATA = Metadata(name="Made-up prices", frequency=Frequency.MONTHLY)
_HITS = [SearchHit(code=DatasetCode("Z", "PRICES"), name="Made-up prices")]


def months(count: int, scale: float = 1.0) -> Observations:
    values = scale * (1.0 + np.arange(count) % 3)
    return Observations.of((np.arange(count) + np.datetime64("2024-01", "M")).astype("datetime64[D]"), ["Value"], values[:, None])


@pytest.fixture
def sources() -> dict[str, CannedSource]:
    return {
        "canned": CannedSource(observations=months(4, 10.0), metadata=_METADATA),
        "other": SearchingSource(observations=months(5), metadata=_METADATA, hits=_HITS),
    }


@pytest.fixture
def use_cases(sources: dict[str, CannedSource]) -> UseCases:
    use = memory_use_cases(sources, store=MemoryStore(StoppedClock(datetime(2024, 6, 1, tzinfo=UTC))))
    for provider, code in (("canned", "X/A"), ("other", "Y/B")):
        use.request_fetch(DatasetCode.parse(code), provider=provider)
    return use


def test_add_list_change_and_remove(run: Run, use_cases: UseCases) -> None:
    added = run(use_cases, equivalences, "add X/A other:Y/B --scale 10 --tolerance 0.01 --column Value --failover-after 1d12h")
    (line, *facts) = added.stdout.splitlines()
    key = line.split()[0]
    assert line.split("  ")[1] == "canned:X/A = 10 × other:Y/B"
    assert [fact.split()[0] for fact in facts] == ["tolerance", "columns", "compared"]
    listed = json.loads(run(use_cases, equivalences, "list --format json").stdout)
    assert (listed["id"], listed["columns"], listed["failover"], listed["failover_after"]) == (key, {"Value": "Value"}, False, "1d12h")
    assert run(use_cases, equivalences, "list").stdout == added.stdout
    changed = run(use_cases, equivalences, f"change {key} --failover --prefer b --scale 5").stdout
    assert "canned:X/A stands in for other:Y/B after 1d12h" in changed
    assert "4 values beyond the tolerance" in changed
    assert json.loads(run(use_cases, equivalences, "list --format json").stdout)["diverging"] == 4
    assert "fail-over" not in run(use_cases, equivalences, f"change {key} --no-failover").stdout
    assert run(use_cases, equivalences, f"remove {key}").stdout == f"Equivalence {key} is removed.\n"
    assert isinstance(run(use_cases, equivalences, f"remove {key}").exception, EquivalenceNotFound)
    assert isinstance(run(use_cases, equivalences, "add X/A Y/NONE").exception, SeriesNotFound)
    for wrong in ("--scale 0", "--tolerance 2", "--column Open", "--failover-after soon"):
        assert isinstance(run(use_cases, equivalences, f"add X/A other:Y/B {wrong}").exception, InvalidInput)


def test_divergences(run: Run, use_cases: UseCases) -> None:
    """The largest difference of each stands in the table, all of them in JSON."""
    run(use_cases, equivalences, "add X/A other:Y/B")
    heading, row = run(use_cases, equivalences, "divergences").stdout.splitlines()
    found = json.loads(run(use_cases, equivalences, "divergences --format json").stdout)
    assert heading.split()[:3] == ["found", "a", "vintage"]
    assert row.split()[1:] == ["canned:X/A", "1", "other:Y/B", "1", "4", "90.00%", "2024-04-01", "Value", "10", "1"]
    assert (found["values"], len(found["cells"]), found["arrived"]) == (4, 4, None)
    assert run(use_cases, equivalences, f"divergences {found['equivalence']}").stdout.splitlines()[1] == row


def test_candidates(run: Run, use_cases: UseCases) -> None:
    """With --ask those of a provider too, and why one gives none."""
    (heading, row) = run(use_cases, stand_ins, "X/A").stdout.splitlines()
    assert heading.split()[:4] == ["code", "name", "frequency", "overlap"]
    assert row.split() == ["other:Y/B", "Made-up", "prices", "monthly", "4", "0.00%", "0.00%", "1.0000", "1.0000", "10", "Value"]
    found = list(map(json.loads, run(use_cases, stand_ins, "X/A --ask other --ask canned --format json").stdout.splitlines()))
    assert [(each["code"], each["stored"]) for each in found] == [("Y/B", True), ("Z/PRICES", False)]
    assert (found[0]["evidence"]["scale"], found[1]["evidence"]) == (10.0, None)
    asked = run(use_cases, stand_ins, "X/A --ask canned")
    assert "has no search" in asked.stderr
    assert "not stored" in run(use_cases, stand_ins, "X/A --ask other").stdout


def test_rows_of_a_splice_are_labelled(run: Run, use_cases: UseCases, sources: dict[str, CannedSource], tmp_path: Path) -> None:
    """In a table before the values, which a narrow terminal may leave out; in files in the last column."""
    run(use_cases, equivalences, "add X/A other:Y/B --scale 10 --failover --failover-after 0s")
    sources["canned"].error = SourceGone("It is gone.")
    use_cases.request_fetch(DatasetCode("X", "A"), provider="canned", refresh=True)
    shown = run(use_cases, show, "X/A --limit 2").stdout
    assert "splice 1 with other:Y/B from 2024-05-01, known at" in shown
    rows = [line.split() for line in shown.splitlines() if line.startswith(("Date", "2024-"))]
    assert rows == [["Date", "provenance", "Value"], ["2024-04-01", "canned:X/A", "10"], ["2024-05-01", "other:Y/B", "20"]]
    document = json.loads(run(use_cases, show, "X/A --limit 2 --format json").stdout)
    assert document["data"] == [["2024-04-01", 10.0, "canned:X/A"], ["2024-05-01", 20.0, "other:Y/B"]]
    assert (document["vintage"], document["splice"]["stand_in"], document["splice"]["start"]) == (None, "other:Y/B", "2024-05-01")
    lines = run(use_cases, export, "X/A --start 2024-04-01").stdout.splitlines()
    assert lines == ["date,Value,provenance", "2024-04-01,10.0,canned:X/A", "2024-05-01,20.0,other:Y/B"]
    run(use_cases, export, f"X/A -o {tmp_path / 'a.parquet'}")
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column("provenance").to_pylist() == ["canned:X/A"] * 4 + ["other:Y/B"]
    assert table.column("date").to_pylist()[-1] == date(2024, 5, 1)
    assert table.schema.metadata[b"splice"] == b"1"
    assert "provenance" not in run(use_cases, export, "X/A --vintage 1").stdout
