"""RequestBatch: request many series at once, by codes and masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from domain.codes import DatasetCode
from domain.errors import DomainError, InvalidInput, SeriesNotFound
from domain.fetches import NOTHING_ALLOWED, Allowed
from domain.ports import Store
from domain.quotas import Requester
from domain.schedules.selector import Selector
from domain.use_cases.request_fetch import Requested, RequestFetch

#: Of codes and masks, and of series that they mean.
MOST = 1000
_FIELD = "codes"


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A code or mask as it was given, with one of the series that it means, or why there is none."""

    code: str
    requested: Requested | None = None
    error: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of a request for many series; ``id`` is that of its new fetches' batch."""

    id: UUID
    items: Sequence[BatchItem]


@dataclass(frozen=True, slots=True)
class RequestBatch:
    """Request many series in one transaction; what is wrong with one of them is told with it, and the others are requested."""

    store: Store
    request_fetch: RequestFetch

    def __call__(  # noqa: PLR0913 - the request's options
        self,
        codes: Sequence[str],
        *,
        provider: str | None = None,
        refresh: bool = False,
        allow: Allowed = NOTHING_ALLOWED,
        request_id: str = "",
        requester: Requester | None = None,
    ) -> Batch:
        """
        Request the series of codes, and the stored ones that masks mean.

        Raises:
            InvalidInput: there are no codes, or too many, or they mean too many series.
            TooManyRequests: the requester's quota does not suffice; nothing was written.

        """
        if not 1 <= len(codes) <= MOST:
            raise InvalidInput(f"codes must be 1 to {MOST}.", field=_FIELD)
        found = [(text, self._meant(text, provider)) for text in codes]
        wanted = {identity for _, meant in found if not isinstance(meant, DomainError) for identity in meant}
        if len(wanted) > MOST:
            raise InvalidInput(f"codes mean more than {MOST} series.", field=_FIELD, hint="Use narrower masks, or several requests.")
        batch = uuid4()
        flags: dict[str, Any] = {"refresh": refresh, "allow": allow, "request_id": request_id, "requester": requester}
        requested = self.request_fetch.many(wanted, batch=batch, **flags)
        items = [
            _item(text, outcome)
            for text, meant in found
            for outcome in ([meant] if isinstance(meant, DomainError) else [requested[each] for each in meant])
        ]
        return Batch(batch, items)

    def _meant(self, text: str, provider: str | None) -> Sequence[tuple[str, DatasetCode]] | DomainError:
        """Return the series that a code or mask means, or what is wrong with it."""
        try:
            selector = Selector.parse(text, field="code")
            if provider and selector.provider not in (None, provider):
                raise InvalidInput("provider is not the one that the code names.", field="provider", hint="Name the provider once.")
            selector = replace(selector, provider=selector.provider or provider)
            if selector.code:
                return [(self.request_fetch.provider_of(selector.code, selector.provider).name, selector.code)]
            with self.store.reading() as uow:
                meant = [(series.provider, series.code) for series in uow.series.matching(selector, MOST + 1)]
            for name in {name for name, _ in meant}:
                self.request_fetch.provider_of(meant[0][1], name)
        except DomainError as error:
            return error
        return meant or SeriesNotFound(f"No stored series has a code like {text}.", hint="A mask means stored series.")


def _item(text: str, outcome: Requested | DomainError) -> BatchItem:
    return BatchItem(text, error=outcome) if isinstance(outcome, DomainError) else BatchItem(text, outcome)
