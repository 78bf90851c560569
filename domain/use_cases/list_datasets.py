"""ListDatasets: the stored series, and what providers have on this machine besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.codes import DatasetCode
from domain.ports import Providers, Store
from domain.providers import Provider, Routing
from domain.series import Database, SeriesQuery, SeriesStatus, TimeSeries, terms

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPage:
    """
    A page of datasets.

    Attributes:
        stored: series with data, in order of creation; they come first.
        unfetched: codes of what a request would fetch, sorted.
        total: the number of all datasets that match, stored or not.

    """

    stored: Sequence[TimeSeries]
    unfetched: Sequence[DatasetCode]
    total: int


@dataclass(frozen=True, slots=True)
class ListDatasets:
    """List what can be read: the series with data, and the codes that providers list without a call, such as files in a folder."""

    store: Store
    providers: Providers
    routing: Routing

    def __call__(self, query: SeriesQuery, *, most: int) -> DatasetPage:
        """
        Return the page of matching datasets that ``skip`` and ``limit`` select.

        Args:
            query: by words and database.
            most: the largest total that is counted.

        """
        wanted = replace(query, status=SeriesStatus.SUCCESS)
        with self.store.reading() as uow:
            count = uow.series.count(wanted, most=most)
            stored = uow.series.search(wanted).items if query.skip < count else ()
        unfetched = self.unfetched(query.database, query.words) if count < most else []
        begin = max(0, query.skip - count)
        page = unfetched[begin : begin + query.limit - len(stored)]
        return DatasetPage(stored=stored, unfetched=page, total=min(most, count + len(unfetched)))

    def databases(self) -> Sequence[Database]:
        """Return the database codes of all datasets, with their providers."""
        found: dict[str, dict[str, None]] = {}
        with self.store.reading() as uow:
            for stored in uow.series.databases():
                found[stored.code] = dict.fromkeys(stored.providers)
        for provider, codes in self._listed(None):
            for database in {code.database for code in codes}:
                found.setdefault(database, {})[provider.name] = None
        return [Database(code, tuple(found[code])) for code in sorted(found)]

    def count(self, database: str, *, most: int) -> int:
        """Return the number of a database's datasets, at most ``most``."""
        return self(SeriesQuery(database=database, limit=1), most=most).total

    def unfetched(self, database: str | None, words: Sequence[str] = ()) -> Sequence[DatasetCode]:
        """Return the listed codes without data, sorted: of a database, and with all words if there are any."""
        wanted = [terms(word) for word in words]
        found: list[DatasetCode] = []
        for provider, listed in self._listed(database):
            codes = {code for code in listed if all(each and _begin_words(each, str(code)) for each in wanted)}
            found += codes - self._stored(provider, database) if codes else ()
        return sorted(found)

    def _listed(self, database: str | None) -> Iterator[tuple[Provider, Sequence[DatasetCode]]]:
        """Yield each provider that lists codes, with those that are requested of it."""
        providers = self.providers.all()
        for provider in providers:
            if provider.lists_codes and not provider.problem:
                codes = self.providers.listed_codes(provider.name, database)
                yield provider, [code for code in codes if self.routing.provider_for(code, providers) == provider.name]

    def _stored(self, provider: Provider, database: str | None) -> set[DatasetCode]:
        found: set[DatasetCode] = set()
        after: int | None = 0
        with self.store.reading() as uow:
            while after is not None:
                query = SeriesQuery(provider=provider.name, database=database, status=SeriesStatus.SUCCESS, after=after, limit=_PAGE)
                page = uow.series.search(query)
                found.update(series.code for series in page.items)
                after = page.next
        return found


def _begin_words(wanted: Sequence[str], text: str) -> bool:
    words = terms(text)
    return all(any(word.startswith(term) for word in words) for term in wanted)
