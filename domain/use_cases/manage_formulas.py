"""ManageFormulas: define formulas, read their definitions, and remove them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from domain.audit import audit
from domain.codes import FORMULA, DatasetCode, parse_reference
from domain.errors import ComponentMissing, FormulaNotFound, InvalidFormula, InvalidInput, NoObservationsYet
from domain.formulas.computing import metadata_of
from domain.formulas.definitions import Definition, FormulaVersion
from domain.formulas.expressions import looks_ahead, references
from domain.formulas.parsing import parse
from domain.moments import AsOf
from domain.ports import Providers, Store, UnitOfWork
from domain.providers import Routing
from domain.quotas import Requester
from domain.series import Metadata, SeriesQuery, TimeSeries
from domain.use_cases.read_formula import Session, compute_version, formulas_within
from domain.use_cases.request_fetch import RequestFetch

_LONGEST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaState:
    """
    A formula with all versions of its definition, oldest first.

    Attributes:
        looks_ahead: whether it, or a formula that it reads, uses later values.

    """

    series: TimeSeries
    versions: Sequence[FormulaVersion]
    looks_ahead: bool

    @property
    def current(self) -> FormulaVersion:
        """The newest version."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class Defined:
    """
    The result of a definition.

    Attributes:
        created: whether the formula is new.
        requested: the series that were not stored and have been requested.

    """

    formula: FormulaState
    created: bool
    requested: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FormulaPage:
    """A page of formulas in order of creation, and ``after`` of the next page, if there is one."""

    items: Sequence[FormulaState]
    next: int | None


@dataclass(frozen=True, slots=True)
class ManageFormulas:
    """Define, list and remove formulas."""

    store: Store
    providers: Providers
    routing: Routing
    request_fetch: RequestFetch

    def define(  # noqa: PLR0913 - what a definition is made of
        self,
        code: DatasetCode,
        expression: str,
        *,
        unit: str = "",
        title: str = "",
        fetch: bool = False,
        request_id: str = "",
        requester: Requester | None = None,
    ) -> Defined:
        """
        Define a formula, or define it anew; a definition that says the same adds no version.

        Args:
            fetch: whether to request the series that are not stored.

        Raises:
            InvalidFormula: the expression is not valid, or reads the formula itself.
            InvalidInput: the code is a provider's or of a stored series, or a text is too long.
            ComponentMissing: series are not stored, and are not to be fetched.
            FormulaFailed: its series do not fit together.
            UnknownProvider, ProviderNotConfigured, TooManyRequests: a series cannot be fetched.

        """
        self._check(code, unit=unit, title=title)
        written = references(parse(expression))
        with self.store.reading() as uow:
            _check_free(uow, code)
            components = tuple(self._resolved(uow, reference, code) for reference in written)
        definition = Definition(expression=expression, unit=unit, title=title, components=components)
        requested = self._request(code, components, fetch=fetch, request_id=request_id, requester=requester)
        metadata = self._tried(code, definition)
        with self.store.writing() as uow:
            created = self._define(uow, code, definition, metadata)
            formula = _state(uow, _found(uow, code))
            uow.commit()
        audit("formula defined", series=f"{FORMULA}:{code}", version=str(formula.current.number))
        return Defined(formula, created, requested)

    def get(self, code: DatasetCode) -> FormulaState:
        """Return a formula; raises FormulaNotFound."""
        with self.store.reading() as uow:
            return _state(uow, _found(uow, code))

    def list(self, *, after: int = 0, limit: int = 100) -> FormulaPage:
        """Return a page of formulas in order of creation."""
        with self.store.reading() as uow:
            page = uow.series.search(SeriesQuery(provider=FORMULA, after=after, limit=limit))
            return FormulaPage([_state(uow, series) for series in page.items], page.next)

    def remove(self, code: DatasetCode) -> None:
        """Remove a formula with all versions of its definition; raises FormulaNotFound."""
        with self.store.writing() as uow:
            uow.series.remove(_found(uow, code).id)
            uow.commit()
        audit("formula removed", series=f"{FORMULA}:{code}")

    def _check(self, code: DatasetCode, *, unit: str, title: str) -> None:
        owners = [each.name for each in self.providers.all() if code.database in each.databases]
        owner = self.routing.routes.get(code.database) or next(iter(owners), None)
        if owner:
            hint = "Use a database of your own, such as MY."
            raise InvalidInput(f"The database {code.database} is {owner}'s.", field="database_code", hint=hint)
        if "/" in code.dataset:
            raise InvalidInput("The dataset code of a formula has no slash.", field="dataset_code", hint="Name it like MY/SPREAD.")
        for name, text in (("unit", unit), ("title", title)):
            if len(text) > _LONGEST or not text.isprintable():
                raise InvalidInput(f"{name} must be at most {_LONGEST} printable characters.", field=name)

    def _resolved(self, uow: UnitOfWork, written: str, own: DatasetCode) -> str:
        """Return a reference with its provider: the formula of this code, else the routed one's, else what is stored under it."""
        provider, code = parse_reference(written)
        if provider is None:
            routed = self.routing.provider_for(code, self.providers.all())
            stored = [each.provider for each in uow.series.search(SeriesQuery(code=code)).items]
            known = [name for name in (FORMULA, routed) if name in stored] + stored
            provider = FORMULA if code == own else next(iter(known), routed)
        return f"{provider}:{code}"

    def _request(
        self, code: DatasetCode, components: Sequence[str], *, fetch: bool, request_id: str, requester: Requester | None
    ) -> Sequence[str]:
        if f"{FORMULA}:{code}" in components:
            raise InvalidFormula(f"{code} reads itself.")
        identities = {reference: (provider or FORMULA, its) for reference in components for provider, its in [parse_reference(reference)]}
        with self.store.reading() as uow:
            missing = [reference for reference, identity in identities.items() if uow.series.find(*identity) is None]
        if missing and not fetch:
            raise ComponentMissing(f"{code} reads series that are not stored here: {', '.join(missing)}.")
        if missing:
            wanted = [identities[reference] for reference in missing]
            self.request_fetch.many(wanted, batch=uuid4(), refresh=False, request_id=request_id, requester=requester)
        return missing

    def _tried(self, code: DatasetCode, definition: Definition) -> Metadata:
        """Return the metadata of the result; without its frequency while a series has no observations yet."""
        with self.store.reading() as uow:
            now = uow.now()
            version = FormulaVersion(number=1, position=0, defined_at=now, definition=definition)
            try:
                return compute_version(Session(uow, AsOf(position=uow.vintages.position())), code, version).metadata
            except NoObservationsYet:
                return metadata_of(code, version, ())

    def _define(self, uow: UnitOfWork, code: DatasetCode, definition: Definition, metadata: Metadata) -> bool:
        """Append the definition unless it says the same as the newest; return whether the formula is new."""
        series = uow.series.add(FORMULA, code)
        uow.series.lock(series.id)
        versions = uow.formulas.versions(series.id)
        _check_cycle(uow, series, definition)
        if not versions or versions[-1].definition != definition:
            uow.formulas.define(series, definition)
        uow.series.record_fetch(uow.series.get(series.id), metadata)
        return not versions


def _check_free(uow: UnitOfWork, code: DatasetCode) -> None:
    others = [each.provider for each in uow.series.search(SeriesQuery(code=code)).items if not each.is_formula]
    if others:
        raise InvalidInput(f"{code} is a stored series of {others[0]}.", field="dataset_code", hint="Use another code.")


def _check_cycle(uow: UnitOfWork, series: TimeSeries, definition: Definition) -> None:
    through: dict[UUID, str] = {each.id: str(each.code) for each, _ in formulas_within(uow, definition.components)}
    if series.id in through:
        names = ", ".join(name for key, name in through.items() if key != series.id)
        raise InvalidFormula(f"{series.code} would read itself by way of {names}.")


def _found(uow: UnitOfWork, code: DatasetCode) -> TimeSeries:
    series = uow.series.find(FORMULA, code)
    if series is None:
        raise FormulaNotFound(f"There is no formula {code}.")
    return series


def _state(uow: UnitOfWork, series: TimeSeries) -> FormulaState:
    versions = uow.formulas.versions(series.id)
    if not versions:
        raise FormulaNotFound(f"The formula {series.code} has no definition.")
    definition = versions[-1].definition
    inner = [version.definition for _, version in formulas_within(uow, definition.components)]
    return FormulaState(series=series, versions=versions, looks_ahead=any(looks_ahead(each.parsed()) for each in (definition, *inner)))
