"""Codes as their providers spell them, and codes that resemble one."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from domain.codes import DatasetCode
from domain.errors import UnknownProvider
from domain.ports import Providers, Store, UnitOfWork
from domain.series import SeriesQuery, TimeSeries

_MOST_COMPARED = 1000


def spelled(store: Store, providers: Providers, name: str, code: DatasetCode) -> DatasetCode:
    """
    Return a code as its series is stored, or as its provider spells it; as it is where the provider tells cases apart.

    Called outside of transactions, since the provider may look at files.
    """
    try:
        any_case = providers.get(name).any_case
    except UnknownProvider:
        return code
    if not any_case:
        return code
    own = providers.own_spelling(name, code)
    with store.reading() as uow:
        stored = next((each for each in dict.fromkeys((code, own)) if each and uow.series.find(name, each)), None)
        other = None if stored else _by_alias(uow, name, own or code)
    # Two files may differ in case alone: then each has its own spelling.
    is_same = other and (providers.own_spelling(name, other.code) == own if own else _same_letters(other.code, code))
    return stored or (other.code if other and is_same else own or code)


def in_other_case(uow: UnitOfWork, name: str, code: DatasetCode) -> TimeSeries | None:
    """Return a provider's stored series whose code differs from this one in case alone."""
    found = _by_alias(uow, name, code)
    return found if found and _same_letters(found.code, code) else None


def similar(store: Store, text: str) -> Sequence[str]:
    """Return up to three stored codes, each with its provider, that resemble a misspelt one; best first."""
    wanted = text.rpartition(":")[2].casefold()
    with store.reading() as uow:
        databases = {database.code.casefold(): database.code for database in uow.series.databases()}
        near = get_close_matches(wanted.partition("/")[0], databases, n=3) if "/" in wanted else []
        queries = [SeriesQuery(database=databases[each], limit=_MOST_COMPARED) for each in near] or [SeriesQuery(words=(wanted,), limit=20)]
        found = [series for query in queries for series in uow.series.search(query).items]
    names = {str(series.code).casefold(): f"{series.provider}:{series.code}" for series in found}
    if "/" not in wanted:
        return [name for code, name in names.items() if code.partition("/")[2] == wanted][:3]
    return [names[each] for each in get_close_matches(wanted, names, n=3)]


def _by_alias(uow: UnitOfWork, name: str, code: DatasetCode) -> TimeSeries | None:
    return next(iter(uow.series.search(SeriesQuery(provider=name, alias=code.alias, limit=1)).items), None)


def _same_letters(one: DatasetCode, other: DatasetCode) -> bool:
    return str(one).casefold() == str(other).casefold()
