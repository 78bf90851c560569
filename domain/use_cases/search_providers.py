"""SearchProviders: search for series at the providers themselves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace

from domain.errors import (
    AnswerNotUnderstood,
    FetchError,
    InvalidInput,
    ProviderNotConfigured,
    StoreUnavailable,
    ThrottledLocally,
    TooManyRequests,
    TransientError,
)
from domain.fetches import Failure
from domain.fetching.provider_throttle import ProviderThrottle
from domain.fetching.search_cache import SearchCache
from domain.ports import Providers, Store
from domain.providers import Provider
from domain.quotas import Requester
from domain.searching import MOST_HITS, MOST_LISTED, ProviderHits, SearchHit, SearchKind, SearchStatus, matching

logger = logging.getLogger(__name__)

_NOT_REPEATED = "A search is not repeated by itself, as a fetch is: search again in a while."
#: How many providers one search may ask, all at once.
MOST_PROVIDERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchProviders:
    """Search at providers: within their limits, after all fetches, and with what they answered some minutes ago."""

    store: Store
    providers: Providers
    calls: ProviderThrottle
    cache: SearchCache = field(default_factory=SearchCache)

    def searchable(self) -> Sequence[Provider]:
        """Return the providers that have a search, configured or not: first those that search by themselves, which find series."""
        found = [provider for provider in self.providers.all() if provider.search]
        return sorted(found, key=lambda provider: (provider.search is SearchKind.LIST, provider.title))

    def not_asked(self) -> Sequence[ProviderHits]:
        """Return the searchable providers with what there is to say of each before it is asked."""
        return [_refusal(provider) or ProviderHits(provider=provider, status=SearchStatus.NOT_ASKED) for provider in self.searchable()]

    def __call__(self, text: str, names: Sequence[str], *, limit: int = 20, requester: Requester | None = None) -> Sequence[ProviderHits]:
        """
        Ask providers, all at once, and return the hits of each in the order of ``names``.

        Args:
            text: words.
            limit: of the hits of each, at most ``MOST_HITS``.
            requester: whose quota of fetches pays for each provider that must be asked.

        Raises:
            InvalidInput: there are no words, or too many providers; UnknownProvider for a name that is none.
            TooManyRequests: the requester's quota is used up.

        """
        text, names = " ".join(text.split()), list(dict.fromkeys(names))
        if not text:
            raise InvalidInput("query is missing: providers are searched by words.", field="query")
        if len(names) > MOST_PROVIDERS:
            raise InvalidInput(f"A search asks at most {MOST_PROVIDERS} providers.", field="provider", hint="Search them one by one.")
        found = [self.providers.get(name) for name in names]
        self._pay(text, found, requester)
        if len(found) == 1:
            return [self._search(found[0], text, limit)]
        with ThreadPoolExecutor(max_workers=MOST_PROVIDERS) as pool:
            searches = [pool.submit(copy_context().run, self._search, provider, text, limit) for provider in found]
            return [search.result() for search in searches]

    def _pay(self, text: str, found: Sequence[Provider], requester: Requester | None) -> None:
        asked = [provider for provider in found if not _refusal(provider) and self.cache.get(_key(provider, text)) is None]
        if not (requester and requester.limits and asked):
            return
        with self.store.writing() as uow:
            for _ in asked:
                waiting = uow.quotas.take(requester.client, requester.limits)
                if waiting:
                    raise TooManyRequests("Too many searches and fetches were requested.", seconds=waiting)
            uow.commit()

    def _search(self, provider: Provider, text: str, limit: int) -> ProviderHits:
        refusal = _refusal(provider)
        if refusal:
            return refusal
        try:
            hits = self._hits(provider, text)
        except TransientError as error:
            status = SearchStatus.WAITING if error.code == ThrottledLocally.code else SearchStatus.REFUSED
            failure = replace(Failure.of(error), hint=_NOT_REPEATED)
            return ProviderHits(provider=provider, status=status, failure=failure, retry_after=error.retry_after)
        except ProviderNotConfigured as error:
            return _not_configured(provider, error.message, error.hint)
        except FetchError as error:
            return ProviderHits(provider=provider, status=SearchStatus.REFUSED, failure=Failure.of(error))
        shown = self._with_ids(provider.name, hits[:limit])
        is_cut = provider.search is SearchKind.QUERY and len(hits) >= MOST_HITS
        return ProviderHits(provider=provider, status=SearchStatus.OK, hits=shown, more=is_cut or len(hits) > len(shown))

    def _hits(self, provider: Provider, text: str) -> Sequence[SearchHit]:
        """Return the hits, best first, from the cache if they are there."""
        key = _key(provider, text)
        hits = self.cache.get(key)
        if hits is None:
            with self.cache.one_at_a_time(provider.name):
                hits = self.cache.get(key)
                if hits is None:
                    hits = self._ask(provider, "" if provider.search is SearchKind.LIST else text)
                    self.cache.put(key, hits, provider.search)
        return matching(hits, text) if provider.search is SearchKind.LIST else hits

    def _ask(self, provider: Provider, text: str) -> Sequence[SearchHit]:
        budget = self.calls.budget(self.providers, provider.name)
        most = MOST_HITS if text else MOST_LISTED
        try:
            with self.calls.attribute_search(budget):
                found = self.providers.search_source(provider.name).search(text, most)
        except (FetchError, ProviderNotConfigured, StoreUnavailable):
            raise
        except Exception as error:
            logger.exception("unhandled error in search", extra={"provider": provider.name})
            raise AnswerNotUnderstood(f"lanner failed on this answer of {provider.name} ({type(error).__name__}).") from error
        logger.info("provider searched", extra={"provider": provider.name, "hits": len(found)})
        return found[:most]

    def _with_ids(self, provider: str, hits: Sequence[SearchHit]) -> Sequence[SearchHit]:
        """Say which series are stored already."""
        with self.store.reading() as uow:
            series = [uow.series.find(provider, hit.code) for hit in hits]
        return [replace(hit, series_id=found.id) if found else hit for hit, found in zip(hits, series, strict=True)]


def _refusal(provider: Provider) -> ProviderHits | None:
    """Return why a provider is not asked at all, if it is not."""
    if provider.search is None:
        failure = Failure(code=SearchStatus.NOT_SEARCHABLE, message=f"{provider.title} has no search.", retryable=False, hint="")
        return ProviderHits(provider=provider, status=SearchStatus.NOT_SEARCHABLE, failure=failure)
    return _not_configured(provider, provider.problem, "") if provider.problem else None


def _not_configured(provider: Provider, message: str, hint: str) -> ProviderHits:
    failure = Failure(code=ProviderNotConfigured.code, message=message, retryable=False, hint=hint)
    return ProviderHits(provider=provider, status=SearchStatus.NOT_CONFIGURED, failure=failure)


def _key(provider: Provider, text: str) -> tuple[str, str, str]:
    return provider.name, provider.key_id, "" if provider.search is SearchKind.LIST else text
