"""The container: settings → adapters → use cases."""

from __future__ import annotations

from typing import Any, ClassVar

from dependency_injector.providers import Self
from dependency_injector.providers import ThreadSafeSingleton as Singleton

from config.adapters import Adapters
from config.later import LazyUseCases, use_case


class Container(Adapters):
    """The singletons of a process, each built on its first call; ``override`` replaces one, such as by a fake."""

    __self__ = Self()
    catalogue: ClassVar[dict[str, Any]] = {
        "store": Adapters.store,
        "providers": Adapters.data_sources,
        "routing": Adapters.routing,
        "freshness": Adapters.freshness,
    }
    waiting: ClassVar[dict[str, Any]] = {"store": Adapters.store, "pause": Adapters.stopping.provided.wait}
    request_fetch = use_case("request_fetch.RequestFetch", **catalogue, dispatcher=Adapters.dispatcher)
    request_batch = use_case("request_batch.RequestBatch", Adapters.store, request_fetch)
    await_fetch = use_case("await_fetch.AwaitFetch", **waiting, most_seconds=Adapters.settings.provided.wait_seconds)
    await_read_through = use_case("await_fetch.AwaitFetch", **waiting, most_seconds=Adapters.settings.provided.read_through_seconds)
    read_through = use_case("read_through.ReadThrough", **catalogue, request_fetch=request_fetch, await_fetch=await_read_through)
    plan_next_look = use_case("plan_next_look.PlanNextLook", store=Adapters.store, learn=Adapters.learn)
    ask_due_series = use_case("ask_due_series.AskDueSeries", Adapters.store, plan_next_look)
    manage_schedules = use_case("manage_schedules.ManageSchedules", Adapters.store, request_fetch, plan_next_look)
    fetch_dataset = use_case(
        "fetch_dataset.FetchDataset",
        store=Adapters.store,
        plan_next_look=plan_next_look,
        providers=Adapters.data_sources,
        calls=Adapters.calls,
        retry=Adapters.retry,
        lease_seconds=Adapters.settings.provided.lease_seconds,
        deadline_seconds=Adapters.deadline,
    )
    read_series = use_case("read_series.ReadSeries", store=Adapters.store, freshness=Adapters.freshness)
    search_series = use_case("search_series.SearchSeries", Adapters.store)
    search_providers = use_case(
        "search_providers.SearchProviders", store=Adapters.store, providers=Adapters.data_sources, calls=Adapters.calls
    )
    describe_series = use_case("describe_series.DescribeSeries", **catalogue)
    diagnose_code = use_case("diagnose_code.DiagnoseCode", Adapters.data_sources, Adapters.routing)
    follow_fetches = use_case("follow_fetches.FollowFetches", Adapters.store)
    cancel_fetch = use_case("cancel_fetch.CancelFetch", Adapters.store)
    remove_series = use_case("remove_series.RemoveSeries", Adapters.store)
    reap_fetches = use_case(
        "reap_fetches.ReapFetches", Adapters.store, Adapters.settings.provided.lease_seconds, Adapters.settings.provided.keep_fetches_days
    )
    list_vintages = use_case("list_vintages.ListVintages", Adapters.store)
    compare_vintages = use_case("compare_vintages.CompareVintages", Adapters.store)
    read_releases = use_case("read_releases.ReadReleases", Adapters.store)
    measure_revisions = use_case("measure_revisions.MeasureRevisions", Adapters.store)
    check_vintages = use_case("check_vintages.CheckVintages", Adapters.store)
    check_health = use_case("check_health.CheckHealth", Adapters.store, Adapters.dispatcher, Adapters.settings.provided.lease_seconds)
    parse_answer = use_case("parse_answer.ParseAnswer", Adapters.data_sources)
    preview_file = use_case("preview_file.PreviewFile", Adapters.file_previews)
    import_files = use_case(
        "import_files.ImportFiles", store=Adapters.store, files=Adapters.file_imports, folder=Adapters.settings.provided.import_path
    )
    check_key = use_case("check_key.CheckKey", Adapters.store)
    manage_keys = use_case("manage_keys.ManageKeys", Adapters.store)
    list_providers = use_case("list_providers.ListProviders", store=Adapters.store, providers=Adapters.data_sources, calls=Adapters.calls)
    check_providers = use_case("check_providers.CheckProviders", Adapters.data_sources, Adapters.conformance)
    use_cases = Singleton(LazyUseCases, __self__)
