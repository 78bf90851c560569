"""ManageEquivalences: add, change and remove equivalences, and list how their series have diverged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from domain.audit import audit
from domain.codes import DatasetCode
from domain.errors import InvalidInput
from domain.ports import Providers, Store, UnitOfWork
from domain.providers import Routing
from domain.series import TimeSeries
from domain.stand_ins.equivalence import DEFAULT_AFTER, DEFAULT_TOLERANCE, MOST_EQUIVALENCES, DivergencePage, Equivalence, Member, Side
from domain.use_cases.compared_states import Compared, compared_at, divergence_of, frequencies_of, record_divergences
from domain.use_cases.describe_series import series_of_code
from domain.use_cases.splice_rules import end_splice

Named = tuple[str | None, DatasetCode]
_COMPARING = frozenset(("scale", "tolerance", "columns"))


@dataclass(frozen=True, slots=True)
class ManageEquivalences:
    """Manage the equivalences; each is compared when it is added or changed, and from then on when something arrives."""

    store: Store
    providers: Providers
    routing: Routing

    def create(  # noqa: PLR0913 - what an equivalence is made of
        self,
        a: Named,
        b: Named,
        *,
        scale: float = 1.0,
        tolerance: float = DEFAULT_TOLERANCE,
        prefer: Side = Side.A,
        columns: Mapping[str, str] | None = None,
        failover: bool = False,
        failover_after: timedelta = DEFAULT_AFTER,
    ) -> Equivalence:
        """
        Add an equivalence of two stored series, each named by its provider, if one is meant, and its code.

        Raises:
            SeriesNotFound: one is not stored.
            InvalidInput: a field is not valid, the two are not comparable, or there are too many equivalences, or one of these series.

        """
        with self.store.writing() as uow:
            first, second = (self._series(uow, *named, field=field) for named, field in ((a, "a"), (b, "b")))
            members = Member.of(first), Member.of(second)
            _lock(uow, *members)
            equivalence = Equivalence(
                id=uuid4(),
                a=members[0],
                b=members[1],
                scale=scale,
                tolerance=tolerance,
                prefer=prefer,
                columns=columns or {},
                failover=failover,
                failover_after=failover_after,
                created_at=uow.now(),
                position=uow.vintages.position(),
            )
            _check_new(uow, equivalence, first, second)
            self._check(uow, equivalence)
            uow.equivalences.add(equivalence)
            equivalence = _compare(uow, equivalence)
            uow.commit()
        audit("equivalence added", equivalence=str(equivalence.id), a=equivalence.a.reference, b=equivalence.b.reference)
        return equivalence

    def get(self, equivalence_id: UUID) -> Equivalence:
        """Return an equivalence; raises EquivalenceNotFound."""
        with self.store.reading() as uow:
            return uow.equivalences.get(equivalence_id)

    def list(self, series_id: UUID | None = None) -> Sequence[Equivalence]:
        """Return all equivalences, or those of a series, oldest first."""
        with self.store.reading() as uow:
            return uow.equivalences.all() if series_id is None else uow.equivalences.of_series(series_id)

    def change(self, equivalence_id: UUID, changes: Mapping[str, Any]) -> Equivalence:
        """
        Change fields of an equivalence; a splice ends if it may no longer fail over, or prefers the other series.

        Raises:
            EquivalenceNotFound: none has this id.
            InvalidInput: a field is not valid.

        """
        with self.store.writing() as uow:
            named = uow.equivalences.get(equivalence_id)
            _lock(uow, named.a, named.b)
            known = uow.equivalences.get(equivalence_id)
            equivalence = replace(known, **changes)
            self._check(uow, equivalence)
            if not equivalence.failover or equivalence.prefer is not known.prefer:
                end_splice(uow, known, "Its equivalence was changed.")
            uow.equivalences.change(equivalence)
            if not _COMPARING.isdisjoint(changes):
                equivalence = _compare(uow, equivalence)
            uow.commit()
        audit("equivalence changed", equivalence=str(equivalence_id), fields=sorted(changes))
        return equivalence

    def remove(self, equivalence_id: UUID) -> None:
        """Remove an equivalence with its divergences; a splice ends, and its rules stay. Raises EquivalenceNotFound."""
        with self.store.writing() as uow:
            known = uow.equivalences.get(equivalence_id)
            uow.series.lock(known.preferred.id)
            end_splice(uow, known, "Its equivalence was removed.")
            uow.equivalences.remove(equivalence_id)
            uow.commit()
        audit("equivalence removed", equivalence=str(equivalence_id))

    def divergences(self, equivalence_id: UUID | None = None, *, before: int | None = None, limit: int = 100) -> DivergencePage:
        """Return a page of divergences, the last found first; raises EquivalenceNotFound if one is meant that is not stored."""
        with self.store.reading() as uow:
            if equivalence_id is not None:
                uow.equivalences.get(equivalence_id)
            return uow.equivalences.divergences(equivalence_id=equivalence_id, before=before, limit=limit)

    def _series(self, uow: UnitOfWork, provider: str | None, code: DatasetCode, *, field: str) -> TimeSeries:
        series = series_of_code(uow, code, provider, self.providers, routing=self.routing)
        if series.is_formula:
            hint = "Name a fetched or imported series; a formula has splice(…) for itself."
            raise InvalidInput(f"{series.code} is a formula, and no stored series.", field=field, hint=hint)
        return series

    def _check(self, uow: UnitOfWork, equivalence: Equivalence) -> None:
        equivalence.check()
        others = [each for each in uow.equivalences.of_series(equivalence.preferred.id) if each.id != equivalence.id and each.failover]
        taken = next((each for each in others if each.preferred == equivalence.preferred), None)
        if equivalence.failover and taken:
            text = f"{equivalence.preferred.reference} fails over to {taken.stand_in.reference} already."
            raise InvalidInput(text, field="failover", hint="A series has one stand-in: change that equivalence first.")


def _lock(uow: UnitOfWork, *members: Member) -> None:
    # In the order in which an import locks its series, so that nobody waits for each other crosswise.
    for member in sorted(members, key=lambda each: (each.code, each.provider)):
        uow.series.lock(member.id)


def _check_new(uow: UnitOfWork, equivalence: Equivalence, a: TimeSeries, b: TimeSeries) -> None:
    if a.id == b.id:
        raise InvalidInput(f"a and b are the same series, {equivalence.a.reference}.", field="b", hint="Name another one.")
    if len(uow.equivalences.all()) >= MOST_EQUIVALENCES:
        raise InvalidInput(f"There are {MOST_EQUIVALENCES} equivalences already.", hint="Remove one.")
    if any(b.id in (each.a.id, each.b.id) for each in uow.equivalences.of_series(a.id)):
        raise InvalidInput("There is an equivalence of these two series already.", field="b", hint="Change it, or remove it first.")
    if a.frequency and b.frequency and a.frequency is not b.frequency:
        text = f"{equivalence.a.reference} is {a.frequency} and {equivalence.b.reference} {b.frequency}."
        raise InvalidInput(text, field="b", hint="Only series of one frequency can be compared value by value.")


def _compare(uow: UnitOfWork, equivalence: Equivalence) -> Equivalence:
    """Compare the newest states under their locks, and store the result with the equivalence."""
    now, position = uow.now(), uow.vintages.position()
    found = compared_at(uow, equivalence, position, frequencies_of(uow, equivalence))
    if found:
        _check_columns(equivalence, found)
    compared = replace(equivalence, position=position, diverging=len(found.diverging) if found else 0, compared_at=now)
    uow.equivalences.change(compared)
    if found:
        record_divergences(uow, compared, divergence_of(compared, found, None, position=position, arrived=None, at=now))
    return compared


def _check_columns(equivalence: Equivalence, found: Compared) -> None:
    of_a, of_b = found.a.observations.columns, found.b.observations.columns
    for name, columns, reference in (
        *((own, of_a, equivalence.a.reference) for own in equivalence.columns),
        *((other, of_b, equivalence.b.reference) for other in equivalence.columns.values()),
    ):
        if name not in columns:
            raise InvalidInput(f"{reference} has no column {name[:40]!r}.", field="columns", hint=f"Its columns: {_shown(columns)}.")
    if not equivalence.pairs(of_a, of_b):
        text = f"{equivalence.a.reference} and {equivalence.b.reference} have no column of the same name."
        hint = f'Write which agree, as in {{"{_shown(of_a[:1])}": "{_shown(of_b[:1])}"}}: {_shown(of_a)} with {_shown(of_b)}.'
        raise InvalidInput(text, field="columns", hint=hint)


def _shown(columns: Sequence[str]) -> str:
    return ", ".join(columns[:10]) + (" …" if len(columns) > 10 else "")  # noqa: PLR2004 - as many as are read at once
