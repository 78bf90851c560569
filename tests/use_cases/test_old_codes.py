"""Old codes of Quandl's through the Quandl-compatible API: refused with a reason, until somebody answers them."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import SourceGone
from domain.fetches import FetchStatus
from domain.ports import Fetched, PriorState
from domain.providers import Routing
from domain.series import TimeSeries
from domain.use_cases import UseCases
from tests.builders import memory_use_cases
from tests.fakes import CannedSource

CODE = DatasetCode("EOD", "AAPL")


class GoneSource(CannedSource):
    """A service that was shut down."""

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        raise SourceGone(f"{code} is gone.")


def read(use: UseCases) -> TimeSeries:
    return use.read_through(CODE, may_fetch=True, acquire_slot=nullcontext)


def serving(store: MemoryStore, *ready: str) -> UseCases:
    """Use cases of a service whose provider of old codes may lack its key."""
    sources = {"quandl": GoneSource(), "tiingo": CannedSource() if "tiingo" in ready else None}
    use = memory_use_cases(sources, store=store, default="quandl")
    routed = replace(
        use.read_through, routing=Routing({}, "quandl"), request_fetch=replace(use.request_fetch, routing=Routing({}, "quandl"))
    )
    object.__setattr__(use, "read_through", routed)
    return use


def test_a_code_is_answered_once_its_provider_is_set_up() -> None:
    """What was refused while the key was missing does not stand in the way of who answers it now."""
    store = MemoryStore()
    refused = read(serving(store))
    answered = read(serving(store, "tiingo"))
    again = read(serving(store, "tiingo"))

    assert (refused.provider, refused.fetch and refused.fetch.status) == ("quandl", FetchStatus.ERROR)
    assert (answered.provider, answered.fetch and answered.fetch.status) == ("tiingo", FetchStatus.SUCCESS)
    assert again.id == answered.id


def test_a_refusal_is_remembered() -> None:
    """As long as nobody else answers the code, the refused series is the answer, without another fetch."""
    store = MemoryStore()
    first, second = read(serving(store)), read(serving(store))

    assert first.id == second.id
    assert first.fetch
    assert second.fetch
    assert first.fetch.id == second.fetch.id
