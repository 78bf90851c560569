"""Every store keeps the status of a series at its source, and its history."""

from __future__ import annotations

from datetime import timedelta

from domain.codes import DatasetCode
from domain.ports import Store
from domain.series import SeriesQuery
from domain.source_status import AtSource, Failing, SourceStatus, StatusChange
from tests.fakes import StoppedClock


def test_changes_of_the_status_are_kept_with_their_evidence(store: Store, clock: StoppedClock) -> None:
    now = clock()
    gone = StatusChange(
        at=now, status=SourceStatus.GONE, replaced_by="p:X/NEW", reason="It is gone.", words="Gähn", url="https://p.example/X"
    )
    again = StatusChange(at=now + timedelta(days=1), status=SourceStatus.ACTIVE, reason="It is back.")
    ended = AtSource(
        status=SourceStatus.GONE, since=now, replaced_by="p:X/NEW", failing=Failing.MISSING, failing_since=now - timedelta(days=2)
    )
    back = AtSource(since=now + timedelta(days=1))
    with store.writing() as uow:
        series, other = uow.series.add("p", DatasetCode("X", "OLD")), uow.series.add("p", DatasetCode("X", "NEW"))
        assert series.at_source == AtSource()
        uow.series.record_source_status(series, ended, gone)
        uow.commit()
    version, _ = store.version(series.id)
    assert (version.status_at_source, version.status_since, version.replaced_by) == (SourceStatus.GONE, now, "p:X/NEW")
    with store.reading() as uow:
        assert uow.series.get(series.id).at_source == ended
        assert uow.series.get(other.id).at_source == AtSource()
        assert list(uow.series.replaced_by("p:X/NEW")) == ["p:X/OLD"]
        found = uow.series.search(SeriesQuery(status_at_source=SourceStatus.GONE)).items
        assert [each.id for each in found] == [series.id]
        assert uow.series.count(SeriesQuery(status_at_source=SourceStatus.ACTIVE), most=9) == 1
    with store.writing() as uow:
        uow.series.record_source_status(series, back, again)
        uow.commit()
    with store.reading() as uow:
        assert uow.series.get(series.id).at_source == back
        assert list(uow.series.source_statuses(series.id)) == [gone, again]
        assert not uow.series.replaced_by("p:X/NEW")
    with store.writing() as uow:
        uow.series.remove(series.id)
        uow.commit()
    with store.reading() as uow:
        assert not uow.series.source_statuses(series.id)
