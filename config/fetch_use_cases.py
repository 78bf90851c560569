"""The middle of the container: the use cases that have series fetched, by hand and by themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from config.adapters import Adapters
from config.later import use_case


class FetchUseCases(Adapters):
    """The use cases around fetches and schedules."""

    catalogue: ClassVar[dict[str, Any]] = {
        "store": Adapters.store,
        "providers": Adapters.data_sources,
        "routing": Adapters.routing,
        "freshness": Adapters.freshness,
    }
    waiting: ClassVar[dict[str, Any]] = {"store": Adapters.store, "pause": Adapters.stopping.provided.wait}
    request_fetch = use_case("request_fetch.RequestFetch", **catalogue, dispatcher=Adapters.dispatcher, tracer=Adapters.tracer)
    request_batch = use_case("request_batch.RequestBatch", Adapters.store, request_fetch)
    await_fetch = use_case("await_fetch.AwaitFetch", **waiting, most_seconds=Adapters.settings.provided.wait_seconds)
    await_read_through = use_case("await_fetch.AwaitFetch", **waiting, most_seconds=Adapters.settings.provided.read_through_seconds)
    read_through = use_case("read_through.ReadThrough", **catalogue, request_fetch=request_fetch, await_fetch=await_read_through)
    asking: ClassVar[dict[str, Any]] = {"store": Adapters.store, "providers": Adapters.data_sources, "calls": Adapters.calls}
    read_calendar = use_case("read_calendar.ReadCalendar", **asking, reader=Adapters.calendar_reader)
    plan_next_look = use_case(
        "plan_next_look.PlanNextLook",
        store=Adapters.store,
        providers=Adapters.data_sources,
        learn=Adapters.learn,
        read_calendar=read_calendar,
    )
    ask_due_series = use_case("ask_due_series.AskDueSeries", Adapters.store, plan_next_look)
    manage_schedules = use_case("manage_schedules.ManageSchedules", Adapters.store, request_fetch, plan_next_look)
    watch_equivalences = use_case("watch_equivalences.WatchEquivalences", Adapters.store)
    fetch_dataset = use_case(
        "fetch_dataset.FetchDataset",
        store=Adapters.store,
        plan_next_look=plan_next_look,
        watch_equivalences=watch_equivalences,
        providers=Adapters.data_sources,
        calls=Adapters.calls,
        tracer=Adapters.tracer,
        retry=Adapters.retry,
        lease_seconds=Adapters.settings.provided.lease_seconds,
        deadline_seconds=Adapters.deadline,
    )
    manage_gates = use_case("manage_gates.ManageGates", Adapters.store, Adapters.data_sources)
    follow_fetches = use_case("follow_fetches.FollowFetches", Adapters.store)
    cancel_fetch = use_case("cancel_fetch.CancelFetch", Adapters.store)
    reap_fetches = use_case(
        "reap_fetches.ReapFetches", Adapters.store, Adapters.settings.provided.lease_seconds, Adapters.settings.provided.keep_fetches_days
    )
