"""Searching at providers: what they find, and what became of each search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from domain.codes import DatasetCode
from domain.fetches import Failure
from domain.frequency import Frequency
from domain.observations import Label
from domain.series import terms

if TYPE_CHECKING:
    from domain.providers import Provider

#: A provider is asked for so many hits, however many of them are wanted.
MOST_HITS = 50
#: The longest list of everything that a provider has.
MOST_LISTED = 50_000


class SearchKind(StrEnum):
    """Who searches: the provider, with a query; or lanner, in the provider's list of everything that it has."""

    QUERY = "query"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """
    Something that a provider has.

    Attributes:
        code: of a series as it is fetched; of a data set of many series what must be completed to a series' code.
        is_series: whether the code can be fetched as it stands.
        lists_series: of a data set, whether a search that begins with its code lists its series.
        hint: how the code of a data set is completed.
        frequency, unit, first, last, description: as far as the provider says them.
        series_id: of the stored series of this code, if there is one; not the provider's to say.

    """

    code: DatasetCode
    name: str
    is_series: bool = True
    lists_series: bool = False
    hint: str = ""
    description: str = ""
    frequency: Frequency | None = None
    unit: str = ""
    first: Label | None = None
    last: Label | None = None
    series_id: UUID | None = None

    @property
    def size(self) -> int:
        """Return about how many bytes it takes in memory."""
        return 400 + 2 * sum(map(len, (self.code.dataset, self.name, self.hint, self.description, self.unit)))


class SearchStatus(StrEnum):
    """
    What became of a search.

    ``not_asked``: the provider can be searched and was not named; ``waiting``: it may not be asked just now; ``refused``: it was asked,
    and did not answer with hits; ``not_searchable``: it has no search.
    """

    OK = "ok"
    NOT_ASKED = "not_asked"
    WAITING = "waiting"
    REFUSED = "refused"
    NOT_CONFIGURED = "not_configured"
    NOT_SEARCHABLE = "not_searchable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderHits:
    """
    What a provider found.

    Attributes:
        more: whether it has, or may have, further hits.
        failure: why there are none.
        retry_after: seconds until it may be asked, if it waits.

    """

    provider: Provider
    status: SearchStatus
    hits: Sequence[SearchHit] = ()
    more: bool = False
    failure: Failure | None = None
    retry_after: float | None = None


def matching(hits: Sequence[SearchHit], text: str) -> Sequence[SearchHit]:
    """
    Return the hits of which each search term begins a word of code, name or description.

    Those with most whole words and the shortest names come first.
    """
    wanted = terms(text)
    found = []
    for position, hit in enumerate(hits):
        words = terms(f"{hit.code} {hit.name} {hit.description}")
        if all(any(word.startswith(term) for word in words) for term in wanted):
            whole = sum(term in words for term in wanted)
            found.append((-whole, len(hit.name), position, hit))
    return [hit for *_, hit in sorted(found, key=lambda each: each[:3])] if wanted else []
